"""The Dask engine of a build: it starts or joins a cluster, loads the ratings there and multiplies there."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from recsys.cluster import blocks
from recsys.cluster.biases import fit_biases
from recsys.cluster.by_item import by_item
from recsys.cluster.gram import ClusterGram, Group
from recsys.cluster.sample import MOST_RATINGS, users_drawn
from recsys.cluster.sending import to_all
from recsys.cluster.sequence_gram import ClusterSequenceGram
from recsys.config import BuildConfig, CleaningConfig, RatingConfig, SequentialConfig, SvdConfig
from recsys.data.clean import CleanRatings, check_enough, check_share, resolved
from recsys.data.cleaning.scale import judge_values
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions, ItemView
from recsys.data.loading import LoadedData, with_catalog
from recsys.errors import DataFormatError
from recsys.linalg.gram import NormalisedGram
from recsys.linalg.operators import GramOperator, SequenceOperator
from recsys.linalg.svd import SVD
from recsys.model.rating import RatingModel, fit_rating
from recsys.progress import SILENT, Stage
from recsys.sources.ratings import recognise
from recsys.sources.registry import Location

if TYPE_CHECKING:
    from distributed import Client

EXTRA = "pip install 'facet[dask]'"
_BLOCKS_PER_WORKER = 8
_PATIENCE = 10
"""Seconds that a scheduler has to answer."""
_DAMPING = (5.0, 3.0)
"""Of users and items, in ratings: what tuning chooses on the electronics ratings."""


class DaskEngine:
    """Reads ratings and multiplies with them on the workers of a cluster.

    The workers and this process must see the ratings and the artifacts folder by the same paths.

    Parameters
    ----------
    client : distributed.Client
    n_workers : int
        How many groups of users the products are divided into.
    """

    def __init__(self, client: Client, n_workers: int) -> None:
        self._client, self._n = client, n_workers
        self._groups: list[Group] = []
        self._blocks: list[blocks.Block] = []
        self._scratch = Path()
        self._data: Interactions | None = None

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
        layout: dict[str, Any] = {"columns": columns, "delimiter": delimiter, "has_header": has_header}
        scratch = scratch.resolve()
        table = recognise(
            ratings, catalog=catalog, dates=config.dates, limits=config.limits, scratch=scratch, **layout
        )
        parts, client = blocks.parts_of(table), self._client
        looks = self._each(
            "Looking at file",
            progress.part(0.0, 0.3),
            client.map(blocks.look, parts, config=config, pure=False),
        )
        counts = (
            pl.concat([look.counts for look in looks]).group_by("value").agg(pl.col("n").sum()).sort("value")
        )
        values = judge_values(table, counts.sort("value"), config)
        first_ids = blocks.borders([look.users for look in looks], self._n * _BLOCKS_PER_WORKER)
        told: dict[str, Any] = {"values": values, "config": config, "folder": scratch}
        pieces = client.gather(
            client.map(blocks.write_pieces, parts, range(len(parts)), first_ids=first_ids, pure=False, **told)
        )
        report = blocks.joined([one.report for one in pieces], config.n_samples)
        check_share(table, report, config)
        items = IdTable.from_series(pl.concat([one.items for one in pieces]))
        numbers = [n for n in range(len(first_ids) + 1) if any(scratch.glob(f"piece-{n}-*.arrow"))]
        kept = to_all(client, items)
        encoding = client.map(blocks.write_block, numbers, items=kept, pure=False, **told)
        made = self._each("Encoding block", progress.part(0.8, 1.0), encoding)
        lows, highs = zip(*(block.scale for block in made), strict=True)
        values = replace(values, scale=(min(lows), max(highs)))
        data = blocks.assemble(made, items, values, scratch)
        self._data, self._blocks, self._scratch = data, made, scratch
        self._groups = _groups(made, self._n)
        report = replace(report, notes=tuple(dict.fromkeys((*table.notes, *report.notes))))
        sample = pl.DataFrame({"rating": counts["value"]})
        check_enough(data.n_users, data.n_items, CleanRatings(sample, report, table, values))
        return with_catalog(data, resolved(report, data.n_ratings), catalog, config, scratch)

    def _each(self, doing: str, progress: Stage, futures: Sequence[Any]) -> list[Any]:
        """What the tasks give, in their order; said as they end, and failed as soon as one fails."""
        from distributed import as_completed

        progress(0.0, f"{doing} 1 of {len(futures):,}")
        for n_done, future in enumerate(as_completed(futures), 1):
            if future.status == "error":
                self._client.cancel(list(futures))
                future.result()
            progress(n_done / len(futures), f"{doing} {min(n_done + 1, len(futures)):,} of {len(futures):,}")
        return list(self._client.gather(futures))

    def gram(
        self, interactions: Interactions, a: float, b: float, config: SvdConfig | None = None, /
    ) -> GramOperator:
        """The products of the ratings that were loaded, by the workers; those of others, by this process."""
        if interactions is not self._data:
            return NormalisedGram(interactions, a, b, config)
        return ClusterGram(self._client, self._groups, interactions.n_items, a, b, config)

    def sequence_gram(self, interactions: Interactions, config: SequentialConfig) -> SequenceOperator:
        """The ordered pairs of the ratings that were loaded."""
        return ClusterSequenceGram(self._client, self._groups, interactions.item_degrees, config)

    def measured(self, interactions: Interactions) -> Interactions:
        """The data to measure models on: all, or where they are large some users of them."""
        return users_drawn(interactions) if interactions.n_ratings > MOST_RATINGS else interactions

    def settings(self, interactions: Interactions, config: BuildConfig) -> BuildConfig:
        """A config for these data: large ones get plain damped biases as their rating model."""
        if interactions.n_ratings <= MOST_RATINGS or config.rating.damping is not None:
            return config
        return replace(config, rating=replace(config.rating, damping=_DAMPING))

    def fit_rating(
        self, interactions: Interactions, config: RatingConfig, svd: SVD | None, progress: Stage
    ) -> RatingModel:
        """As `recsys.model.rating.fit_rating`."""
        if config.damping is not None:
            return fit_biases(self._client, self._groups, interactions, config)
        return fit_rating(interactions, config, svd=svd, gram=self.gram, progress=progress)

    def by_item(self, interactions: Interactions) -> ItemView:
        """The ratings that were loaded, in item order."""
        return by_item(self._client, self._blocks, interactions, self._scratch)


def _groups(made: Sequence[blocks.Block], n: int) -> list[Group]:
    """Blocks in `n` groups of about as many ratings."""
    groups: list[list[blocks.Block]] = [[] for _ in range(n)]
    sizes = [0] * n
    for block in made:
        least = sizes.index(min(sizes))
        groups[least].append(block)
        sizes[least] += block.n_ratings
    return [tuple(group) for group in groups if group]


@contextmanager
def dask_engine(
    scheduler: str | None = None, workers: int | None = None, memory_limit: str | None = None
) -> Iterator[DaskEngine]:
    """An engine on the cluster at `scheduler`, or on worker processes of this machine.

    Parameters
    ----------
    scheduler : str, optional
        The address of a scheduler, such as tcp://10.0.0.1:8786.
    workers : int, optional
        Worker processes to start where no scheduler is named; by default two.
    memory_limit : str, optional
        Of each of them, such as 4GB.

    Raises
    ------
    DataFormatError
        Where Dask is not installed, or the scheduler does not answer.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise DataFormatError(f"Dask is not installed: {EXTRA}") from None
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=_PATIENCE)
        except (OSError, TimeoutError, ValueError) as error:
            raise DataFormatError(f"No Dask scheduler answers at {scheduler}: check the address.") from error
        with client:
            yield DaskEngine(client, max(1, len(client.scheduler_info(n_workers=-1)["workers"])))
        return
    n = workers or 2
    with (
        LocalCluster(
            n_workers=n,
            threads_per_worker=1,
            memory_limit=memory_limit or "auto",
            dashboard_address=":0",
            silence_logs=logging.ERROR,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield DaskEngine(client, n)
