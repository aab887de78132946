"""Signing in by OpenID Connect, where `[auth]` in `.streamlit/secrets.toml` names a provider."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

import streamlit as st

from recsys.charts.text import plain
from recsys.errors import AccessError
from recsys.ui.access import SECTION, Access, Person
from recsys.ui.text import escape_markdown

EXTRA = "pip install 'facet[auth]'"
_SHARED = ("redirect_uri", "cookie_secret", "expose_tokens")


def is_asked() -> bool:
    """Whether people must sign in."""
    return "auth" in _secrets()


def check() -> None:
    """Whether the settings can be used.

    Raises
    ------
    AccessError
        Names what is wrong with them, and the cure.
    """
    if not is_asked():
        return
    if importlib.util.find_spec("authlib") is None:
        raise AccessError(f"Signing in needs Authlib, which is not installed: {EXTRA}")
    if not _access().see | _access().act:
        raise AccessError(
            "People must sign in, and [access] in secrets.toml lets nobody in: name who may see, such as"
            ' see = ["@example.com"].'
        )


def person() -> Person | None:
    """Who is signed in; None where nobody is."""
    return Person.of(st.user.to_dict(), _access()) if st.user.is_logged_in else None


def why_not_act() -> str:
    """Why the person who is signed in may not act; empty where they may."""
    who = person()
    if who is not None and _access().may_act(who.address):
        return ""
    return "Your account may look at the studio, and build or change nothing in it."


def let_in() -> bool:
    """Whether the page may be shown. Where not, what stands instead of it is drawn."""
    if not is_asked():
        return True
    try:
        check()
        who = person()
        if who is not None and _access().may_see(who.address):
            return True
    except AccessError as error:
        _instead("Nobody can sign in", str(error))
        return False
    if who is None:
        _ask()
    else:
        shown = plain(who.address or who.name or "an account without an address", 100)
        reason = "" if who.address else " Your provider names no address that it has verified."
        _instead(
            "No access", f"You are signed in as {shown}.{reason} Ask whoever runs this studio for access."
        )
        st.button("Sign out", key="sign_out", on_click=st.logout)
    return False


def signed_in() -> None:
    """Who is signed in, and the way out: for the sidebar."""
    if not is_asked():
        return
    who = person()
    if who is not None:
        with st.container(key="signed-in", gap="xxsmall"):
            st.caption("Signed in as")
            st.text(plain(who.address, 60))
            st.button(
                "Sign out", key="sign_out", type="tertiary", icon=":material/logout:", on_click=st.logout
            )


def _ask() -> None:
    _instead("Sign in to Facet", "Only people who have access can look at this studio.")
    auth = _secrets()["auth"]
    providers = [name for name, value in auth.items() if isinstance(value, Mapping) and name not in _SHARED]
    for name in providers or [None]:
        words = "Sign in" if name is None else f"Sign in with {escape_markdown(name.capitalize())}"
        st.button(
            words,
            key=f"sign_in_{name}",
            icon=":material/login:",
            on_click=st.login,
            args=(name,),
        )


def _instead(title: str, text: str) -> None:
    st.title(title, anchor=False)
    st.text(text)


def _access() -> Access:
    return Access.read(_secrets().get(SECTION, {}))


def _secrets() -> Mapping[str, Any]:
    """The file of secrets; empty where there is none."""
    return st.secrets if st.secrets.load_if_toml_exists() else {}
