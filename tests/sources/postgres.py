"""A PostgreSQL server for the tests; run as a script, it installs Debian's package where it may."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from adbc_driver_postgresql import dbapi

CURE = "The tests of databases need PostgreSQL. Install it with `apt-get install postgresql` as root."
PASSWORD = "p:w/d#@1%"
"""One that breaks an address where it is not quoted."""


@dataclass(frozen=True)
class Postgres:
    """A server that runs.

    Attributes
    ----------
    programs : Path
        Folder of its programs.
    port : int
    """

    programs: Path
    port: int

    def uri(self, user: str = "owner", password: str = "") -> str:
        """The address of its database for a user."""
        account = user if not password else f"{user}:{quote(password, safe='')}"
        return f"postgresql://{account}@127.0.0.1:{self.port}/postgres"

    def run(self, *statements: str) -> None:
        """Run statements as the owner of the server."""
        with dbapi.connect(self.uri(), autocommit=True) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def find() -> Path | None:
    """The folder of the server's programs; None where there is none."""
    named = shutil.which("initdb")
    folders = [Path(named).resolve().parent] if named else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


def install() -> None:
    """Try Debian's package, without a server that starts by itself."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        Path("/etc/postgresql-common").mkdir(exist_ok=True)
        Path("/etc/postgresql-common/createcluster.conf").write_text("create_main_cluster = false\n")
        debian = "apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql"
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["sh", "-c", debian], check=False, env=environment)


@contextmanager
def server(folder: Path) -> Iterator[Postgres]:
    """Start a server with its data in a folder; it refuses to run as root, so then as nobody.

    `owner` needs no password and may do everything; `reader` needs one and may read nothing yet.
    """
    programs = find()
    assert programs is not None, CURE
    user = "nobody" if os.geteuid() == 0 else None
    data = folder / "data"
    data.mkdir()
    if user is not None:
        shutil.chown(data, user)
        for parent in (folder, *folder.parents):
            if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o711)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    def run(name: str, *words: str) -> None:
        subprocess.run([str(programs / name), *words], check=True, capture_output=True, user=user, cwd=data)

    run("initdb", "-D", str(data), "-U", "owner", "-A", "trust", "--no-sync")
    rules = "host all owner 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    (data / "pg_hba.conf").write_text(rules)
    options = f"-p {port} -h 127.0.0.1 -k {data} -c fsync=off"
    run("pg_ctl", "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start")
    try:
        started = Postgres(programs, port)
        started.run(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
        yield started
    finally:
        try:
            run("pg_ctl", "-D", str(data), "-m", "fast", "stop")
        except subprocess.CalledProcessError:  # ended already, or a connection that does not end
            with suppress(subprocess.CalledProcessError):
                run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")


if __name__ == "__main__":
    if find() is None:
        install()
    if find() is None:
        sys.exit(CURE)
