"""Build: a ratings file becomes a published version of the artifacts."""

from __future__ import annotations

import hashlib
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from recsys.config import BuildConfig
from recsys.data.catalog import Catalog
from recsys.data.cleaning.catalog_report import CatalogReport
from recsys.data.interactions import Interactions
from recsys.data.loading import load_data
from recsys.data.profile.tables import profile, summary
from recsys.data.sample.files import sample_store
from recsys.evaluation.run import BuildEvaluation, evaluate_build, tune_build
from recsys.model.ranking import fit_ranking
from recsys.model.rating import fit_rating
from recsys.search.indexes import SimilarIndex, UserIndex
from recsys.versions.contents import Bundle, item_means
from recsys.versions.store import ArtifactStore, ArtifactWriter

Progress = Callable[[str], None]
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
            loaded = load_data(
                ratings,
                catalog,
                columns=columns,
                delimiter=delimiter,
                has_header=has_header,
                config=config.cleaning,
                scratch=Path(out),
            )
            data, known, report = loaded.interactions, loaded.catalog, loaded.report
        evaluation = _evaluate(data, config, steps)
        config = evaluation.config
        with store.writer() as writer:
            stated = _write(writer, data, known, loaded.catalog_report, config, steps)
            for name, table in evaluation.tables.items():
                writer.table(name, table)
            manifest = {
                "name": SAMPLE_NAME if made_up else Path(ratings).name,
                "made_up": made_up,
                "inputs": {"ratings": _fingerprint(ratings), "catalog": _fingerprint(catalog)},
                "cleaning": asdict(report),
                "config": asdict(config),
                **stated,
                "evaluation": evaluation.results,
            }
            with steps.step("Publishing"):
                manifest["seconds"], manifest["peak_memory_mb"] = steps.seconds, _peak_memory_mb()
                return store.publish(writer, manifest, config.keep_versions)


def _write(
    writer: ArtifactWriter,
    data: Interactions,
    catalog: pl.DataFrame,
    catalog_report: CatalogReport | None,
    config: BuildConfig,
    steps: Steps,
) -> dict[str, Any]:
    """Fit everything and write it; returns what the manifest says of it."""
    with steps.step("Fitting the ranking model (truncated SVD)"):
        ranking = fit_ranking(data, config.ranking)
    with steps.step("Fitting the rating model"):
        rating = None if data.implicit else fit_rating(data, config.rating)
    with steps.step("Indexing the item vectors (FAISS)"):
        user_index = UserIndex.build(ranking)
        similar_index = SimilarIndex.build(ranking, config.index)
    with steps.step("Summing up the data"):
        by_item = data.by_item()
        tables = {**profile(data, catalog, catalog_report), "example_users": example_users(data)}
        for name, table in tables.items():
            writer.table(name, table)
        stated = {"summary": asdict(summary(data))}
    with steps.step("Writing"):
        bundle = Bundle(
            data, by_item, item_means(by_item), Catalog(catalog), ranking, rating, user_index, similar_index
        )
        return {
            **stated,
            "data": bundle.write(writer),
            "model": {
                "n_factors": int(ranking.components.shape[1]),
                "energy": float(ranking.energy),
                "similar_index": similar_index.report,
            },
        }


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


def _fingerprint(path: str | Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    if not Path(path).is_file():
        # A folder, a pipe, or a file in an archive.
        return {"name": Path(path).name, "bytes": 0, "sha256": ""}
    with Path(path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": Path(path).name, "bytes": Path(path).stat().st_size, "sha256": digest}


def _peak_memory_mb() -> int:
    """Most megabytes this process has held in memory so far."""
    status = Path("/proc/self/status")
    if status.exists():
        # On Linux `ru_maxrss` begins with the peak of the process that started this one.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) >> 10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))
