"""What a build reads: ratings and a catalogue from files, a database, or the made-up sample store."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, TypeGuard

from recsys.data.sample.files import sample_shop
from recsys.progress import Steps
from recsys.sources.databases import Query, read_query
from recsys.sources.registry import Location
from recsys.sources.source import Source
from recsys.versions.fingerprints import InputWatch

SAMPLE_NAME = "made-up electronics store"


class BuildInputs(NamedTuple):
    """The files a build reads."""

    name: str
    ratings: Location
    catalog: Location | None

    @classmethod
    def of(
        cls,
        ratings: Location | Query | None,
        catalog: Location | Query | None,
        scratch: Path,
        steps: Steps,
    ) -> BuildInputs:
        """The files themselves; rows of a query, or the sample store, are written into `scratch` first."""
        if isinstance(ratings, Query) or isinstance(catalog, Query):
            with steps.step("Reading the database") as stage:
                ratings, catalog = (
                    read_query(one, scratch, stage) if isinstance(one, Query) else one
                    for one in (ratings, catalog)
                )
        if ratings is not None:
            return cls(_name_of(ratings), ratings, catalog)
        with steps.step("Making up the sample store"):
            return cls(SAMPLE_NAME, *(Path(path) for path in sample_shop(scratch)))

    def watch(self) -> dict[str, InputWatch]:
        """Called before the files are read."""
        named = {"ratings": self.ratings, "catalog": self.catalog}
        return {role: InputWatch.of(Path(one)) for role, one in named.items() if _is_file(one)}


def _name_of(location: Location) -> str:
    """What the data set is called: the name of its file, or of the first of several."""
    if isinstance(location, str | Path):
        return "standard input" if str(location) == "-" else Path(location).name
    if isinstance(location, Source):
        return location.name
    first, *others = (Path(path).name for path in location)
    return f"{first} and {len(others)} more" if others else first


def _is_file(location: Location | None) -> TypeGuard[str | Path]:
    return isinstance(location, str | Path) and Path(location).is_file()
