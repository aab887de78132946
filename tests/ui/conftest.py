"""The studio run in the test's own process, over stores of several kinds."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from recsys import BuildConfig, Recommender, build
from recsys.config import RankingConfig

ROOT = Path(__file__).parents[2]
HOSTILE = [
    "**bold** _it_ `code`",
    "<img src=x onerror=alert(1)>",
    "[link](http://evil.example) ![x](http://evil.example/x.png)",
    "$x^2$ costs $5 and $6",
    ":red[red] :smile: :material/home:",
    "=HYPERLINK(\"http://evil.example\")",
    "# heading",
    "a | b -> c \\ d",
    "😀 Größe 中文",
    "@SUM(1+1)",
]  # fmt: skip
Open = Callable[..., AppTest]


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a page of the app over an artifacts folder, with a query, and runs it."""

    def open_page(artifacts: Path, page: str = "overview", **query: str) -> AppTest:
        monkeypatch.setenv("FACET_ARTIFACTS", str(artifacts))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        if page != "overview":
            app.switch_page(f"pages/{page}.py")
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return open_page


@pytest.fixture(scope="session")
def hostile_artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small store whose ids, titles, brands and categories are Markdown, HTML, TeX and formulas."""
    folder = tmp_path_factory.mktemp("hostile")
    rng = np.random.default_rng(5)
    users = [f"{text} {number}" for number in range(6) for text in HOSTILE]
    items = [f"{text} {number}" for number in range(3) for text in HOSTILE]
    rows: list[tuple[object, ...]] = [
        (user, items[item], int(rng.integers(1, 6)), 1_500_000_000 + 86_400 * int(rng.integers(0, 900)))
        for user in users
        for item in rng.choice(len(items), int(rng.integers(2, 9)), replace=False)
    ]
    rows += [("one rating only", items[0], 5, 1_500_000_000), ("careless", items[0], HOSTILE[0], 0)]
    catalog = [
        (item, f"{HOSTILE[n % 10]} title", HOSTILE[(n + 3) % 10], f"Shop > {HOSTILE[(n + 5) % 10]}", 5.0 + n)
        for n, item in enumerate(items)
    ]
    write(folder / "ratings.csv", ("user_id", "item_id", "rating", "timestamp"), rows)
    write(folder / "items.csv", ("item_id", "title", "brand", "category", "price"), catalog)
    build(folder / "ratings.csv", folder / "items.csv", folder / "artifacts", BuildConfig(evaluate=True))
    return folder / "artifacts"


@pytest.fixture(scope="session")
def two_versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two measured versions of the same ratings, of rank 2 and 3; only to be read."""
    folder = tmp_path_factory.mktemp("two")
    rows = [(f"u{u}", f"i{i}", 1 + (u * i) % 5) for u in range(12) for i in range(10) if (u + i) % 3]
    write(folder / "ratings.csv", ("user_id", "item_id", "rating"), rows)
    for rank in (2, 3):
        config = BuildConfig(ranking=RankingConfig(n_factors=rank))
        build(folder / "ratings.csv", out=folder / "artifacts", config=config)
    return folder / "artifacts"


@pytest.fixture(scope="session")
def bare_artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without catalogue, times and evaluation: nothing but who rated what."""
    folder = tmp_path_factory.mktemp("bare")
    rng = np.random.default_rng(6)
    rows = [
        (f"u{user:02}", f"i{item:02}", int(rng.integers(1, 6)))
        for user in range(30)
        for item in rng.choice(20, int(rng.integers(2, 9)), replace=False)
    ]
    write(folder / "ratings.csv", ("user_id", "item_id", "rating"), rows)
    build(folder / "ratings.csv", out=folder / "artifacts", config=BuildConfig(evaluate=False))
    return folder / "artifacts"


@pytest.fixture(scope="session")
def sample(sample_artifacts: Path) -> Recommender:
    return Recommender.open(sample_artifacts)


def write(path: Path, header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
