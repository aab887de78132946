"""The files of one version: writing them, and reading them through the manifest only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys.errors import ArtifactError
from recsys.versions.manifest import REBUILD, Manifest

T = TypeVar("T")


@dataclass(frozen=True)
class Artifacts:
    """One version, verified and open for reading.

    Attributes
    ----------
    folder : Path
    manifest : Manifest
    """

    folder: Path
    manifest: Manifest

    @property
    def version(self) -> str:
        """The name of the version."""
        return self.folder.name

    def path(self, name: str) -> Path:
        """The path of one file of this version; ArtifactError where it has none such."""
        if name not in self.manifest.files:
            raise ArtifactError(f"Version {self.version} holds no file {name!r}. {REBUILD}")
        return self.folder / name

    def holds(self, prefix: str) -> bool:
        """Whether this version has files that are named `prefix.…`."""
        return any(name.startswith(f"{prefix}.") for name in self.manifest.files)

    def array(self, name: str) -> NDArray[Any]:
        """An array, memory-mapped and read-only."""
        # As a plain array: each slice of a `memmap` costs a call in Python.
        return np.asarray(np.load(self.path(f"{name}.npy"), mmap_mode="r", allow_pickle=False))

    def arrays(self, prefix: str) -> dict[str, NDArray[Any]]:
        """All arrays stored under a prefix (`prefix.name.npy`), by their names."""
        names = (name for name in self.manifest.files if name.startswith(f"{prefix}."))
        stems = (name.removesuffix(".npy") for name in names if name.endswith(".npy"))
        return {stem.removeprefix(f"{prefix}."): self.array(stem) for stem in stems}

    def table(self, name: str) -> pl.DataFrame:
        """A table, read whole."""
        return pl.read_parquet(self.path(f"{name}.parquet"))

    def tables(self) -> list[str]:
        """Names of the tables."""
        names = self.manifest.files
        return sorted(name.removesuffix(".parquet") for name in names if name.endswith(".parquet"))

    def document(self, name: str, kind: type[T]) -> T:
        """A typed value that was stored as JSON; ArtifactError where it is of another type."""
        path = self.path(f"{name}.json")
        try:
            return msgspec.json.decode(path.read_bytes(), type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ArtifactError(f"{path} is damaged: {error}. {REBUILD}") from error


@dataclass(frozen=True)
class ArtifactWriter:
    """A version in the making; nothing of it is in service until it is published."""

    folder: Path

    def path(self, name: str) -> Path:
        """Where to write a file of another kind."""
        return self.folder / name

    def array(self, name: str, values: NDArray[Any]) -> None:
        """Write `name.npy`."""
        np.save(self.path(f"{name}.npy"), values, allow_pickle=False)

    def arrays(self, prefix: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write each array as `prefix.name.npy`."""
        for name, values in arrays.items():
            self.array(f"{prefix}.{name}", values)

    def table(self, name: str, frame: pl.DataFrame) -> None:
        """Write `name.parquet`."""
        frame.write_parquet(self.path(f"{name}.parquet"), statistics=False)

    def document(self, name: str, value: object) -> None:
        """Write a typed value as `name.json`."""
        text = msgspec.json.format(msgspec.json.encode(value), indent=1)
        self.path(f"{name}.json").write_bytes(text + b"\n")
