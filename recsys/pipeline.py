"""Build: a ratings file becomes a published version."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from recsys.config import BuildConfig
from recsys.data.catalog import Catalog, align_catalog, category_numbers, load_catalog
from recsys.data.clean import load_interactions
from recsys.data.interactions import Interactions
from recsys.data.profile.example_users import example_users
from recsys.data.profile.tables import profile, summary
from recsys.data.sample.files import sample_shop
from recsys.evaluation.run import BuildEvaluation, evaluate_build, tune_build
from recsys.memory import peak_memory_mb
from recsys.model.ranking import RankingModel, fit_ranking
from recsys.model.rating import RatingModel, fit_rating, shared_basis
from recsys.progress import Listener, Stage, silent
from recsys.search.indexes import SimilarIndex, UserIndex
from recsys.versions import contents
from recsys.versions.files import ArtifactWriter
from recsys.versions.fingerprints import input_file
from recsys.versions.manifest import BuildRecord, InputFile, ModelReport
from recsys.versions.store import ArtifactStore

SAMPLE_NAME = "made-up electronics store"


def build(
    ratings: str | Path | None = None,
    catalog: str | Path | None = None,
    out: str | Path = "artifacts",
    config: BuildConfig | None = None,
    *,
    columns: tuple[str, ...] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    progress: Listener = silent,
) -> str:
    """Build a version and put it in service.

    Parameters
    ----------
    ratings, catalog : path, optional
        Any format that `recsys.sources` knows; without `ratings`, the made-up sample store.
    out : path
        The artifacts folder.
    config : BuildConfig, optional
    columns, delimiter, has_header : optional
        How the ratings file is laid out, where it cannot be recognised.
    progress : Listener
        Hears of each step: its name, the fraction that is done, and what is being done.

    Returns
    -------
    str
        The name of the new version. Whatever fails before that leaves the old one in service.

    Raises
    ------
    DataFormatError, ArtifactError, BuildLockedError
    """
    config = config or BuildConfig()
    steps, store = _Steps(progress), ArtifactStore(out)
    layout: dict[str, Any] = {"columns": columns, "delimiter": delimiter, "has_header": has_header}
    with store.lock(), tempfile.TemporaryDirectory() as scratch:
        inputs = _Inputs.of(ratings, catalog, scratch, steps)
        with steps.step("Reading the ratings"):
            data, report = load_interactions(inputs.ratings, config=config.cleaning, **layout)
            known = align_catalog(load_catalog(inputs.catalog) if inputs.catalog else None, data.items)
        measured = _evaluate(data, known, config, steps)
        with store.writer() as writer:
            _write_tables(writer, data, known, measured, steps)
            models = _fit(data, measured.config, steps)
            _write_contents(writer, data, Catalog(known), models, steps)
            with steps.step("Publishing"):
                record = BuildRecord(
                    name=inputs.name,
                    made_up=ratings is None,
                    inputs=inputs.fingerprints(),
                    cleaning=report,
                    config=measured.config,
                    summary=summary(data),
                    model=models.report(),
                    evaluation=measured.evaluation,
                    seconds=steps.seconds,
                    peak_memory_mb=peak_memory_mb(),
                )
                return store.publish(writer, record, measured.config.keep_versions)


@dataclass(frozen=True)
class _Steps:
    """The steps of a build, told to a listener, and how many seconds each took."""

    listener: Listener
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[Stage]:
        stage = Stage(name, self.listener)
        stage(0.0)
        started = time.perf_counter()
        yield stage
        self.seconds[name] = round(time.perf_counter() - started, 3)
        stage(1.0)


class _Inputs(NamedTuple):
    """The files a build reads."""

    name: str
    ratings: Path
    catalog: Path | None

    @classmethod
    def of(
        cls, ratings: str | Path | None, catalog: str | Path | None, scratch: str, steps: _Steps
    ) -> _Inputs:
        if ratings is not None:
            return cls(Path(ratings).name, Path(ratings), None if catalog is None else Path(catalog))
        with steps.step("Making up the sample store"):
            return cls(SAMPLE_NAME, *(Path(path) for path in sample_shop(scratch)))

    def fingerprints(self) -> dict[str, InputFile]:
        named = {"ratings": self.ratings, "catalog": self.catalog}
        return {role: input_file(path) for role, path in named.items() if path is not None}


class _Models(NamedTuple):
    """What a build fits."""

    ranking: RankingModel
    rating: RatingModel | None
    user_index: UserIndex
    similar_index: SimilarIndex

    def report(self) -> ModelReport:
        return ModelReport(self.ranking.n_factors, float(self.ranking.energy), self.similar_index.report)


def _evaluate(
    data: Interactions, catalog: pl.DataFrame, config: BuildConfig, steps: _Steps
) -> BuildEvaluation:
    wanted = config.evaluate if config.evaluate is not None else data.n_ratings <= config.evaluate_below
    if wanted and data.user_degrees.max() >= 2:
        with steps.step("Measuring the models on held-out ratings") as stage:
            return evaluate_build(data, config, stage, categories=category_numbers(catalog))
    if config.tune:
        with steps.step("Tuning") as stage:
            config = tune_build(data, config, stage)
    return BuildEvaluation(config)


def _fit(data: Interactions, config: BuildConfig, steps: _Steps) -> _Models:
    with steps.step("Fitting the ranking model (truncated SVD)") as stage:
        ranking = fit_ranking(data, config.ranking, progress=stage)
    with steps.step("Fitting the rating model") as stage:
        basis = shared_basis(ranking, config.rating)
        rating = None if data.implicit else fit_rating(data, config.rating, progress=stage, svd=basis)
    with steps.step("Indexing the item vectors (FAISS)"):
        user_index = UserIndex.build(ranking, config.index)
        return _Models(ranking, rating, user_index, SimilarIndex.build(ranking, config.index))


def _write_tables(
    writer: ArtifactWriter,
    data: Interactions,
    catalog: pl.DataFrame,
    measured: BuildEvaluation,
    steps: _Steps,
) -> None:
    with steps.step("Summing up the data"):
        tables = {**profile(data, catalog), "example_users": example_users(data), **measured.tables}
        for name, table in tables.items():
            writer.table(name, table)


def _write_contents(
    writer: ArtifactWriter, data: Interactions, catalog: Catalog, models: _Models, steps: _Steps
) -> None:
    with steps.step("Writing"):
        contents.write_interactions(writer, data, data.by_item())
        contents.write_catalog(writer, catalog)
        contents.write_ranking(writer, models.ranking)
        if models.rating is not None:
            contents.write_rating(writer, models.rating)
        models.user_index.write(writer)
        models.similar_index.write(writer)
