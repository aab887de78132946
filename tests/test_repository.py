"""What must never be in a file of this project."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BANNED = {
    "a pickle is loaded": r"joblib\.load|(import|from) pickle|pickle\.loads?\(|allow_pickle=True|read_pickle",
    "text becomes HTML": r"unsafe_allow_html|components\.v1\.html",
    "a deprecated option": r"use_container_width",
    "a bare except": r"except:|except (Base)?Exception\b",
    "unfinished": r"\bTODO\b|\bFIXME\b|NotImplementedError",
    "a path of one machine": r"/home/\w|/work/|/root/|/Users/\w",
    "a registry's host": r"pypi\.(org|python)|pythonhosted|registry\.npmjs|deb\.debian",
}
LONGEST = 350


def tracked(pattern: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = (ROOT / name for name in listed.stdout.splitlines())
    return [path for path in names if path.is_file() and path != Path(__file__)]


@pytest.mark.parametrize("what", BANNED)
def test_no_file_holds(what: str) -> None:
    guilty = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for pattern in ("*.py", "*.toml", "*.md", "*.txt", "*.yaml", "Makefile", "NOTICE", ".ci/*")
        for path in tracked(pattern)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(BANNED[what], line)
    ]
    assert not guilty, "\n".join(guilty)


def test_modules_stay_of_a_size_that_can_be_read() -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in tracked("*.py")}
    assert not {str(path): lines for path, lines in sizes.items() if lines > LONGEST}


def test_pages_are_thin() -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in tracked("pages/*.py")}
    assert not {str(path): lines for path, lines in sizes.items() if lines > 90}


def pins(name: str) -> dict[str, tuple[str, list[str]]]:
    """Version and hashes by package of a lock file."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "")
    found: dict[str, tuple[str, list[str]]] = {}
    for line in text.splitlines():
        if line.startswith("-r "):
            continue
        pin = re.fullmatch(r"([\w.\-]+)==([\w.+]+)( ; [^-]+?)?((\s+--hash=sha256:[0-9a-f]{64})+)", line)
        assert pin, f"{name}: {line[:100]}"
        assert pin[1] not in found, f"{name}: {pin[1]} is pinned twice"
        found[pin[1]] = pin[2], pin[4].split()
    return found


def test_the_locks_pin_every_package_once_with_hashes() -> None:
    run, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert (ROOT / "requirements-dev.txt").read_text().startswith("-r requirements.txt\n")
    assert len(run) > 40
    assert not set(run) & set(dev)
    assert all(hashes for _, hashes in (run | dev).values())


def test_the_lock_holds_what_the_package_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    run, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    declared = project["project"]["dependencies"] + groups["test"]
    assert not [name for name in map(name_of, declared) if name not in run]
    assert not [name for name in map(name_of, groups["dev"]) if name not in run | dev]


def test_the_hooks_run_what_make_lint_runs() -> None:
    makefile = (ROOT / "Makefile").read_text()
    lint = re.findall(r"^\t\$\(BIN\)/(.+)$", makefile.split("\nlint:")[1].split("\n\n")[0], re.MULTILINE)
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    assert lint
    assert re.findall(r"entry: \.venv/bin/(.+)$", hooks, re.MULTILINE) == lint


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!~ ]", requirement)[0]


@pytest.mark.parametrize("path", [".ci/run"])
def test_a_script_can_be_executed(path: str) -> None:
    assert os.access(ROOT / path, os.X_OK)
