"""`facet versions` and `facet doctor`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from recsys.versions.store import ArtifactStore
from tests.cli.conftest import Run
from tests.versions.examples import overwrite


def test_versions_are_listed_with_the_one_in_service(run: Run, artifacts: Path) -> None:
    listed = run("versions", "--artifacts", artifacts).stdout.splitlines()
    assert [line[0] for line in listed] == [" ", "*"]
    stated = json.loads(run("versions", "--json", "--artifacts", artifacts).stdout)
    assert [state["in_service"] for state in stated] == [False, True]
    assert [state["version"] for state in stated] == list(ArtifactStore(artifacts).versions())


def test_doctor_finds_damage_and_a_roll_back_cures_it(run: Run, artifacts: Path, tmp_path: Path) -> None:
    out = tmp_path / "artifacts"
    shutil.copytree(artifacts, out)
    first, second = ArtifactStore(out).versions()
    victim = ArtifactStore(out).folder(second) / "item_means.npy"
    overwrite(victim, victim.read_bytes()[:-1])
    result = run("doctor", "--artifacts", out, "--json")
    assert result.exit_code == 1
    assert "item_means.npy" in result.stderr
    assert [len(state["damage"]) for state in json.loads(result.stdout)["versions"]] == [0, 1]
    assert run("recommend", "u01", "--artifacts", out).exit_code == 1
    assert run("versions", "rollback", first, "--artifacts", out).exit_code == 0
    assert run("recommend", "u01", "--artifacts", out).exit_code == 0


def test_an_empty_folder_has_no_versions(run: Run, tmp_path: Path) -> None:
    assert "facet build" in run("versions", "--artifacts", tmp_path).stdout
    assert run("versions", "--json", "--artifacts", tmp_path).stdout.strip() == "[]"
    assert run("doctor", "--artifacts", tmp_path).exit_code == 1


def test_a_version_can_be_deleted_but_not_the_one_in_service(
    run: Run, artifacts: Path, tmp_path: Path
) -> None:
    out = tmp_path / "artifacts"
    shutil.copytree(artifacts, out)
    first, second = ArtifactStore(out).versions()
    assert run("versions", "delete", "--artifacts", out).exit_code == 2
    assert run("versions", "delete", second, "--artifacts", out).exit_code == 1
    assert run("versions", "delete", first, "--artifacts", out).exit_code == 0
    assert ArtifactStore(out).versions() == [second]


def test_a_version_is_pinned_and_two_are_compared(run: Run, artifacts: Path, tmp_path: Path) -> None:
    out = tmp_path / "artifacts"
    shutil.copytree(artifacts, out)
    first, second = ArtifactStore(out).versions()
    assert run("versions", "pin", first, "--artifacts", out).exit_code == 0
    assert ArtifactStore(out).pinned() == [first]
    assert run("versions", "delete", first, "--artifacts", out).exit_code == 1
    assert "pinned" in run("versions", "--artifacts", out).stdout.splitlines()[0]
    assert run("versions", "unpin", first, "--artifacts", out).exit_code == 0
    compared = json.loads(run("versions", "compare", first, "--json", "--artifacts", out).stdout)
    assert (compared["before"], compared["after"]) == (first, second)
    settings = {change["name"]: (change["before"], change["after"]) for change in compared["settings"]}
    assert settings["ranking.n_factors"] == ("4", "8")
    assert compared["data"]["users"]["new"] == 0
    assert (
        f"{compared['churn']['replaced']:.1f} of ten"
        in run("versions", "compare", first, second, "--artifacts", out).stdout
    )
    assert run("versions", "compare", "--artifacts", out).exit_code == 2
