"""A viewer of the studio without a browser: Streamlit's own websocket messages, timed and weighed."""

from __future__ import annotations

import asyncio
import time
from typing import Any, NamedTuple
from urllib.parse import urlencode

from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

EARLY = ForwardMsg.FINISHED_EARLY_FOR_RERUN


class Answer(NamedTuple):
    """What one run of the script sent: seconds until it was done, bytes, exceptions shown."""

    seconds: float
    n_bytes: int
    errors: int


class Viewer:
    """One session: opens pages and changes widgets, as the browser's client would."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._pages: dict[str, str] = {}
        self._widgets: dict[str, str] = {}
        self._values: dict[str, dict[str, Any]] = {}
        self._page, self._query = "", ""

    @classmethod
    async def join(cls, url: str) -> Viewer:
        address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
        return cls(await connect(address, subprotocols=["streamlit"], max_size=None, ping_interval=None))

    async def leave(self) -> None:
        await self._socket.close()

    async def open(self, page: str, **query: str | int) -> Answer:
        """Open a page by its name in the URL."""
        self._page, self._query = page, urlencode(query)
        self._widgets, self._values = {}, {}
        return await self._run()

    async def set(self, label: str, **value: Any) -> Answer:
        """Change the widget of that label; `value` is a field of Streamlit's WidgetState."""
        self._values[self._widgets[label]] = value
        return await self._run()

    def has(self, label: str) -> bool:
        return label in self._widgets

    async def _run(self) -> Answer:
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query
        if self._page in self._pages:
            state.page_script_hash = self._pages[self._page]
        else:
            state.page_name = self._page
        for key, value in self._values.items():
            widget = state.widget_states.widgets.add(id=key)
            for field, content in value.items():
                if isinstance(content, list):
                    getattr(widget, field).data.extend(content)
                else:
                    setattr(widget, field, content)
        started = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        return await self._listen(started)

    async def _listen(self, started: float) -> Answer:
        n_bytes = errors = 0
        while True:
            raw = await asyncio.wait_for(self._socket.recv(), timeout=120)
            n_bytes += len(raw)
            message = ForwardMsg.FromString(raw)
            kind = message.WhichOneof("type")
            if kind == "delta":
                errors += self._note(message.delta.new_element)
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif kind == "navigation":
                pages = message.navigation.app_pages
                self._pages = {page.url_pathname: page.page_script_hash for page in pages}
            elif kind == "script_finished" and message.script_finished != EARLY:
                return Answer(time.perf_counter() - started, n_bytes, errors)

    def _note(self, element: Message) -> int:
        """Remember a widget by its label; 1 where the element is an exception."""
        kind = element.WhichOneof("type")
        if kind is None:
            return 0
        shown = getattr(element, kind)
        if getattr(shown, "label", "") and getattr(shown, "id", ""):
            self._widgets[shown.label] = shown.id
        return int(kind == "exception")
