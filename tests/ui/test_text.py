"""Text from data files on the page, and numbers in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from recsys.charts.text import plain
from recsys.ui.text import ago, day, escape_markdown, name_of, span
from tests.ui.conftest import HOSTILE

UNESCAPED = re.compile(r"(?<!\\)(?:\\\\)*[*_`\[\]<>$#|~&^]")


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_text_reads_as_before_and_holds_no_markup(text: str) -> None:
    escaped = escape_markdown(text)
    assert not UNESCAPED.search(escaped)
    assert re.sub(r"\\(.)", r"\1", escaped.replace("\u2060", "")) == plain(text)


@pytest.mark.parametrize("text", ["http://a.example", "www.a.example", "a@b.example", ":smile:", "a->b"])
def test_what_is_looked_for_in_finished_text_is_broken_up(text: str) -> None:
    assert text not in re.sub(r"\\(.)", r"\1", escape_markdown(text))


@pytest.mark.parametrize(
    ("item", "name"), [({"item_id": "i", "title": "T"}, "T"), ({"item_id": "i", "title": None}, "i")]
)
def test_an_item_without_title_has_its_id_for_a_name(item: dict[str, str], name: str) -> None:
    assert name_of(item) == name


def test_times_are_days_spans_and_ages() -> None:
    assert day(1_398_124_800) == "22 Apr 2014"
    assert span("1 May 2014", "3 Jul 2016") == "2014 – 2016"
    assert span("1 May 2014", "3 Jul 2014") == "May – Jul 2014"
    assert ago((datetime.now(UTC) - timedelta(hours=5)).isoformat()) == "5 hours ago"
    assert ago(datetime.now(UTC).isoformat()) == "just now"
