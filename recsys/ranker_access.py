"""The rankers of a version, by name."""

from __future__ import annotations

from functools import cached_property

from recsys.dataset_access import DatasetAccess
from recsys.errors import UnknownRankerError
from recsys.evaluation.choice import POPULAR, STATIC
from recsys.model.ranking import RankingModel
from recsys.search.indexes import UserIndex
from recsys.served import SequentialRanker, ServedRanker, StaticRanker
from recsys.served_simple import ItemKnnServed, PopularServed


class RankerAccess(DatasetAccess):
    """What holds the rankers of a version, and knows which one answers."""

    ranking: RankingModel
    user_index: UserIndex
    sequential: SequentialRanker | None
    item_knn: ItemKnnServed | None

    @cached_property
    def rankers(self) -> dict[str, ServedRanker]:
        """The rankers of this version by name; the first one answers unless another is asked for."""
        static = StaticRanker(self.ranking, self.user_index)
        held = {one.name: one for one in (self.sequential, static, self.item_knn) if one is not None}
        served = self.manifest.served.ranker
        if served == POPULAR:
            return {POPULAR: PopularServed(len(self.dataset.items)), **held}
        return {served: held.pop(served), **held} if served in held else {STATIC: held.pop(STATIC), **held}

    def ranker(self, name: str | None = None) -> ServedRanker:
        """The ranker of this name; by default the one that is served. "popular" is always there.

        Raises
        ------
        UnknownRankerError
            Where this version does not hold it.
        """
        if name == POPULAR:
            return PopularServed(len(self.dataset.items))
        if name is not None and name not in self.rankers:
            raise UnknownRankerError(name, list(self.rankers))
        return self.rankers[name or next(iter(self.rankers))]

    def explaining(self, name: str | None = None) -> ServedRanker:
        """A ranker whose scores can be taken apart: the static one where everybody gets the same list."""
        asked = self.ranker(name)
        return self.ranker(STATIC) if asked.name == POPULAR else asked
