"""What every worker needs is sent to all of them."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distributed import Client

_TRIES = 10
_PAUSE = 1.0
"""Seconds; a scheduler needs about this long to notice that a worker is gone."""


def to_all(client: Client, value: Any) -> Any:
    """A future of `value`, copied to every worker.

    Raises
    ------
    OSError
        Where a worker is lost during each of ten tries. One that is lost once costs time only.
    """
    for _ in range(_TRIES - 1):
        with suppress(OSError):
            return client.scatter(value, broadcast=True, hash=False)
        time.sleep(_PAUSE)
    return client.scatter(value, broadcast=True, hash=False)
