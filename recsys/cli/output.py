"""What the command line prints: progress on stderr, answers on stdout."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from recsys.progress import Listener, Progress

if TYPE_CHECKING:
    import pandas as pd

    from recsys.recommender import Recommender
    from recsys.rules import Rules

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""Characters that steer a terminal, turn the direction of text around, or are not seen."""
_SURROGATES = re.compile("[\ud800-\udfff]")
"""Bytes of a file name that are no UTF-8: they cannot be printed."""
_LONGEST = 2_000
"""Characters of a line."""
_WIDEST = 48
"""Characters of a table's cell."""


def printable(text: str) -> str:
    """`text` without characters that could steer a terminal. Line breaks become spaces.

    >>> printable("a\\x1b[31mb\\nc")
    'a[31mb c'
    """
    line = text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    return _SURROGATES.sub("\ufffd", _CONTROL.sub("", line))


def one_line(text: str) -> str:
    """`text` on one line, fit for a terminal; very long text is cut."""
    return _cut(" ".join(printable(text[: 10 * _LONGEST]).split()), _LONGEST)


def decimals(value: float, digits: int = 3) -> str:
    """A number with so many decimals, and never a zero with a sign.

    >>> decimals(-0.0001)
    '0.000'
    """
    return f"{round(value, digits) + 0.0:.{digits}f}"


def print_table(frame: pd.DataFrame) -> None:
    """Print a table for people: text fit for a terminal, long cells cut."""
    shown = frame.apply(lambda column: column.map(_short_cell))
    click.echo(shown.to_string(index=False, float_format=decimals))


def print_json(value: object) -> None:
    """Print one JSON document, and nothing else."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1)
    # Line breaks between the values stay; control characters inside the strings are escaped.
    for unprintable in (_CONTROL, _SURROGATES):
        text = unprintable.sub(lambda match: json.dumps(match[0])[1:-1], text)
    click.echo(text)


@contextmanager
def progress_display() -> Iterator[Listener]:
    """Show long work on stderr: a bar with the time left on a terminal, else one line for each stage.

    Yields
    ------
    Listener
        To be given to whatever takes long.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield PlainLines()
        return
    with Bars() as bars:
        yield bars


class PlainLines:
    """Prints a line when a stage starts: for a file or a pipe."""

    def __init__(self) -> None:
        self._stage = ""

    def __call__(self, progress: Progress) -> None:
        if progress.stage != self._stage:
            self._stage = progress.stage
            click.echo(one_line(progress.stage), err=True)


class Bars:
    """Shows a bar for each stage on a terminal; `with` starts and stops the display."""

    def __init__(self) -> None:
        from rich import progress as rich
        from rich.console import Console
        from rich.table import Column

        self._display = rich.Progress(
            rich.TextColumn("{task.description}", markup=False),
            rich.BarColumn(bar_width=24),
            rich.TaskProgressColumn(show_speed=False),
            rich.TimeRemainingColumn(elapsed_when_finished=True),
            rich.TextColumn(
                "{task.fields[detail]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")
            ),
            console=Console(stderr=True),
        )
        self._stage = ""
        self._task: rich.TaskID | None = None

    def __enter__(self) -> Bars:
        self._display.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._finish()
        self._display.stop()

    def __call__(self, progress: Progress) -> None:
        if progress.stage != self._stage or self._task is None:
            self._finish()
            self._stage = progress.stage
            self._task = self._display.add_task(one_line(progress.stage), total=None, detail="")
        total = None if progress.fraction is None else 1.0
        self._display.update(
            self._task, total=total, completed=progress.fraction or 0.0, detail=one_line(progress.detail)
        )

    def _finish(self) -> None:
        if self._task is not None:
            self._display.update(self._task, total=1.0, completed=1.0, detail="")


def warn_unmatched(recommender: Recommender, rules: Rules | None) -> None:
    """Name on stderr what rules mean and the version in service does not know."""
    missing = recommender.unmatched(rules) if rules else []
    if missing:
        names = ", ".join(missing[:10]) + (" and others" if len(missing) > 10 else "")
        click.echo(one_line(f"The rules name what this version does not know: {names}."), err=True)


def print_answer(frame: pd.DataFrame, form: str, new: pd.DataFrame | None = None) -> None:
    """Print a ranked list. Its note goes to stderr; the JSON form holds it beside the kind of answer.

    `new` is the list of products without ratings: a second table, the member "new" of the JSON form, and
    not in the CSV form, which is one table.
    """
    if form == "json":
        from recsys.answers import answer_json

        print_json(answer_json(frame) | ({} if new is None else {"new": answer_json(new)}))
        return
    _print_list(frame, form)
    if new is not None and len(new) and form == "table":
        click.echo()
        _print_list(new, form)


def _print_list(frame: pd.DataFrame, form: str) -> None:
    if note := frame.attrs.get("note"):
        click.echo(one_line(note), err=True)
    if "reasons" in frame:
        frame = frame.assign(reasons=[_reasons_text(reasons) for reasons in frame.reasons])
    if "words" in frame:
        frame = frame.assign(words=[", ".join(words) for words in frame.words])
    if form == "csv":
        click.echo(frame.apply(lambda column: column.map(_cell)).to_csv(index=False), nl=False)
    elif len(frame):
        print_table(frame.drop(columns=[name for name in ("image_url", "category") if name in frame]))


def _cell(value: object) -> object:
    """Text fit for a terminal; a zero without a sign."""
    if isinstance(value, str):
        return printable(value)
    return value + 0.0 if isinstance(value, float) else value


def _short_cell(value: object) -> object:
    return _cut(one_line(value), _WIDEST) if isinstance(value, str) else value


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _reasons_text(reasons: list[dict[str, Any]]) -> str:
    return "; ".join(str(reason.get("title") or reason["item_id"]) for reason in reasons)
