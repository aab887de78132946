"""The tiles and cards of the overview."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.recommender import Recommender
from recsys.ui.figures import draw, theme
from recsys.ui.results import ranking_table
from recsys.ui.text import ago, compact, count, day, name_of, plain, share


def introduction(store: Recommender) -> None:
    """What is loaded, in a sentence, and plainly whether it is made up."""
    manifest = store.manifest
    st.text(f"{plain(manifest['name'], 120)}, built {ago(manifest['built_at'])}.")
    if manifest["made_up"]:
        st.info(
            "This store is made up: its products, customers and ratings were generated to show the studio."
            " Load your own with `python -m recsys build --ratings FILE`.",
            icon=":material/science:",
        )


def data_tiles(store: Recommender) -> None:
    """The data set in six numbers."""
    numbers = store.summary
    with st.container(horizontal=True, key="tiles"):
        _tile(
            "Ratings",
            compact(numbers["n_ratings"]),
            f"{numbers['n_ratings']:,} ratings, one for each user and product",
        )
        _tile("Users", compact(numbers["n_users"]), f"{numbers['n_users']:,} users with at least one rating")
        _tile(
            "Products",
            compact(numbers["n_items"]),
            f"{numbers['n_items']:,} products with at least one rating",
        )
        _tile(
            "Density", share(numbers["density"]), "Share of all pairs of a user and a product that are rated"
        )
        if not numbers["implicit"]:
            _tile("Mean rating", f"{numbers['mean_rating']:.2f} ★", "Mean of all ratings")
        if numbers["first_timestamp"] is not None:
            first, last = day(numbers["first_timestamp"]), day(numbers["last_timestamp"])
            _tile("Time span", f"{first[-4:]} – {last[-4:]}", f"From {first} to {last}")


def _tile(label: str, value: str, words: str) -> None:
    st.metric(label, value, help=words, border=True, width=180)


def accuracy(store: Recommender) -> None:
    """The model against the baselines, as measured in the build."""
    with st.container(border=True, key="accuracy"):
        table = ranking_table(store.manifest)
        if table is None:
            st.subheader("Accuracy was not measured in this build")
            st.text("Build with --evaluate to compare the model with best-sellers on held-out ratings.")
            return
        words = charts.metric_bars_sentence(table, "recall@20")
        draw(charts.metric_bars(table, "recall@20", theme()), "overview-recall", words)
        st.text(words)
        st.caption(
            "Recall@20: of the products held out from each user, the share found in the model's first 20."
        )
        st.page_link(
            "pages/quality.py",
            label="How good is it, for whom, and how sure are we?",
            icon=":material/monitoring:",
        )


def model_card(store: Recommender) -> None:
    """How the models were made."""
    manifest, model = store.manifest, store.manifest["model"]
    index, config = model["similar_index"], manifest["config"]
    rows = {
        "Method": "Truncated SVD, degree-normalised",
        "Rank": f"{model['n_factors']} factors",
        "Energy kept": f"{share(model['energy'])} of the squared norm",
        "Settings": "tuned on validation data" if config["tune"] else "defaults",
        "Similar products": _index_words(index),
        "Build": f"{sum(manifest['seconds'].values()):.1f} s, {manifest['peak_memory_mb']:,} MB at most",
        "Version": store.version,
    }
    if manifest["evaluation"] and "rating" in manifest["evaluation"]:
        rmse = manifest["evaluation"]["rating"]["model"]["rmse"]
        rows["Star error"] = f"{rmse['value']:.3f} RMSE ({rmse['low']:.3f} to {rmse['high']:.3f})"
    with st.container(border=True, key="model-card"):
        st.subheader("Model card")
        for label, value in rows.items():
            with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
                st.caption(label)
                st.text(value)


def _index_words(index: dict[str, object]) -> str:
    if index["kind"] == "exact":
        return "exact search"
    return f"{index['kind']}, recall {index['recall']:.3f}"


def next_steps(store: Recommender) -> None:
    """Links to an active user, a light user and a popular product."""
    examples: pd.DataFrame = store.example_users()
    for_kind = examples.drop_duplicates("kind").set_index("kind")
    with st.container(horizontal=True, key="next-steps"):
        for kind, label in (
            ("active", "An active user"),
            ("typical", "A typical user"),
            ("one rating", "A light user"),
        ):
            if kind in for_kind.index:
                entry = for_kind.loc[kind]
                _step(label, f"{plain(entry.user_id, 24)}, {count(entry.n_ratings, 'rating')}",
                      "pages/recommend.py", "See recommendations", {"user": entry.user_id})  # fmt: skip
        popular = store.popular(1)
        if len(popular):
            item = popular.iloc[0].to_dict()
            _step("A popular product", name_of(item, 46), "pages/similar.py", "See similar products",
                  {"item": item["item_id"]})  # fmt: skip
        _step("The data", f"{count(store.summary['n_ratings'], 'rating')} in charts", "pages/explore.py",
              "Explore the data", {})  # fmt: skip


def _step(title: str, words: str, page: str, label: str, query: dict[str, str]) -> None:
    with st.container(border=True, width=250, height="stretch", gap="xsmall"):
        st.caption(title)
        st.text(words)
        st.page_link(page, label=label, icon=":material/arrow_forward:", query_params=query)
