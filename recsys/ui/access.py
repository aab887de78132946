"""Who may see the studio and who may act in it, as `[access]` in `.streamlit/secrets.toml` says.

    [access]
    see = ["@example.com", "guest@other.org"]
    act = ["ann@example.com"]

An entry is an address, or `@` and a domain, which stands for everybody there. Who may act may see.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recsys.errors import AccessError, shown

SECTION = "access"
_ENTRY = re.compile(r"[^@\s]*@[^@\s.]+(\.[^@\s.]+)*")
_KNOWN = ("see", "act", "trust_unverified_email")


@dataclass(frozen=True)
class Access:
    """Who may do what.

    Attributes
    ----------
    see, act : frozenset of str
        Addresses, and domains with `@` before them, in small letters.
    trust_unverified_email : bool
        Whether an address counts that the provider does not call verified.
    """

    see: frozenset[str] = frozenset()
    act: frozenset[str] = frozenset()
    trust_unverified_email: bool = False

    @classmethod
    def read(cls, section: Mapping[str, Any]) -> Access:
        """From the section of the file.

        Raises
        ------
        AccessError
            Where an entry is no address and no domain, or a name is not known.
        """
        for name in section:
            if name not in _KNOWN:
                raise AccessError(f"[access] has no setting {shown(name)!r}: there are {', '.join(_KNOWN)}.")
        trust = section.get("trust_unverified_email", False)
        if not isinstance(trust, bool):
            raise AccessError("[access] trust_unverified_email is true or false.")
        return cls(_entries(section, "see"), _entries(section, "act"), trust)

    def may_act(self, address: str) -> bool:
        """Whether a person may build, roll back, delete and change rules."""
        return _is_among(address, self.act)

    def may_see(self, address: str) -> bool:
        """Whether a person may look."""
        return _is_among(address, self.see | self.act)


@dataclass(frozen=True)
class Person:
    """Who is signed in.

    Attributes
    ----------
    address : str
        The e-mail address in small letters; empty where the provider gives none, or none that counts.
    name : str
        What the provider calls them.
    """

    address: str
    name: str

    @classmethod
    def of(cls, claims: Mapping[str, Any], access: Access) -> Person:
        """From what the provider says."""
        address = claims.get("email")
        verified = claims.get("email_verified") is True or access.trust_unverified_email
        counts = isinstance(address, str) and verified
        return cls(str(address).strip().lower() if counts else "", str(claims.get("name") or address or ""))


def _entries(section: Mapping[str, Any], name: str) -> frozenset[str]:
    entries = section.get(name, [])
    texts = isinstance(entries, Sequence) and all(isinstance(entry, str) for entry in entries)
    if isinstance(entries, str) or not texts:
        raise AccessError(f'[access] {name} is a list of texts, such as ["@example.com"].')
    for entry in entries:
        if not _ENTRY.fullmatch(entry):
            raise AccessError(
                f"[access] {name} holds {shown(entry)!r}: write an address, such as ann@example.com, or a"
                " domain, such as @example.com."
            )
    return frozenset(entry.lower() for entry in entries)


def _is_among(address: str, entries: frozenset[str]) -> bool:
    local, _, domain = address.rpartition("@")
    return bool(local) and (address in entries or f"@{domain}" in entries)
