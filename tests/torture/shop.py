"""Small versions to torture, and processes that publish, die and are killed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from recsys.errors import ArtifactError, BuildLockedError
from recsys.versions.store import Artifacts, ArtifactStore
from tests.versions.examples import record

SIZE = 300_000
"""Numbers in the large array of a version: it is memory-mapped."""


def publish(store: ArtifactStore, value: int, keep: int = 2) -> str:
    """Publish a version in which every number is `value`. No library with threads is needed."""
    with store.lock(), store.scratch(), store.writer() as writer:
        writer.array("large", np.full(SIZE, value, np.int32))
        writer.array("small", np.full(10, value, np.int32))
        writer.document("value", value)
        return store.publish(writer, record(f"build {value}"), keep)


def value_of(opened: Artifacts) -> int:
    """The number that a version is made of; AssertionError where it is a mixture."""
    values = {int(number) for name in ("large", "small") for number in np.unique(opened.array(name))}
    values |= {opened.document("value", int), int(opened.manifest.name.removeprefix("build "))}
    assert len(values) == 1, values
    return values.pop()


def left_over(root: Path) -> list[str]:
    """What should not be in an artifacts folder between builds."""
    names = [path.name for folder in (root, root / "versions") for path in folder.iterdir()]
    return [name for name in names if name.startswith((".tmp", ".deleted", ".scratch", "CURRENT."))]


def in_order(store: ArtifactStore, allowed: set[int]) -> bool:
    """Whether the version in service is one of those allowed, and all that are kept are whole."""
    try:
        return value_of(store.open()) in allowed and not any(map(store.damage, store.versions()))
    except ArtifactError:
        return False


def forked(work: Callable[[], object]) -> int:
    """Do something in a child process; its number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BuildLockedError:
        code = 2
    except ArtifactError:
        code = 3
    finally:
        os._exit(code)


def ended(child: int) -> int:
    """Wait for a child process: its exit code, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
