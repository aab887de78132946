"""Every metric, once: its name, label, meaning and direction. Tables, charts and pages read this.

To add a metric, write its function in a module of this folder, add one entry here, and a test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from recsys.evaluation.metrics import accuracy, beyond_accuracy


class Better(Enum):
    """Which way a metric is good."""

    HIGHER = "Higher is better."
    LOWER = "Lower is better."
    NEITHER = "Neither high nor low is right for every shop."


class Family(Enum):
    """What a metric is about."""

    RANKING = "ranking"
    LISTS = "lists"
    SIMILAR = "similar"
    NEW = "new products"
    AUDIENCE = "audience"
    RATING = "rating"


class Per(Enum):
    """What a function returns one value for."""

    USER = "user"
    SAMPLED_USER = "sampled user"
    """A sample of users only, because the metric is costly."""
    CATALOGUE = "catalogue"


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes
    ----------
    name : str
        As in results, without the length of the list: "recall" of "recall@20".
    label : str
        As people write it.
    meaning : str
        In plain words, one sentence.
    better : Better
    family : Family
    function : callable or None
        RANKING: (hits, relevant, k) → one value for each user. LISTS: (ranked, train, user_rows) → one
        value for each user, or (counts of showings, number of lists) → one value for the catalogue. The
        other families compute theirs where the task is evaluated.
    per : Per
    lowest_first : bool
        Whether tables begin with the smallest value although neither direction is right.
    is_share : bool
        Whether its values are at most 1.
    """

    name: str
    label: str
    meaning: str
    better: Better
    family: Family
    function: Callable[..., Any] | None = None
    per: Per = Per.USER
    lowest_first: bool = False
    is_share: bool = True

    def __call__(self, *arguments: Any) -> Any:
        """The metric's function, for metrics that have one."""
        assert self.function is not None, f"{self.name} is computed where its task is evaluated"
        return self.function(*arguments)


_ALL = (
    Metric(
        "recall",
        "Recall",
        "Of the products held out from a user, the share that is in the list.",
        Better.HIGHER,
        Family.RANKING,
        accuracy.recall,
    ),
    Metric(
        "ndcg",
        "NDCG",
        "Like recall, but a product found near the top of the list counts for more.",
        Better.HIGHER,
        Family.RANKING,
        accuracy.ndcg,
    ),
    Metric(
        "precision",
        "Precision",
        "The share of the list that was held out from the user. It is small, because"
        " few products are held out.",
        Better.HIGHER,
        Family.RANKING,
        accuracy.precision,
    ),
    Metric(
        "map",
        "MAP",
        "The precision at the rank of each held-out product that is found, averaged.",
        Better.HIGHER,
        Family.RANKING,
        accuracy.average_precision,
    ),
    Metric(
        "mrr",
        "MRR",
        "One divided by the rank of the first held-out product: 1 at the top of the list, 0.1 at rank ten.",
        Better.HIGHER,
        Family.RANKING,
        accuracy.reciprocal_rank,
    ),
    Metric(
        "hit_rate",
        "Hit rate",
        "The share of users who find at least one of their held-out products in the list.",
        Better.HIGHER,
        Family.RANKING,
        accuracy.hit_rate,
    ),
    Metric(
        "coverage",
        "Coverage",
        "The share of all products that appear in at least one list.",
        Better.NEITHER,
        Family.LISTS,
        beyond_accuracy.coverage,
        Per.CATALOGUE,
    ),
    Metric(
        "most_listed",
        "Most listed",
        "The share of the lists that hold the product that is in the most lists.",
        Better.LOWER,
        Family.LISTS,
        beyond_accuracy.most_listed,
        Per.CATALOGUE,
    ),
    Metric(
        "products_shown",
        "Different products shown",
        "How many different products all lists together show.",
        Better.NEITHER,
        Family.LISTS,
        beyond_accuracy.products_shown,
        Per.CATALOGUE,
        is_share=False,
    ),
    Metric(
        "gini",
        "Gini",
        "How unequally products are shown: 0 if all are shown equally often, 1 if only one is shown.",
        Better.NEITHER,
        Family.LISTS,
        beyond_accuracy.gini,
        Per.CATALOGUE,
        lowest_first=True,
    ),
    Metric(
        "novelty",
        "Novelty",
        "How surprising the products are, in bits: a product rated by 1 in 1,000 users has 10.",
        Better.NEITHER,
        Family.LISTS,
        beyond_accuracy.novelty,
    ),
    Metric(
        "diversity",
        "Diversity",
        "How different the products of a list are from each other: 0 alike, 1 nothing in common.",
        Better.NEITHER,
        Family.LISTS,
        beyond_accuracy.diversity,
        Per.SAMPLED_USER,
    ),
    Metric(
        "popularity_lift",
        "Popularity lift",
        "How much more popular the list is than what its user rated: 0 is"
        " equally popular, 1 is twice as popular.",
        Better.NEITHER,
        Family.LISTS,
        beyond_accuracy.popularity_lift,
        lowest_first=True,
    ),
    Metric(
        "debiased_recall",
        "Debiased recall",
        "Like recall, but finding a product that few people rated counts for more: one divided by the"
        " square root of its number of ratings.",
        Better.HIGHER,
        Family.SIMILAR,
    ),
    Metric(
        "category_agreement",
        "Same category",
        "Of the listed products whose category is known, the share that is of exactly the same category as"
        " the product asked by.",
        Better.HIGHER,
        Family.SIMILAR,
    ),
    Metric(
        "thin_share",
        "Thin share",
        "The share of the listed products that have at most two ratings, which is little evidence.",
        Better.LOWER,
        Family.SIMILAR,
    ),
    Metric(
        "co_ratings",
        "Co-ratings found",
        "Of the products that people rated beside a new product, the share that is in its list.",
        Better.HIGHER,
        Family.NEW,
    ),
    Metric(
        "debiased_co_ratings",
        "Co-ratings found, debiased",
        "The same, but a product counts for less the more ratings it has (one divided by their square root).",
        Better.HIGHER,
        Family.NEW,
    ),
    Metric(
        "raters_found",
        "Raters found",
        "Of the people who rated a product later, the share that is among the users it is said to be for.",
        Better.HIGHER,
        Family.AUDIENCE,
    ),
    Metric(
        "rmse",
        "RMSE",
        "The typical error of a predicted rating, in stars; large errors count for more.",
        Better.LOWER,
        Family.RATING,
    ),
    Metric("mae", "MAE", "The mean error of a predicted rating, in stars.", Better.LOWER, Family.RATING),
)

_RATING_COVERAGE = Metric(
    "coverage",
    "Coverage",
    "The share of the held-out ratings whose user and product both have other ratings to learn from.",
    Better.HIGHER,
    Family.RATING,
)

METRICS = {metric.name: metric for metric in _ALL} | {"rating_coverage": _RATING_COVERAGE}
"""By name. Results of the rating task call their coverage "coverage", those of lists "coverage@20"."""


def of(name: str) -> Metric:
    """The metric that a name in a result stands for, such as "recall@20" or "rmse"."""
    return _RATING_COVERAGE if name == _RATING_COVERAGE.name else METRICS[name.partition("@")[0]]


def select(family: Family, per: Per = Per.USER) -> list[Metric]:
    """The metrics of a family that have one value per user, sampled user, or catalogue."""
    return [metric for metric in METRICS.values() if metric.family is family and metric.per is per]


def label(name: str) -> str:
    """A name as people write it: "ndcg@20" as NDCG@20."""
    length = name.partition("@")[2]
    return f"{of(name).label}@{length}" if length else of(name).label


def meaning(name: str) -> str:
    """A metric in plain words, with the length of the list and which way is better."""
    length = name.partition("@")[2]
    what = "users" if of(name).family is Family.AUDIENCE else "products"
    of_list = f" The list has {length} {what}." if length else ""
    return f"{of(name).meaning}{of_list} {of(name).better.value}"


def lower_is_better(name: str) -> bool:
    """Whether the smallest value comes first in a table."""
    return of(name).better is Better.LOWER or of(name).lowest_first
