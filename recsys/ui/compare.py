"""Rankers side by side for one user or one basket, and two dials that turn a list."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.charts.results import OURS
from recsys.charts.text import count, decimals, plain
from recsys.errors import ArtifactError
from recsys.evaluation.results import MODEL
from recsys.recommender import Recommender
from recsys.rules import Rules
from recsys.ui import basket_state, search, service
from recsys.ui.basket_state import Entries
from recsys.ui.download import download
from recsys.ui.figures import draw, theme
from recsys.ui.folder import artifacts_folder
from recsys.ui.links import link_to
from recsys.ui.navigation import BASKET, QUALITY
from recsys.ui.text import escape_markdown, name_of
from recsys.versions.store import ArtifactStore

USER, FROM_BASKET = "A user", "The basket"
POPULAR, TURNED, UNDER_RULES = "popular", "Turned", "Under the rules"
NAMES = {"sequential": "Sequential", "static": "Static", POPULAR: "Popular"}
_MEANINGS = {
    "sequential": "what people rate next, the latest counting most",
    "static": "what goes with all that was rated, in whatever order",
    POPULAR: "the most rated products, the same for everybody",
}
Asked = str | Entries
Lists = dict[str, pd.DataFrame]


def asked(recommender: Recommender) -> Asked | None:
    """Whom the lists are for: a user's id, or a basket; None where there is none yet."""
    start = FROM_BASKET if basket_state.ITEMS in st.query_params else USER
    kind = st.segmented_control(
        "For", (USER, FROM_BASKET), key="c_for", default=start, required=True, bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    return _basket(recommender) if kind == FROM_BASKET else _user(recommender)


def _basket(recommender: Recommender) -> Entries | None:
    entries = basket_state.load(recommender)
    for words in basket_state.problems():
        st.warning(escape_markdown(words, 300), icon=":material/link_off:")
    if not entries:
        st.text("The basket is empty.")
        link_to(BASKET, "Fill it")
        return None
    st.caption(f"The basket holds {count(len(entries), 'product')}.")
    return entries


def _user(recommender: Recommender) -> str | None:
    typed = search.user_box(recommender, "c_user")
    if typed in recommender.users:
        return typed
    if typed:
        search.user_matches(recommender, typed, "c_user")
        return None
    return search.opening_example(recommender)


def chosen_rankers(recommender: Recommender) -> list[str]:
    """Two or three rankers, in the order in which they are listed."""
    known = [*recommender.rankers, POPULAR]
    chosen = st.pills(
        "Rankers", known, key="c_rankers", default=known[:3], selection_mode="multi", bind="query-params",
        format_func=lambda name: NAMES.get(name, name),
    )  # fmt: skip
    return [name for name in known if name in chosen]


def other_version(recommender: Recommender) -> Recommender | None:
    """Another kept version to compare with, where one is chosen; nothing is shown where there is none."""
    store = ArtifactStore(artifacts_folder())
    others = [one for one in reversed(store.versions()) if one != recommender.version]
    if not others:
        return None
    chosen = st.selectbox(
        "Another version", others, index=None, key="c_version", bind="query-params", width=230,
        placeholder="None", help="What the ranker that this version serves shows the same user or basket.",
    )  # fmt: skip
    if chosen is None:
        return None
    try:
        return service.other(chosen)
    except ArtifactError as error:
        st.warning(escape_markdown(error, 300), icon=":material/error:")
        return None


def of_version(other: Recommender, asked: Asked, k: int) -> pd.DataFrame | None:
    """The list of another version; None, which is said, where it knows nothing of whom it is for."""
    if isinstance(asked, str):
        if asked in other.users:
            return other.recommend(asked, k)
        st.caption(f"Version {other.version} does not know this user.")
        return None
    known = [(item, mark) for item, mark in asked if item in other.items]
    if len(known) < len(asked):
        missing = count(len(asked) - len(known), "product")
        st.caption(f"Version {other.version} does not know {missing} of this basket.")
    return other.recommend_basket(known, k) if known else None


def dials() -> tuple[float, float]:
    """Popular to niche, and variety; at rest both are 0."""
    niche = st.slider(
        "Popular to niche", -0.5, 0.5, 0.0, 0.05, key="niche", bind="query-params", width=260,
        help="The exponent of a product's number of ratings in its score: to the right, products with few"
        " ratings rise. 0 is as built.",
    )  # fmt: skip
    variety = st.slider(
        "Variety", 0.0, 1.0, 0.0, 0.05, key="variety", bind="query-params", width=260,
        help="How much a product counts for being unlike those above it in the list (maximal marginal"
        " relevance over the first 200). 0 is as built.",
    )  # fmt: skip
    return float(niche), float(variety)


def lists(
    recommender: Recommender,
    asked: Asked,
    rankers: list[str],
    k: int,
    dial: tuple[float, float],
    rules: Rules | None = None,
) -> Lists:
    """The list of each ranker by its name, and those that the dials and the rules make of the first one.

    The first one is the first that is not the popular list, which is the same for everybody.
    """
    found: Lists = {}
    personal = next((one for one in rankers if one != POPULAR), None)
    for name in rankers:
        found[NAMES.get(name, name)] = _list(recommender, asked, name, k)
        if name == personal and any(dial):
            found[TURNED] = recommender.turned(asked, k, ranker=name, niche=dial[0], variety=dial[1])
        if name == personal and rules:
            found[UNDER_RULES] = _list(recommender, asked, name, k, rules)
    return found


def _list(
    recommender: Recommender, asked: Asked, name: str, k: int, rules: Rules | None = None
) -> pd.DataFrame:
    if name == POPULAR:
        rated = recommender.history(asked)["item_id"] if isinstance(asked, str) else [one for one, _ in asked]
        return recommender.popular(k, exclude=rated)
    if isinstance(asked, str):
        return recommender.recommend(asked, k, ranker=name, rules=rules)
    return recommender.recommend_basket(asked, k, ranker=name, rules=rules)


def facts(recommender: Recommender, found: Lists) -> None:
    """What each list is like, in a line each."""
    first = next(iter(found))
    ours = set(found[first]["item_id"])
    rows = []
    for name, frame in found.items():
        variety = recommender.list_variety(frame["item_id"].tolist())
        rows.append(
            {
                "List": name,
                f"Shared with {first}": ""
                if name == first
                else f"{len(ours & set(frame['item_id']))} of {len(frame)}",
                "Median ratings": f"{frame['n_ratings'].median():,.0f}" if len(frame) else "none",
                "Variety": decimals(variety, 2) if variety == variety else "unknown",
            }
        )
    st.table(pd.DataFrame(rows).set_index("List"), border="horizontal", alt="What each list is like")
    st.caption(
        "Median ratings: how popular its products are. Variety: 1 minus the mean similarity of its pairs, so"
        " 0 is a list of products that are all alike."
    )


def moves(found: Lists) -> None:
    """Where each product stands in each list, as lines."""
    long = pd.concat(
        [
            frame[["rank", "item_id"]].assign(
                list=name, name=[name_of(item, 100) for item in frame.to_dict("records")]
            )
            for name, frame in found.items()
        ]
    )
    words = charts.moves_sentence(long)
    draw(charts.moves(long, theme()), "moves", words)
    st.text(words)


def side_by_side(found: Lists) -> None:
    """The names of the products of each list, in columns."""
    longest = max(len(frame) for frame in found.values())
    shown = pd.DataFrame({"#": range(1, longest + 1)})
    for name, frame in found.items():
        shown[name] = pd.Series([name_of(item, 100) for item in frame.to_dict("records")], dtype=object)
    widths: dict[str, Any] = {name: st.column_config.TextColumn(width=190) for name in found}
    widths["#"] = st.column_config.NumberColumn(width=34, pinned=True)
    st.dataframe(
        shown, hide_index=True, row_height=82, height="content", key="compare-lists", column_config=widths,
        placeholder="", alt="The products of each list",
    )  # fmt: skip
    download(shown, "compare", "compare")
    for name, meaning in _MEANINGS.items():
        if NAMES[name] in found:
            st.caption(f"{NAMES[name]}: {meaning}.")
    if TURNED in found:
        st.caption(f"{TURNED}: the first ranker's list with the dials as they are set.")
    if UNDER_RULES in found:
        st.caption(f"{UNDER_RULES}: the first ranker's list as the rules of this shop have it.")


def dial_costs(recommender: Recommender, dial: tuple[float, float]) -> None:
    """What each dial costs where it stands, as the build measured it."""
    if "dial_costs" not in recommender.tables():
        st.caption("This version was built without evaluation, so what the dials cost is not known.")
        return
    st.subheader("What the dials cost", anchor=False)
    table = recommender.table("dial_costs")
    with st.grid(2, min_column_width=320, key="dial-costs"):
        for name, position in zip(("niche", "variety"), dial, strict=True):
            own = table[table["dial"] == name]
            words = charts.dial_cost_sentence(own, name, position)
            with st.container(key=f"cost-{name}"):
                draw(charts.dial_cost(own, name, position, theme()), f"dial-{name}", words)
                st.text(words)


def hits(recommender: Recommender, asked: Asked) -> None:
    """What the rankers found of this user's held-out ratings, where the build measured that."""
    if not isinstance(asked, str) or "side_by_side" not in recommender.tables():
        return
    table = recommender.table("side_by_side")
    own = table[table["user_id"] == asked]
    if own.empty:
        return
    found = {str(name): int(rows["hit"].sum()) for name, rows in own.groupby("model", sort=False)}
    words = ", ".join(f"{OURS if name == MODEL else plain(name)} {n}" for name, n in found.items())
    st.text(f"In the build, some of this user's ratings were held out. Found in the first ten: {words}.")
    link_to(QUALITY, "How it was measured")
