"""Where the studio looks for artifacts."""

from __future__ import annotations

from pathlib import Path

import pytest

import recsys
from recsys.ui import folder


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACET_ARTIFACTS", raising=False)
    monkeypatch.delenv("RECSYS_ARTIFACTS", raising=False)
    monkeypatch.setattr(folder, "_default", Path("artifacts"))


def test_in_a_checkout_they_are_beside_the_app(tmp_path: Path) -> None:
    folder.serve_beside(str(tmp_path / "app.py"))
    assert folder.artifacts_folder() == tmp_path / "artifacts"


def test_an_installed_app_looks_in_the_working_folder() -> None:
    folder.serve_beside(str(Path(recsys.__file__).parent / "studio" / "app.py"))
    assert folder.artifacts_folder() == Path("artifacts")


def test_the_environment_names_the_folder_and_the_newer_variable_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_ARTIFACTS", str(tmp_path / "old"))
    assert folder.artifacts_folder() == tmp_path / "old"
    monkeypatch.setenv("FACET_ARTIFACTS", str(tmp_path / "new"))
    assert folder.artifacts_folder() == tmp_path / "new"
