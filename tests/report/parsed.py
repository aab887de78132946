"""A report as a parser sees it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

_EMPTY = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Elements with their attributes, and the text of each part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[tuple[dict[str, str], str]] = []
        self.by_id: dict[str, str] = {}
        self._open: list[tuple[str, dict[str, str]]] = []
        self._words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        if tag == "script":
            self.scripts.append((found, ""))
        if tag not in _EMPTY:
            self._open.append((tag, found))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> ends nothing"
        opened = self._open.pop()
        assert opened[0] == tag, f"</{tag}> ends <{opened[0]}>"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "script":
            kind, text = self.scripts[-1]
            self.scripts[-1] = kind, text + data
        elif self._open and self._open[-1][0] != "style":
            self._words.append(data)
            for _, found in self._open:
                if "id" in found:
                    self.by_id[found["id"]] = self.by_id.get(found["id"], "") + data

    def of(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each element of a kind."""
        return [found for name, found in self.elements if name == tag]

    @property
    def text(self) -> str:
        """What can be read, on one line."""
        return " ".join("".join(self._words).split())

    @property
    def drawn(self) -> dict[str, Any]:
        """What the script draws."""
        (text,) = [text for kind, text in self.scripts if kind.get("type") == "application/json"]
        found: dict[str, Any] = json.loads(text)
        return found

    @property
    def charts(self) -> list[str]:
        """The text alternative of each chart."""
        return [
            " ".join(self.by_id[found["aria-labelledby"]].split())
            for found in self.of("div")
            if found.get("role") == "img"
        ]
