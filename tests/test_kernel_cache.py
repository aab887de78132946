"""Compiled functions work wherever the program stands, and only private folders hold their code."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numba
import pytest
from numba.core.caching import CacheImpl

from recsys import kernel_cache

PRIVATE = pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions of POSIX")


@pytest.fixture
def no_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """numba finds no place of its own; temporary files go to the folder returned."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    given = [one for one in CacheImpl._locator_classes if one.__name__.endswith("UserProvidedCacheLocator")]
    monkeypatch.setattr(CacheImpl, "_locator_classes", given)
    return tmp_path


def add_one() -> Any:
    @kernel_cache.jit()
    def function(x: int) -> int:
        return x + 1

    return function


def test_code_goes_to_a_private_temporary_folder_where_numba_finds_no_place(no_place: Path) -> None:
    assert add_one()(1) == 2
    folder = no_place / f"recsys-kernels-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    assert list(folder.rglob("*.nbi"))


@PRIVATE
@pytest.mark.parametrize("trap", ["open to others", "a link", "a file"])
def test_a_folder_that_others_could_have_filled_is_not_used(no_place: Path, trap: str) -> None:
    folder, elsewhere = no_place / f"recsys-kernels-{os.getuid()}", no_place / "elsewhere"
    elsewhere.mkdir()
    if trap == "open to others":
        folder.mkdir()
        folder.chmod(0o777)
    elif trap == "a link":
        folder.symlink_to(elsewhere)
    else:
        folder.write_text("")
    assert kernel_cache.temporary_folder() is None
    assert add_one()(1) == 2
    assert not list(no_place.rglob("*.nbi"))


def test_importing_does_not_need_a_writable_place(tmp_path: Path) -> None:
    program = (
        "import numba.core.caching as c; c.CacheImpl._locator_classes = [];"
        "import tempfile; tempfile.tempdir = '/no/such/folder';"
        "from recsys.model.biases import fit_item_biases; print('imported')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "imported\n", done.stderr


def test_code_that_was_stored_for_other_types_is_not_run(no_place: Path) -> None:
    """Two processes that store code for different types at once may give both files one name."""
    function = add_one()
    assert (function(1), function(1.5)) == (2, 2.5)
    whole, decimal = sorted(no_place.rglob("*.nbc"))
    decimal.write_bytes(whole.read_bytes())
    assert add_one()(1.5) == 2.5
