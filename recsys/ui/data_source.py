"""Where data come from: a path, an upload, a database, or the sample store."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from recsys.data.sample.files import sample_shop
from recsys.errors import DataFormatError, RecsysError, writing
from recsys.sources import folders
from recsys.sources.databases import Query, holds_password, stated_uri
from recsys.ui.folder import artifacts_folder
from recsys.ui.sharing import allowed, data_folder
from recsys.ui.text import escape_markdown

PATH, UPLOAD, DATABASE, SAMPLE = "A path on this machine", "Upload", "A database", "The sample store"
FORMATS = (
    "CSV, TSV, JSON lines, Parquet, Feather, lists of neighbours; packed or not. What each column is, is"
    " recognised, and nothing is built before you have seen how it is read."
)
UPLOADS = ".uploads"
SOURCE = "FACET_SOURCE"
"""Environment variable: the address of a database, with its password if it needs one."""
_ASKED = "_database_asked"
_KEPT_FOR = 86_400
"""Seconds that an uploaded file is kept."""


@dataclass(frozen=True)
class Given:
    """What somebody gave: paths of ratings, and of their catalogue, or queries of a database.

    Attributes
    ----------
    stamps : tuple
        Size and time of change of each file: a file that was written again is read again.
    made_up : bool
    query, catalog_query : str
        Empty where there are paths.
    source : str
        The address of the database; empty: the one that the environment names.
    """

    ratings: tuple[str, ...]
    catalog: str | None = None
    stamps: tuple[tuple[int, int], ...] = ()
    made_up: bool = False
    query: str = ""
    catalog_query: str = ""
    source: str = ""

    @property
    def name(self) -> tuple[object, ...]:
        """What it is, whatever became of the files."""
        return self.ratings, self.catalog, self.source, self.query, self.catalog_query

    def queries(self) -> tuple[Query | None, Query | None]:
        """The questions to the database, for ratings and for products."""
        uri = stated_uri(self.source or os.environ.get(SOURCE, ""))
        asked = (Query(uri, sql) if sql else None for sql in (self.query, self.catalog_query))
        return next(asked), next(asked)

    @classmethod
    def of(cls, ratings: tuple[str, ...], catalog: str | None, *, made_up: bool = False) -> Given:
        paths = [*ratings, *([catalog] if catalog else [])]
        return cls(ratings, catalog, tuple(stamp for path in paths for stamp in _stamps(path)), made_up)


def given() -> Given | None:
    """Ask where the data are. None where nothing is given yet, or it may not be read."""
    way = st.segmented_control(
        "Where are the ratings?", [PATH, UPLOAD, DATABASE, SAMPLE], key="data_from", default=PATH,
        required=True, bind="query-params", wrap=True,
    )  # fmt: skip
    try:
        return {UPLOAD: _uploaded, DATABASE: _asked, SAMPLE: _sample}.get(way, _by_path)()
    except RecsysError as error:
        st.error(escape_markdown(error, 600), icon=":material/error:")
        return None


def _by_path() -> Given | None:
    root = data_folder()
    where = f" in {root}" if root else ""
    left, right = st.columns(2, gap="medium")
    with left:
        text = st.text_area(
            "Ratings", key="data_paths", persist_state="session", height=78,
            placeholder="/data/ratings.csv",
            help=f"A file, a folder, an archive or a pattern such as ratings-*.csv{escape_markdown(where)}."
            " Several files of one shape: one a line.",
        )  # fmt: skip
    with right:
        catalog = st.text_input(
            "Catalogue (optional)", key="data_catalog", persist_state="session",
            placeholder="/data/products.csv",
            help="Titles, brands, categories and prices of the products.",
        ).strip()  # fmt: skip
    if not text.strip():
        st.caption(FORMATS)
    paths = tuple(allowed(line.strip()) for line in text.splitlines() if line.strip())
    return Given.of(paths, allowed(catalog) if catalog else None) if paths else None


def _uploaded() -> Given | None:
    left, right = st.columns(2, gap="medium")
    with left:
        files = st.file_uploader("Ratings", accept_multiple_files=True, key="data_files")
    with right:
        catalog = st.file_uploader("Catalogue (optional)", key="data_catalog_file")
    if not files:
        st.caption(f"{FORMATS} Uploads are held in memory: give large files by their path.")
        return None
    return Given.of(tuple(_keep(file) for file in files), _keep(catalog) if catalog else None)


def _asked() -> Given | None:
    """The address and the queries; nothing is asked before the button is pressed."""
    from_environment = bool(os.environ.get(SOURCE))
    with st.form("database", border=False):
        source = st.text_input(
            "Address", key="data_source", persist_state="session",
            placeholder=f"the one that {SOURCE} names" if from_environment else "postgresql://user@host/name",
            help="postgresql://user@host/name, sqlite:///file.db, duckdb:///file.duckdb, or of another"
            " database that has an ADBC driver. Leave the password out: PostgreSQL takes it from PGPASSWORD"
            f" or ~/.pgpass; or start the studio with the whole address in {SOURCE}.",
        ).strip()  # fmt: skip
        left, right = st.columns(2, gap="medium")
        with left:
            query = st.text_area(
                "Ratings", key="data_query", persist_state="session", height=104,
                placeholder="SELECT user_id, item_id, rating, timestamp FROM ratings",
                help="One SELECT. It is run read only.",
            ).strip()  # fmt: skip
        with right:
            catalog_query = st.text_area(
                "Products (optional)", key="data_catalog_query", persist_state="session", height=104,
                placeholder="SELECT item_id, title, brand, category, price FROM products",
            ).strip()  # fmt: skip
        if st.form_submit_button("Run the query", icon=":material/database:"):
            st.session_state[_ASKED] = st.session_state.get(_ASKED, 0) + 1
    if _ASKED not in st.session_state or not query:
        st.caption("The rows are kept in a file on this machine while they are looked at and built from.")
        return None
    if not source and not from_environment:
        raise DataFormatError("Name the address of the database.")
    if holds_password(source):
        raise DataFormatError(
            f"Leave the password out: set PGPASSWORD, or {SOURCE}, where the studio is started."
        )
    if source.startswith("@"):
        raise DataFormatError("Name an address, not a file with one.")
    scheme, divider, file = source.partition(":///")
    if divider and scheme in ("sqlite", "duckdb"):
        source = f"{scheme}:///{allowed(file)}"
    asked = ((st.session_state[_ASKED], 0),)
    return Given((), None, asked, query=query, catalog_query=catalog_query, source=source)


def _sample() -> Given:
    st.text("A made-up electronics store: customers, products and ratings, to look around.")
    ratings, catalog = _sample_files()
    return Given.of((ratings,), catalog, made_up=True)


@st.cache_resource(show_spinner="Making up the sample store…")
def _sample_files() -> tuple[str, str]:
    ratings, catalog = sample_shop(tempfile.mkdtemp(prefix="facet-sample-"))
    return str(ratings), str(catalog)


def _keep(file: Any) -> str:
    """Write an upload beside the artifacts, where a build finds it. The same content is written once."""
    content = file.getbuffer()
    folder = artifacts_folder().absolute() / UPLOADS
    name = Path(file.name.replace("\\", "/")).name or "ratings"
    path = folder / hashlib.sha256(content).hexdigest()[:16] / name
    if not path.exists():
        with writing(path):
            _clear(folder)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return str(path)


def _clear(folder: Path) -> None:
    """Delete uploads of other days."""
    for path in folder.glob("*/*"):
        if time.time() - path.stat().st_mtime > _KEPT_FOR:
            path.unlink(missing_ok=True)


def _stamps(path: str) -> list[tuple[int, int]]:
    found = folders.find(path)
    stamps = []
    for one in found[1] if found else [Path(path)]:
        if one.exists():
            about = one.stat()
            stamps.append((about.st_size, about.st_mtime_ns))
    return stamps
