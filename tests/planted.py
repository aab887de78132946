"""A shop whose products' words say who buys them: each group of products has words and users of its own."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

GROUPS = ("camera", "guitar", "kettle", "tent", "puzzle", "bicycle")
EACH, NEW = 30, 4
NOISE = ("black", "large", "new", "set", "pro")


def title(group: str, rng: np.random.Generator) -> str:
    """The group's own word among words that say nothing."""
    words = [group, *rng.choice(NOISE, 2, replace=False)]
    return " ".join(rng.permutation(words))


def write_shop(folder: Path, n_users: int = 240) -> tuple[Path, Path]:
    """ratings.csv and items.csv: 180 products with ratings, 24 without, four of each group.

    Half of each user's ratings are of the user's own group; one in eight is of any product.
    """
    rng = np.random.default_rng(5)
    rows = []
    for user in range(n_users):
        group = user % len(GROUPS)
        own = rng.choice(EACH, 7, replace=False)
        items = {f"{GROUPS[group]}-{item:02}" for item in own}
        items.add(f"{rng.choice(GROUPS)}-{rng.integers(EACH):02}")
        rows += [(f"u{user:03}", item, rng.integers(3, 6)) for item in sorted(items)]
    products = [(f"{group}-{n:02}", title(group, rng)) for group in GROUPS for n in range(EACH)]
    products += [(f"new-{group}-{n}", title(group, rng)) for group in GROUPS for n in range(NEW)]
    products.append(("new-untitled", ""))
    ratings, items_csv = folder / "ratings.csv", folder / "items.csv"
    for path, header, lines in (
        (ratings, ("user_id", "item_id", "rating"), rows),
        (items_csv, ("item_id", "title"), products),
    ):
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([header, *lines])
    return ratings, items_csv
