"""Is it enough: the checks from both sides of their thresholds."""

from __future__ import annotations

import numpy as np

from recsys.data.cleaning.report import CleaningReport
from recsys.data.interactions import Interactions
from recsys.data.profile.readiness import Check, readiness
from tests.builders import interactions_of, sequences_of

DAY = 86_400


def checks(data: Interactions, duplicates: int = 0) -> dict[str, Check]:
    report = CleaningReport(data.n_ratings + duplicates, data.n_ratings, duplicates=duplicates)
    return {check.name: check for check in readiness(data, report)}


def test_tiny_data_are_poor_and_say_what_to_do() -> None:
    found = checks(interactions_of([[0, 1], [2], [3]]))
    for name in ("Ratings", "Users with two ratings or more", "Products with five ratings or more"):
        assert found[name].level == "poor"
        assert found[name].advice
    assert found["Ratings"].found == "4"
    assert found["Users with two ratings or more"].found == "1"
    assert found["Products with a single rating"].level == "poor"


def test_plenty_is_good() -> None:
    rng = np.random.default_rng(1)
    lists = [rng.choice(200, 10, replace=False).tolist() for _ in range(1_200)]
    found = checks(sequences_of(lists, [[DAY * day * 20 for day in range(10)]] * 1_200))
    assert {check.level for check in found.values()} == {"good"}
    assert not any(check.advice for check in found.values())


def test_one_busy_account_is_seen_and_small_data_are_not_accused() -> None:
    lists: list[list[int]] = [[user % 50, (user + 1) % 50] for user in range(1_000)]
    assert checks(interactions_of(lists))["Share of the busiest user"].level == "good"
    busy = [*lists, list(range(150))]
    assert checks(interactions_of(busy))["Share of the busiest user"].level == "poor"
    assert checks(interactions_of([[0, 1], [1, 2], [0, 2]]))["Share of the busiest user"].level == "good"


def test_duplicates_and_times() -> None:
    data = sequences_of([[0, 1], [1, 2]], [[0, DAY], [0, 20 * DAY]])
    found = checks(data, duplicates=1)
    assert found["Repeated ratings of the same product"].level == "weak"
    assert found["Repeated ratings of the same product"].found == "20.0%"
    assert (found["Time span"].level, found["Time span"].found) == ("weak", "20 days")
    assert checks(interactions_of([[0, 1]]))["Time span"].found == "no times"
