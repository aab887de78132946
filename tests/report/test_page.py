"""The report as one file: whole, small, quiet, and readable."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise
from pathlib import Path

import pytest

import recsys
from recsys import BuildConfig, Recommender, build
from recsys.charts import results
from recsys.report import report_html
from recsys.report.data import IMPLICIT, NO_TIMES
from tests.report.parsed import Page
from tests.ui.conftest import HOSTILE

PAGES = ("sample_page", "bare_page", "implicit_page", "tiny_page", "lonely_page")
LIMIT = 6_000_000
LEADS = {"src", "href", "action", "data", "srcset", "poster", "formaction", "ping", "background"}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Page:
    found: Page = request.getfixturevalue(request.param)
    return found


def test_it_is_small_and_holds_plotly_once(page: Page) -> None:
    assert len(page.html.encode()) < LIMIT
    assert sum(len(text) > 1_000_000 for _, text in page.scripts) == 1
    assert len(page.scripts[0][1]) < 1_000_000


def test_nothing_leads_out_of_the_page(page: Page) -> None:
    leads = [
        value
        for _, found in page.elements
        for name, value in found.items()
        if name in LEADS and value != "data:,"
    ]
    assert leads
    assert all(value.startswith("#") and value[1:] in page.by_id for value in leads)
    style = page.html.split("<style>")[1].split("</style>")[0]
    assert not re.search(r"url\(|@import", style)


def test_the_policy_allows_our_scripts_and_no_others(page: Page) -> None:
    (policy,) = [found["content"] for found in page.of("meta") if "http-equiv" in found]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "connect-src" not in rules
    run = [text for kind, text in page.scripts if "type" not in kind]
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in run}
    assert set(rules["script-src"].split()) == hashes


def test_headings_are_in_order_and_the_contents_name_the_sections(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.of("html") == [{"lang": "en"}]
    sections = [found["id"] for found in page.of("section")]
    assert [found["href"][1:] for found in page.of("a")] == sections


def test_every_table_has_a_caption_and_every_chart_a_sentence(page: Page) -> None:
    assert len(page.of("table")) == len(page.of("caption")) > 2
    assert len(page.charts) == len(page.drawn["charts"]) > 3
    assert all(len(words) > 20 for words in page.charts)
    for figures in page.drawn["charts"]:
        assert set(figures) == {"light", "dark"} == set(page.drawn["templates"])
        assert all(figure["data"] for figure in figures.values())


def test_it_says_what_the_build_measured(sample: Recommender, sample_page: Page) -> None:
    evaluation = sample.manifest.evaluation
    assert evaluation is not None
    assert evaluation.ranking is not None
    for figures in evaluation.ranking.models().values():
        assert f"{figures['recall@20'].value:.4g}" in sample_page.text
    for answer in results.answers(evaluation.ranking).values():
        assert answer in sample_page.text
    assert results.how_measured(evaluation, evaluation.ranking) in sample_page.text


def test_it_says_what_is_recommended_and_why(sample: Recommender, sample_page: Page) -> None:
    user = sample.example_users().user_id[0]
    kinds = sample.example_users().drop_duplicates("kind").set_index("kind").user_id
    assert user not in sample_page.text  # the most active user is no example
    answer = sample.recommend(kinds["typical"], 8)
    assert all(title in sample_page.text for title in answer.title)
    assert all(reason["title"][:40] in sample_page.text for reasons in answer.reasons for reason in reasons)


def test_what_is_missing_is_said(
    bare_page: Page, implicit_page: Page, tiny_page: Page, lonely_page: Page
) -> None:
    assert results.UNMEASURED in bare_page.text
    assert NO_TIMES in bare_page.text
    assert results.TOO_LITTLE in lonely_page.text
    assert IMPLICIT in implicit_page.text
    assert "Recall@20" in implicit_page.text
    assert "★" not in implicit_page.text
    assert "fewer than 1,000 poor" in tiny_page.text


def test_rejected_rows_are_shown_with_their_reasons(tmp_path: Path) -> None:
    rows = [f"u{u},i{i},{1 + (u + i) % 5}" for u in range(9) for i in range(7)]
    text = "\n".join(["user_id,item_id,rating", *rows, "u1,,3", "u2,i3,much"])
    (tmp_path / "ratings.csv").write_text(text)
    build(tmp_path / "ratings.csv", out=tmp_path / "artifacts", config=BuildConfig(evaluate=False))
    recommender = Recommender.open(tmp_path / "artifacts")
    page = Page(report_html(recommender))
    assert recommender.manifest.cleaning.n_rejected == 2
    for reason in recommender.manifest.cleaning.rejected:
        assert reason in page.text
    assert "much" in page.text


def test_text_from_the_data_stays_text(tmp_path: Path, sample_page: Page) -> None:
    texts = [
        *HOSTILE,
        "</script><script>hit()</script>",
        "<!--<script>",
        "{{ 7 * 7 }}",
        "\u202eturned\x07\x1b[31m",
    ]
    rows = [
        (f"user {u} {texts[u % 14]}", f"item {i} {texts[i % 14]}", 1 + (u + i) % 5)
        for u in range(28)
        for i in range(14)
        if (u * i) % 3
    ]
    lines = ["user_id\titem_id\trating", *(f"{u}\t{i}\t{r}" for u, i, r in rows)]
    (tmp_path / "<b>ratings<!--.tsv").write_text("\n".join(lines), encoding="utf-8")
    build(tmp_path / "<b>ratings<!--.tsv", out=tmp_path / "artifacts", config=BuildConfig(evaluate=False))
    page = Page(report_html(Recommender.open(tmp_path / "artifacts")))
    known = {tag for tag, _ in sample_page.elements}
    assert {tag for tag, _ in page.elements} <= known
    assert len(page.scripts) == len(sample_page.scripts)
    assert not [found for _, found in page.elements for name in found if name.startswith("on")]
    assert sum(text in page.text for text in texts) > 6
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e]", page.text)
    assert page.drawn["charts"]


def test_the_package_names_it() -> None:
    assert recsys.report_html is report_html
