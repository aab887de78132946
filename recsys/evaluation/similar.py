"""Are similar products really alike? Agreement of categories, recall, and who fills the lists.

Recall alone rewards best-sellers: one of them, shown everywhere, finds many held-out products. So recall
is also given with each hit weighted by 1 / sqrt(ratings of the product), and beside it the share of the
catalogue that is shown and the share of the lists that hold the most listed product.

What is measured is what is shown: with a catalogue words count too, more where a product has few ratings.
What ratings alone would list then stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from scipy import sparse

from recsys.arrays import Doubles, Floats, Mask, Rows
from recsys.config import SEED, ContentConfig
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.baselines import MOST_USER_ITEMS
from recsys.evaluation.metrics.accuracy import Lists
from recsys.evaluation.metrics.bootstrap import Figures, with_intervals
from recsys.evaluation.metrics.figures import catalogue_figures
from recsys.evaluation.rankers import best_beside
from recsys.evaluation.results import MODEL, Figure, TaskResult
from recsys.evaluation.splits import sample_users
from recsys.evaluation.stopwatch import Stopwatch
from recsys.model.content import Descriptions
from recsys.model.placement import Placement
from recsys.model.popularity import Popularity
from recsys.model.ranking import RankingModel, degree_power
from recsys.progress import SILENT, Stage

LENGTH = 20
"""Length of the lists that held-out products are looked for in."""
SHOWN = 10
"""Length of the lists that a page shows: what is in them is measured on these."""
THIN = 2
"""Products with no more ratings than this have little evidence behind their similarity."""
BY_RATINGS = "ratings alone"
FORMER_SPECTRUM, FORMER_POPULARITY = 2.0, 0.25
"""The former similarity: the cosine of V s^2 times ratings^.25."""
_MOST_ASKED = 5_000
_MOST_SCORES = 250_000_000
"""Products asked by x products of the catalogue, at most. With more, fewer ask."""
_BLOCK = 256
_BLOCK_SCORES = 1 << 25
"""Scores held at once: 128 MB."""


def evaluate_similar(
    train: Interactions,
    test: Interactions,
    model: RankingModel,
    categories: Rows | None = None,
    descriptions: Descriptions | None = None,
    content: ContentConfig | None = None,
    progress: Stage = SILENT,
) -> TaskResult:
    """Measure lists of similar products, beside those of co-ratings, the former similarity and popularity.

    Each user with both kinds of ratings asks once: by one of their training products, drawn at random,
    for the first of their held-out ones. The other figures are those of the lists of all products, or
    of a random sample of them.

    Parameters
    ----------
    train, test : Interactions
        Over the same users and items.
    model : RankingModel
        Fitted on `train`.
    categories : int64 array, shape (n_items,), optional
        Number of the finest known category of each item; -1 where it is unknown.
    descriptions : Descriptions, optional
        The words of the catalogue, whose first rows are the items.
    content : ContentConfig, optional
        How much the words count.
    progress : Stage, optional

    Returns
    -------
    TaskResult
        Of each model: `recall@20`, `debiased_recall@20`, `category_agreement@10` (where categories are
        known), `coverage@10`, `most_listed@10` and `thin_share`.

    Raises
    ------
    EvaluationError
        If no user has both a training and a held-out rating.
    """
    watch = Stopwatch()
    with watch.time("evaluate"):
        most = min(_MOST_ASKED, max(500, _MOST_SCORES // max(1, train.n_items)))
        queries, wanted = _questions(train, test, most)
        listed = _products(model, most)
        placed = None if descriptions is None else Placement.fit(descriptions, model, content)
        asked, inverse = np.unique(np.concatenate([queries, listed]), return_inverse=True)
        progress(0.0, f"Similar products: {len(asked):,} products asked by")
        figures = {
            name: {
                **_recalls(found[inverse[: len(queries)]], wanted, train),
                **_shown(found[inverse[len(queries) :], :SHOWN], listed, train, categories),
            }
            for name, found in _lists(train, model, placed, asked).items()
        }
    return TaskResult(
        task="similar",
        protocol=f"{len(queries):,} users, each asking by one of their products for one held out;"
        f" what is shown, in the lists of {len(listed):,} products.",
        model=figures.pop(MODEL),
        baselines=figures,
        seconds=watch.rounded(),
    )


def _questions(train: Interactions, test: Interactions, most: int) -> tuple[Rows, Rows]:
    """(item asked by, item wanted) of each user who has both."""
    users = np.flatnonzero((train.user_degrees > 0) & (test.user_degrees > 0))
    if not len(users):
        raise EvaluationError("No user has both a training and a held-out rating to ask by.")
    rng = np.random.default_rng(SEED)
    users = sample_users(users, most, rng)
    places = train.indptr[users] + rng.integers(0, train.user_degrees[users])
    return train.item_rows[places].astype(np.int64), test.item_rows[test.indptr[users]].astype(np.int64)


def _products(model: RankingModel, most: int) -> Rows:
    """The products whose lists are looked at: all that have one, or a random sample."""
    return sample_users(np.flatnonzero(model.components.any(axis=1)), most, np.random.default_rng(SEED))


def _lists(
    train: Interactions, model: RankingModel, placed: Placement | None, asked: Rows
) -> dict[str, Lists]:
    """What each model lists for the items asked by."""
    counts, cosines = _co_rated(train, asked)
    former = replace(model, config=replace(model.config, similarity_spectrum=FORMER_SPECTRUM))
    ours = {MODEL: _by_vectors(model, model.similarity_weights, asked)}
    if placed is not None:
        ours = {MODEL: _by_vectors(placed, model.similarity_weights, asked), BY_RATINGS: ours[MODEL]}
    return {
        **ours,
        "co-rating cosine": cosines,
        "co-rating count": counts,
        "former similarity": _by_vectors(former, degree_power(model.item_degrees, FORMER_POPULARITY), asked),
        "popular": _popular(train, asked),
    }


def _by_vectors(model: RankingModel | Placement, weights: Floats, asked: Rows) -> Lists:
    """The exact first items by cosine times weight."""
    vectors = model.similarity_vectors_of(slice(None))
    step = max(1, _BLOCK_SCORES // max(1, len(vectors)))
    blocks = (asked[start : start + step] for start in range(0, len(asked), step))
    found = [best_beside(vectors[rows] @ vectors.T, weights, rows, LENGTH) for rows in blocks]
    return np.concatenate([np.empty((0, LENGTH), np.int32), *found])


def _co_rated(train: Interactions, asked: Rows) -> tuple[Lists, Lists]:
    """The first items by shared raters, and by shared raters / sqrt(raters x raters).

    Users of more than `MOST_USER_ITEMS` items are left out, as in item-kNN.
    """
    if (train.user_degrees > MOST_USER_ITEMS).any():
        train = train.select(train.user_degrees[train.user_rows] <= MOST_USER_ITEMS)
    by_user = train.csr()
    ones = np.ones(len(train.item_rows), dtype=np.float32)
    by_user = sparse.csr_matrix((ones, by_user.indices, by_user.indptr), shape=by_user.shape)
    by_item = by_user.T.tocsr()
    scale = degree_power(train.item_degrees, -0.5)
    counts = np.full((len(asked), LENGTH), -1, dtype=np.int32)
    cosines = counts.copy()
    for start in range(0, len(asked), _BLOCK):
        rows = asked[start : start + _BLOCK]
        shared = (by_item[rows] @ by_user).tocsr()
        for at, (items, values) in enumerate(_rows(shared), start):
            other = items != asked[at]
            items, values = items[other], values[other]
            for out, scores in ((counts, values), (cosines, values * scale[items])):
                best = np.lexsort((items, -scores))[:LENGTH]
                out[at, : len(best)] = items[best]
    return counts, cosines


def _rows(matrix: sparse.csr_matrix) -> Iterator[tuple[Rows, Floats]]:
    """The columns and values of each row."""
    for start, stop in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        yield matrix.indices[start:stop], matrix.data[start:stop]


def _popular(train: Interactions, asked: Rows) -> Lists:
    top = Popularity(train.item_degrees).top(LENGTH + 1)
    return _without_self(np.tile(top, (len(asked), 1)), asked)


def _without_self(found: Rows, asked: Rows) -> Lists:
    """The lists without the item asked by, `LENGTH` wide, -1 where they have ended."""
    out = np.full((len(asked), LENGTH), -1, dtype=np.int32)
    # What is left out goes to the end, and the rest keeps its order.
    left_out = (found == asked[:, None]) | (found < 0)
    order = np.argsort(left_out, axis=1, kind="stable")
    kept = np.where(np.take_along_axis(left_out, order, 1), -1, np.take_along_axis(found, order, 1))
    width = min(LENGTH, kept.shape[1])
    out[:, :width] = kept[:, :width]
    return out


def _recalls(found: Lists, wanted: Rows, train: Interactions) -> Figures:
    hits = (found == wanted[:, None]).any(axis=1).astype(np.float64)
    weights = np.maximum(1, train.item_degrees[wanted]) ** -0.5
    plain = with_intervals({f"recall@{LENGTH}": hits})
    return {**plain, **with_intervals({f"debiased_recall@{LENGTH}": hits}, weights)}


def _shown(found: Lists, asked: Rows, train: Interactions, categories: Rows | None) -> Figures:
    """What is in the lists that are shown."""
    figures: dict[str, Figure] = {}
    if categories is not None:
        figures |= _agreement(found, asked, categories)
    of_catalogue = catalogue_figures(found, train)
    figures |= {name: of_catalogue[name] for name in (f"coverage@{SHOWN}", f"most_listed@{SHOWN}")}
    thin = float(np.mean(train.item_degrees[found[found >= 0]] <= THIN)) if (found >= 0).any() else 0.0
    return {**figures, "thin_share": Figure(thin, thin, thin)}


def _agreement(found: Lists, asked: Rows, categories: Rows) -> Mapping[str, Figure]:
    """Of the listed products whose category is known, the share that has the category asked by."""
    known: Mask = (found >= 0) & (categories[found] >= 0)
    same = known & (categories[found] == categories[asked][:, None])
    n_known: Doubles = known.sum(axis=1).astype(np.float64)
    usable = (categories[asked] >= 0) & (n_known > 0)
    if not usable.any():
        return {}
    shares = same.sum(axis=1)[usable] / n_known[usable]
    return with_intervals({f"category_agreement@{SHOWN}": shares}, n_known[usable])
