"""The README's commands do what it says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest

from tests.cli.conftest import run_words

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
OURS = "facet "


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> list[tuple[str, list[str]]]:
    """Each command after a `$`, with the lines shown below it."""
    found: list[tuple[str, list[str]]] = []
    for line in "\n".join(blocks("console")).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


SETTING_UP = [command for command, _ in commands() if not command.startswith(OURS)]


@pytest.fixture(scope="module")
def folder(sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the README's reader stands: the sample store is built."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(sample_artifacts, folder / "artifacts")
    return folder


def run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout + done.stderr


def test_the_command_line_does_what_is_shown(folder: Path) -> None:
    ours = [(command, shown) for command, shown in commands() if command.startswith(OURS)]
    # The reader brings ratings.csv; here it is made up, by the README's own command, before it is used.
    ours.sort(key=lambda pair: " sample " not in pair[0])
    assert len(ours) > 7
    for command, shown in ours:
        with chdir(folder):
            result = run_words(*shlex.split(command)[1:], *shortened(command))
        said = result.output
        assert result.exit_code == 0, f"{command}: {said}"
        squeezed = re.sub(r"\s+", " ", said)
        for line in shown:
            if line.strip() not in ("", "…"):
                assert re.sub(r"\s+", " ", line.strip()) in squeezed, f"{command} printed:\n{said}"


def shortened(command: str) -> list[str]:
    """Options that leave out what is tested elsewhere: measuring a build, and serving the studio."""
    return {"build": ["--no-evaluate"], "studio": ["--help"]}.get(command.split()[1], [])


def test_the_ten_lines_run(folder: Path) -> None:
    (script,) = blocks("python")
    assert len([line for line in script.splitlines() if line and not line.startswith("from")]) <= 10
    unmeasured = "build(config=recsys.BuildConfig(evaluate=False), out="
    script, replaced = re.subn(r"^build\(out=", unmeasured, script, flags=re.MULTILINE)
    assert replaced == 1
    said = run([sys.executable, "-c", f"import recsys\n{script}"], folder)
    assert "contribution" in said


@pytest.mark.parametrize("command", [command for command in SETTING_UP if command.startswith("make")])
def test_make_knows_the_target(command: str) -> None:
    make, target = command.split()
    if shutil.which(make) is None:
        pytest.fail("The README's first commands need make: install it (Debian: apt-get install make)")
    planned = run([make, "--dry-run", target], ROOT)
    assert {"run": "streamlit run app.py", "test": "-m pytest"}[target] in planned


@pytest.mark.parametrize("command", [command for command in SETTING_UP if not command.startswith("make")])
def test_the_plain_commands_name_files_that_exist(command: str) -> None:
    named = [word for word in command.split() if word.endswith((".py", ".txt"))]
    assert all((ROOT / name).is_file() for name in named)
    program = command.split()[0]
    assert program == "python3" or program.startswith(".venv/bin/")


def test_the_readme_is_for_a_newcomer() -> None:
    assert len(README.splitlines()) <= 140


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_and_pictures_exist(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert not [target for target in targets if "://" not in target and not (page.parent / target).exists()]


def test_every_page_of_the_documentation_is_linked() -> None:
    assert not [page.name for page in (ROOT / "docs").glob("*.md") if f"(docs/{page.name})" not in README]
