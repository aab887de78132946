"""What is printed, and how progress is shown."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.cli.output import Bars, PlainLines, one_line, print_answer, print_json, printable
from recsys.progress import Progress, Stage


@given(st.text())
def test_printable_text_holds_no_control_characters(text: str) -> None:
    assert not [letter for letter in printable(text) if ord(letter) < 32 or 127 <= ord(letter) < 160]
    assert "\n" not in one_line(text)


@given(st.text())
def test_json_keeps_every_character_and_prints_no_control_character(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr("click.echo", printed.append)
        print_json([text])
    assert json.loads(printed[0]) == [text]
    assert not [letter for letter in printed[0] if ord(letter) < 32 and letter != "\n"]


def test_a_pipe_gets_one_line_for_each_stage(capsys: pytest.CaptureFixture[str]) -> None:
    lines = PlainLines()
    for stage in ("Reading", "Fitting"):
        for fraction in (0.0, 0.5, 1.0):
            Stage(stage, lines)(fraction, f"{fraction:.0%}")
    assert capsys.readouterr().err == "Reading\nFitting\n"


def test_a_terminal_gets_a_bar_for_each_stage(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Bars() as bars:
        bars(Progress("Reading the ratings [bold]"))
        bars(Progress("Fitting", 0.5, "step 4 of 8"))
    shown = capsys.readouterr().err
    assert "Reading the ratings [bold]" in shown
    assert "100%" in shown


def test_the_kind_and_the_note_of_an_answer_travel_into_json(capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.DataFrame({"rank": [1], "item_id": ["i1"], "score": [0.5]})
    frame.attrs.update(kind="popular", note="Best-sellers.")
    print_answer(frame, "json")
    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert (answer["kind"], answer["note"]) == ("popular", "Best-sellers.")
    assert [item["item_id"] for item in answer["items"]] == ["i1"]
    assert said.err == ""


HOSTILE = "\x1b]0;title\x07\x1b[31mred\r\u202egnp.exe\u2066\u200b\u061c\ufeff\x9b2J\U000e0041 end"
STEERING = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_no_form_of_an_answer_steers_the_terminal(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    reasons = [[{"item_id": HOSTILE, "title": HOSTILE, "contribution": 0.5}]]
    frame = pd.DataFrame({"rank": [1], "item_id": [HOSTILE], "title": [HOSTILE], "reasons": reasons})
    frame.attrs.update(kind="personal", note=HOSTILE)
    print_answer(frame, form)
    said = capsys.readouterr()
    assert "end" in said.out
    assert not STEERING.search(said.out)
    assert not STEERING.search(said.err)


def test_a_file_name_that_is_no_utf_8_can_be_printed() -> None:
    assert one_line("a\udcffb") == "a\ufffdb"


def test_a_long_title_is_cut_in_the_table_and_whole_in_csv(capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.DataFrame({"rank": [1], "title": ["x" * 1_000_000]})
    print_answer(frame, "table")
    assert len(capsys.readouterr().out) < 200
    print_answer(frame, "csv")
    assert len(capsys.readouterr().out) > 1_000_000
    assert len(one_line("x" * 1_000_000)) <= 2_000


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_no_zero_has_a_sign(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_answer(pd.DataFrame({"score": [-0.0], "cosine": np.array([-0.0], np.float32)}), form)
    if form == "table":
        print_answer(pd.DataFrame({"score": [-1e-9, -0.0004]}), form)
    assert "-0" not in capsys.readouterr().out


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_an_empty_answer_says_why_and_not_what_an_empty_frame_is(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.DataFrame({"rank": [], "item_id": []})
    frame.attrs.update(kind="personal", note="No product passes.")
    print_answer(frame, form)
    said = capsys.readouterr()
    assert "Empty" not in said.out + said.err
    assert "No product passes." in (said.out if form == "json" else said.err)
