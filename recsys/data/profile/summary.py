"""The plain numbers of a data set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """A data set in plain numbers.

    Attributes
    ----------
    density : float
        Share of all user-item pairs that are rated, 0 to 1.
    mean_rating : float or None
        On the scale of the data; None without ratings.
    scale : (float, float)
        Lowest and highest rating a user can give.
    implicit : bool
        The source records that something happened, not how it was liked.
    first_timestamp, last_timestamp : int or None
        Unix seconds; None where times are unknown.
    one_rating_users, one_rating_items : float
        Shares of users and items with a single rating, 0 to 1.
    """

    n_ratings: int
    n_users: int
    n_items: int
    density: float
    mean_rating: float | None
    scale: tuple[float, float]
    implicit: bool
    first_timestamp: int | None
    last_timestamp: int | None
    median_ratings_per_user: float
    median_ratings_per_item: float
    max_ratings_per_user: int
    max_ratings_per_item: int
    one_rating_users: float
    one_rating_items: float
