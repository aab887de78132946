"""A request as it is answered: one version from its beginning to its end, and its `ETag`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from fastapi import Request
from starlette.responses import Response

from recsys.errors import FilterError, shown
from recsys.recommender import Recommender
from recsys.rules import Rules

VERSION = "Facet-Version"


class UnchangedError(Exception):
    """The caller has this answer already."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers


@dataclass(frozen=True)
class Asked:
    """The version that a request is answered by.

    Attributes
    ----------
    recommender : Recommender
    shop : Rules or None
        The rules in force.
    headers : dict of str
        Of the answer: its version and, where it can be asked for again, its `ETag`.
    """

    recommender: Recommender
    shop: Rules | None
    headers: dict[str, str]

    def rules(self, which: str) -> Rules | None:
        """The rules that a list obeys: "shop" or "none"."""
        return self.shop if which == "shop" else None


def asked(request: Request) -> Asked:
    """Take the version in service for the whole of a request.

    Raises
    ------
    UnchangedError
        Where the caller named the `ETag` of this version.
    FilterError
        Where a word is not known, or stands twice.
    ArtifactError, RulesError
    """
    _check_words(request)
    recommender: Recommender = request.app.state.opened()
    shop, state = request.app.state.shop_rules.of(recommender)
    headers = {VERSION: recommender.version, "Cache-Control": "private, no-cache"}
    if request.method == "GET":
        etag = f'"{recommender.version}{state}"'
        headers["ETag"] = etag
        if etag in [
            one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")
        ]:
            raise UnchangedError(headers)
    return Asked(recommender, shop, headers)


def _check_words(request: Request) -> None:
    """A word that is misspelled, or the first of two, would be passed over in silence."""
    operation = request.app.openapi()["paths"][request.scope["route"].path][request.method.lower()]
    several = {
        one["name"]: one["schema"].get("type") == "array"
        for one in operation.get("parameters", ())
        if one["in"] == "query"
    }
    counts = Counter(name for name, _ in request.query_params.multi_items())
    for name, n in counts.items():
        if name not in several:
            known = f": there are {', '.join(several)}" if several else ""
            raise FilterError(f"There is no parameter {shown(name)!r} here{known}.")
        if n > 1 and not several[name]:
            raise FilterError(f"The parameter {name} stands {n} times: name it once.")


def reply(one: Asked, content: Mapping[str, Any]) -> Response:
    """The answer as JSON. Numbers that are not finite are null."""
    body = msgspec.json.encode({"version": one.recommender.version, **content}, enc_hook=_plain)
    return Response(body, headers=one.headers, media_type="application/json")


def _plain(value: object) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(type(value).__name__)
