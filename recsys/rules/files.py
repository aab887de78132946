"""Rules as TOML: read strictly, with the line of every error, and written."""

from __future__ import annotations

import re
import tomllib
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from recsys.errors import RulesError, explain, shown, writing
from recsys.rules.rules import Rules
from recsys.versions import durable

FILE = "rules.toml"
"""The rules of a studio, in its artifacts folder."""
_LONGEST = 1_000_000
_CURE = "docs/rules.md shows what a rules file can say."


def read_rules(path: str | PathLike[str]) -> Rules:
    """Read a rules file.

    Raises
    ------
    RulesError
        Names the file, the line and what is wrong there.
    """
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(_LONGEST + 1)
    except OSError as error:
        raise RulesError(explain(error, path)) from error
    if len(content) > _LONGEST:
        raise RulesError(f"{shown(str(path))} is larger than 1 MB, so it is not a rules file. {_CURE}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise RulesError(f"{shown(str(path))}, line {line}: not UTF-8 text. Save it as UTF-8.") from error
    return parse_rules(text, str(path))


def parse_rules(text: str, name: str = FILE) -> Rules:
    """Rules from the text of a rules file. `name` is what errors call it.

    Raises
    ------
    RulesError

    Examples
    --------
    >>> parse_rules("min_ratings = 5").min_ratings
    5
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulesError(_sentence(name, *_line_of_syntax(str(error), text))) from error
    try:
        return msgspec.convert(values, Rules)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at ")
        line, key = _line_of_path(path.strip("`"), problem, text)
        said = key in ("", problem.partition(":")[0])
        raise RulesError(_sentence(name, line, problem if said else f"{key}: {problem}")) from error


def to_toml(rules: Rules) -> str:
    """The text of a rules file that holds these rules: what `parse_rules` reads back."""
    return tomli_w.dumps(msgspec.to_builtins(rules))


def _sentence(name: str, line: int, problem: str) -> str:
    return f"{shown(name)}, line {line}: {shown(problem, 200).rstrip('.')}. {_CURE}"


def _line_of_syntax(message: str, text: str) -> tuple[int, str]:
    found = re.search(r" \(at line (\d+), column \d+\)", message)
    if found is None:  # the end of the document
        return text.count("\n") + 1, re.sub(r" \(at end of document\)", " at the end of the file", message)
    return int(found[1]), message.replace(found[0], "")


def _line_of_path(path: str, problem: str, text: str) -> tuple[int, str]:
    """The line that a path such as `$.pin[1].place` leads to, from 1, and the name of what is there."""
    steps: list[Any] = [
        int(step[1:-1]) if step.startswith("[") else step for step in re.findall(r"\[\d+\]|\w+", path)
    ]
    if (unknown := re.search(r"unknown field `(.*?)`", problem)) is not None:
        steps.append(unknown[1])
    if not steps:  # of the whole: a sentence that begins with its part
        steps = [word] if (word := problem.partition(":")[0]) in Rules.__struct_fields__ else []
    names = [step for step in steps if isinstance(step, str)]
    if not names:
        return 1, ""
    number = next((step for step in steps[1:2] if isinstance(step, int)), 0)
    lines = text.split("\n")
    start = _header(lines, names[0], number)
    key = names[-1] if len(names) > 1 else names[0]
    for place in range(start, len(lines)):
        if place > start and lines[place].lstrip().startswith("["):
            break
        if re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", lines[place]):
            return place + 1, key
    return start + 1, key


def _header(lines: list[str], table: str, number: int) -> int:
    """The place of the header `[table]`, or of the `[[table]]` of this number; 0 where there is none."""
    pattern = re.compile(rf"\s*\[\[?\s*[\"']?{re.escape(table)}[\"']?\s*\]")
    places = [place for place, line in enumerate(lines) if pattern.match(line)]
    return places[min(number, len(places) - 1)] if places else 0


def save_rules(path: Path, rules: Rules) -> None:
    """Write a rules file that replaces the one before at once; without rules, there is none after.

    Raises
    ------
    ArtifactError
        Where it cannot be written.
    """
    with writing(path):
        if not rules:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.replace(path, to_toml(rules).encode())
