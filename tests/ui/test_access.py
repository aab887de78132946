"""Who may see and who may act: entries of the file, addresses of people, and what counts as an address."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.errors import AccessError
from recsys.ui.access import Access, Person

SHOP = Access.read({"see": ["@example.com", "Guest@Other.org"], "act": ["ann@example.com"]})


@pytest.mark.parametrize(
    ("address", "sees", "acts"),
    [
        ("ann@example.com", True, True),
        ("bob@example.com", True, False),
        ("guest@other.org", True, False),
        ("else@other.org", False, False),
        ("ann@example.com.evil.org", False, False),
        ("ann@sub.example.com", False, False),
        ("example.com", False, False),
        ("@example.com", False, False),
        ("", False, False),
    ],
)
def test_addresses_and_domains_are_compared_whole(address: str, sees: bool, acts: bool) -> None:
    assert (SHOP.may_see(address), SHOP.may_act(address)) == (sees, acts)


def test_who_may_act_may_see_and_nobody_is_let_in_by_nothing() -> None:
    only_act = Access.read({"act": ["@example.com"]})
    assert only_act.may_see("ann@example.com")
    assert not Access.read({}).may_see("ann@example.com")


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"see": ["example.com"]}, "@example.com"),
        ({"see": ["a b@example.com"]}, "a b@example.com"),
        ({"see": ["@"]}, "'@'"),
        ({"see": "@example.com"}, "list"),
        ({"act": [1]}, "list"),
        ({"sees": []}, "sees"),
        ({"trust_unverified_email": "yes"}, "true or false"),
    ],
)
def test_what_cannot_be_read_is_refused(section: dict[str, Any], said: str) -> None:
    with pytest.raises(AccessError, match=said):
        Access.read(section)


@pytest.mark.parametrize(
    ("claims", "address"),
    [
        ({"email": "Ann@Example.com", "email_verified": True}, "ann@example.com"),
        ({"email": "ann@example.com", "email_verified": False}, ""),
        ({"email": "ann@example.com", "email_verified": "true"}, ""),
        ({"email": "ann@example.com"}, ""),
        ({"email": None, "email_verified": True}, ""),
        ({"name": "Ann"}, ""),
    ],
)
def test_an_address_counts_where_the_provider_has_verified_it(claims: dict[str, Any], address: str) -> None:
    assert Person.of(claims, SHOP).address == address


def test_an_address_that_is_not_verified_counts_where_it_is_trusted() -> None:
    trusting = Access.read({"see": ["@example.com"], "trust_unverified_email": True})
    assert Person.of({"email": "ann@example.com"}, trusting).address == "ann@example.com"


@given(st.text(max_size=20), st.text(max_size=20))
def test_nobody_else_gets_in(user: str, domain: str) -> None:
    address = f"{user}@{domain}".lower()
    local, _, own = address.rpartition("@")
    wanted = bool(local) and (own == "example.com" or address == "guest@other.org")
    assert SHOP.may_see(address) == wanted
