"""The version that an update begins from: its data, its catalogue, its settings and its factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from recsys.arrays import Floats
from recsys.config import BuildConfig, SvdConfig
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions
from recsys.dataset import Dataset
from recsys.errors import ArtifactError
from recsys.linalg.svd import SVD
from recsys.model.ranking import RankingModel, fit_svd
from recsys.progress import Stage
from recsys.versions import contents
from recsys.versions.manifest import InputFile, Manifest
from recsys.versions.store import ArtifactStore

NEARLY_THERE = SvdConfig(oversampling=1.0, min_extra=64)
"""Columns of a Krylov basis that begins with the factors of nearly the same data. They are a fifth of the
usual ones, and as good: see docs/measurements.md."""
_UPDATED = ", updated by "


@dataclass(frozen=True)
class VersionBefore:
    """What an update takes from the version in service.

    Parameters
    ----------
    dataset : Dataset
    ranking : RankingModel
    """

    dataset: Dataset
    ranking: RankingModel

    @classmethod
    def in_service(cls, store: ArtifactStore) -> VersionBefore:
        """Open the version in service.

        Raises
        ------
        ArtifactError
            Where there is none.
        """
        if store.current() is None:
            raise ArtifactError(f"No version is in service in {store.root}, so there is nothing to update.")
        artifacts = store.open()
        return cls(Dataset.read(artifacts), contents.read_ranking(artifacts))

    @property
    def interactions(self) -> Interactions:
        """Its ratings."""
        return self.dataset.interactions

    @property
    def manifest(self) -> Manifest:
        """What it was built from, and how."""
        return self.dataset.manifest

    @property
    def catalog(self) -> pl.DataFrame:
        """What is known of all products, rated or not."""
        return pl.concat([self.dataset.catalog.frame, self.dataset.unrated.catalog.frame])

    def name_with(self, name: str) -> str:
        """What the data are called with new rows."""
        return f"{self.manifest.name.partition(_UPDATED)[0]}{_UPDATED}{name}"

    def inputs_with(self, new: Mapping[str, InputFile]) -> dict[str, InputFile]:
        """The files that this version was built from, and those of the new rows."""
        return {**self.manifest.inputs, **{f"update_{role}": file for role, file in new.items()}}

    def settings(self, config: BuildConfig) -> BuildConfig:
        """A config with the settings of this version, where it states no rank and asks for no tuning."""
        if config.ranking.n_factors is not None or config.tune:
            return config
        known = self.manifest.config
        return replace(
            config,
            ranking=known.ranking,
            sequential=known.sequential,
            rating=known.rating,
            content=known.content,
        )

    def svd(self, data: Interactions, config: BuildConfig, progress: Stage) -> SVD:
        """The SVD of the new data, begun with the factors of this version."""
        rank = config.ranking.n_factors or self.ranking.n_factors
        nearly = replace(config.ranking, svd=NEARLY_THERE)
        return fit_svd(data, rank, nearly, progress=progress, start=self.factors_of(data.items))

    def factors_of(self, items: IdTable) -> Floats:
        """The factors of some products, float32 (len(items), k); zeros for those that are new."""
        factors = np.zeros((len(items), self.ranking.n_factors), dtype=np.float32)
        rows = items.encode(self.interactions.items.to_series())
        factors[rows[rows >= 0]] = self.ranking.components[rows >= 0]
        return factors
