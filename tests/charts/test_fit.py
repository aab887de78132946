"""Charts of calibration and tuning."""

from __future__ import annotations

import pandas as pd
import pytest

from recsys import charts
from recsys.charts.theme import Theme
from tests.charts.conftest import Check

CALIBRATION = pd.DataFrame({"predicted": [2.0, 4.0], "actual": [2.5, 4.0], "count": [100, 300]})
TRAIL = pd.DataFrame(
    {
        "step": ["rank", "rank", "exponents"],
        "candidate": ["k=8", "k=16", "<b>a</b>=0.35"],
        "value": [0.1, 0.3, 0.2],
    }
)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_calibration_measures_the_gap(check: Check, theme: Theme) -> None:
    figure = charts.calibration(CALIBRATION, theme)
    check(figure)
    assert figure.layout.title.text in {"Predictions are 0.12 stars off on average"}
    said = charts.calibration_sentence(CALIBRATION)
    assert "0.12 stars too low overall" in said
    assert "2.00 is predicted and the mean rating is 2.50" in said


def test_calibration_draws_intervals_where_known(check: Check) -> None:
    table = CALIBRATION.assign(low=[2.4, 3.9], high=[2.6, 4.1])
    figure = charts.calibration(table)
    check(figure)
    assert list(figure.data[1].error_y.array) == pytest.approx([0.1, 0.1])


def test_exact_predictions_are_said_to_be_right() -> None:
    assert "are right overall" in charts.calibration_sentence(CALIBRATION.assign(actual=[2.0, 4.0]))


def test_trail_marks_the_best_and_the_best_so_far(check: Check) -> None:
    figure = charts.tuning_trail(TRAIL, "dark")
    check(figure)
    assert figure.layout.title.text == "Best of 3 settings: k=16"
    assert list(figure.data[0].y) == [0.1, 0.3, 0.3]
    assert "&lt;b&gt;a" in figure.to_json()


def test_trail_of_an_error_goes_down() -> None:
    figure = charts.tuning_trail(TRAIL, lower_is_better=True)
    assert figure.layout.title.text == "Best of 3 settings: k=8"
    assert list(figure.data[0].y) == [0.1, 0.1, 0.1]
    assert "k=8: 0.1" in charts.tuning_trail_sentence(TRAIL, lower_is_better=True)
