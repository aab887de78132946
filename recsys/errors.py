"""Every error a caller can meet.

Each message names the thing that is wrong (file, row, id) and what to do about it.
The command line prints the message on one line and exits 1; a page shows it and stops.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


def shown(text: str, width: int = 80) -> str:
    """Text from data as messages show it: without control and bidirectional characters, and cut."""
    cut = text[: 4 * width]
    plain = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") else letter for letter in cut
    )
    return plain if len(plain) <= width else plain[: width - 1] + "…"


class RecsysError(Exception):
    """Base of all errors this package raises on purpose."""


class DataFormatError(RecsysError):
    """An input file cannot be read as ratings or as a catalogue."""


@dataclass(frozen=True)
class Reading:
    """One way to read a file, offered where several are plausible.

    Attributes
    ----------
    option : str
        What settles the matter in favour of this reading, such as `--columns user,item,rating`.
    meaning : str
        The reading in words.
    roles : tuple of (str, str)
        Role → name of its column, in the order of the columns.
    rows : tuple of tuple of str
        Sample rows, the fields in the order of `roles`.
    """

    option: str
    meaning: str
    roles: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    def __str__(self) -> str:
        rows = "; ".join(
            ", ".join(f"{role} {shown(value, 24)}" for (role, _), value in zip(self.roles, row, strict=False))
            for row in self.rows[:2]
        )
        return f"{self.option} ({self.meaning}{': ' if rows else ''}{rows})"


class AmbiguousFileError(DataFormatError):
    """A file can be read in several ways; the caller is asked which one is right.

    Attributes
    ----------
    problem : str
        What cannot be told.
    readings : tuple of Reading
    """

    def __init__(self, problem: str, readings: Sequence[Reading]) -> None:
        self.problem = problem
        self.readings = tuple(readings)
        super().__init__(f"{problem}: say {', or '.join(map(str, self.readings))}.")


class ArtifactError(RecsysError):
    """The stored artifacts are missing, damaged, or made by another schema."""


class BuildLockedError(RecsysError):
    """Another build is at work in the same artifacts folder."""


class SampleError(RecsysError):
    """Made-up data of the size asked for cannot be made, or not be written there."""


class EvaluationError(RecsysError):
    """An evaluation was asked for that the data cannot support."""


class UnknownIdError(RecsysError):
    """An id that the artifacts in service do not hold.

    Attributes
    ----------
    unknown_id : str
    nearest : tuple of str
        Ids that are close in spelling, closest first; may be empty.
    """

    kind = "id"

    def __init__(self, unknown_id: str, nearest: Sequence[str] = ()) -> None:
        self.unknown_id = unknown_id
        self.nearest = tuple(nearest)
        hint = f" Nearest: {', '.join(self.nearest)}." if self.nearest else ""
        super().__init__(f"No {self.kind} {unknown_id!r} in the data in service.{hint}")


class UnknownUserError(UnknownIdError):
    """No ratings by this user are in service."""

    kind = "user"


class UnknownItemError(UnknownIdError):
    """No ratings of this item are in service."""

    kind = "item"
