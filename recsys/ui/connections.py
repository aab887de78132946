"""Closes connections that were opened and then say nothing, or never finish saying it.

Uvicorn waits without end for a request on a new connection, and for the rest of a request. Anybody who
can reach the port could hold its connections open, until the process may open no more files.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

SILENCE = 20.0
"""Seconds between two looks at a connection: one that says nothing is closed within twice as long."""
_WATCHED = "_facet_watched"


def close_silent_ones(seconds: float = SILENCE) -> None:
    """Watch every connection that Uvicorn accepts from now on.

    Streamlit makes the server, and offers no setting for its protocol, so the protocol is amended.
    Websockets are left alone: they are pinged, and closed where no answer comes.
    """
    protocol: Any = AutoHTTPProtocol
    if hasattr(protocol, _WATCHED):
        return
    made, received = protocol.connection_made, protocol.data_received

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        _Watch(self, transport, seconds).wait()

    def data_received(self: Any, data: bytes) -> None:
        self.facet_heard = True
        received(self, data)

    amended = {"connection_made": connection_made, "data_received": data_received, _WATCHED: True}
    for name, value in amended.items():
        setattr(protocol, name, value)


class _Watch:
    """Looks at one connection from time to time."""

    def __init__(self, protocol: Any, transport: Any, seconds: float) -> None:
        self.protocol, self.transport, self.seconds = protocol, transport, seconds
        self.last: object = None

    def wait(self) -> None:
        self.protocol.facet_heard = False
        self.last = self.protocol.cycle
        self.protocol.loop.call_later(self.seconds, self.look)

    def look(self) -> None:
        """Close the connection, unless an answer is being made or a request came or comes in."""
        if self.transport.is_closing() or self.transport.get_protocol() is not self.protocol:
            return
        request = self.protocol.cycle
        if request is None or request.response_complete:
            alive = request is not self.last
        else:
            alive = not request.more_body or self.protocol.facet_heard
        if alive:
            self.wait()
        else:
            self.transport.close()
