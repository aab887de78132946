from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.errors import RulesError
from recsys.rules import Boost, Limit, Pin, Rules, Selection, parse_rules, read_rules
from recsys.rules.files import to_toml

WHOLE = """
hide_out_of_stock = true
min_ratings = 5
min_stars = 3.5

[exclude]
brands = ["Acme"]

[only]
categories = ["Electronics > Camera"]

[[pin]]
product = "p1"
place = 2

[[boost]]
factor = 1.5
products = ["p2"]

[[at_most]]
n = 1
each = "brand"
"""


def test_a_file_says_all_rules(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("\ufeff" + WHOLE, encoding="utf-8")

    assert read_rules(path) == Rules(
        hide_out_of_stock=True,
        min_ratings=5,
        min_stars=3.5,
        exclude=Selection(brands=("Acme",)),
        only=Selection(categories=("Electronics > Camera",)),
        pin=(Pin(product="p1", place=2),),
        boost=(Boost(products=("p2",), factor=1.5),),
        at_most=(Limit(n=1, each="brand"),),
    )


def test_an_empty_file_has_no_rules() -> None:
    assert not parse_rules("# nothing\n")


texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
tuples = st.lists(texts, max_size=3).map(tuple)
selections = st.builds(Selection, products=tuples, categories=tuples, brands=tuples)
boosts = st.builds(
    Boost, products=st.lists(texts, min_size=1, max_size=2).map(tuple), brands=tuples,
    factor=st.floats(0.001, 1e6),
)  # fmt: skip
limits = st.builds(Limit, n=st.integers(0, 9), each=st.sampled_from(["brand", "category"])) | st.builds(
    Limit, n=st.integers(0, 9), brands=st.lists(texts, min_size=1, max_size=2).map(tuple)
)
rules = st.builds(
    Rules,
    hide_out_of_stock=st.booleans(),
    min_ratings=st.integers(0, 99),
    min_stars=st.none() | st.floats(-10, 10),
    exclude=selections,
    only=selections,
    boost=st.lists(boosts, max_size=2).map(tuple),
    at_most=st.lists(limits, max_size=2).map(tuple),
)


@given(rules)
def test_what_is_written_is_read_back(some: Rules) -> None:
    assert parse_rules(to_toml(some)) == some


@pytest.mark.parametrize(
    ("text", "line", "names"),
    [
        ("min_ratings = 5\nmin_stars = 'three'", 2, "min_stars"),
        ("min_ratings = 5\n\nmin_rating = 4", 3, "min_rating"),
        ("[exclude]\n\nbrand = ['a']", 3, "brand"),
        ("[[pin]]\nproduct = 'a'\nplace = 1\n[[pin]]\nproduct = 'b'\nplace = 0", 6, "place"),
        ("[[pin]]\nproduct = 'a'\nplace = 1\n[[pin]]\nproduct = 'b'\nplace = 1", 1, "place"),
        ("[[pin]]\nproduct = 'a'\nplace = 1\n[exclude]\nproducts = ['a']", 1, "'a'"),
        ("min_ratings = 1\n[[boost]]\nfactor = 2", 2, "boost"),
        ("[[boost]]\nfactor = 0\nbrands = ['a']", 2, "factor"),
        ("[[at_most]]\nn = 1\neach = 'colour'", 3, "colour"),
        ("[[at_most]]\nn = 1", 1, "at_most"),
        ("[[at_most]]\nn = 1\neach = 'brand'\nbrands = ['a']", 1, "at_most"),
        ("min_stars = nan", 1, "min_stars"),
        ("a = 1\nb = = 2", 2, "value"),
    ],
)
def test_an_error_names_the_file_the_line_and_the_word(text: str, line: int, names: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse_rules(text, "shop.toml")

    assert str(caught.value).startswith(f"shop.toml, line {line}: ")
    assert names in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"brands = ['\xff']", b"x" * 1_000_001])
def test_a_file_that_is_no_rules_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.toml"
    path.write_bytes(content)

    with pytest.raises(RulesError, match=r"odd\.toml"):
        read_rules(path)
    with pytest.raises(RulesError, match=r"none\.toml: No such file"):
        read_rules(tmp_path / "none.toml")
