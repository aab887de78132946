"""What must never be in a file of this project."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BANNED = {
    "a pickle is loaded": r"joblib\.load|pickle\.loads?\(|allow_pickle=True|read_pickle",
    "text becomes HTML": r"unsafe_allow_html|components\.v1\.html",
    "a deprecated option": r"use_container_width",
    "a bare except": r"except:|except Exception:\s*pass",
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
        for pattern in ("*.py", "*.toml", "*.md", "*.txt", "Makefile", ".ci/*")
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


def test_the_lock_pins_every_package_once() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        pins = [line.split(";")[0].strip() for line in (ROOT / name).read_text().splitlines()]
        assert all(re.fullmatch(r"[\w.\-\[\]]+==[\w.+]+", pin) for pin in pins), name
        assert len({pin.split("==")[0] for pin in pins}) == len(pins)
