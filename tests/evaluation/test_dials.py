import numpy as np
import pytest

from recsys.config import RankingConfig
from recsys.evaluation.dials import LENGTH, NICHE, VARIETY, measure_dials, measured_users
from recsys.evaluation.metrics.accuracy import find_hits, hit_rate
from recsys.evaluation.rankers import SvdRanker, rank_items
from recsys.evaluation.splits import random_hold_out
from recsys.model.ranking import fit_ranking
from tests.builders import interactions_of


def test_the_figures_at_rest_are_those_of_the_lists_and_the_dials_do_what_they_say() -> None:
    rng = np.random.default_rng(4)
    weights = 1 / np.arange(1, 61)
    lists = [rng.choice(60, 8, replace=False, p=weights / weights.sum()).tolist() for _ in range(80)]
    train, test = random_hold_out(interactions_of(lists))
    model = fit_ranking(train, RankingConfig(n_factors=8))
    ranker, users = SvdRanker(model, train), measured_users(train, test)

    table, held = measure_dials(ranker, model, train, test, users)

    assert table["position"].to_list() == [*NICHE, *VARIETY]
    ranked = rank_items(ranker, train, users, LENGTH)
    expected = hit_rate(find_hits(ranked, test, users), test.user_degrees[users], LENGTH).mean()
    rest = table.filter(table["position"] == 0.0)
    assert rest["hit_rate"].to_list() == pytest.approx([expected, expected])
    niche = table.filter(table["dial"] == "niche")
    assert niche["popularity"].is_sorted(descending=True)
    assert niche["popularity"][0] > niche["popularity"][-1]
    assert held["user"].to_list() == users.tolist()
    first = held["items"].list.head(LENGTH).to_list()
    assert first == [row[row >= 0].tolist() for row in ranked]
    own = [set(test.item_rows[test.slice(user)].tolist()) for user in users.tolist()]
    assert [set(one) for one in held["held"].to_list()] == own
