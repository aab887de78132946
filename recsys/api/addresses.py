"""Which addresses only this machine can reach, and which ports are free."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from recsys.errors import RecsysError

FIRST_PORT, N_PORTS = 8501, 100


def is_loopback(host: str | None) -> bool:
    """Whether only this machine can reach an address."""
    name = (host or "").strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def host_of(header: str) -> str | None:
    """The host that a `Host` header names, without its port; None where it names none."""
    try:
        return urlsplit(f"http://{header}").hostname
    except ValueError:
        return None


def free_port(address: str, port: int | None) -> int:
    """`port` if it is free; where None, the first free one from 8501.

    Raises
    ------
    RecsysError
        No such port is free, or the address is not this machine's.
    """
    candidates = range(FIRST_PORT, FIRST_PORT + N_PORTS) if port is None else [port]
    reason = ""
    for candidate in candidates:
        try:
            with socket.create_server((address, candidate)):
                return candidate
        except OSError as error:
            reason = error.strerror or str(error)
    raise RecsysError(f"Cannot listen on {address}, port {candidates[0]}: {reason}. Choose another --port.")
