import pandas as pd
import pytest

from recsys.charts import over_versions, over_versions_sentence

TABLE = pd.DataFrame(
    {
        "label": ["1 May", "2 May", "3 May"],
        "value": [0.5, 0.3, 0.4],
        "low": [0.4, 0.28, 0.35],
        "high": [0.6, 0.32, 0.45],
        "data": [0, 1, 1],
    }
)


def test_a_line_joins_only_what_was_measured_on_the_same_data() -> None:
    figure = over_versions(TABLE, "Recall@20")
    assert [list(line.y) for line in figure.data] == [[0.5], [0.3, 0.4]]
    assert list(figure.data[1].error_y.array) == pytest.approx([0.02, 0.05])
    assert "higher" in figure.layout.title.text
    assert list(figure.layout.xaxis.ticktext) == ["1 May", "2 May", "3 May"]


def test_the_sentence_says_which_figures_are_of_another_test() -> None:
    words = over_versions_sentence(TABLE, "Recall@20")
    assert "0.4000" in words
    assert "1 version in grey" in words
    assert "grey" not in over_versions_sentence(TABLE.tail(2), "Recall@20")
