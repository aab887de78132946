"""Charts of one product."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys import charts
from recsys.charts.theme import Theme
from tests.charts.conftest import Check

STORE = pd.DataFrame({"rating": [1.0, 3.0, 5.0], "count": [10, 10, 80], "share": [0.1, 0.1, 0.8]})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_product_stands_beside_the_store(check: Check, theme: Theme) -> None:
    histogram = pd.DataFrame({"rating": np.array([1, 5], dtype=np.float32), "count": [1, 1]})
    figure = charts.item_ratings(histogram, STORE, theme)
    check(figure)
    assert figure.layout.title.text == "3.00 ★ on average; all products: 4.40 ★"
    assert list(figure.data[0].y) == [0.5, 0, 0.5]
    assert "1.40 below that of all ratings" in charts.item_ratings_sentence(histogram, STORE)
