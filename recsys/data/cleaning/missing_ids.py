"""Ids that are none: words that mean "missing", and long numbers that a spreadsheet has cut."""

from __future__ import annotations

import polars as pl

from recsys.columns import ITEM, USER
from recsys.errors import DataFormatError, shown
from recsys.sources.column_content import CUT, DOUBTFUL, MISSING
from recsys.sources.ratings import RatingsTable

_LONGEST_WORD = max(len(word.encode()) for word in (*MISSING, *DOUBTFUL))
_DOMINATES, _TIMES_NEXT = 0.05, 5
_FEWEST_CUT = 2


def missing_words(rows: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """For each column of ids, the words in it that mean there is no id.

    NULL, nan and the like always; words such as `NA` or `unknown`, which may be ids, where one is
    far more frequent than every other id: no user and no product is.
    """
    return {name: (*MISSING, *_dominating(rows[name])) for name in (USER, ITEM)}


def _dominating(ids: pl.Series) -> tuple[str, ...]:
    words = ids.filter(ids.str.len_bytes() <= _LONGEST_WORD)
    counts = words.filter(words.is_in(list(DOUBTFUL))).value_counts(name="n")
    frequent = counts.filter(pl.col("n") >= max(2, _DOMINATES * len(ids)))
    if frequent.is_empty():
        return ()
    others = ids.filter(~ids.is_in(list(DOUBTFUL) + list(MISSING))).value_counts(name="n")["n"].max()
    most = int(others) if isinstance(others, int) else 0
    return tuple(frequent.filter(pl.col("n") >= _TIMES_NEXT * most)[ids.name])


def check_cut_ids(table: RatingsTable, rows: pl.DataFrame) -> None:
    """Refuse ids such as 1.20E+12.

    Raises
    ------
    DataFormatError
        Several long ids have become the same text: which, nobody can tell.
    """
    for role, name in (("user", USER), ("item", ITEM)):
        ids = rows[name]
        marked = ids.str.contains("+", literal=True) | ids.str.ends_with(".0")
        suspects = ids.filter(marked.fill_null(False))
        cut = suspects.filter(suspects.str.contains(CUT))
        if len(cut) >= _FEWEST_CUT:
            column = table.roles[role]
            raise DataFormatError(
                f"{table.name}: {len(cut):,} ids of the {role} column {column} are long numbers that a"
                f" spreadsheet or a decimal has cut, such as {shown(cut[0])!r}: different ids look the same."
                " Make the column text or whole numbers where it comes from, and export the file again."
            )
