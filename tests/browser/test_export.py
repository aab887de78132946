"""An export is made, watched and taken away in the browser."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import polars as pl
import pytest

from recsys import Recommender
from tests.browser.server import Server
from tests.browser.visit import Visit


@pytest.fixture
def own(sample_artifacts: Path, tmp_path: Path) -> Path:
    """A store of this test's own, since an export writes into its folder."""
    return Path(shutil.copytree(sample_artifacts, tmp_path / "own"))


def test_an_export_becomes_a_download(own: Path, tmp_path: Path, visit: Visit) -> None:
    page = visit.page
    with Server(own, tmp_path) as server:
        visit.open(f"{server.url}/export?x_what=Similar+products&x_k=4")
        page.get_by_test_id("stMain").get_by_role("button", name="Export", exact=True).click()
        page.get_by_text("is there, after").wait_for(timeout=60_000)
        visit.settle()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        assert download.value.suggested_filename.endswith(".parquet")
        frame = pl.read_parquet(io.BytesIO(Path(download.value.path()).read_bytes()))
        page.goto("about:blank")
    recommender = Recommender.open(own)
    item = frame["query_id"][0]
    wanted = recommender.similar(item, 4).item_id.tolist()
    assert frame.filter(pl.col("query_id") == item)["item_id"].to_list() == wanted
