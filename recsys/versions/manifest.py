"""The manifest of a version: what was built, from what, how, and with what result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from recsys.config import BuildConfig
from recsys.data.cleaning.report import CleaningReport
from recsys.data.profile.summary import Summary
from recsys.evaluation.results import Evaluation

SCHEMA_VERSION = 2


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
class SearchReport:
    """How an index searches, and how much of the exact answer it finds.

    Attributes
    ----------
    kind : str
        "exact", or what an approximate search looks at.
    items : int
        Vectors in the index.
    recall : float
        Measured share of the exact first 50 that is found, 0 to 1.
    depth : int or None
        Vectors looked at, where the search is approximate.
    queries : int
        Queries the recall was measured on.
    """

    kind: str
    items: int
    recall: float = 1.0
    depth: int | None = None
    queries: int = 0


@dataclass(frozen=True)
class ModelReport:
    """The ranking model in plain numbers: rank, share of the squared norm kept, and how it is searched."""

    n_factors: int
    energy: float
    similar_index: SearchReport


@dataclass(frozen=True)
class Manifest:
    """Everything a version says of itself.

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
    packages : dict of str
        Versions of recsys and of the libraries the build used.
    files : dict of StoredFile
    """

    version: str
    built_at: str
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
    packages: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, StoredFile] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION
