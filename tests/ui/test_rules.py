"""The rules page: what is set there is what the package does, on this page and on all others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from recsys import Recommender
from recsys.rule_cost import rule_cost
from recsys.rules import Pin, Rules, Selection, read_rules
from recsys.rules.files import FILE, save_rules
from recsys.ui.rules_state import decode, encode
from tests.ui.conftest import HOSTILE, Open
from tests.ui.test_pages import assert_nothing_is_rendered, tables, texts

LIST = "One user's list without the rules and under them"


@pytest.fixture
def artifacts(sample_artifacts: Path, tmp_path: Path) -> Path:
    """A studio of its own, so that its rules are nobody else's."""
    return Path(shutil.copytree(sample_artifacts, tmp_path / "artifacts"))


@pytest.fixture(scope="module")
def user(sample: Recommender) -> str:
    return str(sample.example_users().query("kind == 'active'").user_id.iloc[0])


@pytest.fixture(scope="module")
def rules(sample: Recommender, user: str) -> Rules:
    """The first product's brand is never shown; the tenth product comes first."""
    first = sample.recommend(user, 12)
    pinned = first.item_id[first.brand != first.brand[0]].iloc[-1]
    return Rules(exclude=Selection(brands=(first.brand[0],)), pin=(Pin(product=pinned, place=1),))


def button(app: AppTest, key: str) -> bool:
    return any(one.key == key for one in app.button)


def test_a_draft_of_a_link_shows_its_lists_and_its_cost(
    studio: Open, sample_artifacts: Path, sample: Recommender, user: str, rules: Rules
) -> None:
    app = studio(sample_artifacts, "rules", draft=encode(rules), r_user=user)
    assert not app.exception
    shown = tables(app)[LIST]
    under = sample.recommend(user, rules=rules)
    assert shown["Under the rules"].tolist() == under.title.tolist()
    assert shown["Without the rules"].tolist() == sample.recommend(user).title.tolist()
    assert shown["Rule"][0] == "pinned"
    cost = rule_cost(sample, rules)
    assert app.metric[0].value == f"{cost.under.hit_rate:.3f}"
    assert f"{cost.hit_rate_change.value:+.3f}" in texts(app)


def test_rules_are_set_put_in_force_and_obeyed_elsewhere(
    studio: Open, artifacts: Path, sample: Recommender, user: str
) -> None:
    brand = sample.recommend(user).brand[0]
    app = studio(artifacts, "rules", r_user=user)
    assert not app.exception
    app.multiselect(key="rules-1-exclude-brands").set_value([brand]).run()
    assert decode(str(app.query_params["draft"])).exclude.brands == (brand,)
    app.button(key="rules-keep").click().run()
    assert not app.exception
    expected = Rules(exclude=Selection(brands=(brand,)))
    assert read_rules(artifacts / FILE) == expected

    app = studio(artifacts, "recommend", user=user)
    listed = next(frame for name, frame in tables(app).items() if name.startswith("Recommendations"))
    assert listed["item_id"].tolist() == sample.recommend(user, rules=expected).item_id.tolist()
    app.toggle(key="rules").set_value(False).run()
    listed = next(frame for name, frame in tables(app).items() if name.startswith("Recommendations"))
    assert listed["item_id"].tolist() == sample.recommend(user).item_id.tolist()
    app = studio(artifacts, "compare", c_user=user)
    shown = tables(app)["The products of each list"]
    assert shown["Under the rules"].tolist() == sample.recommend(user, rules=expected).title.tolist()

    app = studio(artifacts, "rules")
    app.button(key="rules-none").click().run()
    assert not (artifacts / FILE).exists()


def test_a_read_only_studio_shows_and_does_not_act(
    studio: Open, sample_artifacts: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACET_READ_ONLY", "1")
    app = studio(sample_artifacts, "rules", draft=encode(rules))
    assert not app.exception
    assert not button(app, "rules-keep")
    assert not button(app, "rules-none")
    assert app.metric


def test_what_cannot_be_read_is_said_and_nothing_is_lost(studio: Open, artifacts: Path) -> None:
    app = studio(artifacts, "rules", draft="nonsense")
    assert not app.exception
    assert "link" in app.error[0].value
    (artifacts / FILE).write_text("min_ratings = 'many'\n")
    app = studio(artifacts, "recommend")
    assert not app.exception
    assert "line 1" in app.warning[0].value
    assert (artifacts / FILE).read_text() == "min_ratings = 'many'\n"


def test_hostile_names_are_shown_as_text(studio: Open, hostile_artifacts: Path) -> None:
    some = Rules(exclude=Selection(brands=(HOSTILE[0], HOSTILE[4])), only=Selection(products=(HOSTILE[1],)))
    app = studio(hostile_artifacts, "rules", draft=encode(some))
    assert not app.exception
    assert_nothing_is_rendered(app)


def test_without_evaluation_the_page_says_why_there_is_no_cost(studio: Open, bare_artifacts: Path) -> None:
    app = studio(bare_artifacts, "rules", draft=encode(Rules(min_ratings=3)))
    assert not app.exception
    assert not app.metric
    assert "without evaluation" in app.info[0].value


def test_saving_replaces_the_file_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / FILE
    save_rules(path, Rules(min_ratings=3))

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("recsys.versions.durable.sync", fail)
    with pytest.raises(Exception, match="No space left"):
        save_rules(path, Rules(min_ratings=4))
    assert read_rules(path).min_ratings == 3
    assert [one.name for one in path.parent.iterdir()] == [FILE]
