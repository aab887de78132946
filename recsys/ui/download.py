"""CSV downloads that are safe to open in a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
import streamlit as st

_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f]")
_FORMULA = re.compile(r"""((?:^|[;\t])["\s]*)(?=[=+\-@＝＋－＠])""")
"""Where a formula can begin: at the start of a cell, and after what some spreadsheets split cells at.
Where people write decimal commas, a spreadsheet splits this file at semicolons, whatever is quoted."""


def safe_csv(frame: pd.DataFrame) -> bytes:
    """UTF-8 CSV in which no text can be taken for a formula (OWASP, CSV injection).

    That holds whether a spreadsheet splits it at commas, semicolons or tabs.
    """
    safe = frame.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name]):
            safe[name] = safe[name].map(_defuse)
    safe.columns = safe.columns.map(_defuse)
    return safe.to_csv(index=False).encode("utf-8-sig")


def download(frame: Callable[[], pd.DataFrame] | pd.DataFrame, name: str, key: str) -> None:
    """A button that downloads a frame; it is turned into CSV only when it is clicked."""
    st.download_button(
        "Download CSV",
        data=lambda: safe_csv(frame() if callable(frame) else frame),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"download-{key}",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def _defuse(value: object) -> object:
    """Text on one line, and with an apostrophe before what would be a formula."""
    if not isinstance(value, str):
        return value
    line = _CONTROL.sub("", " ".join(value.splitlines()))
    return _FORMULA.sub(r"\1'", line)
