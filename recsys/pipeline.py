"""Build: a ratings file becomes a published version of the artifacts."""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import polars as pl

from recsys.config import BuildConfig
from recsys.data.catalog import Catalog, align_catalog, load_catalog
from recsys.data.clean import load_interactions
from recsys.data.cleaning.report import CleaningReport
from recsys.data.interactions import Interactions
from recsys.data.profile.summary import Summary
from recsys.data.profile.tables import profile, summary
from recsys.data.sample.files import sample_store
from recsys.evaluation.results import Evaluation
from recsys.evaluation.run import BuildEvaluation, evaluate_build, tune_build
from recsys.model.ranking import fit_ranking
from recsys.model.rating import fit_rating
from recsys.search.indexes import SimilarIndex, UserIndex
from recsys.versions.contents import Bundle, item_means
from recsys.versions.manifest import BuildRecord, InputFile, ModelReport
from recsys.versions.store import ArtifactStore, ArtifactWriter

Progress = Callable[[str], None]
T = TypeVar("T")
SAMPLE_NAME = "made-up electronics store"


@dataclass
class Steps:
    """Says what is being done, and keeps how long each step took."""

    say: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.say(name)
        started = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started, 3)


def build(
    ratings: str | Path | None = None,
    catalog: str | Path | None = None,
    out: str | Path = "artifacts",
    config: BuildConfig | None = None,
    *,
    columns: tuple[str, ...] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    progress: Progress | None = None,
) -> str:
    """Build the artifacts and put them in service.

    Parameters
    ----------
    ratings, catalog : path, optional
        Any format that `recsys.data` knows; without `ratings`, the made-up sample store.
    out : path
        The artifacts folder.
    config : BuildConfig, optional
    columns, delimiter, has_header : optional
        How the ratings file is laid out, where it cannot be recognised.
    progress : callable, optional
        Told in words what is being done.

    Returns
    -------
    str
        The name of the new version. Whatever fails before that leaves the old one in service.

    Raises
    ------
    DataFormatError, ArtifactError, BuildLockedError
    """
    config = config or BuildConfig()
    steps = Steps(progress or (lambda _: None))
    store = ArtifactStore(out)
    with store.lock(), tempfile.TemporaryDirectory() as scratch:
        made_up = ratings is None
        if ratings is None:
            with steps.step("Making up the sample store"):
                ratings, catalog = sample_store(scratch)
        with steps.step("Reading the ratings"):
            data, report = load_interactions(
                ratings, columns=columns, delimiter=delimiter, has_header=has_header, config=config.cleaning
            )
            known = align_catalog(load_catalog(catalog) if catalog else None, data.items)
        evaluation = _evaluate(data, config, steps)
        config = evaluation.config
        with store.writer() as writer:
            model = _write(writer, data, known, config, steps)
            for name, table in evaluation.tables.items():
                writer.table(name, table)
            with steps.step("Publishing"):
                record = BuildRecord(
                    name=SAMPLE_NAME if made_up else Path(ratings).name,
                    made_up=made_up,
                    inputs=_inputs(ratings, catalog),
                    cleaning=_typed(report, CleaningReport),
                    config=config,
                    summary=_typed(summary(data), Summary),
                    model=model,
                    evaluation=_evaluation(evaluation.results),
                    seconds=steps.seconds,
                    peak_memory_mb=_peak_memory_mb(),
                )
                return store.publish(writer, record, config.keep_versions)


def _write(
    writer: ArtifactWriter, data: Interactions, catalog: pl.DataFrame, config: BuildConfig, steps: Steps
) -> ModelReport:
    """Fit everything and write it; returns what the manifest says of the ranking model."""
    with steps.step("Fitting the ranking model (truncated SVD)"):
        ranking = fit_ranking(data, config.ranking)
    with steps.step("Fitting the rating model"):
        rating = None if data.implicit else fit_rating(data, config.rating)
    with steps.step("Indexing the item vectors (FAISS)"):
        user_index = UserIndex.build(ranking)
        similar_index = SimilarIndex.build(ranking, config.index)
    with steps.step("Summing up the data"):
        by_item = data.by_item()
        tables = {**profile(data, catalog), "example_users": example_users(data)}
        for name, table in tables.items():
            writer.table(name, table)
    with steps.step("Writing"):
        bundle = Bundle(
            data, by_item, item_means(by_item), Catalog(catalog), ranking, rating, user_index, similar_index
        )
        bundle.write(writer)
        return ModelReport(ranking.components.shape[1], float(ranking.energy), similar_index.report)


def _evaluate(data: Interactions, config: BuildConfig, steps: Steps) -> BuildEvaluation:
    wanted = config.evaluate if config.evaluate is not None else data.n_ratings <= config.evaluate_below
    if wanted and data.user_degrees.max() >= 2:
        with steps.step("Measuring the models on held-out ratings"):
            return evaluate_build(data, config, steps.say)
    if config.tune:
        with steps.step("Tuning"):
            config = tune_build(data, config, steps.say)
    return BuildEvaluation(None, {}, config)


def example_users(data: Interactions, per_kind: int = 4) -> pl.DataFrame:
    """Users to begin with, by kind: user_id, n_ratings, kind.

    The kinds are the most active, active (around the 99th percentile of users with two
    ratings or more), typical (their median) and light (one rating).
    """
    degrees = data.user_degrees
    several = np.flatnonzero(degrees >= 2)
    several = several[np.argsort(-degrees[several], kind="stable")]
    middle = len(several) // 2
    kinds = {
        "most active": several[:per_kind],
        "active": several[len(several) // 100 :][:per_kind],
        "typical": several[middle : middle + per_kind],
        "one rating": np.flatnonzero(degrees == 1)[:per_kind],
    }
    seen: set[int] = set()
    entries = []
    for kind, rows in kinds.items():
        fresh = [int(row) for row in rows if int(row) not in seen]
        seen.update(fresh)
        entries += [(data.users.id(row), int(degrees[row]), kind) for row in fresh]
    return pl.DataFrame(entries, schema=["user_id", "n_ratings", "kind"], orient="row")


def _inputs(ratings: str | Path, catalog: str | Path | None) -> dict[str, InputFile]:
    named = {"ratings": ratings, "catalog": catalog}
    return {role: _fingerprint(Path(path)) for role, path in named.items() if path is not None}


def _fingerprint(path: Path) -> InputFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return InputFile(path.name, path.stat().st_size, digest)


def _evaluation(results: Evaluation | dict[str, Any] | None) -> Evaluation | None:
    """The results as typed values. To be deleted once the evaluation returns them itself."""
    if results is None or isinstance(results, Evaluation):
        return results

    def with_bounds(figures: dict[str, Any]) -> dict[str, Any]:
        return {
            metric: figure if isinstance(figure, dict) else {"value": figure, "low": figure, "high": figure}
            for metric, figure in figures.items()
        }

    plain = json.loads(json.dumps(results, allow_nan=False))
    for task in (task for task in plain.values() if isinstance(task, dict)):
        task["model"] = with_bounds(task["model"])
        task["baselines"] = {name: with_bounds(figures) for name, figures in task["baselines"].items()}
    return msgspec.convert(plain, Evaluation)


def _typed(value: object, kind: type[T]) -> T:
    """A dict or dataclass as a typed value. To be deleted once `recsys.data` returns typed values."""
    return msgspec.convert(msgspec.to_builtins(value), kind)


def _peak_memory_mb() -> int:
    """Most megabytes this process has held in memory so far."""
    status = Path("/proc/self/status")
    if status.exists():
        # On Linux `ru_maxrss` begins with the peak of the process that started this one.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) >> 10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))
