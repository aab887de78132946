"""Is it enough? What a data set has, against what recommendations need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recsys.data.cleaning.report import CleaningReport
from recsys.data.interactions import Interactions

Level = Literal["good", "weak", "poor"]

RATINGS = (10_000, 1_000)
USERS_WITH_TWO = (1_000, 50)
PRODUCTS_WITH_FIVE = (100, 20)
ONE_RATING_PRODUCTS = (0.5, 0.8)
DAYS = (90, 14)
DUPLICATES = (0.05, 0.3)
BUSIEST = (0.01, 0.05)
"""Each pair: what is good, and beyond what it is poor. Between them it is weak."""
_MEAN_RATINGS = 10.0
"""A user is busy only above this many times the mean, however small the data are."""
_DAY = 86_400


@dataclass(frozen=True)
class Check:
    """One thing that the quality of recommendations depends on.

    Attributes
    ----------
    name : str
    level : "good", "weak" or "poor"
    found : str
        What the data have.
    wanted : str
        The thresholds.
    meaning : str
        What this does to the result.
    advice : str
        What to do; empty where it is good.
    """

    name: str
    level: Level
    found: str
    wanted: str
    meaning: str
    advice: str = ""


def readiness(data: Interactions, report: CleaningReport) -> tuple[Check, ...]:
    """Every check of a data set, in the order in which they matter."""
    if not data.n_ratings:
        return ()
    return (*_of_amount(data), *_of_shape(data, report), _of_time(data))


def _of_amount(data: Interactions) -> Iterator[Check]:
    users = int(np.count_nonzero(data.user_degrees >= 2))
    products = int(np.count_nonzero(data.item_degrees >= 5))
    yield _at_least(
        "Ratings", data.n_ratings, RATINGS,
        "Everything is learned from them: below a thousand, lists are close to chance.",
        "Add older ratings, or other signs of interest such as purchases.",
    )  # fmt: skip
    yield _at_least(
        "Users with two ratings or more", users, USERS_WITH_TWO,
        "Only they show which products go together. All others get best-sellers to begin with.",
        "Add a longer span of time, or join accounts of the same person.",
    )  # fmt: skip
    yield _at_least(
        "Products with five ratings or more", products, PRODUCTS_WITH_FIVE,
        "Only they can be placed reliably. Others are rarely recommended.",
        "Add ratings, or join variants of a product (colours, sizes) under one id.",
    )  # fmt: skip


def _of_shape(data: Interactions, report: CleaningReport) -> Iterator[Check]:
    once = float(np.mean(data.item_degrees == 1))
    duplicates = report.duplicates / max(1, report.accepted + report.duplicates)
    busiest = float(data.user_degrees.max()) / data.n_ratings
    floor = _MEAN_RATINGS / data.n_users
    yield _at_most(
        "Products with a single rating", once, ONE_RATING_PRODUCTS,
        "Single opinions: such products are found only through their words.",
        "Give a catalogue with titles and categories, or join variants under one id.",
    )  # fmt: skip
    yield _at_most(
        "Repeated ratings of the same product", duplicates, DUPLICATES,
        "Only the latest of each is kept. Many may mean purchases, or columns read in the wrong roles.",
        "Check the roles of the columns.",
    )  # fmt: skip
    yield _at_most(
        "Share of the busiest user", busiest, (max(BUSIEST[0], floor), max(BUSIEST[1], 2 * floor)),
        "One account with a large share, such as a bot or a shop's own, pulls products together that people"
        " do not.",
        "Look at this user, and leave the rows out if it is no person.",
    )  # fmt: skip


def _of_time(data: Interactions) -> Check:
    name, wanted = "Time span", f"{DAYS[0]} days or more are good, fewer than {DAYS[1]} poor"
    meaning = "The order of ratings tells what comes next, and splits the data for an honest measurement."
    if data.timestamps is None:
        return Check(
            name, "weak", "no times", wanted, meaning, "Add the time of each rating: the order is then used."
        )
    days = int(data.timestamps.max() - data.timestamps.min()) / _DAY
    level = _level(days >= DAYS[0], days < DAYS[1])
    advice = "" if level == "good" else "Add a longer span, and check the unit of the times."
    return Check(name, level, f"{days:,.0f} days", wanted, meaning, advice)


def _at_least(name: str, value: int, limits: tuple[int, int], meaning: str, advice: str) -> Check:
    good, poor = limits
    level = _level(value >= good, value < poor)
    wanted = f"{good:,} or more are good, fewer than {poor:,} poor"
    return Check(name, level, f"{value:,}", wanted, meaning, "" if level == "good" else advice)


def _at_most(name: str, share: float, limits: tuple[float, float], meaning: str, advice: str) -> Check:
    good, poor = limits
    level = _level(share <= good, share > poor)
    wanted = f"up to {good:.0%} is good, above {poor:.0%} poor"
    return Check(name, level, f"{share:.1%}", wanted, meaning, "" if level == "good" else advice)


def _level(good: bool, poor: bool) -> Level:
    return "good" if good else "poor" if poor else "weak"
