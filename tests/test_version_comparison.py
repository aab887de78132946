"""Two versions compared: what is new, gone and other, to the last user and product."""

from __future__ import annotations

import pytest

from recsys import BuildConfig, Recommender, build
from recsys.config import RankingConfig
from recsys.version_comparison import Change, Counts, compare_versions


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recommender, Recommender]:
    """Two versions: in the second a user and a product are gone, and two of each are new."""
    folder = tmp_path_factory.mktemp("compared")
    before = [(f"u{u}", f"i{i}", 1 + (u * i) % 5) for u in range(12) for i in range(10) if (u + i) % 3]
    kept = [row for row in before if row[0] != "u3" and row[1] != "i4"]
    after = [*kept, ("new1", "i1", 5), ("new1", "j1", 4), ("new2", "j2", 3), ("new2", "i2", 5)]
    opened = []
    for number, rows in enumerate((before, after)):
        path = folder / f"{number}.csv"
        path.write_text("user,item,rating\n" + "".join(f"{u},{i},{r}\n" for u, i, r in rows))
        config = BuildConfig(ranking=RankingConfig(n_factors=2 + number))
        build(path, out=folder / "artifacts", config=config)
        opened.append(Recommender.open(folder / "artifacts"))
    return opened[0], opened[1]


def test_what_is_new_and_gone_is_counted(versions: tuple[Recommender, Recommender]) -> None:
    before, after = versions
    compared = compare_versions(before, after)
    assert compared.data["users"] == Counts(12, 13, 2, 1)
    assert compared.data["products"] == Counts(10, 11, 2, 1)
    assert compared.data["ratings"] == Counts(before.summary.n_ratings, after.summary.n_ratings)
    assert Change("ranking.n_factors", "2", "3") in compared.settings
    assert not compared.same_data
    ndcg = next(pair for pair in compared.figures if pair.metric == "ndcg@10" and pair.task == "ranking")
    assert after.manifest.evaluation is not None
    assert after.manifest.evaluation.ranking is not None
    assert ndcg.after == after.manifest.evaluation.ranking.model["ndcg@10"]


def test_the_churn_is_that_of_the_lists(versions: tuple[Recommender, Recommender]) -> None:
    before, after = versions
    churn = compare_versions(before, after).churn
    assert churn is not None
    assert churn.users == 11
    replaced = {
        f"u{user}": len(set(before.recommend(f"u{user}").item_id) - set(after.recommend(f"u{user}").item_id))
        for user in range(12)
        if user != 3
    }
    assert churn.replaced == pytest.approx(sum(replaced.values()) / 11)
    assert dict(churn.most) == {user: n for user, n in replaced.items() if n}


def test_a_version_is_the_same_as_itself(versions: tuple[Recommender, Recommender]) -> None:
    compared = compare_versions(versions[0], versions[0])
    assert compared.same_data
    assert not compared.settings
    assert compared.churn is not None
    assert compared.churn.replaced == 0
    assert compared.churn.unchanged == 1
    assert not compared.churn.most
