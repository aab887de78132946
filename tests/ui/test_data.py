"""The page of data and builds: what is seen before a build, versions, and a studio that others reach."""

from __future__ import annotations

import shutil
import sqlite3
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from recsys import Recommender
from recsys.errors import DataFormatError
from recsys.jobs import background
from recsys.ui import sharing
from recsys.version_comparison import compare_versions
from recsys.versions.store import ArtifactStore
from tests.ui.conftest import HOSTILE, Open
from tests.ui.test_pages import tables, texts

SAMPLE = "The sample store"


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    path = tmp_path / "ratings.csv"
    rows = [f"u{n % 50},i{n % 37},{n % 5 + 1},{n % 9 + 1}/{n % 7 + 1}/2014" for n in range(400)]
    path.write_text("user,item,rating,date\n" + "\n".join(rows) + "\n")
    return path


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_a_doubt_is_settled_by_one_click_and_only_then_it_can_be_built(
    studio: Open, tmp_path: Path, ratings: Path
) -> None:
    app = studio(tmp_path / "none", "data")
    assert "Build it" not in labels(app)
    app.text_area[0].set_value(str(ratings)).run()
    assert labels(app).count("Read it so") == 2
    assert "Build it" not in labels(app)
    press(app, "Read it so")
    assert not app.exception
    assert "Build it" in labels(app)
    assert [box.value for box in app.selectbox[:4]] == ["user", "item", "rating", "timestamp"]


def test_the_role_of_a_column_can_be_changed(studio: Open, tmp_path: Path, ratings: Path) -> None:
    app = studio(tmp_path / "none", "data")
    app.text_area[0].set_value(str(ratings)).run()
    press(app, "Read it so")
    app.selectbox[0].set_value("item").run()
    assert "2 columns are marked as product" in app.error[0].value
    assert "Build it" not in labels(app)
    app.selectbox[1].set_value("user").run()
    assert not app.error
    assert any("37 users of 50 products" in text.value for text in app.text)


def test_an_upload_is_kept_beside_the_artifacts_and_read(studio: Open, tmp_path: Path) -> None:
    app = studio(tmp_path / "a", "data", data_from="Upload")
    content = "user,item,rating\n" + "".join(f"u{n % 9},i{n % 7},{n % 5 + 1}\n" for n in range(90))
    app.file_uploader[0].upload("../../up.csv", content.encode(), "text/csv").run()
    assert not app.exception
    assert [path.name for path in (tmp_path / "a" / ".uploads").glob("*/*")] == ["up.csv"]
    assert "Build it" in labels(app)


def test_a_missing_file_and_hostile_names_are_said_in_words(studio: Open, tmp_path: Path) -> None:
    app = studio(tmp_path / "none", "data")
    for path in (tmp_path / "missing.csv", *(tmp_path / text.replace("/", "") for text in HOSTILE), "-"):
        app.text_area[0].set_value(str(path)).run()
        assert not app.exception
        assert len(app.error) == 1


def test_the_sample_store_is_built_from_the_page(studio: Open, tmp_path: Path) -> None:
    app = studio(tmp_path / "a", "data", data_from=SAMPLE)
    assert not app.exception
    assert any("120,000 ratings kept" in text.value for text in app.text)
    app.selectbox(key="b_evaluate").set_value("no").run()
    press(app, "Build it")
    for _ in range(600):
        seen = background.state(tmp_path / "a")
        assert seen is not None
        if not seen.active:
            break
        time.sleep(0.1)
    assert seen is not None
    assert seen.status == "done", seen.log
    app.run()
    assert not app.exception
    assert any("is built and in service" in one.value for one in app.success)
    other = studio(tmp_path / "a", "data")  # another tab
    assert any("is built and in service" in one.value for one in other.success)
    assert any(seen.progress.version in caption.value for caption in other.caption)
    press(app, "Dismiss")
    assert not app.success


def test_versions_are_listed_put_in_service_and_deleted_after_a_question(
    studio: Open, bare_artifacts: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "artifacts"
    shutil.copytree(bare_artifacts, copy)
    store = ArtifactStore(copy)
    (first,) = store.versions()
    second = "20990101-000000-000000"
    # The same content under another name is not what its manifest says, but enough to be listed.
    shutil.copytree(store.folder(first), store.folder(second))
    app = studio(copy, "data", data_view="Versions")
    assert not app.exception
    assert first in set(app.dataframe[0].value["Version"])
    press(app, "Delete it")
    assert store.versions() == [first, second]
    press(app, "Delete it for good")
    assert not app.exception
    assert store.versions() == [first]


def test_two_versions_are_compared_and_one_is_pinned(
    studio: Open, two_versions: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(two_versions, tmp_path / "artifacts"))
    store = ArtifactStore(copy)
    first, second = store.versions()
    app = studio(copy, "data", data_view="Versions", v_compare="true")
    assert not app.exception
    compared = compare_versions(Recommender.open(copy, first), Recommender.open(copy, second))
    shown = next(frame for name, frame in tables(app).items() if name == "Settings that differ")
    assert shown["Setting"].tolist() == [one.name for one in compared.settings]
    assert compared.churn is not None
    assert f"{compared.churn.replaced:.1f} of ten" in texts(app)
    assert app.get("plotly_chart")
    press(app, "Pin it")
    assert store.pinned() == [second]
    press(app, "Unpin it")
    assert store.pinned() == []


@pytest.mark.parametrize("view", ["Load data", "Versions"])
def test_a_read_only_studio_shows_and_does_not_act(
    studio: Open, bare_artifacts: Path, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    monkeypatch.setenv("FACET_READ_ONLY", "1")
    app = studio(bare_artifacts, "data", data_view=view)
    assert not app.exception
    assert len(app.dataframe) == 1
    assert not app.text_area
    assert not {"Build it", "Delete it", "Put it in service"} & set(labels(app))


def test_paths_are_confined_to_the_folder_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "data"
    inside.mkdir()
    (inside / "a.csv").write_text("a,b\n")
    (tmp_path / "secret.csv").write_text("a,b\n")
    (inside / "link.csv").symlink_to(tmp_path / "secret.csv")
    monkeypatch.setenv("FACET_DATA", str(inside))
    assert sharing.allowed("a.csv") == str(inside / "a.csv")
    for path in ("../secret.csv", str(tmp_path / "secret.csv"), "link.csv", "*.csv", ".", "/etc/passwd"):
        with pytest.raises(DataFormatError, match="only"):
            sharing.allowed(path)


def test_a_database_is_asked_seen_and_built(
    studio: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "shop.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE ratings (user_id TEXT, item_id TEXT, rating REAL)")
        rows = [(f"u{n % 50}", f"i{n % 37}", n % 5 + 1) for n in range(400)]
        connection.executemany("INSERT INTO ratings VALUES (?, ?, ?)", rows)
    monkeypatch.delenv("FACET_SOURCE", raising=False)
    artifacts = tmp_path / "artifacts"
    app = studio(artifacts, "data", data_from="A database")

    def ask(source: str, query: str) -> None:
        app.text_input(key="data_source").set_value(source)
        app.text_area(key="data_query").set_value(query)
        press(app, "Run the query")

    ask("postgresql://me:secret@localhost/shop", "SELECT 1")
    assert "password" in app.error[0].value
    ask(f"sqlite:///{database}", "SELECT * FROM nothing")
    assert "nothing" in app.error[0].value
    ask(f"sqlite:///{database}", "SELECT user_id, item_id, rating FROM ratings")
    assert not app.error
    assert "SQLite query" in texts(app)
    press(app, "Build it")
    deadline = time.monotonic() + 60
    while (state := background.state(artifacts)) is None or state.active:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert state.status == "done", state.log
    assert ArtifactStore(artifacts).manifest(state.progress.version).summary.n_ratings == 400


def test_a_database_file_must_lie_in_the_folder_of_data(
    studio: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "other.db").write_bytes(b"")
    monkeypatch.setenv("FACET_DATA", str(folder))
    app = studio(tmp_path / "none", "data", data_from="A database")
    app.text_input(key="data_source").set_value(f"sqlite:///{tmp_path}/other.db")
    app.text_area(key="data_query").set_value("SELECT 1")
    press(app, "Run the query")
    assert "may come from" in app.error[0].value
