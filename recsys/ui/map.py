"""The views of the map: what is lit up on it, what is drawn around, and its clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from recsys import charts
from recsys.arrays import Doubles, Mask, Rows
from recsys.charts.map import CATEGORIES, CLUSTER, CRISP, POPULARITY, STARS, Lit
from recsys.charts.text import count, plain
from recsys.recommender import Recommender
from recsys.ui import basket_state, search
from recsys.ui.controls import option
from recsys.ui.download import download
from recsys.ui.figures import theme
from recsys.ui.links import link_to, link_to_filled_basket, to_similar
from recsys.ui.navigation import DATA
from recsys.ui.tables import item_table
from recsys.ui.text import escape_markdown, name_of

SHOWN = 100
"""Products that the table shows at most; the download has all."""
N_SIMILAR = 20
_CONFIG: dict[str, Any] = {
    **charts.CONFIG,
    "displayModeBar": True,
    "displaylogo": False,
    "modeBarButtons": [["lasso2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
}
_COLUMNS = ("open", "icon", "n_ratings", "mean_rating", "product", "cluster_name")


def no_map() -> None:
    """Says why there is no map, and how to get one."""
    st.info(
        "This version has no map. It was built before there were maps, or without one (--no-map), or fewer"
        " than ten of its products share users with others. A new build draws one.",
        icon=":material/wrong_location:",
    )
    link_to(DATA, "Build again")


def colour(recommender: Recommender, products: pd.DataFrame) -> str:
    """What the points are coloured by: what is known of the products."""
    kinds = [CLUSTER, *([CATEGORIES] if "group" in products else []), POPULARITY]
    kinds += [] if recommender.summary.implicit else [STARS]
    chosen = st.segmented_control(
        "Colour by", kinds, key="m_colour", default=CLUSTER, required=True, bind="query-params", wrap=True
    )
    return chosen or CLUSTER


def lit(recommender: Recommender, products: pd.DataFrame) -> list[Lit]:
    """What stands out: a cluster, what a user rated, a product and what is similar to it."""
    left, middle, right = st.columns(3, gap="medium")
    with left:
        item_id = search.item_box(recommender, "m_item")
    with middle:
        user_id = _user_box(recommender)
    with right:
        names = list(
            dict.fromkeys(products["cluster_name"].iloc[np.argsort(products["cluster"], kind="stable")])
        )
        cluster = st.selectbox(
            "Cluster", names, index=None, key="m_cluster", bind="query-params", format_func=option,
            placeholder="All", filter_mode="contains",
        )  # fmt: skip
    found = _lit_cluster(products, cluster) + _lit_user(recommender, products, user_id)
    return found + _lit_product(recommender, products, item_id)


def _user_box(recommender: Recommender) -> str:
    typed = st.text_input(
        "User ID", key="m_user", bind="query-params", type="search", live=True, max_chars=200,
        placeholder=f"Light up what one of {recommender.summary.n_users:,} users rated",
    ) or ""  # fmt: skip
    return typed if typed in recommender.users else typed.strip()


def _lit_cluster(products: pd.DataFrame, name: str | None) -> list[Lit]:
    if name is None:
        return []
    return [Lit("group", name, np.flatnonzero(products["cluster_name"] == name).tolist())]


def _lit_user(recommender: Recommender, products: pd.DataFrame, user_id: str) -> list[Lit]:
    if not user_id:
        return []
    if user_id not in recommender.users:
        search.user_matches(recommender, user_id, "m_user")
        return []
    rated = recommender.history(user_id)["item_id"]
    return _on_the_map(products, "history", f"rated by {user_id}", rated, "What this user rated")


def _lit_product(recommender: Recommender, products: pd.DataFrame, item_id: str) -> list[Lit]:
    if not item_id:
        return []
    if item_id not in recommender.items:
        search.item_matches(recommender, item_id, lambda chosen: search.choose("m_item", chosen))
        return []
    own = products.index[products["item_id"] == item_id].tolist()
    if not own:
        st.info(_beyond(len(products), "This product"), icon=":material/wrong_location:")
        return []
    similar = recommender.similar(item_id, N_SIMILAR)["item_id"]
    name = name_of(products.iloc[own[0]].to_dict(), 40)
    return [*_on_the_map(products, "similar", "similar to it", similar, ""), Lit("product", name, own)]


def _on_the_map(products: pd.DataFrame, kind: str, name: str, ids: pd.Series, subject: str) -> list[Lit]:
    places = np.flatnonzero(products["item_id"].isin(ids)).tolist()
    if not places:
        if subject:
            st.info(_beyond(len(products), subject), icon=":material/wrong_location:")
        return []
    return [Lit(kind, name, places)]


def _beyond(n: int, subject: str) -> str:
    return (
        f"{subject} is not on the map. It holds the {n:,} most rated products that share users with others."
    )


@st.fragment
def show(recommender: Recommender, products: pd.DataFrame, colour: str, lit: Sequence[Lit]) -> None:
    """The map, and beside it the products that are drawn around or lit up.

    A fragment: drawing around products runs this again and nothing else.
    """
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(border=True, key="map-card"):
        places = _drawn(recommender, products, colour, lit)
    with right:
        _listed(recommender, products, places, lit)


def _drawn(recommender: Recommender, products: pd.DataFrame, colour: str, lit: Sequence[Lit]) -> Rows:
    """Draw the map; returns the places of the products that are drawn around."""
    report = products.attrs["report"]
    words = charts.product_map_sentence(len(products), len(report.names), report.kept, report.compared)
    figure = charts.product_map(products, colour, lit, theme())
    st.markdown(f"**{escape_markdown(charts.take_title(figure), 200)}**")
    state = st.plotly_chart(
        figure, theme=None, config=_CONFIG, key="map", alt=words, on_select="rerun",
        selection_mode=("lasso", "box", "points"),
    )  # fmt: skip
    st.text(words)
    st.caption(
        f"Drawn by {report.method} from the {report.neighbours} nearest neighbours of each product"
        f" (perplexity {report.perplexity:g}, seed {report.seed}). Near means similar; the distance between"
        " far groups has no meaning. Clusters are found among all factors, not on the map."
    )
    if len(products) > CRISP:
        st.caption(
            f"All {len(products):,} are shown and can be drawn around. The {CRISP:,} most rated, and those"
            " lit up, say what they are under the pointer."
        )
    return drawn_around(state["selection"] if state else {}, products)


def drawn_around(selection: Mapping[str, Any], products: pd.DataFrame) -> Rows:
    """The places of the products that a selection holds, ascending.

    The shape itself counts where there is one: not every product has a mark that the browser could name.
    """
    x, y = products["x"].to_numpy(np.float64), products["y"].to_numpy(np.float64)
    inside = np.zeros(len(products), dtype=bool)
    for shape in selection.get("lasso", []):
        inside |= _within(x, y, np.asarray(shape["x"]), np.asarray(shape["y"]))
    for shape in selection.get("box", []):
        (left, right), (low, high) = sorted(shape["x"]), sorted(shape["y"])
        inside |= (x >= left) & (x <= right) & (y >= low) & (y <= high)
    if not selection.get("lasso") and not selection.get("box"):
        clicked = [one["point_index"] for one in selection.get("points", []) if one.get("curve_number") == 0]
        inside[[place for place in clicked if 0 <= place < len(inside)]] = True
    return np.flatnonzero(inside)


def _within(x: Doubles, y: Doubles, corners_x: Doubles, corners_y: Doubles) -> Mask:
    """Which points are inside a polygon: a ray from each crosses its sides an odd number of times."""
    inside = np.zeros(len(x), dtype=bool)
    sides = zip(corners_x, corners_y, np.roll(corners_x, 1), np.roll(corners_y, 1), strict=True)
    for x1, y1, x2, y2 in sides:
        if y1 != y2:
            inside ^= ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return inside


def _listed(recommender: Recommender, products: pd.DataFrame, places: Rows, lit: Sequence[Lit]) -> None:
    """The products drawn around, else those lit up, else the most rated."""
    if len(places):
        words = f"{count(len(places), 'product')} drawn around"
    elif lit:
        places = np.unique(np.concatenate([np.asarray(one.places, dtype=np.int64) for one in lit]))
        words = f"{count(len(places), 'product')} lit up"
    else:
        st.subheader("The most rated", anchor=False)
        st.caption("Drag across the map to draw around products: they are then listed here.")
        _table(products)
        return
    chosen = products.iloc[places]
    st.subheader(words, anchor=False)
    _recommend_from(recommender, chosen)
    _table(chosen)


def _recommend_from(recommender: Recommender, chosen: pd.DataFrame) -> None:
    """A link to the basket that holds these products."""
    best = basket_state.marks(recommender)[0]
    most = chosen["item_id"].head(basket_state.MOST).tolist()
    words = "Recommend from these"
    if len(chosen) > len(most):
        words = f"Recommend from the {len(most)} most rated of these"
    link_to_filled_basket(basket_state.encode([(item_id, best) for item_id in reversed(most)]), words)


def _table(chosen: pd.DataFrame) -> None:
    item_table(
        chosen.head(SHOWN).drop(columns=["x", "y", "cluster"]), "map", _COLUMNS, alt="Products of the map",
        on_open=to_similar, rows=8, whole=chosen,
    )  # fmt: skip
    if len(chosen) > SHOWN:
        st.caption(f"The {SHOWN} most rated are shown. The download has all {len(chosen):,}.")


def clusters(products: pd.DataFrame) -> None:
    """Each cluster in numbers."""
    with st.expander("The clusters", icon=":material/scatter_plot:", key="map-clusters"):
        st.caption(
            "A cluster is named after the category and the words of titles that are frequent in it and rare"
            " elsewhere."
        )
        grouped = products.groupby(["cluster", "cluster_name"], sort=True)
        table = grouped.agg(
            products=("item_id", "size"), n_ratings=("n_ratings", "sum"), most_rated=("item_id", "first")
        ).reset_index()
        config = st.column_config
        st.dataframe(
            table.assign(cluster_name=[plain(name, 120) for name in table["cluster_name"]]),
            hide_index=True, key="table-clusters", alt="The clusters, largest first",
            column_order=["cluster_name", "products", "n_ratings"],
            column_config={
                "cluster_name": config.TextColumn("Cluster", width=320),
                "products": config.NumberColumn("Products", format="localized", width=80),
                "n_ratings": config.NumberColumn("Ratings", format="localized", width=80),
            },
        )  # fmt: skip
        download(table, "clusters", "clusters")
