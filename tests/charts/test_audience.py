"""The chart of an audience."""

from __future__ import annotations

import pandas as pd

from recsys.charts import reach, reach_sentence
from tests.charts.conftest import Check

TABLE = pd.DataFrame({"users": [1, 10, 100, 1000], "score": [4.0, 3.0, 2.0, 0.5]})


def test_reach_says_how_many_are_half_as_close(check: Check) -> None:
    text = check(reach(TABLE))
    assert "100 users are at least half as close" in text
    assert "1,000 users" in reach_sentence(TABLE)
    assert "1 user is" in check(reach(TABLE.head(1), theme="dark"))
