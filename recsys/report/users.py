"""The section about example users: what they rated, what is recommended to them, and why."""

from __future__ import annotations

import pandas as pd

import recsys.charts as charts
from recsys.charts.text import because_line, count, day, decimals, name_of, plain, ranker_line
from recsys.recommender import Recommender
from recsys.report.blocks import Block, Chart, Part, Section, Table, Words
from recsys.report.data import names
from recsys.report.facts import ExampleUser, examples
from recsys.report.reading import CHARTS

_RATED, _LISTED = 8, 8
"""Products of a history, and of a list."""


def example_users(recommender: Recommender) -> Section:
    """One user of each kind."""
    parts = [
        Part(f"{one.title}: {plain(one.user_id, 60)}", _user(recommender, one))
        for one in examples(recommender)
    ]
    words = "What a few users rated, what is recommended to them, and why."
    return Section("users", "Example users", words, parts)


def _user(recommender: Recommender, one: ExampleUser) -> list[Block]:
    answer = recommender.recommend(one.user_id, _LISTED)
    personal = answer.attrs["kind"] == "personal"
    words = ranker_line(answer.attrs["ranker"]) if personal else "The most rated products."
    blocks: list[Block] = [
        _history(recommender, one),
        Words(f"{words} {plain(answer.attrs['note'], 600)}"),
        *([] if answer.empty else [_list(answer, personal)]),
    ]
    if not personal or answer.empty:
        return blocks
    return [*blocks, _why(recommender, one, answer)]


def _history(recommender: Recommender, one: ExampleUser) -> Table:
    rated = recommender.history(one.user_id)
    by_time, shown = "timestamp" in rated, rated.head(_RATED)
    table = pd.DataFrame({"Product": names(shown)})
    if not recommender.summary.implicit:
        table.insert(0, "Rated", [f"{rating:.3g} ★" for rating in shown["rating"]])
    if by_time:
        table["When"] = [day(int(moment.timestamp())) for moment in shown["timestamp"]]
    order = ", latest first" if by_time else "" if recommender.summary.implicit else ", best first"
    more = f" The table shows {len(shown)}." if len(rated) > len(shown) else ""
    return Table.of(
        table, f"What they rated: {count(len(rated), 'product')}{order}.{more}", short={"Rated", "When"}
    )


def _list(answer: pd.DataFrame, personal: bool) -> Table:
    table = pd.DataFrame({"#": answer["rank"], "Product": names(answer)})
    if not personal:
        table["Ratings"] = answer["n_ratings"].to_numpy()
        return Table.of(table, "What is recommended to everybody.")
    table["Score"] = [decimals(score, 3) for score in answer["score"]]
    if "predicted_rating" in answer:
        table["Stars"] = [f"{stars:.2f} ★" for stars in answer["predicted_rating"]]
    table["Because they rated"] = [because_line(reasons) for reasons in answer["reasons"]]
    return Table.of(table, "What is recommended next, best first.", numbers={"Score", "Stars"})


def _why(recommender: Recommender, one: ExampleUser, answer: pd.DataFrame) -> Chart:
    """What each rated product adds to the score of the first of the list."""
    first = answer.iloc[0]
    reasons = recommender.stand_out(one.user_id, first["item_id"])
    how = f"Why {name_of(first.to_dict(), 90)} is number one. {CHARTS['contributions']}"
    return Chart.of(charts.contributions, charts.contributions_sentence, reasons, how=how)
