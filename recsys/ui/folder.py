"""Where the artifacts are."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE, OLD_VARIABLE = "FACET_ARTIFACTS", "RECSYS_ARTIFACTS"
"""Environment variables that name the artifacts folder; the first wins."""
_PACKAGE = Path(__file__).parents[1]
_default = Path("artifacts")


def serve_beside(app: str) -> None:
    """Make the folder `artifacts` beside `app.py` the default; called by `app.py`.

    An `app.py` installed within the package has no data beside it: the default is then
    `artifacts` in the working folder.
    """
    global _default
    folder = Path(app).resolve().parent
    _default = Path("artifacts") if _PACKAGE in folder.parents else folder / "artifacts"


def artifacts_folder() -> Path:
    """The folder that the environment names, else the default."""
    return Path(os.environ.get(VARIABLE) or os.environ.get(OLD_VARIABLE) or _default)
