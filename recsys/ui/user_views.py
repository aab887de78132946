"""The views of one user: history beside recommendations with their reasons, and more like what they liked."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.recommender import Recommender
from recsys.ui.controls import Choices
from recsys.ui.figures import draw, theme
from recsys.ui.tables import because, icon, item_table
from recsys.ui.text import count, name_of, plain

RANKED = (
    "rank", "icon", "product", "score", "predicted_rating", "mean_rating", "because", "brand", "price",
    "n_ratings", "item_id",
)  # fmt: skip
HISTORY = ("icon", "product", "rating", "timestamp", "mean_rating", "brand", "item_id")
SIMILAR = (
    "rank",
    "icon",
    "product",
    "cosine",
    "shared_raters",
    "mean_rating",
    "n_ratings",
    "brand",
    "item_id",
)
POPULAR = ("rank", "icon", "product", "brand", "price", "n_ratings", "mean_rating", "item_id")


def popular(store: Recommender, words: str, k: int = 10) -> None:
    """The popular list under its own name."""
    st.text(words)
    st.subheader("Popular products")
    item_table(store.popular(k), "popular", POPULAR, alt="Popular products", on_open=to_similar)
    follow()


def recommendations(store: Recommender, user_id: str, choices: Choices) -> None:
    """What a user rated beside what to show next, and why."""
    history = store.history(user_id)
    answer = store.recommend(user_id, choices.k, include_rated=choices.include_rated, filters=choices.filters)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.subheader("What they rated")
        st.text(_history_words(history))
        item_table(history.head(200), "history", HISTORY, alt=f"Products that {user_id} rated", height=420)
    with right:
        st.subheader("Popular products" if answer.attrs["kind"] == "popular" else "What to recommend next")
        if answer.empty:
            st.info(
                "No product passes these filters that this user has not rated.",
                icon=":material/filter_list_off:",
            )
            return
        st.text(answer.attrs["note"] or "Sorted by score: how well a product fits what this user rated.")
        shown = answer.assign(because=[because(reasons, 60) for reasons in answer.reasons])
        shown = shown.drop(columns="reasons")
        item_table(shown, "recommended", RANKED, alt=f"Recommendations for {user_id}", on_open=to_similar)
    if answer.attrs["kind"] == "personal":
        why(store, user_id, answer)
    follow()


def _history_words(history: pd.DataFrame) -> str:
    words = f"{count(len(history), 'product')}, {history.rating.mean():.2f} ★ on average"
    if len(history) > 200:
        words += "; the latest 200 are shown"
    return words + "."


def why(store: Recommender, user_id: str, answer: pd.DataFrame) -> None:
    """What each of the user's products adds to the score of one recommendation."""
    st.subheader("Why this product?")
    entries = answer.to_dict("records")
    items = {entry["item_id"]: f"{entry['rank']}. {name_of(entry)}" for entry in entries}
    chosen = st.selectbox(
        "Explain", list(items), format_func=items.__getitem__, key=f"why-{user_id}", label_visibility="collapsed"
    )  # fmt: skip
    parts = store.explain(user_id, chosen)
    entry = answer[answer.item_id == chosen].iloc[0]
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(border=True, key="why-chart"):
        words = charts.contributions_sentence(parts)
        draw(charts.contributions(parts, theme()), "contributions", words)
        st.text(words)
    with right, st.container(border=True, key="why-numbers"):
        _numbers(entry, parts)
        st.page_link(
            "pages/similar.py", label="Products similar to this one", icon=":material/hub:",
            query_params={"item": chosen},
        )  # fmt: skip


def _numbers(entry: pd.Series, parts: pd.DataFrame) -> None:
    st.text(f"{icon(entry.to_dict())} {name_of(entry.to_dict())}")
    with st.container(horizontal=True):
        st.metric(
            "Score", f"{entry.score:.3f}", width="content", help="The sum of all contributions, exactly."
        )
        if "predicted_rating" in entry:
            own = entry.predicted_rating - entry.mean_rating
            st.metric(
                "Predicted",
                f"{entry.predicted_rating:.2f} ★",
                f"{own:+.2f} against its mean",
                width="content",
                delta_color="off",
                help="What this user would be expected to give; the list is not sorted by it.",
            )
        st.metric("Mean of all", f"{entry.mean_rating:.2f} ★", width="content",
                  help=f"Mean of {count(int(entry.n_ratings), 'rating')}.")  # fmt: skip
    st.caption(
        f"The {count(len(parts), 'contribution')} add up to {parts.contribution.sum():.3f}, the score:"
        " each is what one product the user rated adds, by how alike the two are and how popular it is."
    )


def more_like_liked(store: Recommender, user_id: str, k: int) -> None:
    """For each product a user rated highly, the products similar to it."""
    pairs = store.more_like_liked(user_id, k=min(k, 10))
    st.text(
        "For each of the products this user rated highest: those most similar to it, rated ones left out."
    )
    for number, (liked, similar) in enumerate(pairs):
        with st.container(border=True, key=f"liked-{number}"):
            st.text(f"{icon(liked)} {plain(name_of(liked), 120)} – rated {liked['rating']:g} ★")
            if similar.empty:
                st.caption("Nothing similar is left that this user has not rated.")
            else:
                item_table(
                    similar, f"like-{number}", SIMILAR, alt=f"Similar to {name_of(liked)}", on_open=to_similar
                )
    follow()


def to_similar(item_id: str) -> None:
    """Remember, while a click is handled, which product's page comes next."""
    st.session_state["_follow"] = item_id


def follow() -> None:
    """Go to the page of the product that was clicked, if one was."""
    item_id = st.session_state.pop("_follow", None)
    if item_id is not None:
        st.switch_page("pages/similar.py", query_params={"item": item_id})
