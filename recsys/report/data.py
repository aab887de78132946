"""The sections about the data: what they look like, and how clean they are."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

import recsys.charts as charts
from recsys.charts.text import count, name_of, plain
from recsys.columns import PATH
from recsys.data.profile.readiness import readiness
from recsys.recommender import Recommender
from recsys.report.blocks import Block, Chart, Facts, Part, Section, Table, Words
from recsys.report.facts import DUPLICATES, TOPS, Fact, kept_sentence, rejected_table, sparsity_sentence
from recsys.report.reading import CHARTS

_DRAWN = {
    "rating_distribution": (charts.rating_distribution, charts.rating_distribution_sentence),
    "generosity": (charts.generosity, charts.generosity_sentence),
    "categories": (charts.categories, charts.categories_sentence),
    "ratings_per_user": (charts.ratings_per_user, charts.ratings_per_user_sentence),
    "ratings_per_item": (charts.ratings_per_item, charts.ratings_per_item_sentence),
    "long_tail": (charts.long_tail, charts.long_tail_sentence),
    "sparsity": (charts.sparsity, charts.sparsity_sentence),
    "monthly": (charts.engagement, charts.engagement_sentence),
}
"""Chart and sentence by the table they are made of."""
_SHOWN = 10
"""Products of each table of the best."""
IMPLICIT = (
    "These data record what happened, not how much it was liked: there are no stars, so there is no"
    " distribution of them, and none are predicted."
)
NO_TIMES = "These data have no times, so nothing can be said of how they changed."


def exploration(recommender: Recommender) -> Section:
    """What the data look like."""
    summary = recommender.summary
    rated = ["categories"] if summary.implicit else ["rating_distribution", "generosity", "categories"]
    ratings: list[Block] = [Words(IMPLICIT)] if summary.implicit else []
    times = _charts(recommender, ["monthly"]) or [Words(NO_TIMES)]
    parts = [
        Part("Ratings", [*ratings, *_charts(recommender, rated)]),
        Part("Users and products", _charts(recommender, ["ratings_per_user", "ratings_per_item"])),
        Part("The long tail", _charts(recommender, ["long_tail"]), wide=True),
        Part(
            "Sparsity",
            [Words(sparsity_sentence(summary)), *_charts(recommender, ["sparsity"])],
            wide=True,
        ),
        Part("Over time", times, wide=True),
        Part("Top products", [_top(recommender, name) for name in TOPS if name in recommender.tables()]),
    ]
    words = "How people rate, how unequal users and products are, and how this changed."
    return Section("data", "The data", words, parts)


def _charts(recommender: Recommender, names: Iterable[str]) -> list[Block]:
    known = recommender.tables()
    return [
        Chart.of(*_DRAWN[name], recommender.table(name), how=CHARTS[name]) for name in names if name in known
    ]


def _top(recommender: Recommender, name: str) -> Table:
    frame, weighted = recommender.table(name).head(_SHOWN), name == "best_rated"
    shown = pd.DataFrame(
        {"#": range(1, len(frame) + 1), "Product": names(frame), "Ratings": frame["n_ratings"]}
    )
    if not recommender.summary.implicit:
        mean = frame["bayesian_mean" if weighted else "mean_rating"]
        shown["Weighted mean" if weighted else "Mean"] = [f"{value:.2f} ★" for value in mean]
    return Table.of(
        shown, numbers={"Mean", "Weighted mean"}, caption=f"By {TOPS[name][0].lower()}. {TOPS[name][1]}"
    )


def names(frame: pd.DataFrame) -> list[str]:
    """The name of each product, with the last level of its category where it is known."""
    found = []
    for item in frame.to_dict("records"):
        path = item.get("category")
        kind = f" ({plain(path.rsplit(PATH, 1)[-1], 40)})" if isinstance(path, str) and path else ""
        found.append(name_of(item, 90) + kind)
    return found


def data_quality(recommender: Recommender) -> Section:
    """What cleaning did, what stands out, and whether the data are enough."""
    parts = [
        Part("Cleaning report", list(_cleaning(recommender))),
        Part("Findings", _findings(recommender)),
        Part("Are there enough data?", _checks(recommender)),
    ]
    words = "What became of the rows of the file, what stands out, and whether it is enough."
    return Section("cleaning", "Data quality", words, parts)


def _cleaning(recommender: Recommender) -> Iterable[Block]:
    report = recommender.manifest.cleaning
    yield Words(f"Read as {plain(report.source)}. {kept_sentence(report, recommender.summary)}")
    yield Facts(
        [
            Fact("Rows read", f"{report.rows_read:,}", "Rows below the header; blank lines do not count."),
            Fact("Rejected", f"{report.n_rejected:,}", "Rows that could not be used, by reason below."),
            Fact("Duplicates", f"{report.duplicates:,}", DUPLICATES),
        ]
    )
    if report.n_rejected:
        yield Table.of(rejected_table(report), "Rejected rows by reason, with the first of each.")
    else:
        yield Words("Every row was accepted.")
    for note in report.notes:
        yield Words(plain(note, 400), "Note")


def _findings(recommender: Recommender) -> list[Block]:
    table = recommender.table("findings")
    found = zip(table["severity"], table["finding"], strict=True)
    return [Words(plain(words, 300), severity.capitalize()) for severity, words in found] or [
        Words("Nothing stands out.")
    ]


def _checks(recommender: Recommender) -> list[Block]:
    checks = readiness(recommender.interactions, recommender.manifest.cleaning)
    weak = sum(check.level != "good" for check in checks)
    verdict = f"{weak} of {count(len(checks), 'check')} are not good." if weak else "Every check is good."
    rows = [
        (check.name, check.level.capitalize(), check.found, check.wanted, f"{check.meaning} {check.advice}")
        for check in checks
    ]
    columns = ("Check", "Level", "Found", "Wanted", "What it means and what to do")
    table = Table(
        "What recommendations need, and what the data have.", columns, rows, short={"Level", "Found"}
    )
    return [Words(verdict), table]
