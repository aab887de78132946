"""Tables to Plotly figures, in the app's own look, without Streamlit.

Every chart is a function `(table, theme) -> Figure` with a `<chart>_sentence(table)`
beside it: one sentence of plain text that says what the chart shows in this data.
Tables are pandas or polars. Hand `CONFIG` to whatever shows a figure.
"""

from recsys.charts.audience import reach, reach_sentence
from recsys.charts.dials import dial_cost, dial_cost_sentence
from recsys.charts.engagement import engagement, engagement_sentence, item_history, item_history_sentence
from recsys.charts.explanation import contributions, contributions_sentence, explanation_bars
from recsys.charts.explore import (
    categories,
    categories_sentence,
    generosity,
    generosity_sentence,
    rating_distribution,
    rating_distribution_sentence,
    ratings_per_item,
    ratings_per_item_sentence,
    ratings_per_user,
    ratings_per_user_sentence,
)
from recsys.charts.fit import calibration, calibration_sentence, tuning_trail, tuning_trail_sentence
from recsys.charts.items import item_ratings, item_ratings_sentence
from recsys.charts.map import product_map, product_map_sentence
from recsys.charts.moves import moves, moves_sentence
from recsys.charts.order import order_worth, order_worth_sentence
from recsys.charts.pulls import pulls, pulls_sentence
from recsys.charts.quality import (
    metric_bars,
    metric_bars_sentence,
    segments,
    segments_sentence,
    tradeoff,
    tradeoff_sentence,
)
from recsys.charts.structure import long_tail, long_tail_sentence, sparsity, sparsity_sentence
from recsys.charts.text import escape_plotly
from recsys.charts.theme import CONFIG, PALETTE, Theme, take_title, template
from recsys.charts.versions import over_versions, over_versions_sentence

__all__ = [
    "CONFIG",
    "PALETTE",
    "Theme",
    "calibration",
    "calibration_sentence",
    "categories",
    "categories_sentence",
    "contributions",
    "contributions_sentence",
    "dial_cost",
    "dial_cost_sentence",
    "engagement",
    "engagement_sentence",
    "escape_plotly",
    "explanation_bars",
    "generosity",
    "generosity_sentence",
    "item_history",
    "item_history_sentence",
    "item_ratings",
    "item_ratings_sentence",
    "long_tail",
    "long_tail_sentence",
    "metric_bars",
    "metric_bars_sentence",
    "moves",
    "moves_sentence",
    "order_worth",
    "order_worth_sentence",
    "over_versions",
    "over_versions_sentence",
    "product_map",
    "product_map_sentence",
    "pulls",
    "pulls_sentence",
    "rating_distribution",
    "rating_distribution_sentence",
    "ratings_per_item",
    "ratings_per_item_sentence",
    "ratings_per_user",
    "ratings_per_user_sentence",
    "reach",
    "reach_sentence",
    "segments",
    "segments_sentence",
    "sparsity",
    "sparsity_sentence",
    "take_title",
    "template",
    "tradeoff",
    "tradeoff_sentence",
    "tuning_trail",
    "tuning_trail_sentence",
]
