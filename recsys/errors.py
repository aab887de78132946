"""Every error a caller can meet.

Each message names the thing that is wrong (file, row, id) and what to do about it.
The command line prints the message on one line and exits 1; a page shows it and stops.
"""

from __future__ import annotations

import errno
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_FREE = "Free some space, or choose a folder on another disk."
_RIGHTS = "Choose another folder, or have its owner give you the right to it."
CURES = {
    errno.ENOSPC: _FREE,
    errno.EDQUOT: _FREE,
    errno.EFBIG: "Raise the limit on the size of a file (`ulimit -f unlimited`), or choose another disk.",
    errno.EROFS: "Choose a folder that can be written to.",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.ENOTDIR: "A part of this path is a file: name a folder.",
    errno.EISDIR: "This is a folder where a file is expected: move it away, or choose another path.",
    errno.EEXIST: "A file stands in the way: move it away, or choose another folder.",
    errno.ENOENT: "Check the name and the folder.",
    errno.ELOOP: "Its links lead in a circle: choose another path.",
    errno.EMFILE: "Raise the limit on open files (`ulimit -n 4096`).",
    errno.ENFILE: "Close other programs: the machine has too many files open.",
    errno.ENOMEM: "Use a smaller --rank, or a machine with more memory.",
    errno.EAGAIN: "Raise the limit on processes (`ulimit -u`), or try again later.",
    errno.ENOLCK: "This disk has no file locks: choose a folder on a local disk.",
    errno.ENOSYS: "This disk has no file locks: choose a folder on a local disk.",
    errno.EOPNOTSUPP: "This disk cannot do it: choose a folder on a local disk.",
    errno.EIO: "The disk failed: check it, or choose another one.",
    errno.ESTALE: "The network disk went away: mount it again.",
}
"""What to do about a refusal of the operating system."""


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


class FilterError(RecsysError):
    """A filter was given a value it cannot use."""


class RulesError(RecsysError):
    """A rules file cannot be read, or says what no rule can say."""


class ExportError(RecsysError):
    """An export cannot be made, or its file cannot be written."""


class AccessError(RecsysError):
    """The settings of signing in cannot be used."""


class UnknownRankerError(RecsysError):
    """A ranker was asked for that the version in service does not hold."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"No ranker {name!r} in the version in service. It has: {', '.join(known)}.")


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


def explain(error: OSError, path: object = None) -> str:
    """What the operating system refused, where, and what to do.

    >>> explain(OSError(errno.ENOSPC, "No space left on device"), "artifacts")
    'artifacts: No space left on device. Free some space, or choose a folder on another disk.'
    """
    known = system_error(error) or error
    reason = known.strerror or str(known)
    where = error.filename if error.filename is not None else path
    cure = CURES.get(known.errno or 0, "Try again, or choose another folder.")
    return f"{'' if where is None else f'{os.fsdecode(str(where))}: '}{reason.rstrip('.')}. {cure}"


def system_error(error: Exception) -> OSError | None:
    """The refusal of the operating system that a library's own error speaks of; None where there is none.

    polars and faiss know the reason but give it as words only.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return error
    text = str(error)
    numbered = re.search(r"\(os error (\d+)\)", text)
    codes = [int(numbered[1])] if numbered else [code for code in CURES if os.strerror(code) in text]
    return OSError(codes[0], os.strerror(codes[0])) if codes else None


@contextmanager
def writing(path: object) -> Iterator[None]:
    """Turn whatever the operating system refuses into an ArtifactError that says what to do."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # faiss raises RuntimeError
        if isinstance(error, OSError):
            raise ArtifactError(f"Cannot write to {explain(error, path)}") from error
        refused = system_error(error)
        if refused is None:
            raise
        raise ArtifactError(f"Cannot write to {explain(refused, path)}") from error


@contextmanager
def reading(path: object) -> Iterator[None]:
    """Turn whatever the operating system refuses into an ArtifactError that says what to do."""
    try:
        yield
    except OSError as error:
        raise ArtifactError(f"Cannot read {explain(error, path)}") from error
