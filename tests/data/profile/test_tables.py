"""The exploration tables of a data set small enough to count by hand, and of the sample store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from recsys.data.interactions import Interactions, encode
from recsys.data.profile.items import bayesian_means
from recsys.data.profile.summary import Summary
from recsys.data.profile.tables import count_table, long_tail, profile, summary
from recsys.data.sample.files import SHOP_SIZE, sample_catalog, stream_sample

DAY = 86_400
JANUARY, MARCH = 1_577_836_800, 1_583_020_800  # 2020-01-01, 2020-03-01

ROWS = [
    ("ann", "hit", 5, JANUARY),
    ("ann", "b", 4, JANUARY + DAY),
    ("ann", "c", 5, MARCH),
    ("bob", "hit", 1, JANUARY + 40 * DAY),  # February
    ("bob", "b", 3, MARCH),
    ("cat", "hit", 5, MARCH + DAY),
]


def interactions(rows: Sequence[tuple[str, str, float, int]] = ROWS, **options: object) -> Interactions:
    schema = {"user_id": pl.String, "item_id": pl.String, "rating": pl.Float32, "timestamp": pl.Int64}
    return encode(pl.DataFrame(rows, schema=schema, orient="row"), **options)  # type: ignore[arg-type]


def untimed() -> Interactions:
    frame = pl.DataFrame([row[:3] for row in ROWS], schema=["user_id", "item_id", "rating"], orient="row")
    return encode(frame.with_columns(pl.col("rating").cast(pl.Float32)))


@pytest.fixture(scope="module")
def store() -> Interactions:
    return encode(pl.concat(list(stream_sample(**SHOP_SIZE))))


def test_summary_counts_what_is_there() -> None:
    found = summary(interactions())
    assert (found.n_ratings, found.n_users, found.n_items) == (6, 3, 3)
    assert found.density == pytest.approx(6 / 9)
    assert found.mean_rating == pytest.approx(23 / 6)
    assert (found.first_timestamp, found.last_timestamp) == (JANUARY, MARCH + DAY)
    assert found.one_rating_users == pytest.approx(1 / 3)
    assert found.median_ratings_per_user == 2


def test_summary_of_no_times_says_none() -> None:
    found = summary(untimed())
    assert found.first_timestamp is None
    assert found.last_timestamp is None
    assert msgspec.json.decode(msgspec.json.encode(found), type=Summary) == found


def test_rating_distribution_has_shares_that_sum_to_one() -> None:
    table = profile(interactions())["rating_distribution"]
    assert table["rating"].to_list() == [1, 3, 4, 5]
    assert table["count"].to_list() == [1, 1, 1, 3]
    assert table["share"].sum() == pytest.approx(1)


def test_rating_distribution_bins_continuous_ratings() -> None:
    rng = np.random.default_rng(0)
    rows = [(f"u{n}", "i", float(r), JANUARY) for n, r in enumerate(rng.uniform(1, 5, 200))]
    table = profile(interactions(rows))["rating_distribution"]
    assert len(table) <= 20
    assert table["count"].sum() == 200


def test_half_stars_are_told_apart() -> None:
    rows = [("a", "i", 3.5, JANUARY), ("b", "i", 4.0, JANUARY), ("c", "i", 3.5, JANUARY)]
    table = profile(interactions(rows))["rating_distribution"]
    assert dict(zip(table["rating"], table["count"], strict=True)) == {3.5: 2, 4.0: 1}


def test_count_table_says_how_many_have_at_least_that_many() -> None:
    table = count_table(np.array([1, 1, 2, 5, 10]))
    at_least = dict(zip(table["ratings"], table["at_least"], strict=True))
    assert (at_least[1], at_least[2], at_least[3], at_least[5], at_least[10]) == (5, 3, 2, 2, 1)
    assert len(table) <= 200


def test_head_is_the_fewest_that_make_80_percent() -> None:
    degrees = np.array([80] + [1] * 20)
    table = count_table(degrees)
    assert table["head_from"][0] == 80
    assert table["head_share"][0] == pytest.approx(1 / 21)
    assert long_tail(degrees).filter("head")["share_ratings"].to_list() == [pytest.approx(0.8)]


def test_equal_items_have_a_straight_long_tail() -> None:
    degrees = np.full(1_000, 7)
    table = long_tail(degrees)
    assert np.allclose(table["share_items"], table["share_ratings"])


def test_long_tail_is_thin_and_rises_to_one(store: Interactions) -> None:
    table = long_tail(store.item_degrees)
    assert len(table) <= 500
    assert table["share_ratings"].is_sorted()
    assert table["share_ratings"][-1] == pytest.approx(1)


def test_sparsity_grid_accounts_for_every_pair_and_rating(store: Interactions) -> None:
    table = profile(store)["sparsity"]
    assert table["ratings"].sum() == store.n_ratings
    assert table["cells"].sum() == store.n_users * store.n_items
    assert table["density"].is_between(0, 1).all()
    assert table["density"][0] == table["density"].max(), "the busiest corner is the fullest"


def test_monthly_counts_ratings_users_and_newcomers() -> None:
    table = profile(interactions())["monthly"]
    assert [str(month) for month in table["month"]] == ["2020-01-01", "2020-02-01", "2020-03-01"]
    assert table["ratings"].to_list() == [2, 1, 3]
    assert table["active_users"].to_list() == [1, 1, 3]
    assert table["new_users"].to_list() == [1, 1, 1]
    assert table["mean_rating"].to_list() == pytest.approx([4.5, 1, 13 / 3])


def test_month_without_ratings_has_no_mean() -> None:
    table = profile(interactions([("a", "x", 5, JANUARY), ("a", "y", 3, MARCH)]))["monthly"]
    assert table["ratings"].to_list() == [1, 0, 1]
    assert table["mean_rating"].to_list() == [5, None, 3]


def test_monthly_agrees_with_a_group_by(store: Interactions) -> None:
    times = pl.from_epoch(pl.lit(pl.Series(store.timestamps)))
    frame = pl.DataFrame({"user": store.user_rows, "rating": store.ratings}).with_columns(
        month=times.dt.truncate("1mo").dt.date()
    )
    expected = (
        frame.group_by("month")
        .agg(pl.len().cast(pl.Int64), pl.col("user").n_unique().cast(pl.Int64), pl.col("rating").mean())
        .sort("month")
    )
    table = profile(store)["monthly"]
    assert table["ratings"].to_list() == expected["len"].to_list()
    assert table["active_users"].to_list() == expected["user"].to_list()
    assert np.allclose(table["mean_rating"], expected["rating"], atol=1e-5)
    assert table["new_users"].sum() == store.n_users


def test_no_times_means_no_monthly_table() -> None:
    tables = profile(untimed())
    assert "monthly" not in tables
    assert "times" in tables["findings"]["subject"]


def test_best_rated_is_not_three_five_star_ratings() -> None:
    rng = np.random.default_rng(1)
    rows = [(f"u{n}", "loved", float(rng.choice([4, 5], p=[0.2, 0.8])), JANUARY) for n in range(300)]
    rows += [(f"u{n}", "lucky", 5.0, JANUARY) for n in range(3)]
    rows += [(f"u{n}", f"plain{n % 10}", float(rng.integers(1, 6)), JANUARY) for n in range(300)]
    tables = profile(interactions(rows))
    assert tables["best_rated"]["item_id"][0] == "loved"
    assert tables["most_rated"]["item_id"][0] == "loved"
    lucky = tables["best_rated"].filter(item_id="lucky")
    assert lucky["mean_rating"][0] == 5 > lucky["bayesian_mean"][0]


def test_bayesian_means_lie_between_the_item_and_the_store(store: Interactions) -> None:
    counts = store.item_degrees
    sums = np.bincount(store.item_rows, store.ratings, len(counts)).astype(float)
    means, drawn, whole = sums / counts, bayesian_means(store, sums, counts), store.ratings.mean()
    assert np.all(np.abs(drawn - whole) <= np.abs(means - whole) + 1e-9)


def test_top_tables_hold_a_hundred_items_in_order(store: Interactions) -> None:
    tables = profile(store)
    assert len(tables["most_rated"]) == len(tables["best_rated"]) == 100
    assert tables["most_rated"]["n_ratings"].is_sorted(descending=True)
    assert tables["most_rated"]["n_ratings"][0] == store.item_degrees.max()
    assert tables["best_rated"]["bayesian_mean"].is_sorted(descending=True)


def test_generosity_counts_users_with_five_ratings_or_more(store: Interactions) -> None:
    table = profile(store)["generosity"]
    assert set(table["min_ratings"]) == {5}
    assert table["users"].sum() == np.count_nonzero(store.user_degrees >= 5)


def test_generosity_falls_back_where_nobody_has_five() -> None:
    table = profile(interactions())["generosity"]
    assert set(table["min_ratings"]) == {1}
    assert table["users"].sum() == 3


def test_catalogue_gives_titles_and_categories(store: Interactions) -> None:
    catalog = pl.concat(list(sample_catalog(SHOP_SIZE["n_items"])))
    aligned = pl.DataFrame({"item_id": store.items.to_series()}).join(
        catalog, on="item_id", how="left", maintain_order="left"
    )
    tables = profile(store, aligned.with_columns(image_url=pl.lit(None, pl.String)))
    top = tables["most_rated"]
    assert "image_url" not in top.columns
    assert top["title"][0] == catalog.filter(item_id=top["item_id"][0])["title"][0]
    assert tables["categories"]["n_ratings"].sum() == store.n_ratings
    assert tables["categories"]["n_items"].sum() == store.n_items
    assert len(tables["categories"]) > 5


def test_unknown_categories_make_no_table() -> None:
    catalog = pl.DataFrame(
        {"item_id": ["b", "c", "hit"], "category": [None] * 3}, schema_overrides={"category": pl.String}
    )
    assert "categories" not in profile(interactions(), catalog)


def test_implicit_data_have_no_best_rated_and_no_generosity() -> None:
    rows = [(user, item, 1, time) for user, item, _, time in ROWS]
    tables = profile(interactions(rows, implicit=True, scale=(1.0, 1.0)))
    assert not {"best_rated", "generosity"} & set(tables)
    assert "always give the same" not in " ".join(tables["findings"]["finding"])


def test_findings_warn_of_users_with_one_rating() -> None:
    rows = [(f"u{n}", f"i{n % 3}", 5, JANUARY) for n in range(20)]
    table = profile(interactions(rows))["findings"]
    first = table.filter(pl.col("finding").str.contains("one item only"))
    assert first["severity"].to_list() == ["warning"]
    assert first["share"].to_list() == [1.0]


def test_findings_know_whole_days_and_users_who_never_vary() -> None:
    rows = [("same", f"i{n}", 4, JANUARY + n * DAY) for n in range(6)]
    rows += [("varied", f"i{n}", 1 + n % 5, JANUARY + n * DAY) for n in range(6)]
    text = " ".join(profile(interactions(rows))["findings"]["finding"])
    assert "50% of users with 5 ratings or more always give the same one" in text
    assert "whole days" in text


def test_users_and_items_without_ratings_do_no_harm() -> None:
    whole = interactions()
    rest = whole.select(whole.user_rows != whole.users.row("bob"))
    tables = profile(rest)
    assert tables["monthly"]["new_users"].sum() == 2
    assert tables["ratings_per_user"]["at_least"][0] == 2
    assert tables["sparsity"]["ratings"].sum() == rest.n_ratings


def test_every_table_is_small(store: Interactions) -> None:
    assert all(len(table) <= 500 for table in profile(store).values())


def test_tables_are_the_same_when_they_are_made_in_parts(
    store: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, plain = profile(store), summary(store)
    monkeypatch.setattr("recsys.data.interactions.PART", 7_001)
    again = replace(store)  # without what is known of it already
    assert len(list(again.parts())) > 3
    assert sum(part.n_ratings for part in again.parts()) == store.n_ratings
    assert [part.users.id(0) for part in again.parts()][:2] == [
        store.users.id(0),
        store.users.id(next(again.parts()).n_users),
    ]
    assert summary(again) == plain
    for name, table in profile(again).items():
        assert_frame_equal(table, whole[name], rel_tol=1e-9)
