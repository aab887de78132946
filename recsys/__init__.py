"""A product recommender over a ratings file: truncated SVD, FAISS and a Streamlit studio.

>>> from recsys import Recommender, build
>>> build("ratings.csv", out="artifacts")                         # doctest: +SKIP
>>> Recommender.open("artifacts").recommend("A1Z3YJF1S8Z1M3")     # doctest: +SKIP

The command line is `facet --help` or `python -m recsys --help`.
"""

import importlib
from typing import TYPE_CHECKING, Any

from recsys._version import __version__

if TYPE_CHECKING:
    from recsys.answers import answer_json
    from recsys.config import (
        BuildConfig,
        CleaningConfig,
        IndexConfig,
        RankingConfig,
        RatingConfig,
        SequentialConfig,
        SvdConfig,
    )
    from recsys.data.clean import load_interactions
    from recsys.data.interactions import Interactions
    from recsys.dataset import Dataset
    from recsys.errors import (
        AccessError,
        AmbiguousFileError,
        ArtifactError,
        BuildLockedError,
        DataFormatError,
        EvaluationError,
        ExportError,
        FilterError,
        Reading,
        RecsysError,
        RulesError,
        SampleError,
        UnknownIdError,
        UnknownItemError,
        UnknownRankerError,
        UnknownUserError,
    )
    from recsys.evaluation.results import Evaluation, Figure, TaskResult
    from recsys.filters import Filters
    from recsys.pipeline import build
    from recsys.progress import Progress
    from recsys.recommender import Recommender
    from recsys.report import report_html
    from recsys.versions.manifest import Manifest
    from recsys.versions.store import ArtifactStore

__all__ = [
    "AccessError",
    "AmbiguousFileError",
    "ArtifactError",
    "ArtifactStore",
    "BuildConfig",
    "BuildLockedError",
    "CleaningConfig",
    "DataFormatError",
    "Dataset",
    "Evaluation",
    "EvaluationError",
    "ExportError",
    "Figure",
    "FilterError",
    "Filters",
    "IndexConfig",
    "Interactions",
    "Manifest",
    "Progress",
    "RankingConfig",
    "RatingConfig",
    "Reading",
    "Recommender",
    "RecsysError",
    "RulesError",
    "SampleError",
    "SequentialConfig",
    "SvdConfig",
    "TaskResult",
    "UnknownIdError",
    "UnknownItemError",
    "UnknownRankerError",
    "UnknownUserError",
    "__version__",
    "answer_json",
    "build",
    "load_interactions",
    "report_html",
]

_NAMES_BY_MODULE = {
    "answers": ("answer_json",),
    "config": (
        "BuildConfig",
        "CleaningConfig",
        "IndexConfig",
        "RankingConfig",
        "RatingConfig",
        "SequentialConfig",
        "SvdConfig",
    ),
    "data.clean": ("load_interactions",),
    "data.interactions": ("Interactions",),
    "dataset": ("Dataset",),
    "errors": (
        "AccessError",
        "AmbiguousFileError",
        "ArtifactError",
        "BuildLockedError",
        "DataFormatError",
        "EvaluationError",
        "ExportError",
        "FilterError",
        "Reading",
        "RecsysError",
        "RulesError",
        "SampleError",
        "UnknownIdError",
        "UnknownItemError",
        "UnknownRankerError",
        "UnknownUserError",
    ),
    "evaluation.results": ("Evaluation", "Figure", "TaskResult"),
    "filters": ("Filters",),
    "pipeline": ("build",),
    "progress": ("Progress",),
    "recommender": ("Recommender",),
    "report": ("report_html",),
    "versions.manifest": ("Manifest",),
    "versions.store": ("ArtifactStore",),
}
_MODULES = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}


def __getattr__(name: str) -> Any:
    # Imported on first use, so that `python -m recsys --help` need not load the models.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
