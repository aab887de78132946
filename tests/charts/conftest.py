"""Tables of the sample store, and what every figure must hold to."""

from __future__ import annotations

import json
from collections.abc import Callable

import plotly.graph_objects as go
import polars as pl
import pytest

from recsys.data.interactions import Interactions, encode
from recsys.data.profile.tables import profile
from recsys.data.sample.files import SHOP_SIZE, sample_catalog, stream_sample

Check = Callable[[go.Figure], str]
"""Asserts that a figure is sound; returns it as JSON."""
Tables = dict[str, pl.DataFrame]
HOSTILE = '<b onmouseover="x">5 < 6</b> & $x^2$ **bold** <a href="javascript:1">link</a>'


@pytest.fixture(scope="session")
def hostile() -> str:
    """A title with markup of every kind that a figure must show as text."""
    return HOSTILE


@pytest.fixture(scope="session")
def sample() -> Interactions:
    return encode(pl.concat(list(stream_sample(**SHOP_SIZE))))


@pytest.fixture(scope="session")
def tables(sample: Interactions) -> Tables:
    catalog = pl.concat(list(sample_catalog(SHOP_SIZE["n_items"])))
    ids = pl.DataFrame({"item_id": sample.items.to_series()})
    return profile(sample, ids.join(catalog, on="item_id", how="left", maintain_order="left"))


@pytest.fixture(scope="session")
def check() -> Check:
    """Assert that a figure is in our look, small, labelled, and free of unescaped markup."""

    def assert_sound(figure: go.Figure) -> str:
        text = json.dumps(json.loads(figure.to_json()))  # without the \\u003c that hides a tag
        assert len(text) < 500_000
        assert sum(len(trace.x) if trace.x is not None else 0 for trace in figure.data) <= 20_000
        assert figure.layout.paper_bgcolor is None
        assert figure.layout.template.layout.paper_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.title.text
        for forbidden in ("<b onmouseover", "<a href", "$x^2$"):
            assert forbidden not in text
        return text

    return assert_sound
