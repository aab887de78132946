"""What ends a command from outside: Ctrl+C, SIGTERM, SIGHUP, a lack of memory.

The three signals all raise KeyboardInterrupt where the command stands, so that it cleans up: its
temporary folder goes and its lock is released. Libraries can turn the interrupt into an error of
their own (while they are imported, in a call into C) or lose it (in a callback): both are put right.
"""

from __future__ import annotations

import _thread
import contextlib
import errno
import signal
import sys
from collections.abc import Callable
from threading import Timer, current_thread, main_thread
from types import FrameType, TracebackType
from typing import Any

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
AGAIN_AFTER = 0.02
"""Seconds until an interrupt that was lost is raised again."""
_LATER = 0.1
"""Seconds where it comes while the lost one is still being looked at."""
_NO_MEMORY = ("memory", "failed to map segment", "can't start new thread")
LEAST_MEMORY = 4_000_000_000
"""Bytes of address space that the libraries need to be loaded and to start their threads."""


class Stopping(contextlib.AbstractContextManager["Stopping"]):
    """Within it, the three signals are interrupts. Afterwards everything is as before.

    Parameters
    ----------
    report : callable
        Given a sentence and an exit code where the command was stopped or memory ran out; raises.
    """

    def __init__(self, report: Callable[[str, int], None]) -> None:
        self._report = report
        self._signal: int | None = None
        self._before: dict[int, Any] = {}
        self._hook: Any = sys.unraisablehook

    def __enter__(self) -> Stopping:
        if current_thread() is main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                    self._before[number] = signal.signal(number, self._stop)
            self._hook, sys.unraisablehook = sys.unraisablehook, self._lost
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._before:
            sys.unraisablehook = self._hook
        if isinstance(error, SystemExit) or error is None:
            return
        if self._signal is not None or isinstance(error, KeyboardInterrupt):
            self._report(
                "Stopped. Run the command again when you like; `facet versions` shows what is in service.",
                128 + (self._signal or signal.SIGINT),
            )
        elif _is_lack_of_memory(error):
            self._report(
                "There is not enough memory. Use a smaller --rank, raise the limit (`ulimit -v`), "
                "or use a machine with more memory.",
                1,
            )

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._signal = number
        while frame is not None:
            if frame.f_code is Stopping._lost.__code__:  # what is raised there would be lost for good
                Timer(_LATER, _interrupt_main, (number,)).start()
                return
            frame = frame.f_back
        raise KeyboardInterrupt

    def _lost(self, unraisable: Any) -> None:
        """An error in a callback, which Python only prints: an interrupt is raised again instead."""
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            Timer(AGAIN_AFTER, _interrupt_main, (self._signal or signal.SIGINT,)).start()
        else:
            self._hook(unraisable)


def _interrupt_main(number: int) -> None:
    """Send a signal to the main thread; where the system can, it also ends a wait of that thread."""
    main = main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, number)
    else:
        _thread.interrupt_main(signal.Signals(number))


def too_little_memory() -> str | None:
    """Where a limit on memory is too low for the libraries to be loaded: a sentence that says so.

    They do not all say it themselves: below the limit one ends the process, another waits forever.
    """
    if sys.platform == "win32":
        return None
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY or limit >= LEAST_MEMORY:
        return None
    return (
        f"The limit on memory is {limit / 1e9:.1f} GB (`ulimit -v {limit >> 10}`), "
        f"and {LEAST_MEMORY / 1e9:.0f} GB are needed. Raise it, or lift it: `ulimit -v unlimited`."
    )


def _is_lack_of_memory(error: BaseException) -> bool:
    """Also where a library has an error of its own for it: a panic of polars, an import that fails."""
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    panic = type(error).__name__ == "PanicException"
    said = isinstance(error, (ImportError, RuntimeError, SystemError)) or panic
    return said and any(words in str(error).lower() for words in _NO_MEMORY)
