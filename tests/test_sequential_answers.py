"""Answers that use the order of time: chains of products that people buy one after the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.answers import answer_json
from recsys.config import BuildConfig, CleaningConfig, RankingConfig, SequentialConfig
from recsys.errors import EvaluationError, UnknownItemError, UnknownRankerError
from recsys.pipeline import build
from recsys.recommender import Recommender
from recsys.versions.store import ArtifactStore

DAY = 86_400


def item(chain: int, link: int) -> str:
    return f"{'ABCDEF'[chain]}{link}"


def rows(*, timed: bool) -> list[str]:
    """300 users who walk one of six chains of eight products, three to five links of it."""
    rng, lines = np.random.default_rng(3), ["user,item,rating,timestamp" if timed else "user,item,rating"]
    for user in range(300):
        chain, start, links = (int(rng.integers(*span)) for span in ((6,), (6,), (3, 6)))
        walk = [item(chain, link) for link in range(start, min(8, start + links))]
        walk.insert(0, item((chain + 1) % 6, int(rng.integers(8))))
        for place, name in enumerate(walk):
            when = f",{1_300_000_000 + DAY * (7 * place + user)}" if timed else ""
            lines.append(f"u{user},{name},{rng.integers(1, 6)}{when}")
    walk = [item(0, 2), item(1, 4), item(2, 5)]
    lines += [f"walker,{name},5" + f",{1_400_000_000 + DAY * n}" * timed for n, name in enumerate(walk)]
    return lines


CONFIG = BuildConfig(
    ranking=RankingConfig(n_factors=16),
    sequential=SequentialConfig(n_factors=40),
    ranker="sequential",
    evaluate=False,
)


def built(path: Path, lines: list[str], config: BuildConfig = CONFIG) -> Recommender:
    (path / "ratings.csv").write_text("\n".join(lines))
    build(path / "ratings.csv", out=path / "artifacts", config=config)
    return Recommender.open(path / "artifacts")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    return built(tmp_path_factory.mktemp("chains"), rows(timed=True))


def test_the_next_link_of_the_latest_chain_leads(store: Recommender) -> None:
    found = store.recommend("walker", k=5)
    assert found.item_id[0] == item(2, 6)
    assert found.attrs["ranker"] == "sequential"
    assert item(2, 6) in store.recommend("walker", k=20, ranker="static").item_id.tolist()


def test_reasons_and_explanations_say_how_long_ago(store: Recommender) -> None:
    best = store.recommend("walker", k=1).iloc[0]
    assert best.reasons[0]["item_id"] == item(2, 5)
    assert best.reasons[0]["age"] == 1
    parts = store.explain("walker", best.item_id).set_index("item_id")
    assert parts.age.to_dict() == {item(2, 5): 1, item(1, 4): 2, item(0, 2): 3}
    np.testing.assert_allclose(parts.recency, 1 / parts.age, rtol=1e-6)
    np.testing.assert_allclose(parts.contribution, parts.recency * parts.closeness, rtol=1e-5)
    assert parts.contribution.sum() == pytest.approx(best.score, rel=1e-4)
    static = store.explain("walker", best.item_id, ranker="static")
    assert "age" not in static
    assert "expected" in store.stand_out("walker", best.item_id)


def test_the_order_of_a_basket_matters(store: Recommender) -> None:
    one = store.recommend_basket({item(0, 3): 5, item(4, 2): 5}, k=1)
    other = store.recommend_basket([(item(4, 2), 5), (item(0, 3), 5)], k=1)
    assert (one.item_id[0], other.item_id[0]) == (item(4, 3), item(0, 4))
    repeated = store.recommend_basket([(item(0, 3), 5), (item(4, 2), 5), (item(0, 3), 4)], k=1)
    assert repeated.item_id[0] == item(0, 4)


def test_batch_answers_equal_single_ones(store: Recommender) -> None:
    users = ["walker", "u0", "u7"]
    many = store.recommend_many(users, k=4)
    for user in users:
        alone = store.recommend(user, k=4)
        own = many[many.user_id == user]
        assert own.item_id.tolist() == alone.item_id.tolist()
        np.testing.assert_array_equal(own.score, alone.score)


def test_rated_next_is_the_next_link_and_never_the_one_before(store: Recommender) -> None:
    for chain in range(6):
        found = store.rated_next(item(chain, 3), k=10)
        assert found.item_id[0] == item(chain, 4)
        assert found.raters_after[0] > 10
        assert item(chain, 2) not in found.item_id[:3].tolist()
    assert answer_json(found)["kind"] == "next"
    with pytest.raises(UnknownItemError):
        store.rated_next("Z9")


def test_what_is_stored_answers_as_what_was_fitted(store: Recommender) -> None:
    version = store.version
    again = Recommender.open(store.dataset.artifacts.folder.parent.parent, version)
    assert again.recommend("u5").equals(store.recommend("u5"))


def test_without_an_order_the_static_model_answers(tmp_path: Path) -> None:
    plain = built(tmp_path, rows(timed=False), replace(CONFIG, ranker="auto"))
    assert list(plain.rankers) == ["static"]
    assert plain.recommend("walker").attrs["ranker"] == "static"
    assert "order" in plain.rated_next(item(0, 3)).attrs["note"]
    with pytest.raises(UnknownRankerError, match="sequential"):
        plain.recommend("walker", ranker="sequential")


def test_rows_in_order_are_as_good_as_times(tmp_path: Path, store: Recommender) -> None:
    config = BuildConfig(
        ranking=CONFIG.ranking,
        sequential=CONFIG.sequential,
        ranker="sequential",
        evaluate=False,
        cleaning=CleaningConfig(in_order=True),
    )
    ordered = built(tmp_path, rows(timed=False), config)
    assert ordered.recommend("walker").item_id.tolist() == store.recommend("walker").item_id.tolist()
    assert ordered.history("walker").item_id.tolist() == [item(2, 5), item(1, 4), item(0, 2)]
    assert "timestamp" not in ordered.history("walker")
    assert ordered.item(item(0, 3))["by_month"] is None
    assert ordered.rated_next(item(0, 3)).raters_after[0] > 0
    assert ordered.manifest.config.cleaning.in_order


def test_where_nothing_is_measured_the_static_model_answers_and_the_order_is_kept(tmp_path: Path) -> None:
    found = built(tmp_path, rows(timed=True), replace(CONFIG, ranker="auto"))
    assert list(found.rankers) == ["static", "sequential"]
    assert found.manifest.served.ranker == "static"
    assert found.rated_next(item(0, 3)).item_id[0] == item(0, 4)


def test_the_sequential_ranker_cannot_be_asked_for_without_an_order(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="--in-order"):
        built(tmp_path, rows(timed=False))


def test_the_static_ranker_can_be_asked_for_in_a_build(tmp_path: Path) -> None:
    config = BuildConfig(ranking=CONFIG.ranking, evaluate=False, ranker="static")
    plain = built(tmp_path, rows(timed=True), config)
    assert list(plain.rankers) == ["static"]
    assert not ArtifactStore(plain.dataset.artifacts.folder.parent.parent).open().holds("sequential")
