"""How to read the report: each chart, each metric and each baseline in plain words."""

from __future__ import annotations

from collections.abc import Iterable

from recsys.charts.results import model_name
from recsys.evaluation.metrics import registry
from recsys.evaluation.results import Evaluation, TaskResult
from recsys.report.blocks import Part, Section, Terms

CHARTS = {
    "rating_distribution": "One bar for each rating. Its height is the share of all ratings.",
    "generosity": "Each bar counts the users whose own ratings average so much. The dotted line is the"
    " middle user.",
    "categories": "The length of a bar is the number of ratings; the figure behind it is their mean.",
    "ratings_per_user": "A point on the line says how many users gave at least so many ratings. Both axes"
    " grow by factors of ten. Shaded: the users who together made 80% of the ratings.",
    "ratings_per_item": "A point on the line says how many products got at least so many ratings. Both axes"
    " grow by factors of ten. Shaded: the products that together got 80% of the ratings.",
    "long_tail": "Products stand from the most rated to the least, from left to right. The line adds up their"
    " ratings. The sooner it rises, the fewer products have most of the ratings.",
    "sparsity": "Each field is a group of users and a group of products, the busiest in the upper left"
    " corner. It says how many of the pairs in it are rated. Darker is fuller.",
    "monthly": "One point for each calendar month. The first and the last month may be incomplete.",
    "metric_bars": "The best stands on top, and higher figures reach further right. The thin line is the 95%"
    " interval. Ours is in colour.",
    "segments": "One point for each model and group, with its 95% interval. Ours is in colour.",
    "order_worth": "Right of the dotted line, knowing the order helps. An interval that crosses the line"
    " means no clear difference.",
    "tradeoff": "One point for each model. Further up is more accurate; further right is more of what the"
    " lower axis names.",
    "calibration": "One point for each tenth of the predictions. On the dotted line, predicted and true mean"
    " are the same.",
    "tuning_trail": "One point for each setting that was tried; the large one was chosen.",
    "contributions": "Each bar is what a rated product, or a group of them, adds to the score. The bars sum"
    " to the score.",
}
"""By the name of the chart."""

_TERMS = {
    "Held out": "Ratings that were set aside before the models learned. A model is good if it finds them.",
    "95% interval": "Where the figure would most likely lie, had other users of the same kind been measured."
    " The narrower, the surer. Where two intervals do not overlap, the difference is hardly chance.",
    "Baseline": "A simple method that the model has to beat to be worth its effort.",
    "User and product": "A user is whoever gave a rating; a product is whatever was rated.",
    "Score": "How well a product fits a user. Lists are sorted by it. Compare scores within one list only.",
    "Predicted stars": "What the user would be expected to give. Lists are not sorted by them: a product that"
    " few would choose can be liked by those few.",
    "Because they rated": "The products of the user that add most to the score. The score is a sum over all"
    " products that the user rated, so nothing else goes into it.",
}
_BASELINES = {
    "popular": "Best-sellers: everybody is shown the products with the most ratings.",
    "random": "Products drawn at random: what no method may be worse than.",
    "item-kNN": "Products that share raters with what the user rated.",
    "recent item-kNN": "The same, where recent ratings count more.",
    "next item": "Products that were often rated soon after the user's latest ones.",
    "static": "Our model that knows what a user rated, without the order.",
    "sequential": "Our model that also knows the order in which a user rated.",
    "global mean": "Everybody is expected to give the mean of all ratings.",
    "item mean": "Everybody is expected to give a product its own mean.",
    "damped biases": "The mean of all ratings, corrected for generous users and for good products.",
    "ratings alone": "Our model without the words of the catalogue.",
    "co-rating cosine": "Products rated by the same people, corrected for how often each is rated.",
    "co-rating count": "Products that most people rated together.",
    "former similarity": "The similarity of version 1.0, which favours best-sellers.",
    "popular in the category": "The most rated products of the same category.",
    "word overlap": "Products whose descriptions share the most words.",
}


def how_to_read(evaluation: Evaluation | None) -> Section:
    """The terms of the report, and what each figure that was measured means."""
    tasks = measured(evaluation)
    parts = [Part("Terms", [Terms(_TERMS)])]
    if tasks:
        names = dict.fromkeys(name for task in tasks for name in task.model)
        parts.append(Part("Figures", [Terms(_metrics(names))]))
        models = dict.fromkeys(name for task in tasks for name in task.baselines)
        known = {model_name(name): _BASELINES[name] for name in models if name in _BASELINES}
        parts.append(Part("Baselines", [Terms(known)]))
    words = "What the words mean. Each chart has its own line that says how to read it."
    return Section("reading", "How to read it", words, parts)


def measured(evaluation: Evaluation | None) -> list[TaskResult]:
    """The tasks that the report shows."""
    if evaluation is None:
        return []
    shown = (evaluation.ranking, evaluation.rating, evaluation.similar, evaluation.new_products)
    return [task for task in shown if task is not None]


def _metrics(names: Iterable[str]) -> dict[str, str]:
    """Meanings by label; figures that differ only in the length of the list stand together."""
    found: dict[str, str] = {}
    for name in names:
        metric = registry.of(name)
        meaning = f"{metric.meaning} {metric.better.value}"
        alike = found.setdefault(metric.label, meaning) == meaning
        if not alike:  # two metrics have this label
            found[f"{metric.label} ({metric.family.value})"] = meaning
    length = "The length of the lists: Recall@20 is that of lists of 20 products."
    return {**found, "A number after @": length}
