"""Ratings and catalogues from databases: the rows of a query, through ADBC, read only.

The rows come in batches and are written to a scratch file, so that memory stays small whatever the query
gives. That file is then read as any other. Passwords are in no message, no manifest and no log.
"""

from __future__ import annotations

import importlib
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import polars as pl
import pyarrow as pa

from recsys.config import DEFAULT_LIMITS, LimitsConfig
from recsys.errors import DataFormatError, shown
from recsys.progress import SILENT, Stage
from recsys.sources.columnar import Columnar, recognise
from recsys.sources.files import DataFile, read_head
from recsys.sources.scratch import ScratchFile
from recsys.sources.source import StatedLayout

EXTRA = "pip install 'facet[sql]'"
_IN_EXTRA = ("adbc-driver-postgresql", "adbc-driver-sqlite", "duckdb")
_SECRETS = re.compile(r"pass|secret|token|key|credential|pwd", re.I)
_HIDDEN = "***"
_LEFT_ON_DISK = 64 << 20
_BATCH = 1 << 16
_LOOK_EVERY = 0.1
"""Seconds between two looks at how many rows have come."""


@dataclass(frozen=True)
class Query:
    """A question to a database.

    Parameters
    ----------
    uri : str
        `postgresql://user@host:port/database`, `sqlite:///path`, `duckdb:///path`, or that of another
        database whose ADBC driver is installed. It may hold a password, which is never shown.
    sql : str
        One SELECT.
    """

    uri: str = field(repr=False)
    sql: str

    def __str__(self) -> str:
        return f"the query of {redacted(self.uri)}"


@dataclass(frozen=True)
class Database:
    """A kind of database.

    Attributes
    ----------
    label : str
    rows : callable
        From a URI and a query to its rows, as a context manager. What it opens is read only.
    """

    label: str
    rows: Callable[[str, str], AbstractContextManager[pa.RecordBatchReader]]


def read_query(
    query: Query,
    scratch: Path | None = None,
    progress: Stage = SILENT,
    limits: LimitsConfig = DEFAULT_LIMITS,
) -> Columnar:
    """Ask a database. The rows stay in a scratch file until nobody refers to the source any more.

    Parameters
    ----------
    query : Query
    scratch : Path, optional
        Folder of the scratch file.
    progress : Stage, optional
        Hears how many rows have come.
    limits : LimitsConfig, optional

    Raises
    ------
    DataFormatError
        Where the driver is not installed, the database cannot be reached, refuses the query, or gives
        nothing.
    """
    database = _database(query.uri)
    kept = ScratchFile(scratch, ".arrow")
    kept.close()
    with ExitStack() as failed:
        failed.callback(kept.discard)
        with _stated(query):
            n_rows = _spool(query, database, kept.path, progress)
        if not n_rows:
            raise DataFormatError(f"{query} gives no rows: check its conditions.")
        failed.pop_all()
    file = DataFile(kept.path, str(query), limits, scratch, kept)
    source = recognise(read_head(file), StatedLayout(limits=limits, scratch=scratch))
    assert source is not None
    return replace(source, layout=replace(source.layout, kind="query", label=f"{database.label} query"))


def redacted(uri: str) -> str:
    """A URI without the password in it and without its parameters, some of which are secrets."""
    scheme, divider, rest = uri.partition("://")
    account, at, host = rest.rpartition("@")  # the last @ ends it: a password may hold one
    if re.search(r"[?#]", account):  # the last @ may be one of the parameters, which end the address
        host = _HIDDEN
    user, host = re.split(r"[:?#@]", account)[0], re.split(r"[?#]", host)[0]
    return shown(f"{scheme}{divider}{user}{at}{host}", 200)


def holds_password(uri: str) -> bool:
    """Whether a URI holds a password or another secret."""
    rest = uri.partition("://")[2]
    return ":" in rest.rpartition("@")[0] or bool(_SECRETS.search(rest.partition("?")[2]))


def stated_uri(named: str) -> str:
    """The URI that is named: itself, or where it is `@file`, the first line of that file.

    Raises
    ------
    DataFormatError
        Where the file cannot be read.
    """
    if not named.startswith("@"):
        return named
    try:
        return Path(named[1:]).read_text(encoding="utf-8").strip().partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise DataFormatError(f"{shown(named[1:])} cannot be read as an address: {reason}.") from None


def _spool(query: Query, database: Database, path: Path, progress: Stage) -> int:
    """Write the rows of a query to a file, batch by batch; how many there are."""
    progress(0.0, f"Asking {database.label}")
    spool = _Spool(query, database, path)
    spool.start()
    try:
        while spool.is_alive():
            spool.join(_LOOK_EVERY)
            if spool.n_rows:
                progress(None, f"{spool.n_rows:,} rows from {database.label}")
    finally:
        spool.stopped = True
    if spool.failure is not None:
        raise spool.failure
    return spool.n_rows


class _Spool(threading.Thread):
    """Writes the rows of a query to a file.

    It is a thread because a driver does not come back while the database works, and the program must
    hear Ctrl+C meanwhile. It is a daemon because then the program can end.
    """

    def __init__(self, query: Query, database: Database, path: Path) -> None:
        super().__init__(name="rows of a query", daemon=True)
        self.query, self.database, self.path = query, database, path
        self.n_rows, self.stopped = 0, False
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Write until the rows, or the patience of who asked, come to an end."""
        with ExitStack() as ended:
            ended.push(self._keep)
            self._write()

    def _keep(self, _: object, failure: BaseException | None, __: object) -> bool:
        """Keep whatever went wrong for who asked."""
        self.failure = failure
        return True

    def _write(self) -> None:
        with self.database.rows(self.query.uri, self.query.sql) as reader:
            _check_names(self.query, reader.schema.names)
            schema = pa.schema([(entry.name, _plain_type(entry.type)) for entry in reader.schema])
            with pa.OSFile(str(self.path), "wb") as out, pa.ipc.new_file(out, schema) as writer:
                for batch in reader:
                    if self.stopped:
                        return
                    room = shutil.disk_usage(self.path.parent).free - _LEFT_ON_DISK
                    if batch.nbytes > room:
                        raise DataFormatError(
                            f"{self.query} gives more than fits on the disk of {self.path.parent}: free space"
                            " there, or set TMPDIR to another folder."
                        )
                    columns = [_plain(column) for column in batch.columns]
                    writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
                    self.n_rows += batch.num_rows


def _plain_type(dtype: pa.DataType) -> pa.DataType:
    """A type that every reader knows: a UUID becomes text, and other types of a database their storage."""
    if isinstance(dtype, pa.UuidType):
        return pa.large_string()
    return dtype.storage_type if isinstance(dtype, pa.BaseExtensionType) else dtype


def _plain(column: pa.Array) -> pa.Array:
    if isinstance(column.type, pa.UuidType):
        digits = pl.Series(column.storage.cast(pa.large_binary())).bin.encode("hex")
        groups = [digits.str.slice(start, n) for start, n in ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))]
        return pl.select(pl.concat_str(*groups, separator="-")).to_series().to_arrow().cast(pa.large_string())
    return column.storage if isinstance(column.type, pa.BaseExtensionType) else column


def _check_names(query: Query, names: list[str]) -> None:
    if not names:
        raise DataFormatError(f"{query} gives no columns: ask by a SELECT.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataFormatError(f"{query} gives two columns named {shown(twice)!r}: rename one with AS.")


@contextmanager
def _stated(query: Query) -> Iterator[None]:
    """Turn what a driver says into one line, without secrets."""
    try:
        yield
    except _failures() as error:
        said = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        said = shown(_without_secrets(said.strip(), query.uri), 400).rstrip(".!")
        raise DataFormatError(
            f"{query} failed: {said}. Check the address, the rights and the query."
        ) from None


def _failures() -> tuple[type[Exception], ...]:
    """What the drivers that are loaded raise: their errors share no base."""
    loaded = (sys.modules.get(name) for name in ("adbc_driver_manager", "duckdb"))
    own = (module.Error for module in loaded if module is not None)
    return (OSError, ValueError, RuntimeError, pa.ArrowException, *own)


def _without_secrets(text: str, uri: str) -> str:
    """What a driver says, with everything hidden that only the URI can have told it."""
    rest = uri.partition("://")[2]
    words = [rest.rpartition("@")[0].partition(":")[2]]
    words += [value for _, value in parse_qsl(rest.partition("?")[2])]
    words += [unquote(word) for word in words]
    text = text.replace(uri, redacted(uri))
    for word in sorted(filter(None, words), key=len, reverse=True):
        text = text.replace(word, _HIDDEN)
    return text


# The kinds ----------------------------------------------------------------------


@contextmanager
def _postgresql(uri: str, sql: str) -> Iterator[pa.RecordBatchReader]:
    dbapi = _driver("adbc_driver_postgresql.dbapi")
    with dbapi.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        connection.commit()
        cursor.execute(sql)
        yield cursor.fetch_record_batch()


@contextmanager
def _sqlite(uri: str, sql: str) -> Iterator[pa.RecordBatchReader]:
    dbapi = _driver("adbc_driver_sqlite.dbapi")
    address = f"file:{quote(str(_file(uri)))}?mode=ro"
    with dbapi.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        yield cursor.fetch_record_batch()


@contextmanager
def _duckdb(uri: str, sql: str) -> Iterator[pa.RecordBatchReader]:
    # Without access to anything else a query cannot read or write other files.
    config = {"enable_external_access": "false"}
    with _driver("duckdb").connect(str(_file(uri)), read_only=True, config=config) as connection:
        relation = connection.sql(sql)
        yield (
            pa.schema([]).empty_table().to_reader() if relation is None else relation.to_arrow_reader(_BATCH)
        )


@contextmanager
def _of_driver(module: str, uri: str, sql: str) -> Iterator[pa.RecordBatchReader]:
    """Another database, whose driver may know how to be read only."""
    dbapi = _driver(module)
    with dbapi.connect(uri) as connection:
        with suppress(*_failures()):  # not every driver has the option
            connection.adbc_connection.set_options(**{"adbc.connection.readonly": "true"})
        with connection.cursor() as cursor:
            cursor.execute(sql)
            yield cursor.fetch_record_batch()


DATABASES = {
    "postgresql": Database("PostgreSQL", _postgresql),
    "postgres": Database("PostgreSQL", _postgresql),
    "sqlite": Database("SQLite", _sqlite),
    "duckdb": Database("DuckDB", _duckdb),
}
"""By the scheme of their URI."""
_OTHERS = {"grpc": "flightsql", "grpc+tls": "flightsql", "grpc+tcp": "flightsql"}
"""Schemes of other drivers, where they do not have the driver's name."""


def _database(uri: str) -> Database:
    scheme, divider, _ = uri.partition("://")
    scheme = scheme.lower()
    if not divider or not re.fullmatch(r"[a-z][a-z0-9+]*", scheme):
        known = ", ".join(f"{name}://…" for name in DATABASES if name != "postgres")
        raise DataFormatError(f"{redacted(uri)!r} is not the address of a database: give {known}.")
    if scheme in DATABASES:
        return DATABASES[scheme]
    name = _OTHERS.get(scheme, scheme)
    return Database(name, partial(_of_driver, f"adbc_driver_{name.replace('+', '_')}.dbapi"))


def _driver(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0].replace("_", "-")
        cure = EXTRA if package in _IN_EXTRA else f"pip install {package}"
        raise DataFormatError(f"The driver {package} is not installed: {cure}") from None


def _file(uri: str) -> Path:
    """The file that a URI names: `sqlite:///relative`, `sqlite:////absolute`."""
    path = Path(unquote(uri.partition("://")[2].removeprefix("/")))
    if not path.is_file():
        raise DataFormatError(f"{shown(str(path))} does not exist: check the name and the folder.")
    return path
