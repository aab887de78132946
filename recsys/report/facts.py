"""What is loaded, how it was cleaned and how the models were made: for the studio and the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from recsys.charts.text import compact, count, day, one_in, percent, plain, span
from recsys.data.cleaning.report import CleaningReport
from recsys.data.profile.summary import Summary
from recsys.evaluation.results import TaskResult
from recsys.recommender import Recommender
from recsys.search.results import SearchReport
from recsys.versions.manifest import Manifest

MADE_UP = "The products, customers and ratings were generated to show the studio."
FOLDED_IN = (
    "Only products have stored factors. A user is the sum of the products they rated, so a new user needs no"
    " new training, and every score can be taken apart."
)
DUPLICATES = "Several ratings of one product by one user. The latest is kept, the others are dropped."
TOPS = {
    "most_rated": ("Number of ratings", "The products with the most ratings."),
    "best_rated": (
        "Weighted mean",
        "The products with the best weighted mean. The fewer ratings a product has, the more its mean is"
        " pulled towards the mean of all ratings: three five-star ratings do not beat a thousand good ones.",
    ),
}
"""Tables of the best products: what they are sorted by, and what that means."""
_KINDS = {"active": "An active user", "typical": "A typical user", "one rating": "A light user"}


@dataclass(frozen=True)
class Fact:
    """A number with its name and what it means.

    `column` is the one of the table `monthly` that tells how it changed, where there is one.
    """

    name: str
    value: str
    meaning: str
    column: str = ""


@dataclass(frozen=True)
class ExampleUser:
    """A user to begin with."""

    title: str
    user_id: str
    n_ratings: int


def lead(manifest: Manifest) -> str:
    """What is loaded, in one sentence."""
    summary, name = manifest.summary, plain(manifest.name, 120)
    words = f"{name[:1].upper()}{name[1:]}" if manifest.made_up else name
    words += f": {count(summary.n_ratings, 'rating')}"
    if summary.last_timestamp is not None:
        words += f", the latest from {day(summary.last_timestamp)}"
    return f"{words}."


def data_facts(summary: Summary) -> Iterator[Fact]:
    """The data set in up to six numbers."""
    yield Fact(
        "Ratings",
        compact(summary.n_ratings),
        f"{count(summary.n_ratings, 'rating')}, one for each pair of a user and a product they rated",
        "ratings",
    )
    users = f"{count(summary.n_users, 'user')} with at least one rating"
    yield Fact("Users", compact(summary.n_users), users, "active_users")
    if not summary.implicit and summary.mean_rating is not None:
        yield Fact("Mean rating", f"{summary.mean_rating:.2f} ★", "Mean of all ratings", "mean_rating")
    products = f"{count(summary.n_items, 'product')} with at least one rating"
    yield Fact("Products", compact(summary.n_items), products)
    yield Fact(
        "Density",
        one_in(summary.density),
        "The share of all pairs of a user and a product that are rated: how full the table is",
    )
    if summary.first_timestamp is not None and summary.last_timestamp is not None:
        first, last = day(summary.first_timestamp), day(summary.last_timestamp)
        yield Fact("Time span", span(first, last), f"From {first} to {last}")


def sparsity_sentence(summary: Summary) -> str:
    """How empty the table of users and products is."""
    return (
        f"{count(summary.n_users, 'user')} and {count(summary.n_items, 'product')} make a table of"
        f" {summary.n_users * summary.n_items:,} cells. The {count(summary.n_ratings, 'rating')} fill"
        f" {one_in(summary.density)} of them. A recommender guesses which empty cells will be filled next."
    )


def model_facts(manifest: Manifest) -> dict[str, str]:
    """How the models were made."""
    evaluation = manifest.evaluation
    rows = {
        "Method": "Truncated SVD, degree-normalised",
        "Served": manifest.served.name,
        "Rank": count(manifest.model.n_factors, "factor"),
        "Energy kept": f"{percent(manifest.model.energy)} of the squared norm",
        "Settings": "tuned on validation data" if manifest.config.tune else "defaults",
        "Similar products": _search_words(manifest.model.similar_index),
        "Star error": _star_error(evaluation.rating if evaluation else None),
        "Built in": f"{sum(manifest.seconds.values()):.1f} s, {manifest.peak_memory_mb:,} MB",
        "Version": manifest.version,
    }
    return {name: words for name, words in rows.items() if words}


def _star_error(rating: TaskResult | None) -> str:
    if rating is None:
        return ""
    error = rating.model["rmse"]
    return f"{error.value:.3f} RMSE, {error.low:.3f} to {error.high:.3f}"


def _search_words(search: SearchReport) -> str:
    if search.kind == "exact":
        return "exact search"
    return f"{search.recall:.1%} of the exact answer, searching {search.kind}"


def examples(recommender: Recommender) -> list[ExampleUser]:
    """One user of each kind that is there: active, typical, with one rating."""
    first = {entry["kind"]: entry for entry in recommender.example_users().iloc[::-1].to_dict("records")}
    return [
        ExampleUser(title, first[kind]["user_id"], first[kind]["n_ratings"])
        for kind, title in _KINDS.items()
        if kind in first
    ]


def kept_sentence(report: CleaningReport, summary: Summary) -> str:
    """What of the rows was kept, and what it holds."""
    words = (
        f"{count(report.rows_read, 'row')}: {count(report.accepted, 'rating')} kept, by"
        f" {count(summary.n_users, 'user')} of {count(summary.n_items, 'product')}; {report.n_rejected:,}"
        f" rejected, {count(report.duplicates, 'duplicate')} resolved."
    )
    if not summary.implicit:
        words += " The scale is {:g} to {:g}.".format(*summary.scale)
    if summary.first_timestamp is not None and summary.last_timestamp is not None:
        words += f" From {day(summary.first_timestamp)} to {day(summary.last_timestamp)}."
    return words


def rejected_table(report: CleaningReport) -> pd.DataFrame:
    """Rejected rows by reason: Reason, Rows, For example."""
    rows = [
        {
            "Reason": reason,
            "Rows": one.count,
            "For example": "; ".join(f"line {row.line}: {row.text}" for row in one.samples[:2]),
        }
        for reason, one in report.rejected.items()
    ]
    return pd.DataFrame(rows, columns=["Reason", "Rows", "For example"])
