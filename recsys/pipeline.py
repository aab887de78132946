"""Build: a ratings file becomes a published version."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from recsys.build_inputs import BuildInputs
from recsys.columns import BRAND, CATEGORY, TITLE
from recsys.config import BuildConfig
from recsys.data.catalog import Catalog, category_numbers
from recsys.data.interactions import Interactions
from recsys.data.loading import LoadedData, load_data
from recsys.data.profile.example_users import example_users
from recsys.data.profile.tables import profile, summary
from recsys.data.update import load_update
from recsys.engine import Engine
from recsys.errors import writing
from recsys.evaluation.audience import evaluate_audience
from recsys.evaluation.baselines import ItemKnnConfig, ItemKnnRanker
from recsys.evaluation.choice import ITEM_KNN
from recsys.evaluation.cold import evaluate_new
from recsys.evaluation.fitted_rankers import must_have_order
from recsys.evaluation.run import BuildEvaluation, evaluate_build, tune_build
from recsys.evaluation.similar import evaluate_similar
from recsys.forgetting import without_forgotten
from recsys.item_map import draw_map
from recsys.linalg.gram import NormalisedGram
from recsys.memory import peak_memory_mb
from recsys.model.content import Descriptions, describe
from recsys.model.neighbours import NeighbourModel
from recsys.model.placement import Placement
from recsys.model.ranking import RankingModel, fit_ranking
from recsys.model.rating import RatingModel, fit_rating, shared_basis
from recsys.model.sequential import fit_sequential
from recsys.progress import Listener, Steps, silent
from recsys.search.by_description import DescribedIndex
from recsys.search.indexes import SEQUENTIAL_INDEX, SimilarIndex, UserIndex
from recsys.sources.databases import Query
from recsys.sources.registry import Location
from recsys.version_before import VersionBefore
from recsys.versions import contents
from recsys.versions.files import ArtifactWriter
from recsys.versions.forgotten import Forgotten
from recsys.versions.manifest import BuildRecord, ModelReport
from recsys.versions.store import ArtifactStore


def build(
    ratings: Location | Query | None = None,
    catalog: Location | Query | None = None,
    out: str | Path = "artifacts",
    config: BuildConfig | None = None,
    *,
    update: bool = False,
    engine: Engine | None = None,
    columns: tuple[str, ...] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    progress: Listener = silent,
) -> str:
    """Build a version and put it in service.

    Parameters
    ----------
    ratings, catalog : path or Query, optional
        Any format that `recsys.sources` knows, or the rows of a query; without `ratings`, the made-up
        sample store.
    out : path
        The artifacts folder.
    config : BuildConfig, optional
    update : bool
        `ratings` are new rows, and corrections of old ones, for the version in service. Its settings stay
        unless the config states a rank, and its factors are what the SVD begins with.
    engine : Engine, optional
        What reads the ratings and multiplies with them; by default this process.
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
    steps, store = Steps(progress), ArtifactStore(out)
    layout: dict[str, Any] = {"columns": columns, "delimiter": delimiter, "has_header": has_header}
    with store.lock(), store.scratch() as scratch:
        before = VersionBefore.in_service(store) if update else None
        inputs = BuildInputs.of(ratings, catalog, scratch, steps)
        with steps.step("Reading the ratings") as stage:
            watches = inputs.watch()
            given: dict[str, Any] = {"config": config.cleaning, "scratch": scratch, **layout}
            if engine is not None:
                loaded = engine.load(inputs.ratings, inputs.catalog, progress=stage, **given)
            elif before is None:
                loaded = load_data(inputs.ratings, inputs.catalog, **given)
            else:
                known = before.interactions, before.catalog
                loaded = load_update(*known, inputs.ratings, inputs.catalog, **given)
                config = before.settings(config)
            loaded = without_forgotten(loaded, Forgotten(store.root), elsewhere=engine is not None)
            data = loaded.interactions
            fingerprints = {role: watch.fingerprint() for role, watch in watches.items()}
        some = data
        if engine is not None:
            some, config = engine.measured(data), engine.settings(data, config)
        measured = _evaluate(some, config, steps)
        products = pl.concat([loaded.catalog, loaded.unrated.catalog.frame])
        descriptions = _describe(products, config, steps)
        if descriptions is not None and measured.evaluation is not None:
            measured = _evaluate_new(some, products, descriptions, measured, steps)
        measured = _evaluate_similar(loaded.catalog, descriptions, measured, steps)
        if some is not data:
            measured = measured.of_some_users(data.n_users)
        with store.writer() as writer:
            _write_tables(writer, loaded, measured, steps)
            models = _fit(data, descriptions, measured.config, steps, before, engine)
            _write_contents(writer, loaded, models, steps, engine)
            _write_map(writer, loaded.catalog, models, measured.config, steps)
            fitted = models.report()
            del models  # so that the sequential model takes their memory
            _write_sequential(writer, data, measured.config, steps, engine)
            if measured.served.ranker == ITEM_KNN:
                _write_neighbours(writer, data, measured.item_knn, steps)
            with steps.step("Publishing"):
                record = BuildRecord(
                    name=inputs.name if before is None else before.name_with(inputs.name),
                    made_up=ratings is None,
                    inputs=fingerprints if before is None else before.inputs_with(fingerprints),
                    cleaning=loaded.report,
                    config=measured.config,
                    summary=summary(data),
                    model=fitted,
                    evaluation=measured.evaluation,
                    seconds=steps.seconds,
                    peak_memory_mb=peak_memory_mb(),
                    served=measured.served,
                )
                return store.publish(writer, record, measured.config.keep_versions)


class _Models(NamedTuple):
    """What a build fits."""

    ranking: RankingModel
    rating: RatingModel | None
    placement: Placement | None
    user_index: UserIndex
    similar_index: SimilarIndex

    def report(self) -> ModelReport:
        return ModelReport(self.ranking.n_factors, float(self.ranking.energy), self.similar_index.report)


def _evaluate(data: Interactions, config: BuildConfig, steps: Steps) -> BuildEvaluation:
    must_have_order(data, config.ranker)
    if config.evaluate is not False and data.user_degrees.max() >= 2:
        with steps.step("Measuring the models on held-out ratings") as stage:
            return evaluate_build(data, config, stage)
    if config.tune:
        with steps.step("Tuning") as stage:
            config = tune_build(data, config, stage)
    return BuildEvaluation.unmeasured(config)


def _describe(products: pl.DataFrame, config: BuildConfig, steps: Steps) -> Descriptions | None:
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
    steps: Steps,
) -> BuildEvaluation:
    assert measured.evaluation is not None
    with steps.step("Measuring products without ratings") as stage:
        found = evaluate_new(data, products, descriptions, measured.config, stage)
    return replace(
        measured,
        config=replace(measured.config, content=found.config),
        evaluation=replace(measured.evaluation, new_products=found.result),
    )


def _evaluate_similar(
    catalog: pl.DataFrame, descriptions: Descriptions | None, measured: BuildEvaluation, steps: Steps
) -> BuildEvaluation:
    """Measure what is listed as similar, after it is known how much words count."""
    held, evaluation = measured.held_out, measured.evaluation
    if held is None or evaluation is None:
        return measured
    with steps.step("Measuring similar products and audiences") as stage:
        of_held_out = held.train, held.test, held.model
        words = descriptions, measured.config.content
        part = stage.part(0.0, 0.7)
        similar = evaluate_similar(*of_held_out, category_numbers(catalog), *words, part)
        audience = evaluate_audience(*of_held_out, stage.part(0.7, 1.0))
    evaluation = replace(evaluation, similar=similar, audience=audience)
    return replace(measured, evaluation=evaluation, held_out=None)


def _fit(
    data: Interactions,
    descriptions: Descriptions | None,
    config: BuildConfig,
    steps: Steps,
    before: VersionBefore | None = None,
    engine: Engine | None = None,
) -> _Models:
    gram = NormalisedGram if engine is None else engine.gram
    with steps.step("Fitting the ranking model (truncated SVD)") as stage:
        svd = None if before is None else before.svd(data, config, stage)
        ranking = fit_ranking(data, config.ranking, svd=svd, gram=gram, progress=stage)
    with steps.step("Fitting the rating model") as stage:
        basis = shared_basis(ranking, config.rating)
        if data.implicit:
            rating = None
        elif engine is None:
            rating = fit_rating(data, config.rating, progress=stage, svd=basis)
        else:
            rating = engine.fit_rating(data, config.rating, basis, stage)
    placement = None
    if descriptions is not None:
        with steps.step("Placing products by their words"):
            placement = Placement.fit(descriptions, ranking, config.content)
    with steps.step("Indexing the item vectors (FAISS)"):
        user_index = UserIndex.build(ranking, config.index)
        similar_index = SimilarIndex.build(placement or ranking, config.index)
        return _Models(ranking, rating, placement, user_index, similar_index)


def _write_tables(
    writer: ArtifactWriter, loaded: LoadedData, measured: BuildEvaluation, steps: Steps
) -> None:
    with steps.step("Summing up the data"):
        data = loaded.interactions
        tables = profile(data, loaded.catalog, loaded.catalog_report)
        for name, table in {**tables, "example_users": example_users(data), **measured.tables}.items():
            writer.table(name, table)


def _write_contents(
    writer: ArtifactWriter, loaded: LoadedData, models: _Models, steps: Steps, engine: Engine | None
) -> None:
    with steps.step("Writing"):
        data, unrated = loaded.interactions, loaded.unrated
        by_item = data.by_item() if engine is None else engine.by_item(data)
        contents.write_interactions(writer, data, by_item)
        contents.write_catalog(writer, Catalog(loaded.catalog))
        contents.write_unrated(writer, unrated)
        contents.write_ranking(writer, models.ranking)
        if models.placement is not None:
            contents.write_placement(writer, models.placement)
            described = DescribedIndex.build(models.placement.content, unrated.catalog.frame)
            contents.write_described(writer, described)
        if models.rating is not None:
            contents.write_rating(writer, models.rating)
        with writing(writer.folder):
            models.user_index.write(writer)
            models.similar_index.write(writer)


def _write_map(
    writer: ArtifactWriter, catalog: pl.DataFrame, models: _Models, config: BuildConfig, steps: Steps
) -> None:
    """Draw and write the map of the products, unless it is off or they are too few."""
    if not config.map.most_items:
        return
    with steps.step("Drawing the map of the products (t-SNE)") as stage:
        degrees = models.ranking.item_degrees
        item_map = draw_map(models.similar_index, degrees, catalog, config.map, stage)
        if item_map is not None:
            contents.write_map(writer, item_map)


def _write_sequential(
    writer: ArtifactWriter, data: Interactions, config: BuildConfig, steps: Steps, engine: Engine | None
) -> None:
    """Fit and write the sequential model, where the order of time is known."""
    if data.order is None or config.ranker not in ("auto", "sequential"):
        return
    with steps.step("Fitting the sequential model (truncated SVD of ordered pairs)") as stage:
        operator = None if engine is None else engine.sequence_gram
        model = fit_sequential(data, config.sequential, operator=operator, progress=stage)
        contents.write_sequential(writer, model)
        with writing(writer.folder):
            UserIndex.build(model, config.index).write(writer, SEQUENTIAL_INDEX)


def _write_neighbours(
    writer: ArtifactWriter, data: Interactions, config: ItemKnnConfig, steps: Steps
) -> None:
    """Find and write the neighbours of item-kNN, where it is what is served."""
    with steps.step("Finding the neighbours of each product"):
        contents.write_neighbours(writer, NeighbourModel(*ItemKnnRanker(data, config).lists))
