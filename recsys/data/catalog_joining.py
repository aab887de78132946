"""Join a catalogue to the items of the ratings."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from recsys.columns import CATALOG_COLUMNS, ITEM
from recsys.data.catalog_reading import LoadedCatalog
from recsys.data.cleaning.catalog_report import CatalogReport
from recsys.data.cleaning.products import SCHEMA
from recsys.data.ids import IdTable
from recsys.errors import DataFormatError, shown

_LEADING, _DECIMALS = r"^0+(\d)", r"^(\d+)\.0+$"


def align_catalog(catalog: pl.DataFrame | LoadedCatalog | None, items: IdTable) -> pl.DataFrame:
    """One row for each item, in row order, with all `CATALOG_COLUMNS`; null where unknown."""
    frame = catalog.frame if isinstance(catalog, LoadedCatalog) else catalog
    aligned = pl.DataFrame({ITEM: items.to_series()})
    if frame is not None:
        aligned = aligned.join(frame, on=ITEM, how="left", maintain_order="left")
    return with_all_columns(aligned)


def with_all_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """A catalogue with all `CATALOG_COLUMNS`, in their order; null where it had no such column."""
    missing = [
        pl.lit(None, SCHEMA[name]).alias(name) for name in CATALOG_COLUMNS if name not in frame.columns
    ]
    return frame.with_columns(missing).select(CATALOG_COLUMNS)


def join_catalog(catalog: LoadedCatalog, items: IdTable) -> tuple[pl.DataFrame, CatalogReport]:
    """Align a catalogue with the items, and say how many of them it has.

    Ids that are the same number in another form (7.0 or 00007 for 7) are joined where only one
    product and one item have that number.

    Raises
    ------
    DataFormatError
        Where the catalogue has none of the items.
    """
    known = items.to_series().alias(ITEM)
    frame, report = catalog.frame, catalog.report
    matched = int(known.is_in(frame[ITEM].implode()).sum())
    renamed = same_in_another_form(frame[ITEM], known)
    if renamed.height:
        frame = frame.join(renamed, left_on=ITEM, right_on="catalog", how="left", maintain_order="left")
        frame = frame.with_columns(pl.coalesce("item", ITEM).alias(ITEM)).drop("item")
        example = renamed.row(0)
        note = (
            f"{renamed.height:,} ids are joined though they are written in another form"
            f" ({shown(example[0], 30)} for {shown(example[1], 30)})."
        )
        report = replace(report, notes=(*report.notes, note))
        matched += renamed.height
    if matched == 0 and len(items):
        ours, theirs = (", ".join(shown(value, 30) for value in ids.head(3)) for ids in (known, frame[ITEM]))
        raise DataFormatError(
            f"{catalog.name}: none of its {frame.height:,} products is among the {len(items):,} items of the"
            f" ratings. Ids of the catalogue: {theirs}; of the ratings: {ours}. Give the catalogue of these"
            " ratings, name the column of the ids item_id, or leave --catalog out."
        )
    return align_catalog(frame, items), replace(report, matched=matched, of=len(items))


def same_in_another_form(catalog: pl.Series, items: pl.Series) -> pl.DataFrame:
    """Pairs of ids (columns `catalog`, `item`) that differ in form only; one to one."""
    theirs = pl.DataFrame({"catalog": catalog}).with_columns(_plain_form("catalog"))
    ours = pl.DataFrame({"item": items}).with_columns(_plain_form("item"))
    # A number that two ids have, in one table, says nothing.
    theirs, ours = (table.filter(pl.col("form").is_unique()) for table in (theirs, ours))
    pairs = theirs.join(ours, on="form", how="inner").filter(pl.col("catalog") != pl.col("item"))
    return pairs.select("catalog", "item")


def _plain_form(name: str) -> pl.Expr:
    text = pl.col(name).str.to_lowercase().str.replace(_DECIMALS, "$1").str.replace(_LEADING, "$1")
    return text.alias("form")
