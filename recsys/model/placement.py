"""Where each rated product stands among the others: by its ratings and, with a catalogue, by its words.

Both are blended by the evidence there is (`recsys.model.content`), so that one index finds what is similar
to products with many, few and no ratings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import AnyRows, Floats, Rows
from recsys.config import ContentConfig
from recsys.data.words import WordRows
from recsys.model.content import ContentModel, Descriptions, fit_content
from recsys.model.ranking import RankingModel

_ROWS_AT_ONCE = 1 << 15


@dataclass(frozen=True)
class Placement:
    """The vectors that similar products are found by.

    Parameters
    ----------
    ranking : RankingModel
    content : ContentModel
    words : WordRows
        The words of each rated product.
    """

    ranking: RankingModel
    content: ContentModel
    words: WordRows

    @classmethod
    def fit(
        cls, descriptions: Descriptions, ranking: RankingModel, config: ContentConfig | None = None
    ) -> Placement | None:
        """Learn what words say of products; None as from `fit_content`."""
        content = fit_content(descriptions, ranking, config)
        if content is None:
            return None
        return cls(ranking, content, descriptions.rows.of_products(np.arange(ranking.n_items)))

    @property
    def n_items(self) -> int:
        """How many products are rated."""
        return self.ranking.n_items

    @property
    def item_degrees(self) -> Rows:
        """Ratings of each product, int64 (n_items,)."""
        return self.ranking.item_degrees

    @property
    def similarity_weights(self) -> Floats:
        """The evidence a cosine is multiplied by, as `RankingModel.similarity_weights`."""
        return self.ranking.similarity_weights

    def similarity_vectors_of(self, rows: AnyRows | slice) -> Floats:
        """Where some products stand, of length 1, float32 (n, k); zeros where nothing is known of one."""
        rows = np.arange(self.n_items)[rows]
        vectors = np.empty((len(rows), self.ranking.n_factors), dtype=np.float32)
        # By blocks: several arrays of all items at once would be the peak of a build.
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[start : start + _ROWS_AT_ONCE]
            words = self.content.vectors_of(self.words.of_products(part))
            by_ratings = self.ranking.similarity_vectors_of(part)
            vectors[start : start + len(part)] = self.content.blend(
                by_ratings, words, self.item_degrees[part]
            )
        return vectors

    def weighted_similarity_vectors_of(self, rows: AnyRows | slice) -> Floats:
        """The same, each times its evidence."""
        vectors = self.similarity_vectors_of(rows)
        vectors *= self.similarity_weights[rows, None]
        return vectors

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The words of each product, as arrays by name; the models are stored apart from them."""
        return {"indptr": self.words.indptr, "words": self.words.words, "scales": self.words.scales}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], ranking: RankingModel, content: ContentModel
    ) -> Placement:
        """The inverse of `to_arrays`; arrays may be memory-mapped and stay so."""
        return cls(ranking, content, WordRows(**arrays, weights=content.vocabulary.weights))
