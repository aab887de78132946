"""Ratings and their catalogue, read together: each tells what the other leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from recsys.config import CleaningConfig
from recsys.data.catalog import align_catalog, join_catalog, read_catalog
from recsys.data.clean import load_interactions
from recsys.data.cleaning.catalog_report import CatalogReport
from recsys.data.cleaning.report import CleaningReport
from recsys.data.interactions import Interactions
from recsys.data.unrated import Unrated
from recsys.sources.registry import Location


@dataclass(frozen=True)
class LoadedData:
    """What a build learns from.

    Attributes
    ----------
    interactions : Interactions
    catalog : polars.DataFrame
        One row for each item: see `recsys.data.catalog.align_catalog`.
    report : CleaningReport
        Its notes say how the ratings and the catalogue were read.
    catalog_report : CatalogReport or None
    unrated : Unrated
        Products of the catalogue that the ratings do not have.
    """

    interactions: Interactions
    catalog: pl.DataFrame
    report: CleaningReport
    catalog_report: CatalogReport | None = None
    unrated: Unrated = field(default_factory=Unrated.none)


def load_data(
    ratings: Location,
    catalog: Location | None = None,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    config: CleaningConfig | None = None,
    scratch: Path | None = None,
) -> LoadedData:
    """Read ratings and, where there is one, their catalogue.

    Parameters and errors as in `recsys.data.clean.load_ratings` and `recsys.data.catalog.join_catalog`.
    """
    config = config or CleaningConfig()
    data, report = load_interactions(
        ratings,
        columns=columns,
        delimiter=delimiter,
        has_header=has_header,
        config=config,
        catalog=catalog,
        scratch=scratch,
    )
    return with_catalog(data, report, catalog, config, scratch)


def with_catalog(
    data: Interactions,
    report: CleaningReport,
    catalog: Location | None,
    config: CleaningConfig,
    scratch: Path | None,
) -> LoadedData:
    """Ratings that are read, and their catalogue."""
    if catalog is None:
        return LoadedData(data, align_catalog(None, data.items), report)
    loaded = read_catalog(
        catalog, data.items, report.columns.get("item", ""), limits=config.limits, scratch=scratch
    )
    known, joined = join_catalog(loaded, data.items)
    report = replace(report, notes=(*report.notes, *joined.describe()))
    return LoadedData(data, known, report, joined, Unrated.of(loaded.frame, data.items))
