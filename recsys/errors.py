"""Every error a caller can meet.

Each message names the thing that is wrong (file, row, id) and what to do about it.
The command line prints the message on one line and exits 1; a page shows it and stops.
"""

from __future__ import annotations

from collections.abc import Sequence


class RecsysError(Exception):
    """Base of all errors this package raises on purpose."""


class DataFormatError(RecsysError):
    """An input file cannot be read as ratings or as a catalogue."""


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
