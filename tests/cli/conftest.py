"""A ratings file, and the artifacts that the command line builds from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from recsys.cli.main import main

Run = Callable[..., Result]
"""Calls the command line with words, without a process of its own."""


def run_words(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def write_ratings(path: Path, seed: int = 0) -> Path:
    """About 1,100 ratings by 60 users of 40 items, with times."""
    rng = np.random.default_rng(seed)
    pairs = {
        (int(u), int(i)) for u, i in zip(rng.integers(0, 60, 1500), rng.integers(0, 40, 1500), strict=True)
    }
    lines = [
        f"u{u:02},i{i:02},{rng.integers(1, 6)},{1_400_000_000 + 1000 * n}"
        for n, (u, i) in enumerate(sorted(pairs))
    ]
    path.write_text("\n".join(["user_id,item_id,rating,timestamp", *lines]))
    return path


@pytest.fixture(scope="session")
def run() -> Run:
    return run_words


@pytest.fixture(scope="session")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ratings(tmp_path_factory.mktemp("ratings") / "ratings.csv")


@pytest.fixture(scope="session")
def artifacts(ratings: Path) -> Path:
    """Two versions of rank 4 and 8, the second in service; only to be read."""
    out = ratings.parent / "artifacts"
    for rank in (4, 8):
        result = run_words(
            "build", "--ratings", ratings, "--out", out, "--rank", rank, "--no-evaluate", "--json"
        )
        assert result.exit_code == 0, result.stderr
    return out
