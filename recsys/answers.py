"""Answers and what goes with them: the kind, the note, and the version they come from."""

from __future__ import annotations

import json
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from recsys.arrays import Floats, Rows
from recsys.columns import ITEM
from recsys.data.ids import IdTable

Kind = Literal[
    "personal", "popular", "similar", "content", "next", "explanation", "audience", "leanings", "list", "map"
]


def label(frame: pd.DataFrame, kind: Kind, version: str, note: str = "") -> pd.DataFrame:
    """Put on a frame what kind of answer it is, its note, and the version it comes from."""
    frame.attrs.update(kind=kind, note=note, version=version)
    return frame


def answer_json(frame: pd.DataFrame) -> dict[str, Any]:
    """An answer as plain values for JSON: {"kind", "note", "version", "items": […]}.

    Recommendations have "ranker" too: what ranked them, empty where nothing could.

    Missing values are None; times are ISO 8601; numbers have up to six decimals.
    """
    text = frame.to_json(orient="records", double_precision=6, date_format="iso")
    items = json.loads(text, parse_float=lambda number: float(number) + 0.0)  # -0.0 becomes 0.0
    named = {name: frame.attrs.get(name, "") for name in ("kind", "note", "version")}
    if "ranker" in frame.attrs:
        named["ranker"] = frame.attrs["ranker"]
    return {**named, "items": items}


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dicts by column name."""
    return cast(list[dict[str, Any]], frame.to_dict("records"))


def long_table(name: str, ids: list[str], answers: list[tuple[Rows, Floats]], items: IdTable) -> pd.DataFrame:
    """The answers to many questions in one frame: `name` (whose answer it is), rank, item_id, score.

    Parameters
    ----------
    ids : list of str
        Who or what was asked about.
    answers : list of (item rows, scores)
        One for each of `ids`, best first.
    """
    counts = [len(rows) for rows, _ in answers]
    rows = np.concatenate([np.empty(0, np.int64), *(rows for rows, _ in answers)])
    scores = np.concatenate([np.empty(0, np.float32), *(values for _, values in answers)])
    return pd.DataFrame(
        {
            name: np.repeat(np.array(ids, dtype=object), counts),
            "rank": np.concatenate([np.empty(0, np.int64), *(np.arange(1, n + 1) for n in counts)]),
            ITEM: items.ids(rows),
            "score": scores,
        }
    )
