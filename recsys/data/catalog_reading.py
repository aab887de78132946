"""Read a catalogue, and say how much of it could be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from recsys.columns import BRAND, CATALOG_COLUMNS, CATEGORY, IMAGE, ITEM, TITLE
from recsys.config import LimitsConfig
from recsys.data.cleaning.catalog_report import CatalogReport
from recsys.data.cleaning.products import clean_products
from recsys.data.ids import IdTable
from recsys.errors import DataFormatError, shown
from recsys.sources import column_content as content
from recsys.sources.aligned import Aligned
from recsys.sources.column_names import CATALOG_NAMES, find_columns, names_a_title, plain_name
from recsys.sources.delimited import Delimited
from recsys.sources.registry import Location, open_source
from recsys.sources.role_questions import column_name, misfit
from recsys.sources.source import NUMBER, SURPLUS, Field, Source, StatedLayout

_EXPECTED = tuple(name for role, names in CATALOG_NAMES.items() if role != ITEM for name in names)
_TEXTS = (TITLE, BRAND, CATEGORY)
_MOST_UNREADABLE = 0.5
_AS_GOOD = 0.8
"""Of several columns of ids, those that find this share of what the best one finds are told by name."""


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
        price (Float64), image_url and in_stock (Boolean), the columns that the source has.
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
    source = _without_header(source, items)
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
            f"{source.name} has {'no products' if frame.is_empty() else 'few products'}:"
            f" {n_unreadable:,} of its {n_rows:,} rows cannot be read ({_first_unreadable(source, fields)}):"
            " fix the rows below the header, or leave --catalog out."
        )
    notes = (*source.layout.notes, *notes)
    return LoadedCatalog(frame, source.name, CatalogReport(n_rows, frame.height, n_unreadable, notes=notes))


def _bounded(products: pl.DataFrame, limits: LimitsConfig) -> pl.DataFrame:
    """Without ids that are too long, and with texts and addresses of a bounded length."""
    cut = [pl.col(name).str.head(limits.text_chars) for name in _TEXTS if name in products.columns]
    id_ = pl.col(ITEM)
    known = id_.is_not_null() & (id_.str.len_bytes() <= limits.id_bytes) & ~id_.is_in(list(content.MISSING))
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
    if why := misfit(source):
        raise DataFormatError(f"{source.name}{why}.")
    layout = source.layout
    columns = find_columns(layout.names, CATALOG_NAMES)
    own = [
        place
        for place, name in enumerate(layout.names)
        if item_name and plain_name(name) == plain_name(item_name)
    ]
    ids = list(dict.fromkeys([*own, *columns.get(ITEM, [])]))
    if items is not None:
        taken = {place for role, places in columns.items() if role != ITEM for place in places}
        others = ids or [place for place in range(layout.n_columns) if place not in taken]
        ids = _matching(source, others, items) or ids
    if not ids:
        present = [name for name, values in zip(layout.names, layout.samples, strict=False) if values]
        raise DataFormatError(
            f"{source.name}: no column holds the ids of the items (columns:"
            f" {', '.join(shown(name, 40) for name in present[:12]) or 'without names'}): name it item_id,"
            " asin or product_id."
        )
    notes = []
    if len(ids) > 1 or ITEM not in columns:
        notes.append(f"the ids are in {column_name(source, ids[0])}.")
    # Where a title is empty, another column may have one. An id is never taken from another column.
    columns = {**columns, ITEM: ids[:1]} if ITEM in columns else {ITEM: ids[:1], **columns}
    found = _by_content(source, columns)
    notes += [f"the {role} is in {column_name(source, place)}." for role, place in found.items()]
    if TITLE not in columns and TITLE not in found:
        notes.append("no column of titles is known in it: name one title.")
    return {**columns, **{role: [place] for role, place in found.items()}}, tuple(notes)


def _by_content(source: Source, columns: dict[str, list[int]]) -> dict[str, int]:
    """Columns of titles and categories that have no known name: by a word of it, or by what is in them."""
    names, samples = source.layout.names, source.layout.samples
    taken = {place for places in columns.values() for place in places}
    free = [place for place in range(len(samples)) if place not in taken and samples[place]]
    found: dict[str, int] = {}
    lists = [place for place in free if content.are_lists(samples[place])]
    if lists and not names:
        found[CATEGORY] = lists[0]
        free.remove(lists[0])
    named = [
        place
        for place in free
        if names and names_a_title(names[place]) and content.share_of_numbers(samples[place]) < 0.5
    ]
    titles = named or [place for place in free if content.are_titles(samples[place], bool(names))]
    if titles and TITLE not in columns:
        found[TITLE] = titles[0]
    return found


def _without_header(source: Source, items: IdTable | None) -> Source:
    """The source with its first line as a row, where that is a product and holds no names."""
    layout = source.layout
    if not isinstance(source, (Delimited, Aligned)) or find_columns(layout.names, CATALOG_NAMES):
        return source
    pairs = list(zip(layout.names, layout.samples, strict=True))
    is_product = items is not None and bool(items.to_series().is_in(layout.names).any())
    if not is_product and not any(content.is_number(name) or name in values for name, values in pairs):
        return source
    samples = tuple((name, *values) for name, values in pairs)
    note = "it has no header: name its columns in a first line to have more of them used."
    first_row, notes = layout.first_row - 1, (*layout.notes, note)
    return replace(
        source, layout=replace(layout, names=(), samples=samples, first_row=first_row, notes=notes)
    )


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
