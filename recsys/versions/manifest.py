"""The manifest of a version: what was built, from what, how, and with what result.

Reading and writing stand here and nowhere else. The file is JSON; a manifest of another schema
version is refused, since a version can be built again from its inputs.
"""

from __future__ import annotations

import importlib.metadata
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import msgspec

from recsys._version import __version__
from recsys.config import BuildConfig
from recsys.data.cleaning.report import CleaningReport
from recsys.data.profile.summary import Summary
from recsys.errors import ArtifactError
from recsys.evaluation.choice import ServedChoice
from recsys.evaluation.results import Evaluation
from recsys.search.results import SearchReport

SCHEMA_VERSION = 3
REBUILD = "Build again with `python -m recsys build`, or roll back with `python -m recsys versions`."
FILE_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*\.(npy|parquet|json|faiss|clusters)")
"""Form of the names of stored files: plain names, of the kinds that are written here."""
LIBRARIES = ("numpy", "scipy", "polars", "pandas", "faiss-cpu", "numba", "opentsne", "streamlit")
"""Libraries whose versions are recorded, where they are installed."""


@dataclass(frozen=True)
class InputFile:
    """A file that was read: its name, size and checksum."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class StoredFile:
    """A file of the version. `shape` and `dtype` are known for arrays."""

    bytes: int
    sha256: str
    shape: tuple[int, ...] | None = None
    dtype: str | None = None


@dataclass(frozen=True)
class ModelReport:
    """The ranking model in plain numbers: rank, share of the squared norm kept, and how it is searched."""

    n_factors: int
    energy: float
    similar_index: SearchReport


@dataclass(frozen=True)
class BuildRecord:
    """What a build says of itself when it publishes.

    Attributes
    ----------
    name : str
        What the data set is called.
    made_up : bool
        Whether it is the sample store.
    inputs : dict of InputFile
        "ratings" and, where one was given, "catalog".
    config : BuildConfig
        The settings the stored models were fitted with.
    evaluation : Evaluation or None
        None where nothing was measured.
    seconds : dict of float
        By build step.
    served : ServedChoice
        The ranker that answers, and why.
    """

    name: str
    made_up: bool
    inputs: Mapping[str, InputFile]
    cleaning: CleaningReport
    config: BuildConfig
    summary: Summary
    model: ModelReport
    evaluation: Evaluation | None
    seconds: Mapping[str, float]
    peak_memory_mb: int
    served: ServedChoice = field(default_factory=ServedChoice)


@dataclass(frozen=True, kw_only=True)
class Manifest(BuildRecord):
    """Everything a version says of itself.

    Attributes
    ----------
    version : str
    built_at : str
        Date and time, ISO 8601 with the time zone.
    packages : dict of str
        Versions of recsys and of the libraries that were installed.
    files : dict of StoredFile
        Every file of the version but the manifest itself, by name.
    """

    version: str
    built_at: str
    packages: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, StoredFile] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    @classmethod
    def of(
        cls, record: BuildRecord, *, version: str, built_at: str, files: Mapping[str, StoredFile]
    ) -> Manifest:
        """The manifest of a build that is being published."""
        values = {entry.name: getattr(record, entry.name) for entry in fields(BuildRecord)}
        return cls(**values, version=version, built_at=built_at, packages=packages(), files=files)


def packages() -> dict[str, str]:
    """Versions of recsys and of those `LIBRARIES` that are installed."""
    found = {"recsys": __version__}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def encode_manifest(manifest: Manifest) -> bytes:
    """A manifest as JSON.

    Raises
    ------
    ArtifactError
        Where a number is not finite: JSON has no such number, so what is written could not be read.
    """
    if wrong := list(_not_finite(msgspec.to_builtins(manifest), "")):
        raise ArtifactError(
            f"Nothing is published: {', '.join(wrong[:5])} {'is' if len(wrong) == 1 else 'are'} not a finite"
            " number. Build again; if it comes back, build with --no-evaluate and report it."
        )
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def decode_manifest(path: Path, content: bytes) -> Manifest:
    """Read the content of a manifest.

    Raises
    ------
    ArtifactError
        Names the file and says what to do: where it is no JSON, has a value of the wrong type,
        lists a file by a name that is not plain, or is of another schema version.
    """
    try:
        plain = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ArtifactError(f"{path} is damaged: {error}. {REBUILD}") from error
    _check_schema(path, plain)
    try:
        manifest = msgspec.convert(plain, Manifest)
    except msgspec.ValidationError as error:
        raise ArtifactError(f"{path} is damaged: {error}. {REBUILD}") from error
    for name in manifest.files:
        if not FILE_NAME.fullmatch(name) or name == path.name:
            raise ArtifactError(f"{path} is damaged: {name!r} is no name of a stored file. {REBUILD}")
    return manifest


def _not_finite(value: object, name: str) -> Iterator[str]:
    """The names of the numbers within a plain value that are not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        yield name
    parts: Iterable[tuple[object, object]] = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list | tuple):
        parts = ((str(number), each) for number, each in enumerate(value))
    for key, each in parts:
        yield from _not_finite(each, f"{name}.{key}" if name else str(key))


def _check_schema(path: Path, plain: object) -> None:
    schema = plain.get("schema_version") if isinstance(plain, dict) else None
    if type(schema) is not int:
        raise ArtifactError(f"{path} is damaged: it names no schema version. {REBUILD}")
    if schema < SCHEMA_VERSION:
        raise ArtifactError(f"{path} was made by an older version of this program. {REBUILD}")
    if schema > SCHEMA_VERSION:
        raise ArtifactError(f"{path} was made by a newer version of this program. {REBUILD}")
