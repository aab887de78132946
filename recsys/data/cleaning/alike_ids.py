"""Ids that differ in form only: u1 and U1, 7 and 7.0, é in one letter or two, with an invisible mark.

They stay different, since nobody but the owner of the data knows. That there are such is said.
"""

from __future__ import annotations

import polars as pl

from recsys.errors import shown

_INVISIBLE = "[\u00ad\u200b-\u200f\u2060\ufeff]"


def alike_ids(ids: pl.Series, what: str) -> tuple[str, ...]:
    """A note that says how many ids are another one in another form.

    Parameters
    ----------
    ids : polars.Series of String
        Different ids.
    what : str
        What they are the ids of, such as "users".
    """
    lower = ids.str.contains("[a-z]")
    by_case = bool(lower.any()) and bool(ids.str.contains("[A-Z]").any())
    odd = ids.str.ends_with(".0") | ids.str.contains(r"^0\d+$") | (ids.str.len_bytes() != ids.str.len_chars())
    odd = odd | lower if by_case else odd
    if not odd.any():
        return ()
    form = pl.col("id").str.replace_all(_INVISIBLE, "").str.normalize("NFKC")
    form = form.str.replace(r"^(\d+)\.0$", "$1").str.replace(r"^0+(\d+)$", "$1")
    table = pl.DataFrame({"id": ids})
    changed = table.filter(odd).with_columns(form=form.str.to_uppercase() if by_case else form)
    table = pl.concat([table.filter(~odd).with_columns(form=pl.col("id")), changed])
    groups = table.filter(pl.col("form").is_duplicated()).group_by("form").agg(pl.col("id").sort())
    if groups.is_empty():
        return ()
    first, second = (shown(ascii(one)[1:-1], 30) for one in groups.sort("form")["id"][0].head(2))
    n_more = int(groups["id"].list.len().sum()) - groups.height
    return (
        f"{n_more:,} {what} have the id of another in other letters or marks ({first} and {second}): they"
        " count as different; if they are the same, write them in one way.",
    )
