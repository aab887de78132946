"""Text made to break out of a page, and a store in which it stands wherever data can reach."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from recsys import BuildConfig, build

TEXTS = (
    "<b id=injected>bold</b><img src=http://evil.example/i.png onerror=\"window.hit=1\">",
    "<script>window.hit=1</script><iframe src=//evil.example></iframe>",
    "![picture](http://evil.example/p.png) [link](http://evil.example/l)",
    "http://evil.example/bare www.evil.example a@evil.example",
    "$\\href{http://evil.example}{x}$ and $$\\frac{1}{2}$$",
    ":smile: :material/home: :red[red] :streamlit: -> <- #",
    "</textarea></title><svg onload=window.hit=1><a href='javascript:window.hit=1'>x</a>",
    "%{x} %{customdata[0]} {{constructor}} ${7*7}",
    "\u202eright to left\u202c\x1b[31m red \u0007",
    "# heading\n\n* list\n\n| a | b |\n|---|---|\n| 1 | 2 |",
)  # fmt: skip
MEGABYTE = 1_000_000
LONG = (
    "x" * MEGABYTE,
    "word " * (MEGABYTE // 5),
    TEXTS[0] * (MEGABYTE // len(TEXTS[0])),
    "😀" * (MEGABYTE // 4),
)


def build_hostile(folder: Path) -> Path:
    """Build a store whose file name, ids, titles, brands, categories and bad rows are hostile or long."""
    rng = np.random.default_rng(9)
    items = [" ".join(f"{text} {number}".split()) for number in range(3) for text in TEXTS]
    users = [" ".join(f"{text} user {number}".split()) for number in range(5) for text in TEXTS]
    rows = [
        (user, items[item], int(rng.integers(1, 6)), 1_500_000_000 + 86_400 * int(rng.integers(0, 900)))
        for user in users
        for item in rng.choice(len(items), int(rng.integers(3, 12)), replace=False)
    ]
    bad = [("bad", items[0], text, 0) for text in TEXTS[:3]]
    everything = [*TEXTS, *LONG]
    catalog = [
        (item, *(everything[(n + shift) % len(everything)] for shift in (0, 3, 5)), 5.0 + n)
        for n, item in enumerate(items)
    ]
    ratings = folder / "<img src=x onerror=window.hit=1> ![p](evil.example) $x$ :smile:.csv".replace("/", "")
    _write(ratings, ("user_id", "item_id", "rating", "timestamp"), [*rows, *bad])
    _write(folder / "items.csv", ("item_id", "title", "brand", "category", "price"), catalog)
    build(ratings, folder / "items.csv", folder / "artifacts", BuildConfig(evaluate=True))
    return folder / "artifacts"


def _write(path: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
