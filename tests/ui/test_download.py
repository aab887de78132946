"""CSV that a spreadsheet takes for text, and the report."""

from __future__ import annotations

import csv
import gc
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from recsys import Recommender
from recsys.ui.download import safe_csv
from recsys.ui.report import download_report
from recsys.ui.tables import because, flat
from tests.ui.conftest import Open

FORMULAS = tuple("=+-@＝＋－＠")
SPLIT = ["\t=1", '"=1', " =1", "x;=1", 'x;"=1', "x;;@A", "a;b\t -1", "x; ＋1", "\x00=1"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "＝1"])
def test_a_cell_that_begins_like_a_formula_is_defused(text: str) -> None:
    assert read(pd.DataFrame({"title": [text]}))[1] == [f"'{text}"]


@pytest.mark.parametrize("text", SPLIT)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_is_a_formula_wherever_the_file_is_split(text: str, separator: str) -> None:
    raw = safe_csv(pd.DataFrame({"id": ["i"], "title": [text], "brand": [text]})).decode("utf-8-sig")
    for line in raw.splitlines():
        for cell in line.split(separator):
            assert cell.lstrip('"\t ')[:1] not in FORMULAS


def test_commas_and_inner_signs_stay_as_they_are() -> None:
    text = "Cable, -10 dB; 4=four a+b"
    assert read(pd.DataFrame({"title": [text]}))[1] == [text]


@pytest.mark.parametrize("text", ["\r=1", "a\r\n=1", "a\n=1"])
def test_a_line_break_does_not_begin_a_new_row(text: str) -> None:
    rows = read(pd.DataFrame({"title": [text], "n": [1]}))
    assert len(rows) == 2
    assert not rows[1][0].startswith("=")


def read(frame: pd.DataFrame) -> list[list[str]]:
    return list(csv.reader(io.StringIO(safe_csv(frame).decode("utf-8-sig"), newline="")))


def test_numbers_stay_numbers_and_headers_are_defused_too() -> None:
    frame = pd.DataFrame({"=name": ["plain, with a comma"], "score": [-1.5]})
    assert read(frame) == [["'=name", "score"], ["plain, with a comma", "-1.5"]]


def test_reasons_become_one_text() -> None:
    reasons = [{"item_id": "i", "title": "T", "contribution": 0.25}, {"item_id": "j", "contribution": 0.125}]
    assert because(reasons) == "T (+0.250); j (+0.125)"
    assert flat(pd.DataFrame({"reasons": [reasons]})).reasons[0] == "T (+0.250); j (+0.125)"


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("page", ["overview", "quality"])
def test_the_report_is_offered_to_viewers_too(
    studio: Open, monkeypatch: pytest.MonkeyPatch, sample_artifacts: Path, page: str, read_only: bool
) -> None:
    monkeypatch.setenv("FACET_READ_ONLY", "1" if read_only else "")
    app = studio(sample_artifacts, page)
    assert not app.exception
    assert app.get_by_key("download-report")


def test_the_report_is_made_of_a_version_that_is_gone_from_memory(
    monkeypatch: pytest.MonkeyPatch, sample_artifacts: Path
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setenv("FACET_ARTIFACTS", str(sample_artifacts))
    monkeypatch.setattr("streamlit.download_button", lambda _, **options: asked.update(options))
    recommender = Recommender.open(sample_artifacts)
    download_report(recommender)
    version = recommender.version
    del recommender
    gc.collect()
    assert version.encode() in asked["data"]()
