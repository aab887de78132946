"""A product recommender over a ratings file: truncated SVD, FAISS and a Streamlit studio.

>>> from recsys import Recommender, build
>>> build("ratings.csv", out="artifacts")                         # doctest: +SKIP
>>> Recommender.open("artifacts").recommend("A1Z3YJF1S8Z1M3")     # doctest: +SKIP
"""

import importlib
from typing import TYPE_CHECKING, Any

from recsys._version import __version__

if TYPE_CHECKING:
    from recsys.config import BuildConfig
    from recsys.errors import RecsysError
    from recsys.pipeline import build
    from recsys.recommender import Filters, Recommender

__all__ = ["BuildConfig", "Filters", "Recommender", "RecsysError", "__version__", "build"]

_HOMES = {
    "BuildConfig": "config",
    "Filters": "recommender",
    "Recommender": "recommender",
    "RecsysError": "errors",
    "build": "pipeline",
}


def __getattr__(name: str) -> Any:
    # Imported on first use, so that `python -m recsys --help` need not load the models.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
