"""A product recommender over a ratings file: truncated SVD, FAISS and a Streamlit studio.

>>> from recsys import Recommender, build
>>> build("ratings.csv", out="artifacts")                         # doctest: +SKIP
>>> Recommender.open("artifacts").recommend("A1Z3YJF1S8Z1M3")     # doctest: +SKIP
"""

from recsys.config import BuildConfig
from recsys.errors import RecsysError
from recsys.pipeline import build
from recsys.recommender import Filters, Recommender

__all__ = ["BuildConfig", "Filters", "Recommender", "RecsysError", "build"]
