"""The section about how good the models are, from what the build measured."""

from __future__ import annotations

import pandas as pd

import recsys.charts as charts
from recsys.charts import results
from recsys.charts.results import LEAD
from recsys.charts.text import decimals, plain
from recsys.evaluation.metrics import registry
from recsys.evaluation.metrics.registry import Family, label
from recsys.evaluation.results import MODEL, Evaluation, TaskResult
from recsys.recommender import Recommender
from recsys.report.blocks import Answers, Block, Chart, Part, Section, Table, Terms, Words
from recsys.report.facts import FOLDED_IN, model_facts
from recsys.report.reading import CHARTS, measured

_LEADING = (LEAD, "ndcg@20")
"""The figures that are drawn; all are in the table."""
_ACROSS, _UP = "coverage@20", "ndcg@20"


def quality(recommender: Recommender) -> Section:
    """The models against honest baselines, with intervals; what was not measured is said."""
    manifest, evaluation = recommender.manifest, recommender.manifest.evaluation
    words = "The model against simple methods, measured on ratings that it never saw."
    served = Words(plain(manifest.served.sentence(), 600))
    if evaluation is None or not measured(evaluation):
        return Section(
            "quality",
            "Quality",
            words,
            [Part("Not measured", [Words(results.why_unmeasured(manifest)), served])],
        )
    parts = [Part("In short", [*_in_short(evaluation), served])]
    if evaluation.ranking is not None:
        parts += _ranking(evaluation.ranking)
    if evaluation.rating is not None:
        parts.append(_stars(evaluation.rating))
    elif recommender.summary.implicit:
        parts.append(Part("Predicted stars", [Words("Nobody gave stars, so none are predicted.")]))
    if evaluation.similar is not None:
        parts.append(_task("Similar products", evaluation.similar))
    if evaluation.new_products is not None:
        parts.append(_task("New products", evaluation.new_products))
    return Section("quality", "Quality", words, [part for part in parts if part.blocks])


def _in_short(evaluation: Evaluation) -> list[Block]:
    task = evaluation.ranking
    if task is None:
        return [Words(results.NOT_MEASURED)]
    answers = results.answers(task)
    measured_so = Words(results.how_measured(evaluation, task))
    return [Answers(answers), measured_so] if answers else [measured_so]


def _ranking(task: TaskResult) -> list[Part]:
    drawn = [name for name in _LEADING if name in task.model] or results.longest_lists(task)[:1]
    table = results.figures_table(task)
    return [
        Part("Against baselines", [*(_bars(table, name) for name in drawn), *_leads(task, drawn[0])]),
        Part("All figures", [_figures(task)]),
        Part("For whom", _segments(task, drawn[0]), wide=True),
        Part("What order is worth", _order(task)),
        Part("Accuracy and variety", _tradeoff(task, table), wide=True),
    ]


def _bars(table: pd.DataFrame, metric: str) -> Chart:
    how = f"{registry.meaning(metric)} {CHARTS['metric_bars']}"
    return Chart.of(charts.metric_bars, charts.metric_bars_sentence, table, how=how, metric=metric)


def _leads(task: TaskResult, metric: str) -> list[Block]:
    leads = results.leads(task, metric)
    if leads.empty:
        return []
    rows = [
        (
            row["baseline"],
            *(decimals(row[name], 4, sign=True) for name in ("value", "low", "high")),
            row["verdict"],
        )
        for row in leads.to_dict("records")
    ]
    caption = (
        f"How far our model is ahead in {label(metric)}, user by user. Both are measured on the same users,"
        " so this is surer than the two intervals above suggest."
    )
    columns = ("Against", "Lead", "At least", "At most", "In words")
    return [Table(caption, columns, rows, numbers=set(columns[1:4]), short={"In words"})]


def _figures(task: TaskResult) -> Table:
    wide = results.wide(results.figures_table(task))
    rows = [[row[0], *map(_two_lines, row[1:])] for row in wide.itertuples(index=False)]
    columns = list(wide.columns)
    return Table("Each figure, with its 95% interval.", columns, rows, numbers=set(columns[1:]))


def _two_lines(figure: str) -> tuple[str, str]:
    value, _, interval = figure.partition("  ")
    return value, interval


def _segments(task: TaskResult, metric: str) -> list[Block]:
    if not task.segments:
        return [Words(results.NOT_MEASURED)]
    return _segment_chart(results.table(task.segments), metric)


def _segment_chart(table: pd.DataFrame, metric: str) -> list[Block]:
    known = list(table["metric"].unique())
    asked = metric if metric in known else known[0]
    how = CHARTS["segments"]
    return [Chart.of(charts.segments, charts.segments_sentence, table, how=how, metric=asked)]


def _order(task: TaskResult) -> list[Block]:
    """What the order in which people rated is worth; nothing where not both models were measured."""
    table = results.order_worth_table(task)
    if table.empty:
        return []
    blocks: list[Block] = [
        Chart.of(charts.order_worth, charts.order_worth_sentence, table, how=CHARTS["order_worth"])
    ]
    ours = (MODEL, results.SEQUENTIAL, results.STATIC)
    parts = results.table(entry for entry in task.segments if entry.model in ours)
    return blocks if parts.empty else [*blocks, *_segment_chart(parts, LEAD)]


def _tradeoff(task: TaskResult, table: pd.DataFrame) -> list[Block]:
    lists = [name for name in task.model if registry.of(name).family is Family.LISTS]
    if not lists:
        return []
    across, up = _ACROSS if _ACROSS in lists else lists[0], _UP if _UP in task.model else LEAD
    how = f"{registry.meaning(across)} {CHARTS['tradeoff']}"
    return [Chart.of(charts.tradeoff, charts.tradeoff_sentence, table, how=how, across=across, up=up)]


def _stars(task: TaskResult) -> Part:
    blocks: list[Block] = [Words(plain(task.protocol, 400))]
    blocks.append(
        _bars(results.figures_table(task), "rmse" if "rmse" in task.model else next(iter(task.model)))
    )
    if task.calibration:
        points = results.table(task.calibration)
        how = CHARTS["calibration"]
        blocks.append(Chart.of(charts.calibration, charts.calibration_sentence, points, how=how))
    return Part("Predicted stars", [*blocks, _figures(task)])


def _task(title: str, task: TaskResult) -> Part:
    drawn = list(task.model)[:2]
    table = results.figures_table(task)
    bars = (_bars(table, name) for name in drawn)
    return Part(title, [Words(plain(task.protocol, 400)), *bars, _figures(task)])


def making(recommender: Recommender) -> Section:
    """How the models were made, with the settings and the versions of the libraries."""
    manifest = recommender.manifest
    parts = [Part("Model card", [Terms(model_facts(manifest)), Words(FOLDED_IN)])]
    for task in measured(manifest.evaluation):
        parts += _settings(task)
    inputs = {_FILES.get(kind, kind): one for kind, one in manifest.inputs.items()}
    files = {kind: f"{one.name}, {one.bytes:,} bytes" for kind, one in inputs.items()}
    checksums = {f"{kind}, SHA-256": one.sha256 for kind, one in inputs.items()}
    parts.append(Part("Input and libraries", [Terms({**files, **checksums, **manifest.packages})]))
    words = "Where the models come from: enough to build them again."
    return Section("making", "How it was made", words, parts)


_FILES = {"ratings": "Ratings", "catalog": "Catalogue"}
_TASKS = {"ranking": "Settings: which products to show", "rating": "Settings: how many stars to expect"}


def _settings(task: TaskResult) -> list[Part]:
    if task.task not in _TASKS:
        return []
    blocks: list[Block] = []
    if task.chosen:
        blocks.append(
            Terms(
                {
                    name.replace("_", " "): f"{value:g}" if isinstance(value, float) else str(value)
                    for name, value in task.chosen.items()
                }
            )
        )
    if task.trail:
        blocks.append(
            Chart.of(
                charts.tuning_trail,
                charts.tuning_trail_sentence,
                results.table(task.trail),
                how=CHARTS["tuning_trail"],
                lower_is_better=task.task == "rating",
            )
        )
    return [Part(_TASKS[task.task], blocks)] if blocks else []
