"""The artifacts folder keeps its promises whatever happens to it."""

from __future__ import annotations

import json
import mmap
import multiprocessing
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recsys.errors import ArtifactError, BuildLockedError
from recsys.versions.store import MANIFEST, ArtifactStore
from recsys.versions.stored import MAPPED_FROM
from tests.versions.examples import flip_a_byte, overwrite, record


def publish(store: ArtifactStore, value: int = 1, keep: int = 3) -> str:
    with store.lock(), store.writer() as writer:
        writer.array("numbers", np.full(1000, value, dtype=np.int32))
        writer.arrays("model", {"a": np.arange(3), "b": np.ones((2, 2), np.float32)})
        writer.table("table", pl.DataFrame({"x": [value]}))
        return store.publish(writer, record(f"build {value}"), keep)


def test_publish_then_open_gives_back_what_was_written(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    version = publish(store, 7)
    opened = store.open()
    assert opened.version == version == store.current()
    assert opened.manifest.name == "build 7"
    assert (opened.array("numbers") == 7).all()
    assert set(opened.arrays("model")) == {"a", "b"}
    assert opened.table("table")["x"].to_list() == [7]
    assert opened.manifest.files["model.b.npy"].shape == (2, 2)


def test_large_arrays_are_memory_mapped_small_ones_read_and_all_are_read_only(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    with store.lock(), store.writer() as writer:
        writer.array("small", np.ones(10))
        writer.array("large", np.ones(MAPPED_FROM))
        store.publish(writer, record())
    opened = store.open()
    assert isinstance(opened.contents["small.npy"].data, bytes)
    assert isinstance(opened.contents["large.npy"].data, mmap.mmap)
    for name in ("small", "large"):
        with pytest.raises(ValueError, match="read-only"):
            opened.array(name)[0] = 1


def test_open_without_a_build_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="python -m recsys build"):
        ArtifactStore(tmp_path / "nothing").open()


@pytest.mark.parametrize(
    "damage", [flip_a_byte, Path.unlink, lambda path: overwrite(path, path.read_bytes()[:-4])]
)
@pytest.mark.parametrize("name", ["numbers.npy", "table.parquet"])
def test_open_of_a_damaged_version_names_the_file(
    tmp_path: Path, name: str, damage: Callable[[Path], object]
) -> None:
    store = ArtifactStore(tmp_path)
    damage(store.folder(publish(store)) / name)
    with pytest.raises(ArtifactError, match=rf"{name} is (damaged|missing).*python -m recsys build"):
        store.open()


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"schema_version": 0})])
def test_open_with_a_bad_manifest_is_refused(tmp_path: Path, text: str) -> None:
    store = ArtifactStore(tmp_path)
    overwrite(store.folder(publish(store)) / MANIFEST, text.encode())
    with pytest.raises(ArtifactError, match=MANIFEST):
        store.open()


def test_a_build_that_fails_leaves_the_old_version_and_no_litter(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    version = publish(store)
    with pytest.raises(TypeError), store.lock(), store.writer() as writer:
        store.publish(writer, record(object()))  # type: ignore[arg-type]
    assert store.open().version == version
    assert [path.name for path in (tmp_path / "versions").iterdir()] == [version]


def test_what_a_killed_build_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    publish(store)
    left = tmp_path / "versions" / ".tmp-1"
    left.mkdir()
    publish(store)
    assert not left.exists()
    assert len(store.versions()) == 2


def test_a_pinned_version_is_kept_until_it_is_unpinned(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    first = publish(store, 1, keep=1)
    store.pin(first)
    second, third = publish(store, 2, keep=1), publish(store, 3, keep=1)
    assert store.versions() == [first, third]
    assert second not in store.versions()
    assert store.pinned() == [first]
    with pytest.raises(ArtifactError, match="pinned"):
        store.delete(first)
    store.unpin(first)
    fourth = publish(store, 4, keep=1)
    assert store.versions() == [fourth]
    for act in (store.pin, store.unpin):
        with pytest.raises(ArtifactError, match="no version"):
            act(first)


def test_a_pin_that_cannot_be_written_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ArtifactStore(tmp_path)
    first = publish(store, 1)

    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("recsys.versions.durable.sync_folder", fail)
    with pytest.raises(ArtifactError, match="No space left"):
        store.pin(first)
    assert store.versions() == [first]


def test_versions_beyond_those_kept_are_dropped_but_never_the_current(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    first = publish(store, 1)
    later = [publish(store, value, keep=2) for value in (2, 3)]
    assert store.versions() == later
    assert first not in store.versions()
    store.rollback(later[0])
    last = publish(store, 4, keep=1)
    assert store.versions() == [last]


def test_rollback_puts_a_kept_version_in_service(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    first, _ = publish(store, 1), publish(store, 2)
    store.rollback(first)
    assert store.open().manifest.name == "build 1"


def test_rollback_to_an_unknown_or_damaged_version_changes_nothing(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    first, second = publish(store, 1), publish(store, 2)
    with pytest.raises(ArtifactError, match="no version 'x'"):
        store.rollback("x")
    flip_a_byte(store.folder(first) / "numbers.npy")
    with pytest.raises(ArtifactError, match="damaged"):
        store.rollback(first)
    assert store.current() == second


def hold(root: str, ready: Event, done: Event) -> None:
    with ArtifactStore(root).lock():
        ready.set()
        done.wait(30)


def test_a_second_build_is_refused_and_names_the_owner(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=hold, args=(str(tmp_path), ready, done))
    other.start()
    try:
        assert ready.wait(60)
        with (
            pytest.raises(BuildLockedError, match=f"process {other.pid} on "),
            ArtifactStore(tmp_path).lock(),
        ):
            pass
    finally:
        done.set()
        other.join()
    with ArtifactStore(tmp_path).lock():
        pass


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    publish(store)
    with pytest.raises(ArtifactError, match=r"other\.npy"):
        store.open().array("other")
    assert not store.open().holds("other")


def test_a_version_is_deleted_unless_it_is_in_service_or_the_folder_is_being_built(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    first, second = publish(store, 1), publish(store, 2)
    with pytest.raises(ArtifactError, match="in service"):
        store.delete(second)
    for unknown in ("../versions", "20200101-000000-000000"):
        with pytest.raises(ArtifactError, match="no version"):
            store.delete(unknown)
    with store.lock(), pytest.raises(BuildLockedError):
        store.delete(first)
    opened = store.open(first)
    store.delete(first)
    assert store.versions() == [second]
    assert (opened.array("numbers") == 1).all()
    assert not list((tmp_path / "versions").glob(".deleted-*"))
