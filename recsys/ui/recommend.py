"""One user: what to show next and why, what they rated, and more like what they liked."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.charts.text import because_line, count, decimals, plain, ranker_line
from recsys.recommender import Recommender
from recsys.ui import new_products
from recsys.ui.controls import AnswerOptions
from recsys.ui.figures import draw, theme
from recsys.ui.icons import material
from recsys.ui.links import link_to_similar, to_similar
from recsys.ui.tables import PRODUCTS, choice_table, item_table
from recsys.ui.text import escape_markdown, name_of

RECOMMENDED, RATED, LIKED = "Recommended", "What they rated", "More like what they liked"
VIEWS = (RECOMMENDED, RATED, LIKED)

_RANKED = ("icon", "score", "predicted_rating", "rule", "product", "because")
_HISTORY = ("icon", "rating", "timestamp", "product", "kind", "brand")
_SIMILAR = ("open", "icon", "cosine", "shared_raters", "product", "rated")
_SHOWN = 200
_SIMILAR_SHOWN = 5


def view() -> str:
    """Which view of a user to show."""
    chosen = st.segmented_control(
        "View", VIEWS, key="view", default=RECOMMENDED, required=True, bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    return chosen or RECOMMENDED


def popular(recommender: Recommender, k: int = 10) -> None:
    """The popular list under its own name."""
    st.subheader("Popular products", anchor=False)
    st.caption("The products with the most ratings. Everybody gets the same list.")
    item_table(recommender.popular(k), "popular", PRODUCTS, alt="The most rated products", on_open=to_similar)


@st.fragment
def recommendations(
    recommender: Recommender, user_id: str, options: AnswerOptions, ranker: str | None = None
) -> None:
    """What to show next, and why; by the ranker that is served, unless another is asked for.

    A fragment: choosing the product to explain runs this again and nothing else.
    """
    answer = recommender.recommend(
        user_id,
        options.k,
        include_rated=options.include_rated,
        filters=options.filters,
        rules=options.rules,
        ranker=ranker,
    )
    personal, note = answer.attrs["kind"] == "personal", escape_markdown(answer.attrs["note"], 600)
    st.subheader("What to recommend next" if personal else "Popular products", anchor=False)
    if answer.empty:
        st.info(note, icon=":material/filter_list_off:")
        return
    alt = f"Recommendations for {plain(user_id)}"
    served = escape_markdown(recommender.manifest.served.sentence(), 600)
    if not personal:
        st.caption(f"{note} {served}")
        item_table(answer, "recommended", PRODUCTS, alt=alt, on_open=to_similar)
        return
    st.caption(
        f"{ranker_line(answer.attrs['ranker'])} {served} Sorted by score: how well a product fits."
        " Select a row to see why."
    )
    chosen = choice_table(
        answer.assign(because=[because_line(reasons) for reasons in answer.reasons]),
        f"recommended-{user_id}-{answer.attrs['ranker']}", _RANKED, alt=alt, file="recommended",
    )  # fmt: skip
    if note:
        st.caption(note)
    why(recommender, user_id, answer.iloc[chosen], ranker)
    new_products.recommended(recommender, user_id, options)


def history(recommender: Recommender, user_id: str) -> None:
    """What a user rated."""
    rated = recommender.history(user_id)
    st.subheader("What they rated", anchor=False)
    words = f"{count(len(rated), 'product')}, {rated.rating.mean():.2f} ★ on average"
    words += ", latest first." if "timestamp" in rated else ", best first."
    st.caption(words + (f" The table shows {_SHOWN}." if len(rated) > _SHOWN else ""))
    item_table(rated.head(_SHOWN), "history", _HISTORY, alt="What this user rated", rows=10)


def why(recommender: Recommender, user_id: str, entry: pd.Series[Any], ranker: str | None = None) -> None:
    """What the user's products add to the score of one recommendation."""
    reasons = recommender.stand_out(user_id, entry["item_id"], ranker=ranker)
    with st.container(border=True, key="why"):
        st.subheader("Why this product?", anchor=False)
        left, right = st.columns([11, 20], gap="large")
        with left:
            _facts(entry, by_age="age" in reasons)
        with right:
            words = charts.contributions_sentence(reasons)
            draw(charts.contributions(reasons, theme()), "contributions", words)
            st.text(words)


def _facts(entry: pd.Series[Any], by_age: bool) -> None:
    item = entry.to_dict()
    st.markdown(f"**{material(item)} {escape_markdown(name_of(item, 200), 200)}**")
    with st.grid(2, min_column_width=110):
        st.metric("Score", decimals(entry["score"], 4), help="The sum of all contributions, exactly.")
        if "predicted_rating" in entry:
            words = "Stars this user would be expected to give. The list is not sorted by them."
            st.metric("Predicted", f"{entry['predicted_rating']:.2f} ★", help=words)
            st.metric("Mean of all", f"{entry['mean_rating']:.2f} ★", help="The mean of all its ratings.")
        st.metric("Ratings", f"{entry['n_ratings']:,}", help="How many people rated it.")
    st.caption(
        "The score is a sum over the products this user rated. "
        + (
            "Each one adds its recency times its closeness. Recency is 1 for the product rated last and"
            " smaller for each one before. Closeness is how much this product follows it in general."
            if by_age
            else "Each one adds more the more similar it is to this product, and the more popular this"
            " product is."
        )
    )
    link_to_similar(entry["item_id"], "Products similar to this one")


def more_like_liked(recommender: Recommender, user_id: str) -> None:
    """For each product a user rated highly, the products similar to it."""
    st.caption(
        "The products this user rated highest. Below each: the most similar products they have not rated."
    )
    for number, (liked, similar) in enumerate(recommender.more_like_liked(user_id, k=_SIMILAR_SHOWN)):
        with st.container(border=True, key=f"liked-{number}"):
            name = escape_markdown(name_of(liked, 200), 200)
            st.markdown(f"**{material(liked)} {name}** &ensp; rated {liked['rating']:g} ★")
            if similar.empty:
                st.caption("This user has rated everything that is similar.")
                continue
            item_table(
                similar, f"like-{number}", _SIMILAR, alt="Similar to a product they liked", on_open=to_similar
            )
