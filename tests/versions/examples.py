"""Manifests to test with."""

from __future__ import annotations

from pathlib import Path

from recsys.config import BuildConfig, RankingConfig, RatingConfig
from recsys.data.cleaning.report import CleaningReport, Rejection, SampleRow
from recsys.data.profile.summary import Summary
from recsys.evaluation.results import CalibrationPoint, Evaluation, Figure, SegmentFigure, TaskResult, Trial
from recsys.search.results import SearchReport
from recsys.versions.manifest import BuildRecord, InputFile, Manifest, ModelReport, StoredFile


def record(name: str = "ratings.csv") -> BuildRecord:
    """A build in which every part of a record has something to say."""
    figure = Figure(0.25, 0.2, 0.3)
    ranking = TaskResult(
        "ranking",
        "100 users.",
        model={"recall@20": figure},
        baselines={"popular": {"recall@20": Figure(0.1, 0.05, 0.15)}},
        ahead={"popular": {"recall@20": Figure(0.15, 0.1, 0.2)}},
        segments=(SegmentFigure("tail items", "this model", "recall@20", 0.25, 0.2, 0.3, 100),),
        trail=(Trial("rank", "32", 0.24, 0.01),),
        chosen={"n_factors": 32},
        baselines_chosen={"item-kNN": {"k": 50}},
        seconds={"tune": 0.0, "fit": 0.5, "evaluate": 1.0},
    )
    rating = TaskResult(
        "rating",
        "200 ratings.",
        model={"rmse": figure},
        calibration=(CalibrationPoint(3.5, 3.4, 3.2, 3.6, 20),),
    )
    return BuildRecord(
        name=name,
        made_up=False,
        inputs={"ratings": InputFile("ratings.csv", 2048, "a" * 64)},
        cleaning=CleaningReport(
            101, 100, {"empty id": Rejection(1, (SampleRow(7, ",B1,5"),))}, 0, "CSV", ("One note.",)
        ),
        config=BuildConfig(
            ranking=RankingConfig(n_factors=32), rating=RatingConfig(damping=(5.0, 10.0)), keep_versions=2
        ),
        summary=Summary(
            100, 20, 10, 0.5, 3.5, (1.0, 5.0), False, 1_300_000_000, None, 5.0, 10.0, 9, 20, 0.0, 0.1
        ),
        model=ModelReport(32, 0.5, SearchReport("exact", 10)),
        evaluation=Evaluation("leave-last", ranking, rating),
        seconds={"Reading the ratings": 0.125},
        peak_memory_mb=256,
    )


def example() -> Manifest:
    """A whole manifest."""
    files = {
        "item_means.npy": StoredFile(168, "b" * 64, (10,), "float32"),
        "catalog.parquet": StoredFile(512, "c" * 64),
    }
    sealed = Manifest.of(
        record(), version="20260102-030405-000006", built_at="2026-01-02T03:04:05+00:00", files=files
    )
    object.__setattr__(sealed, "packages", {"recsys": "1.0.0", "numpy": "2.4.0"})
    return sealed


def overwrite(path: Path, content: bytes) -> None:
    """Write a sealed file in place, as only somebody else's program would."""
    path.chmod(0o644)
    path.write_bytes(content)


def flip_a_byte(path: Path, place: int = -1, bit: int = 0) -> None:
    """Turn one bit of a file around."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    overwrite(path, bytes(content))
