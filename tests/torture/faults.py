"""Faults that need processes of their own: run as `python -m tests.torture.faults FOLDER KIND=ROUNDS …`.

Prints tried, caught and lost of each kind as JSON. The processes here load no library that starts threads, so
that they can be forked.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from recsys.versions.store import ArtifactStore
from tests.torture.shop import ended, forked, in_order, left_over, publish, value_of
from tests.torture.tally import SEED, Tally

DIED, NOT_REACHED = 99, 98
_WATCHED = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.listdir", "os.scandir")
Operation = Callable[[ArtifactStore, int], None]


def _publish(store: ArtifactStore, value: int) -> None:
    publish(store, value)


def _prune(store: ArtifactStore, value: int) -> None:
    publish(store, value, keep=1)


def _roll_back(store: ArtifactStore, _: int) -> None:
    store.rollback(store.versions()[0])


OPERATIONS: dict[str, Operation] = {"publish": _publish, "prune": _prune, "roll-back": _roll_back}


def _strike(root: Path, at: int, fault: Callable[[], None]) -> list[str]:
    """From now on, the call number `at` that this process makes to the file system meets a fault.

    Names the call in the list that is given back, once it was reached.
    """
    calls, sync, struck = 0, os.fsync, list[str]()

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal calls
        inside = event == "fsync" or any(str(root) in str(one) for one in arguments[:2])
        if (event in _WATCHED or event == "fsync") and inside:
            calls += 1
            if calls == at:
                struck.append(event)
                fault()

    def fsync(handle: int) -> None:
        hook("fsync", ())
        sync(handle)

    os.fsync = fsync  # type: ignore[assignment]
    sys.addaudithook(hook)
    return struck


def _die() -> None:
    os._exit(DIED)


def _refuse() -> None:
    raise OSError(28, os.strerror(28))


def at_every_call(root: Path, every: int, operation: str, fault: Callable[[], None]) -> Tally:
    """Let an operation meet a fault at its 1st, 2nd, 3rd … call to the file system."""
    counts, store = Tally(), ArtifactStore(root)
    publish(store, 1)
    publish(store, 2)
    at = random.Random(SEED).randrange(1, every + 1)
    while True:
        before = value_of(store.open())
        allowed = {before, at + 100, *(value_of(store.open(version)) for version in store.versions())}

        def work(at: int = at) -> None:
            struck = _strike(root, at, fault)
            OPERATIONS[operation](store, at + 100)
            if not struck:
                os._exit(NOT_REACHED)

        code = ended(forked(work))
        if code == NOT_REACHED:
            return counts
        fine = in_order(store, allowed) and code in (0, 3, DIED)
        publish(store, before)
        counts.count(fine and not left_over(root) and in_order(store, {before}))
        at += every


def killed(root: Path, rounds: int) -> Tally:
    """Publish on and on; kill -9 at random moments."""
    counts, store, chance = Tally(), ArtifactStore(root), random.Random(SEED)
    publish(store, 1)
    for number in range(rounds):

        def work(number: int = number) -> None:
            for step in range(1000):
                publish(store, 1000 * (number + 1) + step, keep=1)

        before = value_of(store.open())
        child = forked(work)
        time.sleep(chance.uniform(0.0, 0.15))
        os.kill(child, signal.SIGKILL)
        ended(child)
        fine = in_order(store, {before, *range(1000 * (number + 1), 1000 * (number + 2))})
        publish(store, 1)
        counts.count(fine and not left_over(root))
    return counts


def limited(root: Path, rounds: int) -> Tally:
    """Publish under a limit on the size of a file: every write is cut somewhere."""
    counts, store, chance = Tally(), ArtifactStore(root), random.Random(SEED)
    publish(store, 1)
    for _ in range(rounds):

        def work(most: int = int(2 ** chance.uniform(0, 21))) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            publish(store, 2)

        code = ended(forked(work))
        counts.count(code in (0, 3) and in_order(store, {1} if code else {2}) and not left_over(root))
        if not code:
            publish(store, 1)
    return counts


def two_at_once(root: Path, rounds: int) -> Tally:
    """Two builds in one folder: one of them waits its turn or is refused, both are whole."""
    counts, store = Tally(), ArtifactStore(root)
    for number in range(rounds):
        values = (2 * number, 2 * number + 1)
        children = [forked(lambda value=value: publish(store, value)) for value in values]  # type: ignore[misc]
        codes = [ended(child) for child in children]
        fine = 0 in codes and set(codes) <= {0, 2}
        counts.count(fine and in_order(store, set(values)) and not left_over(root))
    return counts


def swapped(root: Path, rounds: int) -> Tally:
    """Open and read while versions are published and dropped without pause, with only one kept."""
    counts, store = Tally(), ArtifactStore(root)
    publish(store, 0, keep=1)

    def work() -> None:
        for value in range(1, 1_000_000):
            publish(store, value, keep=1)

    child = forked(work)
    held = [store.open()]
    try:
        for _ in range(rounds):
            held = [*held[-4:], store.open()]
            counts.count(all(value_of(opened) >= 0 for opened in held))
    finally:
        os.kill(child, signal.SIGKILL)
        ended(child)
    return counts


def suffer(kind: str, folder: Path, rounds: int) -> Tally:
    """Let an artifacts folder suffer one kind of fault."""
    plain = {"kill": killed, "limit": limited, "two": two_at_once, "swap": swapped}
    if kind in plain:
        return plain[kind](folder, rounds)
    fault, operation = kind.split(":")
    return at_every_call(folder, rounds, operation, {"die": _die, "refuse": _refuse}[fault])


if __name__ == "__main__":
    wanted = dict(word.split("=") for word in sys.argv[2:])
    suffered = {
        kind: suffer(kind, Path(sys.argv[1]) / kind.replace(":", "-"), int(rounds))
        for kind, rounds in wanted.items()
    }
    print(json.dumps({kind: vars(counts) for kind, counts in suffered.items()}))
