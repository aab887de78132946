"""What is printed, and how progress is shown."""

from __future__ import annotations

import json

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
