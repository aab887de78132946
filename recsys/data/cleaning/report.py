"""What became of the rows of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SampleRow:
    """A rejected row: the line of the file (from 1) and its text, cut where it is long."""

    line: int
    text: str


@dataclass(frozen=True)
class Rejection:
    """Rows rejected for one reason: how many, and the first few."""

    count: int
    samples: tuple[SampleRow, ...] = ()


@dataclass(frozen=True)
class CleaningReport:
    """What became of the rows of a file.

    Attributes
    ----------
    rows_read : int
        Rows below the header; blank lines are not rows.
    accepted : int
        Ratings kept: rows_read = accepted + duplicates + all rejected.
    rejected : dict of Rejection
        By reason.
    duplicates : int
        Rows dropped because the same user rated the same item later (or again below).
    source : str
        The layout, by the name people know it by.
    notes : tuple of str
        What a reader should know of how the file was read.
    columns : dict
        Role (user, item, rating, timestamp) → what its column is called.
    """

    rows_read: int
    accepted: int
    rejected: Mapping[str, Rejection] = field(default_factory=dict)
    duplicates: int = 0
    source: str = ""
    notes: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def n_rejected(self) -> int:
        """Rows rejected, for whatever reason."""
        return sum(rejection.count for rejection in self.rejected.values())
