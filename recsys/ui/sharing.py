"""Who may act: whom the accounts allow; without accounts, nobody where others can reach the studio.

Paths can be confined."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from recsys.api.addresses import is_loopback
from recsys.errors import DataFormatError, shown
from recsys.sources import folders
from recsys.ui import sign_in

READ_ONLY, DATA = "FACET_READ_ONLY", "FACET_DATA"
"""Environment variables: 1 makes the studio read only; the folder that data may come from."""
_NO = ("", "0", "false", "no", "off")


def read_only() -> str:
    """Why nothing may be built or changed from the browser; empty where it may."""
    if os.environ.get(READ_ONLY, "").strip().lower() not in _NO:
        return f"The studio was started to be looked at only ({READ_ONLY})."
    if sign_in.is_asked():
        return sign_in.why_not_act()
    if not is_loopback(st.get_option("server.address")):
        return "Others can reach this studio, so nothing can be built or changed from the browser."
    return ""


def data_folder() -> Path | None:
    """The folder that paths on the page must lie in; None where any may be named."""
    named = os.environ.get(DATA)
    return Path(named).resolve() if named else None


def allowed(path: str) -> str:
    """A path as it may be read.

    Raises
    ------
    DataFormatError
        Where it is no file or folder, or leads out of the folder that data may come from.
    """
    root = data_folder()
    place = Path(path).expanduser()
    if root is not None:
        place = root / place
    if path == "-" or (place.exists() and not (place.is_file() or place.is_dir())):
        raise DataFormatError(f"{shown(path)} is no file and no folder: name one.")
    if root is not None:
        _check_within(root, place)
    return str(place)


def _check_within(root: Path, place: Path) -> None:
    """The place itself is looked at first, so that nothing is told of what lies elsewhere."""
    if not _is_within(root, place) or not all(
        _is_within(root, one) for one in (folders.find(place) or ("", []))[1]
    ):
        raise DataFormatError(f"Data may come from {root} only: name a file in it.")


def _is_within(root: Path, place: Path) -> bool:
    return place.resolve().is_relative_to(root)
