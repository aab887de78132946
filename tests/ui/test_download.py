"""CSV that a spreadsheet takes for text."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from recsys.ui.download import safe_csv
from recsys.ui.tables import because, flat

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
