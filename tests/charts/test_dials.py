import pandas as pd
import pytest

from recsys.charts import dial_cost, dial_cost_sentence
from recsys.charts.dials import NICHE, VARIETY

TABLE = pd.DataFrame(
    {
        "dial": "niche",
        "position": [-0.5, 0.0, 0.1, 0.5],
        "hit_rate": [0.2, 0.4, 0.38, 0.1],
        "low": [0.15, 0.35, 0.33, 0.05],
        "high": [0.25, 0.45, 0.43, 0.15],
        "products": [50.0, 100.0, 120.0, 200.0],
        "variety": [0.5, 0.8, 0.8, 1.0],
    }
)


def test_both_lines_are_in_percent_of_their_value_at_rest() -> None:
    figure = dial_cost(TABLE, NICHE, 0.1)
    lines = {line.name: list(line.y) for line in figure.data if line.name}
    assert lines["Hit rate"] == pytest.approx([50, 100, 95, 25])
    assert lines["Products shown"] == pytest.approx([50, 100, 120, 200])
    assert figure.layout.shapes[0].x0 == 0.1
    assert "0.1" in figure.layout.title.text


def test_between_two_positions_the_cost_is_in_proportion() -> None:
    words = dial_cost_sentence(TABLE, NICHE, 0.3)
    assert "24.0% of users" in words
    assert "40% lower" in words
    assert "160" in words
    assert "At rest" in dial_cost_sentence(TABLE, VARIETY, 0.0)
    assert "not measure" in dial_cost_sentence(TABLE.head(0), NICHE, 0.3)
