"""The rules being drafted in a session, kept in the URL so that every draft is a link."""

from __future__ import annotations

import base64
import binascii
import zlib

import streamlit as st

from recsys.errors import RulesError
from recsys.rules import Rules, parse_rules
from recsys.rules.files import to_toml
from recsys.ui import shop_rules

DRAFT = "draft"
"""The URL parameter."""
_START, _URL, _EDITION, _PROBLEM = "rules_start", "rules_url", "rules_edition", "rules_problem"
_LONGEST = 1_000_000


def encode(rules: Rules) -> str:
    """Rules as text for a URL."""
    return base64.urlsafe_b64encode(zlib.compress(to_toml(rules).encode(), 9)).decode()


def decode(text: str) -> Rules:
    """Rules from the text of a URL. RulesError where it says none."""
    try:
        unpacked = zlib.decompressobj().decompress(base64.urlsafe_b64decode(text), _LONGEST)
        return parse_rules(unpacked.decode(), "the link")
    except (ValueError, binascii.Error, zlib.error) as error:
        raise RulesError("The rules in this link cannot be read: copy the whole link.") from error


def start() -> Rules:
    """The rules that the editor begins with: of the link, or those in force."""
    text = st.query_params.get(DRAFT)
    if text is not None and text != st.session_state.get(_URL):
        try:
            begin_with(decode(text))
        except RulesError as error:
            st.session_state[_PROBLEM] = str(error)
    if _START not in st.session_state:
        begin_with(shop_rules.read())
    rules: Rules = st.session_state[_START]
    return rules


def problem() -> str:
    """What went wrong with a link or a file, said once."""
    return str(st.session_state.pop(_PROBLEM, ""))


def begin_with(rules: Rules) -> None:
    """Begin the editor anew with these rules."""
    st.session_state[_START] = rules
    st.session_state[_EDITION] = edition() + 1


def refuse(why: str) -> None:
    """Keep what went wrong until the page runs again; for callbacks."""
    st.session_state[_PROBLEM] = why


def edition() -> int:
    """A number in the names of the editor's widgets: another one makes them anew."""
    return int(st.session_state.get(_EDITION, 0))


def keep(rules: Rules) -> None:
    """The URL says what the editor says."""
    text = encode(rules) if rules else ""
    st.session_state[_URL] = text
    if not text:
        st.query_params.pop(DRAFT, None)
    elif st.query_params.get(DRAFT) != text:
        st.query_params[DRAFT] = text
