"""Intervals over users, against laws that are known."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from recsys.evaluation.metrics.bootstrap import bootstrap_interval, intervals_by_model, with_intervals


def test_bootstrap_interval_is_that_of_the_normal_law_where_users_are_many() -> None:
    values = np.random.default_rng(0).normal(2.0, 3.0, 4000)
    low, high = bootstrap_interval(values)
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.15 * half)
    assert bootstrap_interval(values) == (low, high)


def test_bootstrap_interval_weights_users() -> None:
    values, weights = np.array([0.0, 1.0] * 500), np.array([3.0, 1.0] * 500)
    low, high = bootstrap_interval(values, weights)
    assert low < 0.25 < high
    assert high - low < 0.07


def test_bootstrap_interval_of_columns_equals_that_of_each() -> None:
    values = np.random.default_rng(0).random((300, 2))
    low, high = bootstrap_interval(values)
    for column in range(2):
        assert bootstrap_interval(values[:, column]) == pytest.approx((low[column], high[column]))


def test_intervals_hold_the_value_and_do_not_depend_on_the_company() -> None:
    rng = np.random.default_rng(0)
    one, other = {"recall@20": rng.random(200)}, {"recall@20": rng.random(200), "mrr": rng.random(200)}
    figures = intervals_by_model({"one": one, "other": other})
    alone = astuple(with_intervals(one)["recall@20"])
    assert astuple(figures["one"]["recall@20"]) == pytest.approx(alone)
    assert list(figures["other"]) == ["recall@20", "mrr"]
    for figure in figures["other"].values():
        assert figure.low < figure.value < figure.high
