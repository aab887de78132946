"""Reports on stores that have everything, and on such that have next to nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys import BuildConfig, Recommender, build
from recsys.report import report_html
from tests.report.parsed import Page


@pytest.fixture(scope="package")
def sample(sample_artifacts: Path) -> Recommender:
    return Recommender.open(sample_artifacts)


@pytest.fixture(scope="package")
def sample_page(sample: Recommender) -> Page:
    return Page(report_html(sample))


@pytest.fixture(scope="package")
def bare_page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Ratings without times and titles, not measured."""
    lines = ["user_id,item_id,rating", *(f"u{u},i{i},{1 + (u * i) % 5}" for u, i in pairs(30, 20))]
    return page_of(tmp_path_factory.mktemp("bare"), lines, evaluate=False)


@pytest.fixture(scope="package")
def implicit_page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Who had to do with what, and nothing else: no stars."""
    lines = ["user_id,item_id", *(f"u{u},i{i}" for u, i in pairs(60, 30))]
    return page_of(tmp_path_factory.mktemp("implicit"), lines, evaluate=True)


@pytest.fixture(scope="package")
def tiny_page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Two users, three ratings."""
    lines = ["user_id,item_id,rating,timestamp", "a,x,5,1400000000", "a,y,3,1400100000", "b,x,4,1400200000"]
    return page_of(tmp_path_factory.mktemp("tiny"), lines, evaluate=True)


@pytest.fixture(scope="package")
def lonely_page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Every user rated one product: nothing can be held out."""
    lines = ["user_id,item_id,rating", *(f"u{u},i{u % 7},{1 + u % 5}" for u in range(40))]
    return page_of(tmp_path_factory.mktemp("lonely"), lines, evaluate=None)


def pairs(n_users: int, n_items: int) -> list[tuple[int, int]]:
    rng = np.random.default_rng(8)
    return [
        (user, int(item))
        for user in range(n_users)
        for item in rng.choice(n_items, int(rng.integers(2, 9)), replace=False)
    ]


def page_of(folder: Path, lines: list[str], *, evaluate: bool | None) -> Page:
    (folder / "ratings.csv").write_text("\n".join(lines), encoding="utf-8")
    build(folder / "ratings.csv", out=folder / "artifacts", config=BuildConfig(evaluate=evaluate))
    return Page(report_html(Recommender.open(folder / "artifacts")))
