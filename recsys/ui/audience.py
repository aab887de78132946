"""The views of an audience: what it is asked for, who is in it and why, how many are how close."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.charts.text import count, percent, plain
from recsys.columns import BRAND, CATEGORY, TITLE
from recsys.evaluation.results import MODEL
from recsys.filters import Filters
from recsys.recommender import Recommender
from recsys.ui.controls import option
from recsys.ui.download import download
from recsys.ui.figures import chart_card
from recsys.ui.links import to_user
from recsys.ui.search import choose
from recsys.ui.tables import PRODUCTS, because, item_table, open_button
from recsys.ui.text import escape_markdown, name_of

PRODUCT, OF_CATEGORY, OF_BRAND = "A product", "A category", "A brand"
SHOWN = 100
"""Users that the table shows at most; the download has more."""
_MOST = 10_000


@dataclass(frozen=True)
class Asked:
    """What an audience is asked for."""

    item_id: str | None
    filters: Filters
    name: str


def kind(recommender: Recommender) -> str:
    """Whether a product, a category or a brand is asked about: what the catalogue allows."""
    known = recommender.dataset.catalog.columns_known
    kinds = [PRODUCT, *([OF_CATEGORY] if CATEGORY in known else []), *([OF_BRAND] if BRAND in known else [])]
    if len(kinds) == 1:
        return PRODUCT
    chosen = st.segmented_control(
        "For", kinds, key="a_for", default=PRODUCT, required=True, bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    return chosen or PRODUCT


def start(recommender: Recommender) -> None:
    """Where one can begin."""
    st.subheader("Start from a popular product", anchor=False)
    item_table(
        recommender.popular(12), "audience-start", PRODUCTS, alt="Most rated products", on_open=choose_product
    )


def choose_product(item_id: str) -> None:
    """Ask about a product."""
    choose("a_item", item_id)


def of_product(recommender: Recommender, item_id: str) -> Asked:
    """An audience of one product."""
    known = {"item_id": item_id, **recommender.item(item_id)}
    name = name_of(known, 120)
    if known.get(TITLE):
        st.markdown(f"**{escape_markdown(name, 160)}**")
    return Asked(item_id, Filters(), name)


def of_group(recommender: Recommender, kind: str) -> Asked:
    """An audience of all products of a category or brand together."""
    dataset = recommender.dataset
    choices = dataset.categories() if kind == OF_CATEGORY else dataset.brands()
    key = "a_category" if kind == OF_CATEGORY else "a_brand"
    chosen = st.selectbox(
        kind.removeprefix("A ").capitalize(), choices, key=key, bind="query-params", format_func=option,
        filter_mode="contains",
    )  # fmt: skip
    filters = Filters(categories=(chosen,)) if kind == OF_CATEGORY else Filters(brands=(chosen,))
    return Asked(None, filters, str(chosen))


def show(recommender: Recommender, asked: Asked) -> None:
    """Who is in the audience."""
    what = "it" if asked.item_id is not None else "any of these products"
    include = st.toggle(
        f"Include users who rated {what}", key="a_raters", bind="query-params",
        help="Normally they are left out, because they have it already.",
    )  # fmt: skip

    def ask(n: int) -> pd.DataFrame:
        return recommender.audience(asked.item_id, n, filters=asked.filters, include_raters=include)

    answer = ask(SHOWN)
    if answer.empty:
        st.info(
            "Nobody else is close to it: its raters share no product with other users, directly or through"
            " others.",
            icon=":material/group_off:",
        )
        return
    left, right = st.columns([2, 1], gap="medium")
    with left:
        _table(answer)
        download(lambda: _flat(ask(_MOST)), "audience", "audience")
        more = answer.attrs["n_close"] - len(answer)
        if more > 0:
            most = min(_MOST, answer.attrs["n_close"])
            st.caption(f"The closest {len(answer)}. The download has the closest {most:,}.")
    with right:
        chart_card("reach", charts.reach, charts.reach_sentence, pd.DataFrame(answer.attrs["reach"]))


def _table(answer: pd.DataFrame) -> None:
    shown = pd.DataFrame(
        {
            "open": ":material/arrow_forward:",
            "rank": answer["rank"],
            "user": [plain(one, 60) for one in answer["user_id"]],
            "closeness": 100 * answer["score"] / answer["score"].iloc[0],
            "n_ratings": answer["n_ratings"],
            "because": [
                "; ".join(name_of(reason, 40) for reason in reasons) for reasons in answer["reasons"]
            ],
        }
    )
    config = st.column_config
    st.dataframe(
        shown, hide_index=True, key="table-audience", alt="The users it is for, closest first",
        height=500, row_height=84,  # rows this high wrap their text
        column_config={
            "open": open_button(
                "open-audience", answer["user_id"].tolist(), to_user, "Open: what to recommend to this user"
            ),
            "rank": config.NumberColumn("#", width=36, pinned=True),
            "user": config.TextColumn("User", width=130, pinned=True),
            "closeness": config.NumberColumn(
                "Closeness", format="%.0f%%", width=82,
                help="How well it fits this user, as a share of the closest. Heavy users are damped, so that"
                " they are not first because they rated much.",
            ),
            "n_ratings": config.NumberColumn("Ratings", format="localized", width=66),
            "because": config.TextColumn("Because they rated", width=220),
        },
    )  # fmt: skip


def _flat(answer: pd.DataFrame) -> pd.DataFrame:
    return answer.assign(reasons=[because(reasons) for reasons in answer["reasons"]])


def measured(recommender: Recommender) -> None:
    """How good audiences are, in a sentence."""
    evaluation = recommender.manifest.evaluation
    result = None if evaluation is None else evaluation.audience
    if result is None:
        st.caption("This build did not measure how good audiences are.")
        return
    name = next(iter(result.model))
    found = {who: figures[name].value for who, figures in result.models().items()}
    n = int(name.partition("@")[2])
    st.caption(
        f"Measured on ratings that the model did not see: {percent(found[MODEL])} of those who later rated a"
        f" product are among the first {count(n, 'user')} of its audience. Among the {n:,} most active users"
        f" it is {percent(found['most active'])}, among random ones {percent(found['random'])}."
    )


def leanings(recommender: Recommender, user_id: str) -> None:
    """The categories and brands that a user leans to; nothing where the catalogue knows neither."""
    table = recommender.leanings(user_id, 5)
    if table.empty:
        return
    with st.expander("What this user leans to", icon=":material/balance:"):
        st.caption("Categories and brands that this user rates more often than everybody does.")
        shown = table.assign(
            kind=table["kind"].str.capitalize(), name=[plain(name, 100) for name in table["name"]]
        )
        config = st.column_config
        st.dataframe(
            shown, hide_index=True, key="table-leanings", alt="What this user leans to, strongest first",
            column_config={
                "kind": config.TextColumn("Kind", width=80),
                "name": config.TextColumn("Name", width=260),
                "n_ratings": config.NumberColumn("Ratings", width=66),
                "share": config.NumberColumn("Share", format="percent", help="Of this user's ratings"),
                "usual": config.NumberColumn("Usual", format="percent", help="Of everybody's ratings"),
                "lift": config.NumberColumn(
                    "Times as often", format="%.1f", width=90,
                    help="Drawn towards 1 where the user has few ratings",
                ),
            },
        )  # fmt: skip
