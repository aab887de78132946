"""How the customers of the made-up shop choose products and rate them.

For each rating a category is drawn by taste, a camp by loyalty, and a product by budget and
popularity. Its stars come from quality, generosity, fit and luck, cut at the quantiles of a
real shop. Customers are drawn in chunks, each from a seed of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import Doubles, Floats, Mask, Rows, Rows32
from recsys.data.sample.catalog import CATEGORIES, TASTE_SHARES, camps, taste_matrix

_DAY = 86_400
_START, _END = 1_546_300_800, 1_735_689_600  # 2019-01-01 to 2025-01-01
_CAMP_SKEW = 2.0
"""Skew of the sales towards the first camps of a category; 1: all camps sell alike."""
_STARS_BELOW = (-1.2004, -0.9385, -0.6588, -0.1408)
"""Standard normal quantiles of 11.5, 17.4, 25.5 and 44.4%: the stars of Amazon Electronics 2014."""
_MONTHS = (1.12, 0.92, 0.88, 0.84, 0.84, 0.86, 0.92, 0.94, 0.92, 0.98, 1.24, 1.54)
"""Ratings in each calendar month relative to the year's mean; most around the holidays."""


@dataclass(frozen=True)
class Products:
    """Products sorted by shelf and, within it, by price; `start` delimits the shelves."""

    shelf: Rows32
    start: Rows
    mass: Doubles  # cumulative popularity, shape (n + 1,)
    price: Doubles
    quality: Floats
    release: Floats  # share of the shop's life, between 0 and 1


@dataclass(frozen=True)
class Customers:
    """One chunk of customers."""

    tastes: Rows  # (n, 3): first, second, none in particular
    loyalty: Doubles
    camp: Doubles  # where each stands, between 0 and 1, turned by department
    budget: Doubles
    generosity: Floats
    joined: Floats


def shelf_table() -> tuple[Rows, Rows, Doubles]:
    """First shelf of each category, its number of camps, and each shelf's share of the sales."""
    n_camps = np.array([len(camps(category)) for category in CATEGORIES])
    first = np.concatenate([[0], np.cumsum(n_camps)[:-1]])
    shares = np.append(0.9 * np.array(TASTE_SHARES), 0.1) @ taste_matrix()
    sales = [
        share * np.diff((np.arange(n + 1) / n) ** (1 / _CAMP_SKEW))
        for share, n in zip(shares, n_camps, strict=True)
    ]
    return first, n_camps, np.concatenate(sales)


def make_products(n_items: int, rng: np.random.Generator) -> Products:
    """Products with Zipf-Mandelbrot popularity, with a longer tail in a larger shop."""
    first, _, sales = shelf_table()
    shelf = rng.choice(len(sales), size=n_items, p=sales**0.5 / (sales**0.5).sum())
    shelf[: min(n_items, len(sales))] = rng.permutation(len(sales))[:n_items]
    rank = rng.permutation(n_items)
    weight = (rank + 2 + n_items * 3e-4) ** -1.19
    category = np.searchsorted(first, np.arange(len(sales)), side="right") - 1
    median = np.array([one.price for one in CATEGORIES])[category[shelf]]
    price = median * np.exp(0.45 * rng.standard_normal(n_items))
    price = np.where(price < 100, np.floor(price) + 0.99, np.round(price, -1) - 0.01)
    order = np.lexsort((price, shelf))
    popular = (np.log(weight) - np.log(weight).mean()) / np.log(weight).std()
    quality = 0.45 * (0.3 * popular.clip(-2, 2) + 0.954 * rng.standard_normal(n_items)).clip(-2, 2)
    bought = sales[shelf] * weight / np.bincount(shelf, weight)[shelf]
    quality -= np.average(quality, weights=bought)  # so that the stars have the same shape at any size
    release = np.maximum(0.0, 1.7 * rng.random(n_items) - 0.9)
    return Products(
        shelf=shelf[order].astype(np.int32),
        start=np.searchsorted(shelf[order], np.arange(len(sales) + 1)),
        mass=np.concatenate([[0.0], np.cumsum(weight[order])]),
        price=price[order],
        quality=quality[order].astype(np.float32),
        release=release[order].astype(np.float32),
    )


def make_customers(n: int, rng: np.random.Generator) -> Customers:
    """Customers with random tastes, loyalty, camp, budget, generosity and day of joining."""
    n_tastes = len(TASTE_SHARES)
    tastes = rng.choice(n_tastes, size=(n, 2), p=TASTE_SHARES)
    return Customers(
        tastes=np.column_stack([tastes, np.full(n, n_tastes)]),
        loyalty=rng.beta(4.0, 1.2, n),
        camp=rng.random(n),
        budget=rng.random(n),
        generosity=(0.45 * rng.standard_normal(n)).astype(np.float32),
        joined=np.maximum(0.0, 1.03 * rng.random(n) ** 0.55 - 0.06).astype(np.float32),
    )


def _degree_law(n_users: int, n_items: int, n_ratings: int) -> Doubles:
    """P(n) proportional to (n + q)^-2.9 for n = 1, 2, ..., q chosen to give the mean.

    At Amazon's 1.86 ratings a user this has 69% of users with one rating, as there.
    """
    counts = np.arange(1, max(2, min(n_items // 2, 600)) + 1)
    mean, low, high = n_ratings / n_users, -0.9, 1e6
    for _ in range(200):
        middle = (low + high) / 2
        weights = (counts + middle) ** -2.9
        low, high = (middle, high) if weights @ counts < mean * weights.sum() else (low, middle)
    law: Doubles = weights / weights.sum()
    return law


def make_degrees(n_users: int, n_items: int, n_ratings: int, rng: np.random.Generator) -> Rows32:
    """Number of ratings of each customer: at least 1 each, exactly `n_ratings` in all."""
    law = _degree_law(n_users, n_items, n_ratings)
    quantiles = (np.arange(n_users) + 0.5) / n_users
    degrees = (np.searchsorted(np.cumsum(law), quantiles) + 1).clip(1, len(law)).astype(np.int32)
    while excess := int(degrees.sum(dtype=np.int64)) - n_ratings:
        room = np.flatnonzero(degrees > 1 if excess > 0 else degrees < n_items)
        degrees[rng.permutation(room)[: abs(excess)]] -= np.sign(excess)
    return rng.permutation(degrees)


class Shop:
    """A shop's products, and how its customers choose and rate them."""

    def __init__(self, n_items: int, seed: int) -> None:
        self.seed = seed
        self.products = make_products(n_items, np.random.default_rng([seed, 0]))
        self.first, self.n_camps, _ = shelf_table()
        taste = taste_matrix()
        self.taste_mass = np.cumsum(taste, axis=1).clip(max=1 - 1e-9) + np.arange(len(taste))[:, None]
        keys = [one.path if one.kind == "open" else one.department for one in CATEGORIES]
        self.turn = np.array([list(dict.fromkeys(keys)).index(key) * 0.618034 for key in keys])
        shelves = np.arange(len(self.products.start) - 1)
        stocked = np.flatnonzero(np.diff(self.products.start))
        self.nearest_stocked = stocked[np.abs(shelves[:, None] - stocked).argmin(axis=1)]

    def draw_shelves(self, customers: Customers, user: Rows, rng: np.random.Generator) -> tuple[Rows, Mask]:
        """Draw a shelf for each rating, and say whether it matches the customer's taste and camp."""
        luck = rng.random((3, len(user)))
        which = (luck[0] > 0.74).astype(np.int64) + (luck[0] > 0.9)
        taste = customers.tastes[user, which]
        category = np.searchsorted(self.taste_mass.ravel(), taste + luck[1], side="right") % len(CATEGORIES)
        loyal = luck[2] < customers.loyalty[user]
        stand = np.where(loyal, (customers.camp[user] + self.turn[category]) % 1.0, rng.random(len(user)))
        camp = np.floor(self.n_camps[category] * stand**_CAMP_SKEW).astype(np.int64)
        return self.nearest_stocked[self.first[category] + camp], loyal & (which < 2)

    def draw_items(self, shelf: Rows, budget: Doubles, rng: np.random.Generator) -> Rows:
        """Draw a product from each shelf by popularity, among those near the customer's budget."""
        place = np.abs(budget + 0.15 * rng.standard_normal(len(shelf)))
        place = np.where(place > 1.0, 2.0 - place, place).clip(0.0, 1.0)
        mass, start = self.products.mass, self.products.start
        low, high = mass[start[shelf]], mass[start[shelf + 1]]
        item = np.searchsorted(mass, low + place * (high - low), side="right") - 1
        return item.clip(start[shelf], start[shelf + 1] - 1)

    def cover(
        self,
        item: Rows,
        shelf: Rows,
        wanted: Rows,
        rng: np.random.Generator,
    ) -> None:
        """Change ratings of the same shelf, in place, so that every wanted product has one."""
        order = np.argsort(shelf + rng.random(len(shelf)))
        wanted = wanted[np.argsort(self.products.shelf[wanted], kind="stable")]
        n_shelves = len(self.products.start) - 1
        slots = np.searchsorted(shelf[order], np.arange(n_shelves + 1))
        needs = np.searchsorted(self.products.shelf[wanted], np.arange(n_shelves + 1))
        place = self.products.shelf[wanted]
        slot = slots[place] + np.arange(len(wanted)) - needs[place]
        fits = slot < slots[place + 1]
        item[order[slot[fits]]] = wanted[fits]

    def draw_stars(
        self, customers: Customers, user: Rows, item: Rows, matches: Mask,
        rng: np.random.Generator,
    ) -> Floats:  # fmt: skip
        """Stars, 1 to 5: quality + generosity + fit + luck, cut at a real shop's quantiles."""
        fit = np.where(matches, np.float32(0.16), np.float32(-0.24))
        luck = 0.74 * rng.standard_normal(len(user), dtype=np.float32)
        liking = self.products.quality[item] + customers.generosity[user] + fit + luck
        return (1 + np.searchsorted(np.array(_STARS_BELOW, np.float32), liking)).astype(np.float32)

    def draw_times(self, customers: Customers, user: Rows, item: Rows, rng: np.random.Generator) -> Rows:
        """Unix seconds, after the customer joined and the product came out; more before holidays."""
        earliest = np.maximum(customers.joined[user], self.products.release[item])
        years = (earliest + (1 - earliest) * rng.random(len(user)) ** 2) * (_END - _START) / (365.25 * _DAY)
        mass = np.concatenate([[0.0], np.cumsum(_MONTHS)]) / sum(_MONTHS)
        season = np.floor(years) + np.interp(years % 1.0, mass, np.linspace(0.0, 1.0, 13))
        return _START + (season * 365.25 * _DAY).astype(np.int64).clip(0, _END - _START - 1)

    def chunk(self, number: int, degrees: Rows32, wanted: Rows) -> dict[str, NDArray[Any]]:
        """The ratings of one chunk of customers, in random order; `user` counts within the chunk."""
        rng = np.random.default_rng([self.seed, 2, number])
        customers = make_customers(len(degrees), rng)
        user = np.repeat(np.arange(len(degrees)), degrees)
        shelf, matches = self.draw_shelves(customers, user, rng)
        item = self.draw_items(shelf, customers.budget[user], rng)
        self.cover(item, shelf, wanted, rng)
        n_items = len(self.products.shelf)
        for attempt in range(40):
            again = _repeats(user * n_items + item)
            if not len(again):
                break
            shelf[again], matches[again] = self.draw_shelves(customers, user[again], rng)
            item[again] = self.draw_items(shelf[again], customers.budget[user[again]], rng)
            if attempt > 4:  # this customer has bought all that is to their taste
                item[again] = rng.integers(n_items, size=len(again))
        keep = np.setdiff1d(np.arange(len(user)), _repeats(user * n_items + item), assume_unique=True)
        order = rng.permutation(keep)
        user, item, matches = user[order], item[order], matches[order]
        stars, times = (
            self.draw_stars(customers, user, item, matches, rng),
            self.draw_times(customers, user, item, rng),
        )
        return {"user": user, "item": item, "rating": stars, "timestamp": times}


def _repeats(key: Rows) -> Rows:
    """Positions whose key also occurs at an earlier position."""
    order = np.argsort(key, kind="stable")
    repeats: Rows = order[1:][key[order[1:]] == key[order[:-1]]]
    return repeats
