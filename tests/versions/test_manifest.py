"""The manifest is read as it was written, and refused where it cannot be."""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import replace
from pathlib import Path

import pytest

from recsys.errors import ArtifactError
from recsys.evaluation.results import Figure
from recsys.versions.manifest import SCHEMA_VERSION, Manifest, decode_manifest, encode_manifest, packages
from tests.versions.examples import example

GOLDEN = Path(__file__).with_name("manifest-3.json")
"""A stored manifest. Where it can no longer be read, `SCHEMA_VERSION` must grow."""


NAME = Path("manifest.json")


def test_the_stored_manifest_is_read_and_written_back_to_the_same_bytes() -> None:
    manifest = decode_manifest(NAME, GOLDEN.read_bytes())
    assert manifest == example()
    assert encode_manifest(manifest) == GOLDEN.read_bytes()


def test_a_manifest_from_before_a_setting_was_added_is_read() -> None:
    plain = json.loads(GOLDEN.read_text(encoding="utf-8"))
    del plain["config"]["ranking"]["second_weight"]
    read = decode_manifest(NAME, json.dumps(plain).encode())
    assert read.config.ranking.second_weight == 0


def damaged(**changes: object) -> Manifest:
    plain = {**json.loads(GOLDEN.read_text(encoding="utf-8")), **changes}
    return decode_manifest(NAME, json.dumps(plain).encode())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema_version": 1}, "older version"),
        ({"schema_version": SCHEMA_VERSION + 1}, "newer version"),
        ({"schema_version": "2"}, "damaged"),
        ({"peak_memory_mb": "much"}, "peak_memory_mb"),
        ({"inputs": []}, "inputs"),
        ({"files": {"a.npy": {"bytes": 1}}}, "sha256"),
        *(
            ({"files": {name: {"bytes": 1, "sha256": "a" * 64}}}, "no name of a stored file")
            for name in ("../a.npy", "/etc/a.npy", "a/b.npy", "manifest.json", ".npy", "a.pkl", "a..npy", "")
        ),
    ],
)
def test_a_manifest_that_cannot_be_used_names_the_file_the_fault_and_the_cure(
    changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ArtifactError, match=words) as caught:
        damaged(**changes)
    assert "manifest.json" in str(caught.value)
    assert "recsys build" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_manifest_that_is_no_json_object_is_refused(content: bytes) -> None:
    with pytest.raises(ArtifactError, match=r"manifest\.json is damaged"):
        decode_manifest(NAME, content)


def test_a_library_that_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = importlib.metadata.version

    def version(name: str) -> str:
        if name == "streamlit":
            raise importlib.metadata.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = packages()
    assert "streamlit" not in found
    assert {"recsys", "numpy"} <= found.keys()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_never_written(value: float) -> None:
    manifest = example()
    assert manifest.evaluation is not None
    assert manifest.evaluation.ranking is not None
    ranking = replace(manifest.evaluation.ranking, baselines={"popular": {"recall@20": Figure(value, 0, 1)}})
    wrong = replace(manifest, evaluation=replace(manifest.evaluation, ranking=ranking))
    with pytest.raises(ArtifactError, match=r"evaluation\.ranking\.baselines\.popular\.recall@20\.value"):
        encode_manifest(wrong)
