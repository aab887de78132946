"""Build: a ratings file becomes a published version."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from recsys.columns import BRAND, CATEGORY, TITLE
from recsys.config import BuildConfig
from recsys.data.catalog import Catalog, align_catalog, load_catalog
from recsys.data.clean import load_interactions
from recsys.data.interactions import Interactions
from recsys.data.profile.example_users import example_users
from recsys.data.profile.tables import profile, summary
from recsys.data.sample.files import sample_shop
from recsys.data.unrated import Unrated
from recsys.evaluation.cold import evaluate_new
from recsys.evaluation.run import BuildEvaluation, evaluate_build, tune_build
from recsys.memory import peak_memory_mb
from recsys.model.content import Descriptions, describe, fit_content
from recsys.model.ranking import RankingModel, fit_ranking
from recsys.model.rating import RatingModel, fit_rating, shared_basis
from recsys.progress import Listener, Stage, silent
from recsys.search.by_description import DescribedIndex
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
            catalogue = load_catalog(inputs.catalog) if inputs.catalog else None
            known, unrated = align_catalog(catalogue, data.items), Unrated.of(catalogue, data.items)
        measured = _evaluate(data, config, steps)
        products = pl.concat([known, unrated.catalog.frame])
        descriptions = _describe(products, config, steps)
        if descriptions is not None and measured.evaluation is not None:
            measured = _evaluate_new(data, products, descriptions, measured, steps)
        with store.writer() as writer:
            _write_tables(writer, data, known, measured, steps)
            models = _fit(data, measured.config, steps)
            described = _place(descriptions, models.ranking, unrated, measured.config, steps)
            _write_contents(writer, data, Catalog(known), models, steps)
            contents.write_unrated(writer, unrated)
            if described is not None:
                contents.write_described(writer, described)
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


def _evaluate(data: Interactions, config: BuildConfig, steps: _Steps) -> BuildEvaluation:
    wanted = config.evaluate if config.evaluate is not None else data.n_ratings <= config.evaluate_below
    if wanted and data.user_degrees.max() >= 2:
        with steps.step("Measuring the models on held-out ratings") as stage:
            return evaluate_build(data, config, stage)
    if config.tune:
        with steps.step("Tuning") as stage:
            config = tune_build(data, config, stage)
    return BuildEvaluation(config)


def _describe(products: pl.DataFrame, config: BuildConfig, steps: _Steps) -> Descriptions | None:
    """The words of the catalogue; None where there is none."""
    if all(products[name].null_count() == len(products) for name in (TITLE, CATEGORY, BRAND)):
        return None
    with steps.step("Reading the words of the catalogue") as stage:
        return describe(products, config.content, stage)


def _evaluate_new(
    data: Interactions,
    products: pl.DataFrame,
    descriptions: Descriptions,
    measured: BuildEvaluation,
    steps: _Steps,
) -> BuildEvaluation:
    assert measured.evaluation is not None
    with steps.step("Measuring products without ratings") as stage:
        found = evaluate_new(data, products, descriptions, measured.config, stage)
    return replace(
        measured,
        config=replace(measured.config, content=found.config),
        evaluation=replace(measured.evaluation, new_products=found.result),
    )


def _place(
    descriptions: Descriptions | None,
    ranking: RankingModel,
    unrated: Unrated,
    config: BuildConfig,
    steps: _Steps,
) -> DescribedIndex | None:
    """Learn where words place a product; None where there is too little to learn from."""
    if descriptions is None:
        return None
    with steps.step("Placing products by their words"):
        model = fit_content(descriptions, ranking, config.content)
        return None if model is None else DescribedIndex.build(model, unrated.catalog.frame)


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
