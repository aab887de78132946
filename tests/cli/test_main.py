"""What holds for every command: usage, errors, help, documentation."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import recsys
from recsys.cli.main import COMMANDS, main
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")


def commands() -> dict[str, click.Command]:
    context = click.Context(main)
    found = {name: main.get_command(context, name) for name in COMMANDS}
    return {name: command for name, command in found.items() if command is not None}


def options(command: click.Command) -> list[click.Option]:
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


@pytest.mark.parametrize(
    "words",
    [
        "",
        "nonsense",
        "recommend",
        "recommend u01 -k 0",
        "recommend u01 --min-price 9 --max-price 3",
        "recommend u01 --json --format csv",
        "similar i01 --format xml",
        "evaluate",
        "evaluate --ratings none.csv --train none.csv",
        "evaluate --train none.csv",
        "evaluate --train a.csv --test b.csv --folds 3",
        "evaluate --ratings none.csv --folds 3",
        "build --catalog none.csv",
        "build --ratings none.csv --columns user,thing",
        "build --ratings none.csv --columns user,rating",
        "build --ratings none.csv --scale 5,1",
        "preview",
        "sample",
        "versions rollback",
        "versions --artifacts=",
        "studio --delimiter ;",
        "studio none.csv --port 0",
    ],
)
def test_wrong_usage_exits_2_before_anything_is_read(run: Run, words: str) -> None:
    result = run(*words.split())
    assert result.exit_code == 2
    assert "Usage:" in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("failure", "words", "code"),
    [
        (OSError(28, "No space left on device", "a.npy"), "No space left", 1),
        (PermissionError(13, "Permission denied", "artifacts"), "artifacts: Permission denied", 1),
        (MemoryError(), "memory", 1),
        (OSError(12, "Cannot allocate memory"), "memory", 1),
        (ImportError("libarrow.so: failed to map segment from shared object"), "memory", 1),
        (RuntimeError("can't start new thread"), "memory", 1),
        (KeyboardInterrupt(), "Stopped", 130),
        (recsys.RecsysError("two\nlines\x1b[31m"), "two lines", 1),
    ],
)
def test_whatever_stops_a_command_is_one_line(
    monkeypatch: pytest.MonkeyPatch, failure: BaseException, words: str, code: int
) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(click.Group, "invoke", fail)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert words in result.stderr
    assert "\x1b" not in result.stderr


def test_as_a_process_there_is_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "recsys", "build", "--ratings", str(tmp_path / "none.csv")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "none.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_closed_streams_are_no_failure(tmp_path: Path) -> None:
    command = f"{sys.executable} -m recsys versions --artifacts {tmp_path} >&- 2>{tmp_path}/err <&-"
    assert subprocess.run(command, shell=True, cwd=ROOT, check=False).returncode == 0
    assert not (tmp_path / "err").read_text()


def test_help_loads_no_library_that_takes_long() -> None:
    words = [sys.executable, "-X", "importtime", "-m", "recsys", "--help"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(re.findall(r"\| +(\S+)$", done.stderr, re.MULTILINE))
    assert not loaded & {"numpy", "pandas", "polars", "streamlit", "faiss", "rich"}
    assert all(name in done.stdout for name in COMMANDS)


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert recsys.__version__ in run("--version").stdout


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_and_option_has_help_and_is_documented(name: str) -> None:
    command = commands()[name]
    assert command.help
    assert command.help.splitlines()[0] == COMMANDS[name]
    section = re.search(rf"^## `{name}`\n(.*?)(?=^## |\Z)", MANUAL, re.MULTILINE | re.DOTALL)
    assert section, f"docs/command-line.md has no section `{name}`"
    shared = MANUAL.split("\n## `")[0]
    for option in options(command):
        assert option.help or isinstance(option.type, click.Choice), f"{name} {option.name}"
        for word in (*option.opts, *option.secondary_opts):
            assert f"`{word}" in section[1] + shared, f"{name}: {word} is not in docs/command-line.md"


def test_the_manual_names_no_option_that_is_not_there() -> None:
    real = {word for command in commands().values() for option in options(command) for word in option.opts}
    real |= {word for command in commands().values() for o in options(command) for word in o.secondary_opts}
    named = set(re.findall(r"`(--[a-z-]+)", MANUAL))
    assert named <= real | {"--help", "--version"}


def test_one_word_for_one_thing() -> None:
    """Commands that read or write artifacts take --artifacts; those that answer take --format."""
    by_command = {name: {w for o in options(c) for w in o.opts} for name, c in commands().items()}
    without_artifacts = {name for name, words in by_command.items() if "--artifacts" not in words}
    assert without_artifacts == {"preview", "evaluate", "sample"}
    assert {name for name, words in by_command.items() if "--format" not in words} == {"serve", "studio"}
    assert all(("--json" in words) == ("--format" in words) for words in by_command.values())
