"""Ids as one sorted table of bytes.

`user_id` and `item_id` are the caller's own strings; `user_row` and `item_row` are positions in
the matrix. A row is the rank of its id in byte order, so one sorted table serves lookup, prefix
search, and finding the id of a row. It works on memory-mapped arrays and keeps no Python string
for each id.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys.arrays import Rows
from recsys.data.factorise import factorise, look_up

_LONGEST_NUMBER = 15
"""Digits of an id, with zeros before it."""


@dataclass(frozen=True)
class IdTable:
    """Unique ids in byte order; the row of an id is its position.

    Parameters
    ----------
    data : uint8 array
        The UTF-8 bytes of all ids, one after the other.
    offsets : int64 array, shape (n + 1,)
        Id `row` is `data[offsets[row]:offsets[row + 1]]`.
    """

    data: NDArray[np.uint8]
    offsets: Rows
    _bytes: memoryview = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bytes", memoryview(self.data))  # type: ignore[arg-type]

    @classmethod
    def from_series(cls, ids: pl.Series) -> IdTable:
        """Build from a polars String series in any order, with or without repeats."""
        return cls.from_sorted(factorise(ids)[0])

    @classmethod
    def from_sorted(cls, ids: pl.Series) -> IdTable:
        """Build from a polars String series of different ids in byte order."""
        arrow = ids.to_arrow()
        offsets = np.frombuffer(arrow.buffers()[1], dtype=np.int64)
        offsets = offsets[arrow.offset : arrow.offset + len(arrow) + 1]
        raw = arrow.buffers()[2]
        data = np.frombuffer(raw, dtype=np.uint8) if raw is not None else np.empty(0, np.uint8)
        return cls(data[offsets[0] : offsets[-1]].copy(), offsets - offsets[0])

    @classmethod
    def from_ids(cls, ids: Iterable[str]) -> IdTable:
        """Build from Python strings, in any order."""
        return cls.from_series(pl.Series(list(ids), dtype=pl.String))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __contains__(self, one_id: str) -> bool:
        return self.row(one_id) is not None

    def _key(self, row: int) -> bytes:
        return bytes(self._bytes[self.offsets[row] : self.offsets[row + 1]])

    def id(self, row: int) -> str:
        """The id at `row`."""
        return self._key(int(row)).decode("utf-8")

    def ids(self, rows: Iterable[int]) -> list[str]:
        """The ids at `rows`, in their order."""
        return [self.id(row) for row in rows]

    def row(self, one_id: str) -> int | None:
        """The row of an id, or None where it is unknown."""
        key = _bytes_of(one_id)
        row = self._first_at_least(key)
        return row if row < len(self) and self._key(row) == key else None

    def rows(self, ids: Sequence[str]) -> Rows:
        """The rows of several ids; -1 where an id is unknown."""
        found = (self.row(one_id) for one_id in ids)
        return np.array([-1 if row is None else row for row in found], dtype=np.int64)

    def without(self, rows: Rows) -> IdTable:
        """The table without the ids at these rows."""
        keep = np.ones(len(self), dtype=bool)
        keep[rows] = False
        lengths = np.diff(self.offsets)
        offsets = np.concatenate([[0], np.cumsum(lengths[keep])]).astype(np.int64)
        return IdTable(np.asarray(self.data)[np.repeat(keep, lengths)], offsets)

    def encode(self, ids: pl.Series) -> Rows:
        """The rows of a whole column at once; -1 where an id is unknown."""
        return look_up(ids, self.to_series()).astype(np.int64)

    def to_series(self) -> pl.Series:
        """All ids in row order, as a polars String series."""
        import pyarrow as pa

        buffers = [None, pa.py_buffer(np.asarray(self.offsets)), pa.py_buffer(np.asarray(self.data))]
        arrow = pa.LargeStringArray.from_buffers(len(self), buffers[1], buffers[2])
        return pl.Series("id", arrow)

    def prefix(self, text: str, limit: int = 50) -> tuple[range, int]:
        """The first `limit` rows of ids that start with `text`, and the number of all such ids."""
        key = _bytes_of(text)
        start, stop = self._first_at_least(key), self._first_at_least(key + b"\xff")
        return range(start, min(stop, start + limit)), stop - start

    def near(self, text: str, limit: int = 5) -> list[str]:
        """Ids that share the longest possible prefix with `text`."""
        for end in range(len(text), 0, -1):
            rows, total = self.prefix(text[:end], limit)
            if total:
                return self.ids(rows)
        return self.ids(range(min(limit, len(self))))

    def suggestions(self, text: str, limit: int = 5) -> list[str]:
        """What may be meant by an unknown id: ids that are `text` in another form, else those near it."""
        text = text.strip()
        return [form for form in _forms(text) if form in self][:limit] or self.near(text, limit)

    def _first_at_least(self, key: bytes) -> int:
        return bisect_left(range(len(self)), key, key=self._key)


def _bytes_of(text: str) -> bytes:
    """The bytes of an id; those that a command line gave where the locale could not read them as text."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _forms(text: str) -> dict[str, None]:
    """Ways to write an id: in capitals or not, a number with or without a decimal or zeros before it."""
    plain = text.removesuffix(".0")
    forms = [text, plain, plain + ".0", text.lower(), text.upper(), plain.lstrip("0")]
    forms += [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    return dict.fromkeys(forms + [plain.zfill(width) for width in range(len(plain) + 1, _LONGEST_NUMBER)])
