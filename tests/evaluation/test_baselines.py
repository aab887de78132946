import numpy as np
import polars as pl
import pytest

from recsys.data.interactions import Interactions, encode
from recsys.evaluation import baselines
from recsys.evaluation.baselines import (
    ItemKnnConfig,
    ItemKnnRanker,
    PopularRanker,
    RandomRanker,
    heavy_users,
    nearest_items,
)
from recsys.evaluation.rankers import rank_items


def interactions(rows: list[tuple[str, str]], items: str | None = None) -> Interactions:
    frame = pl.DataFrame(rows, schema=["user_id", "item_id"], orient="row").with_columns(
        pl.lit(5.0).cast(pl.Float32).alias("rating")
    )
    return encode(frame)


def random_data(n_users: int = 60, n_items: int = 25) -> Interactions:
    rng = np.random.default_rng(3)
    taken = rng.random((n_users, n_items)) < rng.random(n_items) * 0.5
    return interactions([(f"u{u:02}", f"i{i:02}") for u, i in np.argwhere(taken)])


def test_popular_ranks_by_ratings_and_leaves_out_what_the_user_has() -> None:
    train = interactions([("ann", "a"), ("ann", "b"), ("bob", "a"), ("bob", "b"), ("cyd", "a"), ("cyd", "c")])
    ranked = rank_items(PopularRanker(train), train, np.array([0, 2]), 3)
    assert ranked.tolist() == [[2, -1, -1], [1, -1, -1]]


def test_random_is_the_same_for_a_user_in_any_company_and_different_between_users() -> None:
    train = random_data()
    ranker = RandomRanker(train)
    everyone = rank_items(ranker, train, np.arange(train.n_users), 5)
    assert np.array_equal(rank_items(ranker, train, np.array([7]), 5)[0], everyone[7])
    assert len(np.unique(everyone, axis=0)) > 10


def dense_scores(train: Interactions, n_neighbours: int, shrinkage: float) -> np.ndarray:
    taken = (train.csr().toarray() > 0).astype(float)
    degrees = taken.sum(axis=0)
    likeness = taken.T @ taken / (np.sqrt(np.outer(degrees, degrees)) + shrinkage)
    np.fill_diagonal(likeness, 0)
    for row in likeness:
        row[np.argsort(-row, kind="stable")[n_neighbours:]] = 0
    return np.asarray(taken @ likeness.T)


@pytest.mark.parametrize("shrinkage", [0.0, 10.0])
def test_item_knn_equals_the_dense_formula(shrinkage: float) -> None:
    train = random_data()
    users = np.arange(train.n_users)
    scores = ItemKnnRanker(train, ItemKnnConfig(train.n_items, shrinkage)).scores(users)
    assert scores == pytest.approx(dense_scores(train, train.n_items, shrinkage), abs=1e-5)


def test_item_knn_sums_only_the_nearest_neighbours() -> None:
    # b is bought with a three times and with c once: a is the one neighbour it may keep.
    rows = [(f"u{n}", item) for n in range(3) for item in "ab"] + [("u3", "b"), ("u3", "c"), ("u4", "c")]
    train = interactions([*rows, ("u5", "a")])
    b, c = 1, 2
    one, two = (ItemKnnRanker(train, ItemKnnConfig(n)).scores(np.array([4, 5])) for n in (1, 2))
    assert one[0, b] == 0
    assert two[0, b] == pytest.approx(1 / np.sqrt(4 * 2))
    assert one[1, b] == two[1, b] == pytest.approx(3 / np.sqrt(4 * 4))
    assert one[1, c] == 0


def test_lists_never_hold_training_items_or_items_nobody_has() -> None:
    whole = random_data()
    train = whole.select(whole.item_rows != 4)
    users = np.arange(train.n_users)
    for ranker in (PopularRanker(train), RandomRanker(train), ItemKnnRanker(train)):
        ranked = rank_items(ranker, train, users, train.n_items)
        for user in users.tolist():
            listed = ranked[user][ranked[user] >= 0].tolist()
            mine = train.item_rows[train.slice(user)].tolist()
            assert sorted(listed + mine) == [i for i in range(train.n_items) if i != 4]


def test_item_knn_from_wider_neighbours_is_the_same() -> None:
    train, users = random_data(), np.arange(60)
    config = ItemKnnConfig(n_neighbours=4, shrinkage=2.0)
    alone, wide = ItemKnnRanker(train, config), ItemKnnRanker(train, config, nearest_items(train, 9, 2.0))
    assert np.array_equal(wide.scores(users), alone.scores(users))


def test_neighbours_are_the_most_similar_items_best_first() -> None:
    train = random_data()
    found = nearest_items(train, 6)
    taken = (train.csr().toarray() > 0).astype(float)
    similarity = taken.T @ taken / np.sqrt(np.outer(train.item_degrees, train.item_degrees))
    np.fill_diagonal(similarity, 0)
    assert found.similarities == pytest.approx(-np.sort(-similarity, axis=1)[:, :6], abs=1e-6)
    listed = np.where(found.items >= 0, np.take_along_axis(similarity, found.items, axis=1), 0)
    assert found.similarities == pytest.approx(listed, abs=1e-6)


def test_users_of_very_many_items_are_left_out_of_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    ordinary = [("ann", "a"), ("ann", "b"), ("bob", "b"), ("bob", "c")]
    with_till = interactions(ordinary + [("till", item) for item in "abcd"])
    without = interactions([*ordinary, ("dan", "d")])
    monkeypatch.setattr(baselines, "MOST_USER_ITEMS", 3)
    assert (heavy_users(with_till), heavy_users(without)) == (1, 0)
    assert np.array_equal(nearest_items(with_till, 3).items, nearest_items(without, 3).items)
    scores = ItemKnnRanker(with_till).scores(np.array([with_till.users.row("till")]))
    assert scores[0, 1] > 0
