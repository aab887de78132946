"""The basket of a session: products and marks in order, kept in the URL so that every basket is a link."""

from __future__ import annotations

from urllib.parse import quote, unquote

import streamlit as st

from recsys.recommender import Recommender
from recsys.served import NOT, Mark

ITEMS, FROM = "items", "from_user"
"""The URL parameters: the basket itself, and a user whose latest products fill it."""
MOST = 40
"""Products that a basket can hold."""
FROM_USER = 12
"""Products taken from a user: the latest ones."""
_BASKET, _URL, _PROBLEMS = "basket", "basket_url", "basket_problems"

Entries = list[tuple[str, Mark]]


def encode(entries: Entries) -> str:
    """The basket as text: ID:5,ID:not. Ids are percent-encoded, so that they may hold any character."""
    return ",".join(f"{quote(item_id, safe='')}:{_text(mark)}" for item_id, mark in entries)


def decode(text: str, low: float, high: float) -> tuple[Entries, int]:
    """The products and marks of a text, and how many of its parts say nothing that can be read.

    Marks outside of `low` to `high` become the nearest. An id that comes twice counts where it came last.
    """
    entries: dict[str, Mark] = {}
    unread = 0
    for part in filter(None, text.split(",")):
        name, _, mark_text = part.rpartition(":")
        mark = _mark(mark_text, low, high)
        if not name or mark is None:
            unread += 1
            continue
        entries.pop(unquote(name), None)
        entries[unquote(name)] = mark
    return list(entries.items()), unread


def _text(mark: Mark) -> str:
    return mark if isinstance(mark, str) else f"{mark:g}"


def _mark(text: str, low: float, high: float) -> Mark | None:
    if text == NOT:
        return NOT
    try:
        value = float(text)
    except ValueError:
        return None
    return min(max(value, low), high) if value == value else None


def marks(recommender: Recommender) -> list[Mark]:
    """The marks that can be given, best first, "not" last."""
    if recommender.summary.implicit:
        return [1.0, NOT]
    levels = [float(value) for value in recommender.table("rating_distribution")["rating"]]
    if len(levels) > 11:
        low, high = min(levels), max(levels)
        levels = [low + (high - low) * step / 4 for step in range(5)]
    return [*sorted(levels, reverse=True), NOT]


def load(recommender: Recommender) -> Entries:
    """The basket of this run: from the URL where it says one, else as the session left it."""
    user_id = st.query_params.get(FROM)
    if user_id is not None:
        del st.query_params[FROM]
        from_user(recommender, user_id)
    text = st.query_params.get(ITEMS)
    if user_id is None and text is not None and text != st.session_state.get(_URL):
        _read(recommender, text)
    entries = [entry for entry in st.session_state.get(_BASKET, []) if entry[0] in recommender.items]
    _keep(entries)
    return entries


def problems() -> list[str]:
    """What could not be taken into the basket, in plain words."""
    return list(st.session_state.get(_PROBLEMS, []))


def from_user(recommender: Recommender, user_id: str) -> None:
    """Fill the basket with what a user rated last."""
    if not user_id or user_id not in recommender.users:
        st.session_state[_PROBLEMS] = ["No user has this ID, so the basket is as it was."]
        return
    own = recommender.history(user_id).head(FROM_USER).iloc[::-1]
    put([(str(item), float(rating)) for item, rating in zip(own["item_id"], own["rating"], strict=True)])


def put(entries: Entries) -> None:
    """Make this the basket."""
    st.session_state[_BASKET] = entries[-MOST:]
    st.session_state[_PROBLEMS] = []
    if len(entries) > MOST:
        st.session_state[_PROBLEMS] = [f"A basket holds {MOST} products: the first ones were left out."]


def current() -> Entries:
    """The basket as it is, for callbacks."""
    return list(st.session_state.get(_BASKET, []))


def add(item_id: str, mark: Mark) -> None:
    """Add a product as the latest one."""
    put([*(entry for entry in current() if entry[0] != item_id), (item_id, mark)])


def remove(item_id: str) -> None:
    """Take a product out."""
    put([entry for entry in current() if entry[0] != item_id])


def set_mark(item_id: str, mark: Mark) -> None:
    """Give a product another mark."""
    put([(one, mark if one == item_id else old) for one, old in current()])


def move(item_id: str, steps: int) -> None:
    """Move a product: 1 makes it one place later."""
    entries = current()
    at = next((place for place, entry in enumerate(entries) if entry[0] == item_id), None)
    if at is not None and 0 <= at + steps < len(entries):
        entries.insert(at + steps, entries.pop(at))
        put(entries)


def _read(recommender: Recommender, text: str) -> None:
    levels = [mark for mark in marks(recommender) if not isinstance(mark, str)]
    entries, unread = decode(text[:20_000], min(levels), max(levels))
    known = [entry for entry in entries if entry[0] in recommender.items]
    put(known)
    unknown = len(entries) - len(known)
    said = st.session_state[_PROBLEMS]
    if unknown:
        said.append(f"{unknown:,} of the products that this link names are not in this data.")
    if unread:
        said.append(f"{unread:,} of the parts of this link cannot be read. Each must be ID:stars or ID:not.")


def _keep(entries: Entries) -> None:
    """The session and the URL say the same."""
    st.session_state[_BASKET], text = entries, encode(entries)
    st.session_state[_URL] = text
    if not entries:
        st.query_params.pop(ITEMS, None)
    elif st.query_params.get(ITEMS) != text:
        st.query_params[ITEMS] = text
