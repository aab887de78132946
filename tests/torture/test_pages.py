"""Pages run while versions are published and dropped without pause: each shows one version, and no error."""

from __future__ import annotations

import os
import re
import shutil
import threading
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from recsys import ArtifactStore, BuildConfig, build
from recsys.versions.manifest import BuildRecord
from tests.cli.conftest import write_ratings
from tests.torture.tally import rounds, tally

ROOT = Path(__file__).parents[2]
PAGES = ("overview", "explore", "similar", "basket", "compare", "quality", "recommend")


def republish(store: ArtifactStore, source: Path, record: BuildRecord, done: threading.Event) -> None:
    """Publish the same files again and again, and keep only the newest."""
    while not done.wait(0.05):
        with store.lock(), store.writer() as writer:
            for path in source.iterdir():
                if not path.name.startswith("manifest"):
                    shutil.copy(path, writer.folder)
                    (writer.folder / path.name).chmod(0o644)
            store.publish(writer, record, keep=1)


def test_each_run_of_a_page_shows_one_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    artifacts, counts = tmp_path / "artifacts", tally("page run while versions are swapped")
    version = build(write_ratings(tmp_path / "r.csv"), out=artifacts, config=BuildConfig(evaluate=False))
    store = ArtifactStore(artifacts)
    source = shutil.copytree(store.folder(version), tmp_path / "source")
    monkeypatch.setenv("FACET_ARTIFACTS", str(artifacts))
    done = threading.Event()
    other = threading.Thread(target=republish, args=(store, source, store.manifest(version), done))
    other.start()
    try:
        for number in range(rounds(10, 500)):
            app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
            app.switch_page(f"pages/{PAGES[number % len(PAGES)]}.py")
            app.run()
            said = [str(one.value) for one in (*app.caption, *app.text, *app.markdown, *app.sidebar.caption)]
            shown = set(re.findall(r"\d{8}-\d{6}-\d{6}", " ".join(said)))
            counts.count(not app.exception and len(shown) == 1)
    finally:
        done.set()
        other.join()
    assert counts.lost == 0
    assert os.listdir(artifacts / "versions")
