"""New ratings, and corrections of old ones, beside the ratings of a version: read together as one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from recsys.columns import ITEM, RATING, TIMESTAMP, USER
from recsys.config import CleaningConfig
from recsys.data.catalog import align_catalog, read_catalog
from recsys.data.clean import load_ratings
from recsys.data.interactions import Interactions, encode
from recsys.data.loading import LoadedData
from recsys.data.unrated import Unrated
from recsys.errors import DataFormatError
from recsys.sources.registry import Location


def load_update(
    before: Interactions,
    catalog_before: pl.DataFrame,
    ratings: Location,
    catalog: Location | None = None,
    *,
    config: CleaningConfig | None = None,
    **layout: Any,
) -> LoadedData:
    """Ratings of a version with new rows. A pair of user and item that stands in both has the later rating.

    Parameters
    ----------
    before : Interactions
        Of the version.
    catalog_before : polars.DataFrame
        What its catalogue knows of all products, rated or not.
    ratings, catalog : Location
        The new rows. Products that a new catalogue describes are described by it alone.
    config : CleaningConfig, optional
        By default the scale is that of the version.
    layout : optional
        As in `recsys.data.clean.load_ratings`.

    Raises
    ------
    DataFormatError
        Where the new rows cannot be read, or have no ratings or no times where those before have.
    """
    config = config or CleaningConfig()
    config = config if config.scale or before.implicit else replace(config, scale=before.scale)
    clean = load_ratings(ratings, config=config, **layout)
    _check_alike(before, clean.frame, clean.implicit, clean.table.name)
    new = clean.frame.select(USER, ITEM, RATING, *([] if before.timestamps is None else [TIMESTAMP]))
    both = pl.concat([_frame(before), new.cast({RATING: pl.Float32})])
    data = encode(both, scale=before.scale, implicit=before.implicit)
    added = data.n_ratings - before.n_ratings
    note = f"{added:,} ratings are new, and {new.height - added:,} were there before and are as now."
    report = replace(clean.report, notes=(*clean.report.notes, note))
    if catalog is not None:
        fresh = read_catalog(
            catalog, data.items, clean.table.roles.get("item", ""), limits=config.limits
        ).frame
        kept = catalog_before.filter(~pl.col(ITEM).is_in(fresh[ITEM].implode()))
        catalog_before = pl.concat([kept, fresh], how="diagonal_relaxed")
    known = align_catalog(catalog_before, data.items)
    return LoadedData(data, known, report, None, Unrated.of(catalog_before, data.items))


def _check_alike(before: Interactions, new: pl.DataFrame, implicit: bool, name: str) -> None:
    if before.implicit != implicit:
        has, lacks = ("no ratings", "ratings") if before.implicit else ("ratings", "no ratings")
        raise DataFormatError(f"{name} has {lacks}, and the version has {has}: build from all the data.")
    if before.places is not None:
        raise DataFormatError(
            "The version was built from rows in order, where new rows have no place: build from all the data."
        )
    if before.timestamps is not None and TIMESTAMP not in new.columns:
        raise DataFormatError(f"{name} has no times, and the version has: name their column with --columns.")


def _frame(data: Interactions) -> pl.DataFrame:
    """Interactions as a table of ids again."""
    columns: dict[str, Any] = {
        USER: data.users.to_series()[data.user_rows.astype(np.int64)],
        ITEM: data.items.to_series()[data.item_rows.astype(np.int64)],
        RATING: data.ratings,
    }
    if data.timestamps is not None:
        columns[TIMESTAMP] = data.timestamps
    return pl.DataFrame(columns)
