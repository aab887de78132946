"""What an evaluation found, as frozen dataclasses: stored in the manifest, drawn by the charts.

`to_json` gives the object that `facet evaluate --json` prints: parts that were not measured are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

MODEL = "this model"
"""The name of our model in every table of results."""


@dataclass(frozen=True)
class Figure:
    """A measured value with its 95% interval; both bounds equal the value where none was computed."""

    value: float
    low: float
    high: float

    @property
    def lead(self) -> int:
        """For a difference: 1 where the interval lies above zero, -1 where it lies below, else 0."""
        return int(self.low > 0) - int(self.high < 0)


Figures = Mapping[str, Figure]
"""By metric, such as "recall@20"."""


@dataclass(frozen=True)
class SegmentFigure:
    """One metric of one model for one segment of users or items.

    Attributes
    ----------
    users : int
        Users measured in the segment.
    ratings : int or None
        Held-out ratings in the segment, for the rating task.
    """

    segment: str
    model: str
    metric: str
    value: float
    low: float
    high: float
    users: int
    ratings: int | None = None


@dataclass(frozen=True)
class Trial:
    """A setting that tuning tried.

    Attributes
    ----------
    value : float
        The validation figure it reached.
    gain : float or None
        Relative gain over the default, in the worst of the weightings.
    """

    step: str
    candidate: str
    value: float
    gain: float | None = None


@dataclass(frozen=True)
class CalibrationPoint:
    """A tenth of the predictions: mean predicted and mean true rating, with the interval of the latter."""

    predicted: float
    actual: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class TaskResult:
    """The result of one task: "ranking", "rating", "similar", "new products" or "audience".

    Attributes
    ----------
    task : str
    protocol : str
        Who was measured on what, in a sentence.
    model : dict of Figure
    baselines : dict of dict of Figure
        By baseline, then by metric.
    ahead : dict of dict of Figure
        Our figure less that of each baseline, paired by user.
    segments : tuple of SegmentFigure
    calibration : tuple of CalibrationPoint
        For the rating task.
    chosen : dict
        The settings that were measured.
    baselines_chosen : dict of dict
    seconds : dict of float
        By stage: "tune", "fit" (of our model), "evaluate".
    trail : tuple of Trial
        Everything that tuning tried, in its order; empty without tuning.
    new : dict or None
        For a temporal split: how much of the test training has never seen.
    test : dict or None
        For files given apart: ratings of the test that were rejected, duplicates, or also in training,
        and those of users or items that training does not have.
    by_fold : tuple of dict
        For cross-validation: the RMSE and the settings of each fold.
    split : str
        How the ratings were held out; empty for files given apart.
    """

    task: str
    protocol: str
    model: Figures
    baselines: Mapping[str, Figures] = field(default_factory=dict)
    ahead: Mapping[str, Figures] = field(default_factory=dict)
    segments: tuple[SegmentFigure, ...] = ()
    calibration: tuple[CalibrationPoint, ...] = ()
    chosen: Mapping[str, Any] = field(default_factory=dict)
    baselines_chosen: Mapping[str, Any] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    trail: tuple[Trial, ...] = ()
    new: Mapping[str, int] | None = None
    test: Mapping[str, int] | None = None
    by_fold: tuple[Mapping[str, Any], ...] = ()
    split: str = ""

    def models(self) -> dict[str, Figures]:
        """Our model, then the baselines, by name."""
        return {MODEL: self.model, **self.baselines}

    def to_json(self) -> dict[str, Any]:
        """As plain values: what was not measured is left out."""
        return _without_empty(msgspec.to_builtins(self))


@dataclass(frozen=True)
class Evaluation:
    """What a build measured on held-out ratings.

    Attributes
    ----------
    split : str
        "leave-last" or "random".
    """

    split: str
    ranking: TaskResult | None = None
    rating: TaskResult | None = None
    similar: TaskResult | None = None
    new_products: TaskResult | None = None
    audience: TaskResult | None = None

    def noted(self, words: str) -> Evaluation:
        """With a sentence more in the protocol of each task."""

        def with_words(task: TaskResult | None) -> TaskResult | None:
            return None if task is None else replace(task, protocol=f"{task.protocol} {words}")

        tasks = (self.ranking, self.rating, self.similar, self.new_products, self.audience)
        return Evaluation(self.split, *map(with_words, tasks))

    def tasks(self) -> list[TaskResult]:
        """The tasks that were measured."""
        tasks = (self.ranking, self.rating, self.similar, self.new_products, self.audience)
        return [task for task in tasks if task is not None]

    def to_json(self) -> dict[str, Any]:
        """As plain values: the split, and each task that was measured."""
        return {"split": self.split, **{result.task: result.to_json() for result in self.tasks()}}


_OPTIONAL = ("ahead", "calibration", "new", "test", "by_fold", "split")
"""Parts of a result that are left out of its JSON form where they were not measured."""


def _without_empty(plain: dict[str, Any]) -> dict[str, Any]:
    for entry in (*plain["segments"], *plain["trail"]):
        for name in [name for name, value in entry.items() if value is None]:
            del entry[name]
    return {name: value for name, value in plain.items() if value or name not in _OPTIONAL}
