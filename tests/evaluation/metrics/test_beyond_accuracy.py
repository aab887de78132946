import numpy as np
import polars as pl
import pytest

from recsys.data.interactions import Interactions, encode
from recsys.evaluation.metrics import beyond_accuracy as beyond
from recsys.evaluation.metrics.figures import showings


@pytest.fixture
def train() -> Interactions:
    """Item a has 4 users, b has 2, c has 1; ann has only a, bob a and b, cyd all three, dan only a."""
    rows = [("ann", "a"), ("bob", "a"), ("bob", "b"), ("cyd", "a"), ("cyd", "b"), ("cyd", "c"), ("dan", "a")]
    frame = pl.DataFrame(rows, schema=["user_id", "item_id"], orient="row")
    return encode(frame.with_columns(pl.lit(5.0).cast(pl.Float32).alias("rating")))


A, B, C, END = 0, 1, 2, -1
NOBODY = np.zeros(0, dtype=np.int64)


def lists(*rows: list[int]) -> np.ndarray:
    return np.array(rows, dtype=np.int32)


def test_coverage_is_the_share_of_items_shown() -> None:
    counts = showings(lists([A, B], [A, END]), 3)
    assert counts.tolist() == [2, 1, 0]
    assert beyond.coverage(counts, 3) == 2 / 3


@pytest.mark.parametrize(("counts", "expected"), [([5, 5, 5], 0), ([0, 0, 9], 1), ([1, 2, 3], 1 / 3)])
def test_gini_equals_the_hand_computed_value(counts: list[int], expected: float) -> None:
    assert beyond.gini(np.array(counts), 3) == pytest.approx(expected)


def test_novelty_is_the_mean_self_information_in_bits(train: Interactions) -> None:
    assert beyond.novelty(lists([A, C], [B, END]), train, NOBODY) == pytest.approx([(0 + 2) / 2, 1])


def test_popularity_lift_compares_the_list_with_the_profile(train: Interactions) -> None:
    ann, bob = 0, 1
    lift = beyond.popularity_lift(lists([B, C], [A, END]), train, np.array([ann, bob]))
    assert lift == pytest.approx([1.5 / 4 - 1, 4 / 3 - 1])


def test_diversity_is_one_minus_the_mean_cosine_of_raters(train: Interactions) -> None:
    cosines = {"ab": 2 / np.sqrt(8), "ac": 1 / np.sqrt(4), "bc": 1 / np.sqrt(2)}
    values = beyond.diversity(lists([A, B, C], [A, B, END], [A, END, END]), train, NOBODY)
    assert values == pytest.approx([1 - sum(cosines.values()) / 3, 1 - cosines["ab"], 0])
