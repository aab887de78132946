"""The version of this package."""

from __future__ import annotations

import importlib.metadata

try:
    __version__ = importlib.metadata.version("recsys")
except importlib.metadata.PackageNotFoundError:
    # Run from a folder without being installed.
    __version__ = "unknown"
