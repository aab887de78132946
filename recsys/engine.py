"""What a build asks of the engine that reads its ratings and multiplies with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from recsys.config import BuildConfig, CleaningConfig, RatingConfig, SequentialConfig, SvdConfig
from recsys.data.interactions import Interactions, ItemView
from recsys.data.loading import LoadedData
from recsys.linalg.operators import GramOperator, SequenceOperator
from recsys.linalg.svd import SVD
from recsys.model.rating import RatingModel
from recsys.progress import SILENT, Stage
from recsys.sources.registry import Location


class Engine(Protocol):
    """Where the ratings are read and multiplied with, other than in this process."""

    def load(
        self,
        ratings: Location,
        catalog: Location | None = None,
        *,
        config: CleaningConfig,
        scratch: Path,
        columns: Sequence[str] | None = None,
        delimiter: str | None = None,
        has_header: bool | None = None,
        progress: Stage = SILENT,
    ) -> LoadedData:
        """As `recsys.data.loading.load_data`."""
        ...

    def gram(
        self, interactions: Interactions, a: float, b: float, config: SvdConfig | None = None, /
    ) -> GramOperator:
        """A `GramFactory`."""
        ...

    def sequence_gram(self, interactions: Interactions, config: SequentialConfig) -> SequenceOperator:
        """As `recsys.model.sequential.local_operator`."""
        ...

    def measured(self, interactions: Interactions) -> Interactions:
        """The data to measure models on: these, or the ratings of some of their users."""
        ...

    def settings(self, interactions: Interactions, config: BuildConfig) -> BuildConfig:
        """The config to build from these data with."""
        ...

    def fit_rating(
        self, interactions: Interactions, config: RatingConfig, svd: SVD | None, progress: Stage
    ) -> RatingModel:
        """As `recsys.model.rating.fit_rating`."""
        ...

    def by_item(self, interactions: Interactions) -> ItemView:
        """As `Interactions.by_item`."""
        ...
