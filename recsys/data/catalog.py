"""Titles, brands, categories, prices and pictures of the items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from recsys.arrays import Mask, Rows
from recsys.columns import BRAND, CATALOG_COLUMNS, CATEGORY, IMAGE, ITEM, PATH, PRICE, SEVERAL, TITLE
from recsys.config import LimitsConfig
from recsys.data.cleaning.catalog_report import CatalogReport
from recsys.data.cleaning.products import SCHEMA, clean_products
from recsys.data.ids import IdTable
from recsys.errors import DataFormatError, shown
from recsys.sources.column_content import MISSING
from recsys.sources.column_names import CATALOG_NAMES, find_columns, plain_name
from recsys.sources.registry import Location, open_source
from recsys.sources.source import NUMBER, SURPLUS, Field, Source, StatedLayout

__all__ = [
    "CATALOG_COLUMNS",
    "PATH",
    "SCHEMA",
    "Catalog",
    "LoadedCatalog",
    "align_catalog",
    "join_catalog",
    "load_catalog",
    "read_catalog",
]

_EXPECTED = tuple(name for role, names in CATALOG_NAMES.items() if role != ITEM for name in names)
_TEXTS = (TITLE, BRAND, CATEGORY)
_MOST_UNREADABLE = 0.5
_AS_GOOD = 0.8
"""Of several columns of ids, those that find this share of what the best one finds are told by name."""
_LEADING, _DECIMALS = r"^0+(\d)", r"^(\d+)\.0+$"


@dataclass(frozen=True)
class LoadedCatalog:
    """A catalogue as it was read.

    Attributes
    ----------
    frame : polars.DataFrame
        See `load_catalog`.
    name : str
        What messages call its source.
    report : CatalogReport
        Not yet compared with the items of the ratings.
    """

    frame: pl.DataFrame
    name: str
    report: CatalogReport


def load_catalog(
    path: Location,
    items: IdTable | None = None,
    item_name: str = "",
    *,
    limits: LimitsConfig | None = None,
    scratch: Path | None = None,
) -> pl.DataFrame:
    """Read a catalogue: any table with named columns, Amazon's metadata of 2014, 2018 and 2023 among them.

    Parameters and errors as in `read_catalog`.

    Returns
    -------
    polars.DataFrame
        item_id (String; of an id given twice the last row is kept) and, of title, brand, category,
        price (Float64) and image_url, the columns that the source has.
    """
    return read_catalog(path, items, item_name, limits=limits, scratch=scratch).frame


def read_catalog(
    path: Location,
    items: IdTable | None = None,
    item_name: str = "",
    *,
    limits: LimitsConfig | None = None,
    scratch: Path | None = None,
) -> LoadedCatalog:
    """Read a catalogue, and say how much of it could be read.

    Parameters
    ----------
    path : path, sequence of paths, or Source
    items : IdTable, optional
        Items of the ratings: of several columns of ids, the one that has theirs is read.
    item_name : str
        What the ratings call the column of the items.
    limits : LimitsConfig, optional
    scratch : Path, optional

    Raises
    ------
    DataFormatError
        Where the source cannot be read, or no column holds the ids.
    """
    limits = limits or LimitsConfig()
    source = open_source(path, StatedLayout(None, True, _EXPECTED, limits, scratch))
    columns, notes = _catalog_columns(source, items, item_name)
    fields = [
        Field(
            f"{role}/{rank}",
            position,
            required=role == ITEM,
            nested=role != ITEM,
            # A list of categories, or of pictures, is cut when it has been taken apart.
            longest=limits.id_bytes + 1 if role == ITEM else 100 * limits.text_chars,
        )
        for role, positions in columns.items()
        for rank, position in enumerate(positions)
    ]
    batches, n_rows, n_unreadable = [], 0, 0
    for batch in source.read(fields):
        whole = batch.filter(~pl.col(SURPLUS))
        n_blank = whole.filter(pl.all_horizontal(pl.col(field.name).is_null() for field in fields)).height
        cleaned = _bounded(clean_products(whole.select(field.name for field in fields)), limits)
        batches.append(cleaned.drop_nulls(ITEM))
        n_rows += batch.height - n_blank
        n_unreadable += batch.height - n_blank - batches[-1].height
    frame = pl.concat(batches).select(name for name in CATALOG_COLUMNS if name in columns)
    frame = frame.unique(ITEM, keep="last", maintain_order=True)
    if frame.is_empty() or n_unreadable > _MOST_UNREADABLE * n_rows:
        raise DataFormatError(
            f"{source.name} has {'no products' if frame.is_empty() else 'few products'}: {n_unreadable:,} of its"
            f" {n_rows:,} rows cannot be read ({_first_unreadable(source, fields)}): fix the rows below the"
            " header, or leave --catalog out."
        )
    notes = (*source.layout.notes, *notes)
    return LoadedCatalog(frame, source.name, CatalogReport(n_rows, frame.height, n_unreadable, notes=notes))


def _bounded(products: pl.DataFrame, limits: LimitsConfig) -> pl.DataFrame:
    """Without ids that are too long, and with texts and addresses of a bounded length."""
    cut = [pl.col(name).str.head(limits.text_chars) for name in _TEXTS if name in products.columns]
    id_ = pl.col(ITEM)
    known = id_.is_not_null() & (id_.str.len_bytes() <= limits.id_bytes) & ~id_.is_in(list(MISSING))
    if IMAGE in products.columns:
        short = pl.col(IMAGE).str.len_chars() <= limits.address_chars
        cut.append(pl.when(short).then(pl.col(IMAGE)).alias(IMAGE))
    return products.with_columns(pl.when(known).then(id_).alias(ITEM), *cut)


def _first_unreadable(source: Source, fields: Sequence[Field]) -> str:
    for batch in source.read(fields, 1_000):
        wrong = batch.filter(pl.col(SURPLUS) | pl.col(fields[0].name).is_null())
        if wrong.height:
            line = wrong[NUMBER][0]
            return f"line {line & 0xFFFFFFFF:,}: {shown(source.texts({line}).get(line, ''))!r}"
    return "further down"


def _catalog_columns(
    source: Source, items: IdTable | None, item_name: str
) -> tuple[dict[str, list[int]], tuple[str, ...]]:
    """Positions of the columns of each role, the best first, and notes."""
    layout = source.layout
    columns = find_columns(layout.names, CATALOG_NAMES)
    present = [name for name, values in zip(layout.names, layout.samples, strict=False) if values]
    notes: tuple[str, ...] = ()
    own = [place for place, name in enumerate(layout.names) if item_name and plain_name(name) == plain_name(item_name)]
    ids = list(dict.fromkeys([*own, *columns.get(ITEM, [])]))
    if items is not None:
        taken = {place for role, places in columns.items() if role != ITEM for place in places}
        others = ids or [place for place in range(layout.n_columns) if place not in taken]
        ids = _matching(source, others, items) or ids
    if not ids:
        raise DataFormatError(
            f"{source.name}: no column holds the ids of the items (columns:"
            f" {', '.join(shown(name, 40) for name in present[:12])}): name it item_id, asin or product_id."
        )
    if len(ids) > 1 or ITEM not in columns:
        notes = (f"the ids are in its column {shown(layout.names[ids[0]], 40)}.",)
    # Where a title is empty, another column may have one. An id is never taken from another column.
    return {**columns, ITEM: ids[:1]} if ITEM in columns else {ITEM: ids[:1], **columns}, notes


def _matching(source: Source, positions: Sequence[int], items: IdTable) -> list[int]:
    """The columns that hold ids of the items, in their order; empty where none does."""
    if len(positions) == 1:
        return list(positions)
    fields = [Field(f"c{place}", place, nested=False) for place in positions]
    ids = pl.concat([batch.select(field.name for field in fields) for batch in source.read(fields)])
    known = items.to_series()
    found = {
        place: int(ids[f"c{place}"].str.strip_chars().unique().is_in(known.implode()).sum())
        for place in positions
    }
    best = max(found.values(), default=0)
    return [place for place in positions if best and found[place] >= _AS_GOOD * best]


def align_catalog(
    catalog: pl.DataFrame | LoadedCatalog | None, items: IdTable
) -> pl.DataFrame:
    """One row for each item, in row order, with all `CATALOG_COLUMNS`; null where unknown."""
    frame = catalog.frame if isinstance(catalog, LoadedCatalog) else catalog
    aligned = pl.DataFrame({ITEM: items.to_series()})
    if frame is not None:
        aligned = aligned.join(frame, on=ITEM, how="left", maintain_order="left")
    missing = [
        pl.lit(None, SCHEMA[name]).alias(name) for name in CATALOG_COLUMNS if name not in aligned.columns
    ]
    return aligned.with_columns(missing).select(CATALOG_COLUMNS)


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
    renamed = _same_in_another_form(frame[ITEM], known)
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


def _same_in_another_form(catalog: pl.Series, items: pl.Series) -> pl.DataFrame:
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


@dataclass(frozen=True)
class Catalog:
    """What is known of each item; row i of the frame is item row i.

    Parameters
    ----------
    frame : polars.DataFrame
        `CATALOG_COLUMNS`, as `align_catalog` gives them.
    popularity : array, shape (n_items,), optional
        Search results stand in falling order of it; by default in row order.
    """

    frame: pl.DataFrame
    popularity: NDArray[Any] | None = None

    def __len__(self) -> int:
        return self.frame.height

    @cached_property
    def columns_known(self) -> tuple[str, ...]:
        """The columns, other than the id, that are known of at least one item."""
        nulls = self.frame.null_count().row(0, named=True)
        return tuple(name for name in CATALOG_COLUMNS[1:] if nulls[name] < len(self))

    def columns_of(
        self, rows: Sequence[int] | Rows, names: Sequence[str] | None = None
    ) -> dict[str, list[Any]]:
        """Known columns of some items: name → values in the order of `rows`."""
        wanted = [name for name in (names or self.columns_known) if name in self.columns_known]
        positions = np.asarray(rows, dtype=np.int64)
        return {name: self.frame[name][positions].to_list() for name in wanted}

    def rows(self, item_rows: Sequence[int] | Rows) -> pd.DataFrame:
        """The catalogue of some items, as `CATALOG_COLUMNS`."""
        return self.frame[np.asarray(item_rows, dtype=np.int64)].to_pandas()

    @cached_property
    def _words(self) -> pl.Series:
        """Title and brand in lower case, to be searched."""
        text = pl.concat_str(TITLE, BRAND, separator=" ", ignore_nulls=True).str.to_lowercase()
        return self.frame.select(text.alias("words"))["words"]

    def search(self, text: str, limit: int = 50) -> Rows:
        """Rows of the items whose title or brand has all the words of `text`, in any case.

        Popular ones first, where the popularity is known.
        """
        words = text.lower().split()
        if not words:
            return np.empty(0, np.int64)
        found = pl.DataFrame({"words": self._words}).with_row_index("row")
        for word in sorted(words, key=len, reverse=True):
            found = found.filter(pl.col("words").str.contains(word, literal=True))
        rows = found["row"].to_numpy().astype(np.int64)
        if self.popularity is not None:
            rows = rows[np.argsort(-np.asarray(self.popularity)[rows], kind="stable")]
        return rows[:limit]

    def mask(
        self,
        category: str | Sequence[str] | None = None,
        brand: str | Sequence[str] | None = None,
        price: tuple[float | None, float | None] | None = None,
    ) -> Mask:
        """True for the items that pass, shape (n_items,).

        Parameters
        ----------
        category : str or sequence of str, optional
            Paths; an item passes where its category is one of them or below one of them.
        brand : str or sequence of str, optional
        price : (lowest, highest), optional
            Either may be None. An item without a price does not pass.
        """
        tests = []
        if category is not None:
            # An item of several categories passes where one of them does.
            at = SEVERAL + pl.col(CATEGORY) + SEVERAL
            marks = [mark for path in _listed(category) for mark in (path + PATH, path + SEVERAL)]
            tests.append(pl.any_horizontal(at.str.contains(SEVERAL + mark, literal=True) for mark in marks))
        if brand is not None:
            tests.append(pl.col(BRAND).is_in(_listed(brand)))
        if price is not None:
            low, high = price
            tests.append(
                pl.col(PRICE).is_between(-np.inf if low is None else low, np.inf if high is None else high)
            )
        if not tests:
            return np.ones(len(self), dtype=bool)
        passed = self.frame.lazy().select(pl.all_horizontal(tests).fill_null(False).alias("passed")).collect()
        return passed["passed"].to_numpy()


def _listed(values: str | Sequence[str]) -> list[str]:
    return [values] if isinstance(values, str) else list(values)
