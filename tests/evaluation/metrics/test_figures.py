"""Figures of ranked lists, as results hold them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from recsys.data.interactions import Interactions, encode
from recsys.evaluation.metrics import registry
from recsys.evaluation.metrics.figures import (
    SAMPLED_USERS,
    catalogue_figures,
    figures_of_lists,
    sampled_places,
)
from recsys.evaluation.metrics.registry import METRICS, Family, label, of

A, B, C = 0, 1, 2


def shop(rows: list[tuple[str, str]]) -> Interactions:
    frame = pl.DataFrame(rows, schema=["user_id", "item_id"], orient="row")
    return encode(frame.with_columns(pl.lit(5.0).cast(pl.Float32).alias("rating")))


TRAIN = shop([("ann", "a"), ("bob", "a"), ("bob", "b"), ("cyd", "a"), ("cyd", "b"), ("cyd", "c")])


def test_catalogue_figures_hold_the_value_within_their_interval() -> None:
    ranked = np.array([[A, B], [A, B], [B, C], [A, B]], dtype=np.int32)
    figures = catalogue_figures(ranked, TRAIN)
    assert figures["coverage@2"].value == 1
    assert figures["products_shown@2"].value == 3
    assert figures["most_listed@2"].value == 1
    for name, figure in figures.items():
        assert 0 <= figure.low <= figure.value <= figure.high
        assert figure.high <= 1 or not registry.of(name).is_share


def test_every_metric_of_the_registry_is_measured_and_every_figure_has_its_words() -> None:
    users = np.arange(TRAIN.n_users)
    lists = {name: np.array([[B, C], [C, A], [A, B]], dtype=np.int32) for name in ("ours", "other")}
    figures, ahead = figures_of_lists(lists, TRAIN, TRAIN, users, [2])
    measured = {of(name).name for name in figures["ours"]}
    assert measured == {m.name for m in METRICS.values() if m.family in (Family.RANKING, Family.LISTS)}
    assert {of(name).family for name in ahead["other"]} == {Family.RANKING}
    assert all(label(name).endswith("@2") for name in figures["ours"])
    assert all(figure.value == figure.lead == 0 for figure in ahead["other"].values())


def test_a_metric_that_is_added_to_the_registry_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    added = replace(METRICS["recall"], name="twice", function=lambda hits, relevant, k: 2 * hits[:, 0])
    monkeypatch.setitem(METRICS, "twice", added)
    lists = {"ours": np.array([[A, B]], dtype=np.int32)}
    figures, _ = figures_of_lists(lists, TRAIN, TRAIN, np.array([0]), [1])
    assert figures["ours"]["twice@1"].value == 2


def test_places_are_sampled_without_replacement_and_all_taken_if_few() -> None:
    assert sampled_places(7).tolist() == list(range(7))
    many = sampled_places(3 * SAMPLED_USERS)
    assert len(np.unique(many)) == len(many) == SAMPLED_USERS
    assert (np.diff(many) > 0).all()
    assert np.array_equal(many, sampled_places(3 * SAMPLED_USERS))
