"""The chart of the map."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import pandas as pd
import pytest

from recsys.charts import product_map, product_map_sentence
from recsys.charts.map import CATEGORIES, CLUSTER, CRISP, POPULARITY, STARS, Lit
from recsys.charts.raster import picture
from tests.charts.conftest import HOSTILE, Check


def table(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "item_id": [f"i{i}" for i in range(n)],
            "x": rng.uniform(-1, 1, n).astype(np.float32),
            "y": rng.uniform(-1, 1, n).astype(np.float32),
            "cluster": np.arange(n) % 14,
            "cluster_name": [f"{HOSTILE} {i % 14}: word" for i in range(n)],
            "n_ratings": np.arange(n, 0, -1),
            "mean_rating": rng.uniform(1, 5, n).astype(np.float32),
            "title": [HOSTILE if i % 2 else None for i in range(n)],
            "group": [f"kind {i % 30}" if i % 5 else None for i in range(n)],
        }
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("colour", [CLUSTER, CATEGORIES, POPULARITY, STARS])
def test_a_map_is_sound_in_every_colour(check: Check, colour: str, theme: str) -> None:
    small = table(500)
    text = check(product_map(small, colour, theme=theme))  # type: ignore[arg-type]
    assert "i0" in text
    lit = [Lit("product", HOSTILE, [0]), Lit("group", HOSTILE, [1, 2]), Lit("history", "h", [3])]
    assert "star" in check(product_map(small, colour, lit, theme))  # type: ignore[arg-type]


def test_without_titles_kinds_or_differences_it_is_a_map_too(check: Check) -> None:
    same = table(12).drop(columns=["title", "group"]).assign(n_ratings=1, mean_rating=5.0)
    for colour in (CLUSTER, CATEGORIES, POPULARITY, STARS):
        check(product_map(same, colour))


def test_many_products_are_a_picture_with_the_most_rated_on_top() -> None:
    figure = product_map(table(50_000), STARS)
    assert len(figure.to_json()) < 1_000_000  # of points anywhere; those of real maps make less
    assert len(figure.data[0].x) == CRISP
    assert figure.layout.images[0].source.startswith("data:image/png;base64,")


def test_a_picture_has_each_point_in_its_colour() -> None:
    source = picture(
        np.array([0.0, -0.5]), np.array([0.0, 0.5]), np.array([0, 1]), ["#FF0000", "#00FF00"], 0.5, 1.0
    )
    data = base64.b64decode(source.partition(",")[2])
    side = struct.unpack(">I", data[16:20])[0]
    start = data.index(b"IDAT")
    length = struct.unpack(">I", data[start - 4 : start])[0]
    lines = np.frombuffer(zlib.decompress(data[start + 4 : start + 4 + length]), np.uint8)
    pixels = lines.reshape(side, side + 1)[:, 1:]
    assert pixels[side // 2, side // 2] == 1
    assert pixels[side // 4, side // 4] == 2
    assert pixels[0, 0] == 0
    assert b"\xff\x00\x00\x00\xff\x00" in data[data.index(b"PLTE") :]


def test_the_sentence_says_what_is_kept_and_what_chance_would_keep() -> None:
    words = product_map_sentence(1001, 20, 0.75, 10)
    assert "75% are among its 10 nearest" in words
    assert "by chance it would be 1.0%" in words
