"""A bit flipped or a file cut anywhere in a version is caught, and the file is named."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from recsys import ArtifactError, ArtifactStore, BuildConfig, build
from tests.cli.conftest import write_ratings
from tests.torture.tally import SEED, rounds, tally
from tests.versions.examples import overwrite


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole version of 60 users, built as any other, and an older one of the same data."""
    folder = tmp_path_factory.mktemp("damage")
    ratings = write_ratings(folder / "ratings.csv")
    for _ in range(2):
        build(ratings, out=folder / "artifacts", config=BuildConfig(evaluate=False))
    return folder / "artifacts"


def is_caught(artifacts: Path, path: Path) -> bool:
    """Whether opening names the file."""
    try:
        ArtifactStore(artifacts).open()
    except ArtifactError as error:
        return path.name in str(error)
    return False


def files(artifacts: Path) -> list[Path]:
    version = ArtifactStore(artifacts).current()
    assert version is not None
    return [artifacts / "CURRENT", *sorted(ArtifactStore(artifacts).folder(version).iterdir())]


def test_flipped_bits_are_caught(artifacts: Path) -> None:
    chance, counts = random.Random(SEED), tally("one bit flipped")
    for path in files(artifacts):
        whole = path.read_bytes()
        sealing = path.name.startswith(("CURRENT", "manifest"))
        for _ in range(rounds(20 if sealing else 2, 700 if sealing else 100)):
            content = bytearray(whole)
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            overwrite(path, bytes(content))
            counts.count(is_caught(artifacts, path))
        overwrite(path, whole)
    assert counts.lost == 0
    ArtifactStore(artifacts).open()


def test_cut_and_lengthened_files_are_caught(artifacts: Path) -> None:
    chance, counts = random.Random(SEED), tally("cut, lengthened, emptied, exchanged")
    for path in files(artifacts):
        whole = path.read_bytes()
        cuts = [whole[: chance.randrange(len(whole))] for _ in range(rounds(1, 20))]
        for content in (
            *cuts,
            *rounds([b""], [b"", whole[:-1], whole * 2, b"\0" * len(whole)]),
            whole + b"\n",
        ):
            overwrite(path, content)
            counts.count(is_caught(artifacts, path))
        overwrite(path, whole)
    assert counts.lost == 0


def test_files_that_are_gone_or_of_another_kind_are_caught(artifacts: Path, tmp_path: Path) -> None:
    counts = tally("missing, a folder, a link")
    for path in files(artifacts):
        aside = tmp_path / "aside"
        path.rename(aside)
        if path.name != "CURRENT":  # without it nothing was ever built
            counts.count(is_caught(artifacts, path))
        path.mkdir()
        counts.count(is_caught(artifacts, path))
        path.rmdir()
        if path.name != "CURRENT":
            path.symlink_to(aside)
            counts.count(is_caught(artifacts, path))
            path.unlink()
        aside.rename(path)
    assert counts.lost == 0
    ArtifactStore(artifacts).open()
