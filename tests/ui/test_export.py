"""The export page: whom it asks about, and the file that it makes in the background."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import polars as pl
import pytest

from recsys import Recommender
from recsys.export import ExportRequest, begin
from recsys.jobs import background
from tests.ui.conftest import Open


@pytest.fixture
def own(sample_artifacts: Path, tmp_path: Path) -> Path:
    """A store of this test's own, since an export writes into its folder."""
    return Path(shutil.copytree(sample_artifacts, tmp_path / "own"))


def test_users_by_id_get_a_file(studio: Open, own: Path, sample: Recommender) -> None:
    users = sample.users.ids(range(5))
    app = studio(own, "export", x_whom_users="By ID", x_form="CSV", x_k="3")
    assert not [button for button in app.button if button.key == "export"]
    app.text_area(key="x_ids").set_value("\n".join(users)).run()
    assert any("5 lists" in caption.value for caption in app.caption)
    app.button(key="export").click().run()
    assert not app.exception
    deadline = time.monotonic() + 60
    while (seen := background.state(own, background.EXPORT)) is not None and seen.active:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert seen is not None
    assert seen.status == "done"
    [file] = (own / "exports").glob("*.csv")
    assert pl.read_csv(file)["user_id"].unique(maintain_order=True).to_list() == users
    app.run()
    assert any(file.name in text.value for text in app.text)
    assert len(app.success) == 1
    app.button(key=f"delete-{file.name}").click().run()
    assert not file.exists()
    assert not app.success


def test_who_is_asked_about_is_counted_and_refused_in_words(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    app = studio(sample_artifacts, "export", x_least="10")
    n = int((sample.interactions.user_degrees >= 10).sum())
    assert any(f"{n:,} list" in caption.value for caption in app.caption)
    app = studio(sample_artifacts, "export", x_whom_users="By ID")
    app.text_area(key="x_ids").set_value("nobody <b>").run()
    assert not app.exception
    assert len(app.warning) == 1


def test_a_stopped_export_can_go_on_or_be_thrown_away(studio: Open, own: Path) -> None:
    out = own / "exports" / "similar-1.csv"
    out.parent.mkdir()
    begin(own, out, ExportRequest("similar", "csv", 3))
    app = studio(own, "export")
    assert app.button(key="go-on-similar-1.csv")
    app.button(key="drop-similar-1.csv").click().run()
    assert not list(out.parent.iterdir())


def test_who_may_only_look_cannot_export(
    studio: Open, sample_artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACET_READ_ONLY", "1")
    app = studio(sample_artifacts, "export")
    assert not [button for button in app.button if button.key == "export"]
    assert any("facet export" in info.value for info in app.info)
