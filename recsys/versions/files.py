"""The files of one version: writing them, and reading them through the manifest only."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import polars as pl
from joblib import Parallel, delayed
from numpy.typing import NDArray

from recsys.errors import ArtifactError, writing
from recsys.versions.lease import Lease
from recsys.versions.manifest import REBUILD, Manifest
from recsys.versions.stored import Content, damage

T = TypeVar("T")


@dataclass(frozen=True)
class Artifacts:
    """One version, verified and open for reading: a snapshot that outlasts the deletion of its files.

    Attributes
    ----------
    folder : Path
    manifest : Manifest
    contents : dict of Content
        Every file, read or mapped, by name.
    lease : Lease, optional
        Keeps the version from being deleted.
    """

    folder: Path
    manifest: Manifest
    contents: Mapping[str, Content] = field(repr=False)
    lease: Lease | None = field(default=None, repr=False)

    @property
    def version(self) -> str:
        """The name of the version."""
        return self.folder.name

    def path(self, name: str) -> Path:
        """The path of one file of this version; ArtifactError where it has none such."""
        return self._content(name).path

    def holds(self, prefix: str) -> bool:
        """Whether this version has files that are named `prefix.…`."""
        return any(name.startswith(f"{prefix}.") for name in self.manifest.files)

    def overwritten(self) -> list[Path]:
        """Files that were written in place since they were opened. Nothing of this program does that."""
        return [content.path for content in self.contents.values() if content.is_overwritten()]

    def array(self, name: str) -> NDArray[Any]:
        """An array, read-only; memory-mapped where it is large."""
        return self._content(f"{name}.npy").array()

    def arrays(self, prefix: str) -> dict[str, NDArray[Any]]:
        """All arrays stored under a prefix (`prefix.name.npy`), by their names."""
        names = (name for name in self.manifest.files if name.startswith(f"{prefix}."))
        stems = (name.removesuffix(".npy") for name in names if name.endswith(".npy"))
        return {stem.removeprefix(f"{prefix}."): self.array(stem) for stem in stems}

    def table(self, name: str) -> pl.DataFrame:
        """A table, read whole."""
        content = self._content(f"{name}.parquet")
        try:
            return pl.read_parquet(io.BytesIO(content.data))
        except pl.exceptions.PolarsError as error:
            raise ArtifactError(f"{content.path} is damaged: {error}. {REBUILD}") from error

    def tables(self) -> list[str]:
        """Names of the tables."""
        names = self.manifest.files
        return sorted(name.removesuffix(".parquet") for name in names if name.endswith(".parquet"))

    def document(self, name: str, kind: type[T]) -> T:
        """A typed value that was stored as JSON; ArtifactError where it is of another type."""
        content = self._content(f"{name}.json")
        try:
            return msgspec.json.decode(bytes(content.data), type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ArtifactError(f"{content.path} is damaged: {error}. {REBUILD}") from error

    def _content(self, name: str) -> Content:
        if name not in self.contents:
            raise ArtifactError(f"Version {self.version} holds no file {name!r}. {REBUILD}")
        return self.contents[name]


def open_files(folder: Path, manifest: Manifest) -> tuple[dict[str, Content], list[str]]:
    """Every file of a version by name, and what is wrong with them: one sentence each."""
    found = Parallel(n_jobs=2, prefer="threads")(
        delayed(damage)(folder / name, stated) for name, stated in manifest.files.items()
    )
    opened = zip(manifest.files, found, strict=True)
    return (
        {name: content for name, (content, _) in opened if content is not None},
        [sentence for _, sentence in found if sentence],
    )


@dataclass(frozen=True)
class ArtifactWriter:
    """A version in the making; nothing of it is in service until it is published.

    Whatever the operating system refuses is an ArtifactError. Arrays and tables go through Python's
    own files, whose errors name the reason; numpy's and polars' do not.
    """

    folder: Path

    def path(self, name: str) -> Path:
        """Where to write a file of another kind; do it within `errors.writing`."""
        return self.folder / name

    def array(self, name: str, values: NDArray[Any]) -> None:
        """Write `name.npy`."""
        values = np.asarray(values, order="C")
        path = self.path(f"{name}.npy")
        with writing(path), path.open("wb") as file:
            header = np.lib.format.header_data_from_array_1_0(values)
            np.lib.format.write_array_header_1_0(file, header)
            file.write(values.data)

    def arrays(self, prefix: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write each array as `prefix.name.npy`."""
        for name, values in arrays.items():
            self.array(f"{prefix}.{name}", values)

    def table(self, name: str, frame: pl.DataFrame) -> None:
        """Write `name.parquet`."""
        buffer = io.BytesIO()
        frame.write_parquet(buffer, statistics=False)
        self._write(f"{name}.parquet", buffer.getbuffer())

    def document(self, name: str, value: object) -> None:
        """Write a typed value as `name.json`."""
        self._write(f"{name}.json", msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")

    def _write(self, name: str, content: bytes | memoryview) -> None:
        path = self.path(name)
        with writing(path):
            path.write_bytes(content)
