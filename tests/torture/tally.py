"""How hard the suite tries, and the counts it prints."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TypeVar

LONG = os.environ.get("FACET_TORTURE") == "long"
"""Set by `make torture`; `make test` runs the short form."""
T = TypeVar("T")
SEED = 20_260_101


def rounds(short: T, long: T) -> T:
    """What to try in the short form, and in the long one."""
    return long if LONG else short


@dataclass
class Tally:
    """Faults tried, those met with a stated error or without harm, and those that got through."""

    tried: int = 0
    caught: int = 0
    lost: int = 0

    def count(self, caught: bool) -> None:
        """Count one fault."""
        self.tried += 1
        self.caught += caught
        self.lost += not caught


TALLIES: dict[str, Tally] = {}


def tally(name: str) -> Tally:
    """The counts of one kind of fault."""
    return TALLIES.setdefault(name, Tally())
