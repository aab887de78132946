"""Answers and what goes with them: the kind, the note, and the version they come from."""

from __future__ import annotations

import json
from typing import Any, Literal, cast

import pandas as pd

Kind = Literal["personal", "popular", "similar", "explanation"]


def label(frame: pd.DataFrame, kind: Kind, version: str, note: str = "") -> pd.DataFrame:
    """Put on a frame what kind of answer it is, its note, and the version it comes from."""
    frame.attrs.update(kind=kind, note=note, version=version)
    return frame


def answer_json(frame: pd.DataFrame) -> dict[str, Any]:
    """An answer as plain values for JSON: {"kind", "note", "version", "items": […]}.

    Missing values are None; times are ISO 8601; numbers have up to six decimals.
    """
    items = json.loads(frame.to_json(orient="records", double_precision=6, date_format="iso"))
    named = {name: frame.attrs.get(name, "") for name in ("kind", "note", "version")}
    return {**named, "items": items}


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dicts by column name."""
    return cast(list[dict[str, Any]], frame.to_dict("records"))
