"""Compiled functions, kept on disk where there is a place for them.

numba keeps machine code beside the source, or else in the user's cache folder. A container
often allows neither: the program is read-only and there is no home. The code then goes to a
private folder among the temporary files, and if even that cannot be had it is compiled anew in
each process. Nothing else changes: only the first call takes longer.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import caching, sigutils

_UNREADABLE = (
    *(OSError, EOFError, ValueError, AttributeError, ImportError, LookupError),
    caching.pickle.UnpicklingError,  # type: ignore[attr-defined]
)
"""What numba raises where stored code is damaged or cannot be read or written."""
Function = TypeVar("Function", bound=Callable[..., Any])


def jit(*, parallel: bool = False, nogil: bool = False) -> Callable[[Function], Function]:
    """Decorate a function to be compiled by numba at its first call.

    Parameters
    ----------
    parallel : bool
        Run its `prange` loops on all cores.
    nogil : bool
        Let other threads run meanwhile.

    >>> @jit()
    ... def double(x: float) -> float:
    ...     return 2 * x
    >>> double(4.0)
    8.0
    """

    def decorate(function: Function) -> Function:
        compiled: Any = numba.njit(parallel=parallel, nogil=nogil)(function)
        if not _keep_on_disk(compiled):
            folder = temporary_folder()
            if folder is not None:
                numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
                _keep_on_disk(compiled)
        _do_without(compiled)
        return compiled  # type: ignore[no-any-return]

    return decorate


def temporary_folder() -> Path | None:
    """A folder for compiled code that only this user can read and write; None where there is none.

    Compiled code is run when it is loaded. So a folder of this name that belongs to somebody
    else, that others may write to, or that is a link, is not used.
    """
    user = os.getuid() if hasattr(os, "getuid") else "user"
    try:
        folder = Path(tempfile.gettempdir()) / f"recsys-kernels-{user}"
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    if not stat.S_ISDIR(found.st_mode):
        return None
    if hasattr(os, "getuid") and (found.st_uid != user or found.st_mode & 0o077):
        return None
    return folder


def _keep_on_disk(compiled: Any) -> bool:
    """Whether numba finds a place for this function's machine code."""
    try:
        compiled.enable_caching()
    except RuntimeError:  # "no locator available"
        return False
    return True


def _do_without(compiled: Any) -> None:
    """Compile where the stored code cannot be read, and go on where it cannot be stored.

    The disk may be full, the folder gone, the file cut off: none of it is a reason to stop. Nor is code
    for other types, which stands in a file where two processes stored theirs at once.
    """
    cache: Any = getattr(compiled, "_cache", None)
    if not hasattr(cache, "_load_overload"):
        return  # nothing is kept on disk
    load, save = cache.load_overload, cache.save_overload

    def load_overload(signature: Any, *arguments: Any) -> Any:
        try:
            found = load(signature, *arguments)
        except _UNREADABLE:
            return None
        asked = sigutils.normalize_signature(signature)[0]  # type: ignore[no-untyped-call]
        return found if found is not None and found.signature.args == asked else None

    def save_overload(*arguments: Any) -> None:
        with suppress(*_UNREADABLE):
            save(*arguments)

    cache.load_overload, cache.save_overload = load_overload, save_overload
