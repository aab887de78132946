"""What an answer holds: for OpenAPI, and for a reader. Each names the version it comes from."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Versioned(BaseModel):
    """Every answer about the data."""

    version: str
    """The version in service that all of the answer comes from."""


class ListedItem(BaseModel):
    """A product of a list, with what the catalogue knows of it."""

    model_config = ConfigDict(extra="allow")

    item_id: str
    rank: int | None = None
    """From 1."""
    score: float | None = None
    reasons: list[dict[str, Any]] | None = None
    """The user's items that add most to the score."""


class Answer(Versioned):
    """A ranked list."""

    kind: str
    """personal, popular, similar, next, content, list or explanation."""
    note: str
    """What should be said beside the list; often empty."""
    ranker: str | None = None
    items: list[ListedItem]
    new: dict[str, Any] | None = None
    """Products that nobody has rated yet, where they were asked for: an answer of its own."""


class Ranked(BaseModel):
    """A line of a batch."""

    rank: int
    item_id: str
    score: float


class OneOfBatch(BaseModel):
    """The list for one user or product of a batch."""

    id: str
    items: list[Ranked]


class Batch(Versioned):
    """Lists for many, in the order asked for."""

    users: list[OneOfBatch]
    items: list[OneOfBatch]


class FoundItems(Versioned):
    """Products found by a search, popular ones first."""

    total: int
    items: list[ListedItem]


class FoundUser(BaseModel):
    """A user found by the start of their ID."""

    user_id: str
    n_ratings: int


class FoundUsers(Versioned):
    """Users found by a search."""

    total: int
    users: list[FoundUser]


class AudienceUser(BaseModel):
    """A user of an audience."""

    rank: int
    user_id: str
    score: float
    """How close: compare within one answer only."""
    n_ratings: int
    reasons: list[dict[str, Any]]
    """The user's products that add most to it."""


class Audience(Versioned):
    """The users that a product, or several, are for, closest first."""

    kind: str
    note: str
    n_close: int
    """How many users are close at all."""
    users: list[AudienceUser]


class MapReport(BaseModel):
    """How a map was made, and how good it is."""

    names: list[str]
    """Of the clusters, the largest first."""
    kept: float
    """Share of the nearest products that are among as many nearest on the map, 0 to 1."""
    compared: int
    perplexity: float
    neighbours: int
    seed: int
    method: str


class Map(Versioned):
    """Where products stand on the map, the most rated first; none where the version has no map."""

    total: int
    items: list[ListedItem]
    report: MapReport | None


class Leaning(BaseModel):
    """A category or brand that a user rates more often than everybody does."""

    kind: str
    name: str
    n_ratings: int
    share: float
    """Of the user's ratings, 0 to 1."""
    usual: float
    """Of everybody's ratings, 0 to 1."""
    lift: float


class Leanings(Versioned):
    """What a user leans to, strongest first of each kind."""

    user_id: str
    leanings: list[Leaning]


class UserHistory(Versioned):
    """What a user rated, latest first."""

    user_id: str
    n_ratings: int
    items: list[ListedItem]


class Product(Versioned):
    """All that is known of a product."""

    model_config = ConfigDict(extra="allow")

    item_id: str
    n_ratings: int
    mean_rating: float | None
    histogram: list[dict[str, Any]]
    """How often each rating was given."""
    by_month: list[dict[str, Any]] | None
    """Ratings and their mean by month, where times are known."""


class Model(Versioned):
    """The version in service: what it was built from, how, and how good it is."""

    built_at: str
    data: dict[str, Any]
    """Ratings, users, products, density, scale."""
    served: str
    """The ranker that answers by default."""
    why: str
    rankers: list[str]
    n_factors: int
    evaluation: dict[str, Any] | None
    """Figures on held-out ratings by task, model and metric; nothing where none were measured."""


class Alive(BaseModel):
    """The process answers."""

    status: str


class Ready(Versioned):
    """A version is in service."""

    status: str
