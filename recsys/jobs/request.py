"""What somebody wants made, as a command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from recsys.data.reading_options import ReadingOptions
from recsys.sources.databases import redacted

WEIGHTS = {
    "Measuring the models on held-out ratings": 60.0,
    "Tuning": 60.0,
    "Measuring products without ratings": 8.0,
    "Fitting the ranking model (truncated SVD)": 8.0,
    "Fitting the rating model": 8.0,
    "Reading the ratings": 6.0,
    "Drawing the map of the products (t-SNE)": 12.0,
    "Writing": 3.0,
    "Making the lists": 20.0,
}
"""About what share of the time a stage takes; 1 where it is not named here."""
_N_OTHERS = 7
"""Stages of a build that are not named above."""


@dataclass(frozen=True)
class BuildRequest:
    """What somebody wants built.

    Attributes
    ----------
    ratings : tuple of str
        Paths; none: the made-up sample store.
    catalog : str or None
    reading : ReadingOptions
    evaluate : bool or None
        None: for small data.
    tune : bool
    rank : int or None
    ranker : str
    keep : int
        Versions to keep.
    query, catalog_query : str
        Of a database, instead of paths.
    source : str
        Its address; empty: the one that the environment variable FACET_SOURCE names.
    """

    ratings: tuple[str, ...] = ()
    catalog: str | None = None
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    evaluate: bool | None = None
    tune: bool = False
    rank: int | None = None
    ranker: str = "auto"
    keep: int = 3
    query: str = ""
    catalog_query: str = ""
    source: str = ""
    folder: ClassVar[str] = ".job"

    def arguments(self, artifacts: Path) -> list[str]:
        """The command line that builds it, after `python -m recsys`."""
        words = ["build", f"--out={artifacts}", f"--keep={self.keep}", f"--ranker={self.ranker}"]
        words += [f"--ratings={path}" for path in self.ratings]
        words += [f"--catalog={self.catalog}"] if self.catalog else []
        named = {"source": self.source, "query": self.query, "catalog-query": self.catalog_query}
        words += [f"--{name}={value}" for name, value in named.items() if value]
        words += [] if self.evaluate is None else ["--evaluate" if self.evaluate else "--no-evaluate"]
        words += ["--tune"] if self.tune else []
        words += [] if self.rank is None else [f"--rank={self.rank}"]
        return words + self.reading.arguments()

    @property
    def name(self) -> str:
        """What is being built, in a few words."""
        if self.query:
            return f"the query of {redacted(self.source)}" if self.source else "the query of the database"
        if not self.ratings:
            return "the made-up sample store"
        more = len(self.ratings) - 1
        return Path(self.ratings[0]).name + (f" and {more} more" if more else "")

    def expected_stages(self) -> float:
        """The weight of all stages, as far as it can be told before."""
        left_out = set()
        if self.evaluate is False:
            left_out = {"Measuring the models on held-out ratings", "Measuring products without ratings"}
        if not self.tune:
            left_out.add("Tuning")
        left_out.add("Making the lists")
        return _N_OTHERS + sum(weight for name, weight in WEIGHTS.items() if name not in left_out)


@dataclass(frozen=True)
class ExportTask:
    """An export that was begun: `out` is its file."""

    out: str
    folder: ClassVar[str] = ".export-job"

    @property
    def name(self) -> str:
        """The name of the file."""
        return Path(self.out).name

    def arguments(self, artifacts: Path) -> list[str]:
        """The command line that goes on with it, after `python -m recsys`."""
        return ["export", "--resume", f"--out={self.out}", f"--artifacts={artifacts}"]

    def expected_stages(self) -> float:
        """The weight of its two stages."""
        return WEIGHTS["Making the lists"] + 1.0
