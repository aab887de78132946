"""What tuning chose, and everything it tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from recsys.arrays import Doubles
from recsys.config import RankingConfig, RatingConfig, SequentialConfig
from recsys.evaluation.results import Trial

Config = TypeVar("Config", RankingConfig, RatingConfig, SequentialConfig)

TUNED_SETTINGS: Mapping[
    type[RankingConfig] | type[RatingConfig] | type[SequentialConfig], tuple[str, ...]
] = {
    RankingConfig: (
        "n_factors",
        "user_exponent",
        "item_exponent",
        "spectrum_exponent",
        "leverage_power",
        "popularity_exponent",
        "second_weight",
        "second_popularity",
    ),
    SequentialConfig: (
        "n_factors",
        "user_exponent",
        "item_exponent",
        "lag_exponent",
        "backward",
        "leverage_power",
        "popularity_exponent",
        "recency_exponent",
    ),
    RatingConfig: ("n_factors", "n_basis", "spread_strength", "curve", "damping"),
}
"""The settings that results report and that a build takes from them."""


@dataclass(frozen=True)
class TuningResult(Generic[Config]):
    """Settings, and how they were found.

    Attributes
    ----------
    config : RankingConfig, RatingConfig or SequentialConfig
    trail : tuple of Trial
        Everything that was tried, in its order; empty without tuning.
    per_user : float64 array, shape (n_users,), or None
        What these settings score for each user of the validation split.
    """

    config: Config
    trail: tuple[Trial, ...] = ()
    per_user: Doubles | None = field(default=None, compare=False, repr=False)

    @property
    def chosen(self) -> dict[str, Any]:
        """The tuned settings by name; `with_chosen` puts them into a config."""
        return {name: getattr(self.config, name) for name in TUNED_SETTINGS[type(self.config)]}


def with_chosen(config: Config, chosen: Mapping[str, Any]) -> Config:
    """`config` with the settings of `chosen`."""
    return replace(config, **{name: chosen[name] for name in TUNED_SETTINGS[type(config)]})
