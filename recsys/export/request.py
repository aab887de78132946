"""What is to be exported: which answers, of whom, in which form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from recsys.arrays import Rows
from recsys.data.ids import IdTable
from recsys.errors import ExportError, explain
from recsys.filters import Filters
from recsys.recommender import Recommender
from recsys.rules import Rules

What = Literal["recommendations", "similar", "next", "audiences"]
Form = Literal["parquet", "csv", "jsonl"]
WHATS: tuple[What, ...] = get_args(What)
FORMS: tuple[Form, ...] = get_args(Form)
_DAY = 86_400


@dataclass(frozen=True)
class ExportRequest:
    """What is to be exported.

    Attributes
    ----------
    what : {"recommendations", "similar", "next", "audiences"}
        Lists for users; products similar to, or rated after, each product; users for each product.
    form : {"parquet", "csv", "jsonl"}
    k : int
        The length of a list.
    ranker : str or None
        Of recommendations; by default the one that is served.
    ids : tuple of str or None
        The users, or the products, that are asked about; None for all.
    min_rated : int
        Of users: how many products they rated, at least.
    active_days : int or None
        Of users: that they rated something in so many days before the latest rating.
    filters : Filters
        Which products may be listed; for audiences, which products are asked about.
    rules : Rules or None
        What lists obey; not for audiences.
    """

    what: What
    form: Form = "parquet"
    k: int = 10
    ranker: str | None = None
    ids: tuple[str, ...] | None = None
    min_rated: int = 1
    active_days: int | None = None
    filters: Filters = field(default_factory=Filters)
    rules: Rules | None = None

    def __post_init__(self) -> None:
        if self.k < 1:
            raise ExportError(f"A list has at least one line, not {self.k}.")
        if self.what != "recommendations" and (self.min_rated > 1 or self.active_days or self.ranker):
            raise ExportError("A ranker and a choice of users go with recommendations only.")
        if self.what == "audiences" and self.rules:
            raise ExportError("Rules say what is listed, and an audience lists users: leave them out.")

    @property
    def of_users(self) -> bool:
        """Whether it asks about users; otherwise about products."""
        return self.what == "recommendations"

    def differences(self, other: ExportRequest) -> list[str]:
        """The names of what differs."""
        return [one.name for one in fields(self) if getattr(self, one.name) != getattr(other, one.name)]

    def rows(self, recommender: Recommender) -> Rows:
        """The rows of the users or products that are asked about, int64, each once.

        Raises
        ------
        ExportError
            Where an id is unknown, nobody is left, or the order that "next" needs is not known.
        """
        if self.what == "next" and recommender.sequential is None:
            raise ExportError("The order of time is not known, so nothing can be said of what is rated next.")
        recommender.ranker(self.ranker)
        known = recommender.users if self.of_users else recommender.items
        rows = np.arange(len(known)) if self.ids is None else _rows_of(self.ids, known)
        keep = np.ones(len(known), dtype=bool)
        data = recommender.interactions
        if self.of_users:
            keep &= data.user_degrees >= self.min_rated
            if self.active_days is not None:
                keep &= _active(recommender, self.active_days)
        elif self.what == "audiences" and (allowed := recommender.allowed(self.filters, None)) is not None:
            keep &= allowed
        rows = rows[keep[rows]]
        if not len(rows):
            raise ExportError(f"No {'user' if self.of_users else 'product'} is left to ask about.")
        return rows


def form_of(path: Path) -> Form:
    """The form that the end of a file's name says.

    Raises
    ------
    ExportError
        Where it says none.
    """
    ending: Any = path.suffix.lower().removeprefix(".")
    if ending not in FORMS:
        raise ExportError(f"{path.name} says no form: let it end in .parquet, .csv or .jsonl, or name one.")
    return ending  # type: ignore[no-any-return]


def read_ids(path: Path) -> tuple[str, ...]:
    """The ids in a file, one on each line; empty lines are left out.

    Raises
    ------
    ExportError
        Where it cannot be read, or holds none.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ExportError(explain(error, path)) from error
    except UnicodeDecodeError:
        raise ExportError(f"{path} is not UTF-8 text.") from None
    ids = tuple(line for line in text.splitlines() if line.strip())
    if not ids:
        raise ExportError(f"{path} holds no ids: write one on each line.")
    return ids


def _rows_of(ids: Sequence[str], known: IdTable) -> Rows:
    rows = known.rows(ids)
    if (rows < 0).any():
        missing = [ids[place] for place in np.flatnonzero(rows < 0).tolist()]
        first, n = missing[0], len(missing)
        raise ExportError(f"{n:,} of {len(ids):,} ids are unknown, the first is {first!r}.")
    return np.array(list(dict.fromkeys(rows.tolist())), dtype=np.int64)


def _active(recommender: Recommender, days: int) -> Any:
    """Which users rated something in the last days, bool (n_users,)."""
    data = recommender.interactions
    if data.timestamps is None:
        raise ExportError("These data have no times, so it is not known who was active lately.")
    latest = np.maximum.reduceat(data.timestamps, data.indptr[:-1])
    return latest > (recommender.summary.last_timestamp or 0) - days * _DAY
