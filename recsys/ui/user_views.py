"""The views of one user: history beside recommendations with their reasons, and more like what they liked."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.recommender import Recommender
from recsys.ui.controls import Choices
from recsys.ui.figures import draw, theme
from recsys.ui.icons import material
from recsys.ui.links import link_to_similar, to_similar
from recsys.ui.tables import ROW, item_table
from recsys.ui.text import count, escape, name_of, plain

RANKED = ("rank", "icon", "product", "score", "predicted_rating", "mean_rating", "because", "open")
HISTORY = ("icon", "product", "rating", "timestamp")
SIMILAR = ("rank", "icon", "product", "cosine", "shared_raters", "mean_rating", "n_ratings", "open")
POPULAR = ("rank", "icon", "product", "kind", "brand", "price", "n_ratings", "mean_rating", "open")
NARROW = {"rank": 36, "icon": 36, "product": 205, "score": 100, "predicted_rating": 80, "mean_rating": 66,
          "because": 170}  # fmt: skip
SHOWN = 200


def popular(store: Recommender, k: int = 10) -> None:
    """The popular list under its own name."""
    st.subheader("Popular products", anchor=False)
    st.caption("The most rated of all: the same for everybody, and what a store shows to someone unknown.")
    item_table(store.popular(k), "popular", POPULAR, alt="The most rated products", on_open=to_similar)


@st.fragment
def recommendations(store: Recommender, user_id: str, choices: Choices) -> None:
    """What a user rated beside what to show next, and why.

    A fragment: choosing the product to explain runs this again and nothing else.
    """
    history = store.history(user_id)
    answer = store.recommend(user_id, choices.k, include_rated=choices.include_rated, filters=choices.filters)
    left, right = st.columns([73, 27], gap="medium")
    with left:
        chosen = _answer(answer, user_id)
    with right:
        st.subheader("What they rated", anchor=False)
        st.caption(_history_words(history))
        item_table(
            history.head(SHOWN), "history", HISTORY, alt="What this user rated", height=ROW * 11 + 3,
            widths={"icon": 36, "product": 150, "rating": 60},
        )  # fmt: skip
    if chosen is not None and answer.attrs["kind"] == "personal":
        why(store, user_id, answer.iloc[chosen])


def _answer(answer: pd.DataFrame, user_id: str) -> int | None:
    """The list under its name; returns the place of the product to explain."""
    if answer.attrs["kind"] == "popular":
        st.subheader("Popular products", anchor=False)
        words = answer.attrs["note"]
    else:
        st.subheader("What to recommend next", anchor=False)
        words = "Sorted by score: how well a product fits all that this user rated. Choose a row to see why."
    if answer.empty:
        st.info(
            "No product passes these filters that is new to this user.", icon=":material/filter_list_off:"
        )
        return None
    st.caption(words)
    shown = answer.assign(because=[_titles(reasons) for reasons in answer.reasons])
    return item_table(
        shown, f"recommended-{user_id}", RANKED, alt=f"Recommendations for {user_id}",
        on_open=to_similar, selectable=answer.attrs["kind"] == "personal", file="recommended", widths=NARROW,
    )  # fmt: skip


def _titles(reasons: list[dict[str, object]]) -> str:
    return plain("; ".join(name_of(reason, 60) for reason in reasons), 200)


def _history_words(history: pd.DataFrame) -> str:
    words = f"{count(len(history), 'product')}, {history.rating.mean():.2f} ★ on average"
    if "timestamp" in history:
        words += ", latest first"
    return words + (f"; {SHOWN} are shown." if len(history) > SHOWN else ".")


def why(store: Recommender, user_id: str, entry: pd.Series) -> None:
    """What each of the user's products adds to the score of one recommendation."""
    parts = store.explain(user_id, entry.item_id)
    with st.container(border=True, key="why"):
        st.subheader("Why this product?", anchor=False)
        left, right = st.columns([11, 20], gap="large")
        with left:
            _facts(entry)
        with right:
            draw(charts.contributions(parts, theme()), "contributions", charts.contributions_sentence(parts))
            st.text(charts.contributions_sentence(parts))


def _facts(entry: pd.Series) -> None:
    name = escape(f"{entry['rank']}. {name_of(entry, 140)}", 150)
    st.markdown(f"**{material(entry)} {name}**")
    with st.grid(2, min_column_width=110):
        st.metric("Score", f"{entry.score:.4f}", help="The sum of all contributions, exactly.")
        if "predicted_rating" in entry:
            words = "Stars this user would be expected to give; the list is not sorted by them."
            st.metric("Predicted", f"{entry.predicted_rating:.2f} ★", help=words)
        st.metric("Mean of all", f"{entry.mean_rating:.2f} ★", help="The mean of all its ratings.")
        st.metric("Ratings", f"{entry.n_ratings:,}", help="How many have rated it.")
    st.caption(
        "A score is a sum over the products this user rated: each adds by how alike the two are"
        " and by how popular the recommended one is. Nothing else goes in."
    )
    link_to_similar(entry.item_id, "Products similar to this one")


def more_like_liked(store: Recommender, user_id: str, k: int) -> None:
    """For each product a user rated highly, the products similar to it."""
    st.caption("The products this user rated highest, and for each what is most similar and new to them.")
    for number, (liked, similar) in enumerate(store.more_like_liked(user_id, k=min(k, 10))):
        with st.container(border=True, key=f"liked-{number}"):
            name = escape(name_of(liked, 140), 150)
            st.markdown(f"**{material(liked)} {name}** &ensp; rated {liked['rating']:g} ★")
            if similar.empty:
                st.caption("Nothing similar is left that this user has not rated.")
                continue
            item_table(
                similar, f"like-{number}", SIMILAR, alt="Similar to a product they liked", on_open=to_similar
            )
