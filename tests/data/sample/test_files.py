"""The made-up store: same bytes each time, the shapes of a real shop, something to learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recsys.data.interactions import Interactions, encode
from recsys.data.sample import files as sample_module
from recsys.data.sample.files import (
    N_NEW,
    SHOP_SIZE,
    sample_catalog,
    sample_shop,
    stream_sample,
    write_sample,
)
from recsys.errors import SampleError

AMAZON_LIKE = {"n_users": 42_000, "n_items": 4_760, "n_ratings": 78_000}


@pytest.fixture(scope="module")
def ratings() -> pl.DataFrame:
    return pl.concat(list(stream_sample(**SHOP_SIZE)))


@pytest.fixture(scope="module")
def interactions(ratings: pl.DataFrame) -> Interactions:
    return encode(ratings)


def test_store_has_the_promised_size(interactions: Interactions) -> None:
    assert (interactions.n_users, interactions.n_items, interactions.n_ratings) == (8_000, 1_500, 120_000)


def test_no_user_rates_an_item_twice(ratings: pl.DataFrame) -> None:
    assert ratings.select("user_id", "item_id").is_unique().all()


def test_ids_are_plainly_made_up(ratings: pl.DataFrame) -> None:
    assert ratings["user_id"].str.contains(r"^U[2-9A-HJ-NP-Z]{12}$").all()
    assert ratings["item_id"].str.contains(r"^P[2-9A-HJ-NP-Z]{9}$").all()


def test_stars_have_the_shape_of_a_real_shop(ratings: pl.DataFrame) -> None:
    share = dict(ratings["rating"].value_counts(normalize=True).iter_rows())
    assert set(share) == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert share[5.0] == pytest.approx(0.55, abs=0.03)
    assert share[1.0] > share[2.0]
    assert share[5.0] > share[4.0] > share[3.0]


def test_stars_keep_their_shape_at_another_size() -> None:
    frame = pl.concat(list(stream_sample(**AMAZON_LIKE)))
    assert float((frame["rating"] == 5).mean()) == pytest.approx(0.55, abs=0.03)  # type: ignore[arg-type]


def test_activity_and_popularity_are_long_tailed(interactions: Interactions) -> None:
    for degrees in (interactions.user_degrees, interactions.item_degrees):
        assert degrees.max() > 20 * np.median(degrees)
    assert interactions.item_degrees.min() >= 1


def test_most_users_rate_once_at_two_ratings_a_user() -> None:
    data = encode(pl.concat(list(stream_sample(**AMAZON_LIKE))))
    assert data.n_ratings == AMAZON_LIKE["n_ratings"]
    assert data.n_items == AMAZON_LIKE["n_items"], "every product has a rating"
    assert np.mean(data.user_degrees == 1) == pytest.approx(0.69, abs=0.03)


def test_the_store_grows_and_has_a_season(ratings: pl.DataFrame) -> None:
    when = ratings.select(when=pl.from_epoch("timestamp"))["when"]
    years = when.dt.year().value_counts().sort("when")["count"].to_list()
    assert len(years) == 6
    assert years == sorted(years)
    months = when.dt.month().value_counts().sort("when")["count"].to_list()
    assert int(np.argmax(months)) == 11


def test_ratings_carry_effects_of_users_and_items(interactions: Interactions) -> None:
    spread = {}
    for name, rows, degrees in (
        ("items", interactions.item_rows, interactions.item_degrees),
        ("users", interactions.user_rows, interactions.user_degrees),
    ):
        means = np.bincount(rows, interactions.ratings, len(degrees)) / np.maximum(1, degrees)
        many = degrees >= 30
        chance = interactions.ratings.std() / np.sqrt(degrees[many].mean())
        spread[name] = means[many].std() / chance
    assert spread["items"] > 2
    assert spread["users"] > 1.5


def test_neighbours_in_taste_predict_better_than_popularity(interactions: Interactions) -> None:
    """Items rated together with a user's others are hit more often than the popular ones."""
    rng = np.random.default_rng(5)
    held = np.zeros(interactions.n_ratings, dtype=bool)
    several = np.flatnonzero(interactions.user_degrees >= 5)
    held[interactions.indptr[several] + rng.integers(interactions.user_degrees[several])] = True
    train = interactions.select(~held).csr()
    train.data[:] = 1
    degrees = np.maximum(1, np.asarray(train.sum(axis=0)).ravel())
    users = rng.choice(several, 1_500, replace=False)
    seen = train[users].toarray()
    target = np.array(
        [interactions.item_rows[interactions.slice(u)][held[interactions.slice(u)]][0] for u in users]
    )
    together = (train.T @ train).toarray() / np.sqrt(degrees[:, None] * degrees)
    np.fill_diagonal(together, 0)

    def recall(scores: np.ndarray) -> float:
        ranked = np.argsort(-np.where(seen > 0, -np.inf, scores), axis=1)[:, :20]
        return float((ranked == target[:, None]).any(axis=1).mean())

    assert recall(seen @ together) > 2 * recall(np.broadcast_to(degrees, seen.shape))


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    first, again = sample_shop(tmp_path / "a"), sample_shop(tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    other = sample_shop(tmp_path / "c", seed=1)
    assert other[0].read_bytes() != first[0].read_bytes()


def test_the_seed_matters_for_ids_too() -> None:
    first, second = (next(stream_sample(n_users=30, n_items=20, n_ratings=60, seed=s)) for s in (1, 2))
    assert not set(first["user_id"]) & set(second["user_id"])


def test_catalogue_knows_every_product_and_reads_like_a_store(tmp_path: Path) -> None:
    ratings_path, catalog_path = sample_shop(tmp_path)
    catalog, ratings = pl.read_csv(catalog_path), pl.read_csv(ratings_path)
    assert catalog.columns == ["item_id", "title", "brand", "category", "price"]
    assert set(ratings["item_id"]) < set(catalog["item_id"])
    assert catalog["item_id"].n_unique() == ratings["item_id"].n_unique() + N_NEW
    assert catalog["item_id"].is_unique().all()
    assert catalog["title"].n_unique() > 0.98 * len(catalog)
    assert not catalog["title"].str.contains(r"[\[\]{}|]").any()
    assert catalog["category"].str.starts_with("Electronics > ").all()
    assert catalog["price"].is_between(1, 10_000).all()
    branded = catalog.select(pl.col("title").str.starts_with(pl.col("brand")))["title"]
    assert branded.all()


def test_big_file_is_headerless_user_item_rating_seconds(tmp_path: Path) -> None:
    write_sample(tmp_path / "r.csv", n_users=50, n_items=20, n_ratings=90)
    user, item, rating, seconds = (tmp_path / "r.csv").read_text().splitlines()[0].split(",")
    assert (user[0], item[0]) == ("U", "P")
    assert rating in {"1.0", "2.0", "3.0", "4.0", "5.0"}
    assert 1_546_300_800 <= int(seconds) < 1_735_689_600


def test_chunks_share_products_and_no_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_module, "_CHUNK_RATINGS", 1_000)
    chunks = list(stream_sample(n_users=3_000, n_items=400, n_ratings=6_000))
    assert len(chunks) > 3
    users = [set(chunk["user_id"]) for chunk in chunks]
    assert sum(map(len, users)) == len(set.union(*users)) == 3_000
    assert sum(map(len, chunks)) == 6_000
    known = set(pl.concat(list(sample_catalog(400)))["item_id"])
    rated = set(pl.concat(chunks)["item_id"])
    assert rated <= known
    assert len(rated) > 0.95 * len(known)


def test_tiny_store_where_users_rate_nearly_everything() -> None:
    frame = pl.concat(list(stream_sample(n_users=5, n_items=4, n_ratings=18)))
    assert len(frame) >= 15
    assert frame.select("user_id", "item_id").is_unique().all()


@pytest.mark.parametrize(("users", "items", "count"), [(10, 10, 9), (3, 2, 7), (0, 1, 0)])
def test_impossible_sizes_are_refused_in_words(users: int, items: int, count: int) -> None:
    with pytest.raises(SampleError, match="not possible"):
        next(stream_sample(n_users=users, n_items=items, n_ratings=count))


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="missing"):
        write_sample(tmp_path / "missing" / "r.csv", n_users=5, n_items=5, n_ratings=10)
