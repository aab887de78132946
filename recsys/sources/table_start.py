"""Where the table begins in a text: what divides its fields, its header, and its first rows."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from recsys.errors import DataFormatError, shown
from recsys.sources.column_content import is_number
from recsys.sources.column_names import RATINGS_NAMES, find_columns
from recsys.sources.files import FileHead
from recsys.sources.source import N_SAMPLES, SAMPLE_CHARS, Layout

_DELIMITERS = (",", "\t", ";", "::", "|")
_COMMENTS = ("#", "%", "//", "--")
WORD, IN_QUOTES = r'"[^"]*"|\S+', r'^"(.*)"$'
"""A field of a row divided by spaces, and what is in its quotes."""
_MOST_ABOVE = 30
"""Lines that are looked at to find the header."""


def find_table(head: FileHead, delimiter: str, has_header: bool | None) -> Layout:
    """Where the table begins in a text, its header, and its first rows."""
    rows = split_rows(head.sample_lines(N_SAMPLES + 1), delimiter)
    width, _ = _agreement(rows)
    if width < 2:
        raise DataFormatError(
            f"{head.file} has one column when divided by {delimiter!r}: name the divider with --delimiter."
        )
    start = _find_start(head, delimiter, width, has_header)
    rows = split_rows(head.sample_lines(N_SAMPLES + 1, start), delimiter)
    first = _without_comment_mark(rows[0])
    header = _has_header([first, *rows[1:]], width) if has_header is None else has_header
    names = tuple(name.strip() for name in first) if header else ()
    body = [row for row in rows[int(header) :] if len(row) in (width, len(names))]
    if not body:
        raise DataFormatError(f"{head.file} has a header and no rows below it: give a file with rows.")
    n_columns = max(width, len(names))
    samples = tuple(
        tuple(row[column].strip()[:SAMPLE_CHARS] for row in body if column < len(row))
        for column in range(n_columns)
    )
    notes = _notes_above(head, start)
    n_unnamed = n_columns - len(names) if header else 0
    if has_header is None and n_unnamed == 1 and _are_row_numbers(samples[0]):
        # R's write.table gives row numbers no name. In a catalogue, whose header is stated, ids
        # may be numbers in order, and the field too many comes from a text with a delimiter.
        names, n_unnamed = ("", *names), 0
        notes = (*notes, "The first column has no name: it holds row numbers.")
    elif n_unnamed:
        names = (*names, *[""] * n_unnamed)
        n_unnamed = sum(any(values) for values in samples[-n_unnamed:])
    first_row = head.n_blank + start + int(header) + 1
    label = f"{_language(delimiter)} {'with' if header else 'without'} header"
    kind = "aligned" if delimiter == " " else "delimited"
    return Layout(kind, label, names, samples, first_row, delimiter, notes, n_unnamed)


def _are_row_numbers(values: Sequence[str]) -> bool:
    """True for whole numbers each of which is larger than the one before."""
    numbers = [int(value) for value in values if value.isdecimal()]
    return len(numbers) == len(values) and all(before < after for before, after in pairwise(numbers))


def _find_start(head: FileHead, delimiter: str, width: int, has_header: bool | None) -> int:
    """How many of the lines stand above the table: titles, comments, `sep=;`, empty fields.

    A table without a header starts at its first line: what is unusual there is a rejected row.
    """
    lines = head.lines[:_MOST_ABOVE]
    fields = [split_line(line, delimiter) for line in lines]
    for place, row in enumerate(fields):
        if not lines[place].strip() or (place and len(row) != width) or len(row) < 2:
            continue
        if has_header is False or (place == 0 and len(row) == width and has_header):
            return 0
        rest = [other for other in fields[place + 1 :] if len(other) == width]
        named = _is_filled(row, width) and _has_header([_without_comment_mark(row), *rest], width)
        if named and all(map(_is_unusual, fields[:place], [width] * place)):
            return place
        if not _is_unusual(row, width):
            break
    if has_header:
        whole = (
            place for place, row in enumerate(fields) if len(row) == width and not _is_unusual(row, width)
        )
        return next(whole, 0)
    return 0


def _is_unusual(row: Sequence[str], width: int) -> bool:
    """True for a line that is no row of the table: another width, a comment, or mostly empty."""
    return len(row) != width or row[0].lstrip().startswith(_COMMENTS) or not _is_filled(row, width)


def _is_filled(row: Sequence[str], width: int) -> bool:
    return sum(bool(field.strip()) for field in row) > max(1, width // 3)


def _without_comment_mark(row: Sequence[str]) -> list[str]:
    """The names of a header that stands behind a comment mark."""
    return [row[0].lstrip().lstrip("#%").strip(), *row[1:]]


def _notes_above(head: FileHead, start: int) -> tuple[str, ...]:
    if not start:
        return ()
    above = shown(next(line for line in head.lines[:start] if line.strip()), 60)
    return (f"{start:,} line{'s' * (start > 1)} above the header left out ({above!r}).",)


def _language(delimiter: str) -> str:
    return {",": "CSV", "\t": "TSV"}.get(delimiter, f"Text divided by {delimiter!r}")


def split_line(line: str, delimiter: str) -> list[str]:
    """The fields of one line."""
    if delimiter == " ":
        return [re.sub(IN_QUOTES, r"\1", word) for word in re.findall(WORD, line)]
    if len(delimiter) > 1:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def split_rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The fields of each row, whether or not quoted fields go over several lines."""
    by_line = [split_line(line, delimiter) for line in lines]
    if len(delimiter) > 1 or delimiter == " " or not any('"' in line for line in lines):
        return by_line
    try:
        by_row = list(csv.reader((line + "\n" for line in lines), delimiter=delimiter))
    except csv.Error:
        return by_line
    return by_row if _agreement(by_row)[1] >= _agreement(by_line)[1] else by_line


def _agreement(rows: Sequence[Sequence[str]]) -> tuple[int, float]:
    """The number of fields that most rows have, and the share of rows that have it."""
    widths = Counter(len(row) for row in rows)
    width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]))
    return width, count / len(rows)


def find_delimiter(head: FileHead) -> str | None:
    """The text between two fields; None where nothing divides the lines alike."""
    lines = head.sample_lines(200)
    best, most = None, 0.5
    for delimiter in _DELIMITERS:
        width, share = _agreement(split_rows(lines, delimiter))
        agreement = share + width / 1000
        if width > 1 and agreement > most:
            best, most = delimiter, agreement
    if best is not None:
        return best
    width, share = _agreement([split_line(line, " ") for line in lines])
    return " " if width in (3, 4) and share >= 0.9 else None


def _has_header(rows: Sequence[Sequence[str]], width: int) -> bool:
    """True where the first line holds names: known ones, or words above columns of numbers."""
    first, body = rows[0], [row for row in rows[1:] if len(row) == width]
    named = find_columns(first, RATINGS_NAMES)
    if len(named) >= 2 or (named and not any(is_number(value) for value in first)):
        return True
    numeric = [
        column
        for column in range(min(width, len(first)))
        if sum(is_number(row[column]) for row in body) > 0.9 * len(body)
    ]
    return bool(body and numeric) and all(
        first[column].strip() and not is_number(first[column]) for column in numeric
    )
