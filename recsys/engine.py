"""What a build asks of the engine that reads its ratings and multiplies with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from recsys.config import CleaningConfig, SvdConfig
from recsys.data.interactions import Interactions, ItemView
from recsys.data.loading import LoadedData
from recsys.linalg.operators import GramOperator
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
    ) -> LoadedData:
        """As `recsys.data.loading.load_data`."""
        ...

    def gram(
        self, interactions: Interactions, a: float, b: float, config: SvdConfig | None = None, /
    ) -> GramOperator:
        """A `GramFactory`."""
        ...

    def by_item(self, interactions: Interactions) -> ItemView:
        """As `Interactions.by_item`."""
        ...
