"""What long work says of itself: one type from the kernels to the terminal, the job file and the page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """One report of long work.

    Attributes
    ----------
    stage : str
        The step of the work, such as "Fitting the ranking model". It starts when it is first reported.
    fraction : float or None
        How much of the stage is done, 0 to 1; None where that is not known.
    detail : str
        What is being done within the stage, in words; may be empty.
    """

    stage: str
    fraction: float | None = None
    detail: str = ""


Listener = Callable[[Progress], None]
"""Whoever wants to hear of long work."""


def silent(_: Progress) -> None:
    """The listener that does nothing."""


@dataclass(frozen=True)
class Stage:
    """One stage of long work, told to a listener.

    >>> heard = []
    >>> stage = Stage("Reading", heard.append)
    >>> stage(0.5, "half of the file")
    >>> heard[0]
    Progress(stage='Reading', fraction=0.5, detail='half of the file')
    """

    name: str
    listener: Listener = silent
    start: float = 0.0
    stop: float = 1.0

    def __call__(self, fraction: float | None = None, detail: str = "") -> None:
        """Report that `fraction` of this stage is done."""
        if fraction is not None:
            fraction = self.start + (self.stop - self.start) * min(1.0, max(0.0, fraction))
        self.listener(Progress(self.name, fraction, detail))

    def part(self, start: float, stop: float) -> Stage:
        """The share of this stage from `start` to `stop`, as a stage of its own."""
        width = self.stop - self.start
        return Stage(self.name, self.listener, self.start + width * start, self.start + width * stop)


SILENT = Stage("", silent)
"""A stage that nobody listens to: the default of everything that takes one."""


@dataclass(frozen=True)
class Steps:
    """The steps of long work, told to a listener, and how many seconds each took."""

    listener: Listener
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[Stage]:
        """One step, from its beginning to its end."""
        stage = Stage(name, self.listener)
        stage(0.0)
        started = time.perf_counter()
        yield stage
        self.seconds[name] = round(time.perf_counter() - started, 3)
        stage(1.0)
