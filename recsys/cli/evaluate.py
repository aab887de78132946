"""`facet evaluate`: how good the models are on held-out ratings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from recsys.cli.options import (
    format_option,
    layout_options,
    model_options,
    progress_option,
    to_config,
    to_reading,
)
from recsys.cli.output import decimals, progress_display
from recsys.config import BASELINES
from recsys.progress import Stage

MOST_LENGTH = 1_000
"""Longest lists that are measured."""


def _lengths(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    if value is None:
        return None
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isdecimal() and 1 <= int(part) <= MOST_LENGTH for part in parts):
        raise click.BadParameter(f"expected lengths from 1 to {MOST_LENGTH:,}, such as 5,10,20.")
    return tuple(sorted({int(part) for part in parts}))


def _baselines(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    if value == "all":
        return ("all",)
    if value == "none":
        return ()
    names = tuple(part.strip().lower() for part in value.split(","))
    if unknown := [name for name in names if name not in BASELINES]:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(BASELINES)}, all or none.")
    return names


@click.command("evaluate")
@click.option("--train", metavar="FILE", help="Ratings to learn from, with --test.")
@click.option("--test", metavar="FILE", help="Held-out ratings to measure on, with --train.")
@click.option(
    "--history",
    metavar="FILE",
    help="With --train and --test: more ratings to fold users in from, which the models do not learn from.",
)
@click.option("--ratings", metavar="FILE", help="One file, which is split here.")
@click.option(
    "--split", type=click.Choice(["leave-last", "temporal", "random"]), help="How to split --ratings."
)
@click.option("--folds", type=click.IntRange(min=2), help="Cross-validate --ratings, for --task rating.")
@click.option("--task", type=click.Choice(["ranking", "rating"]), default="ranking", show_default=True)
@click.option("--at", metavar="LENGTHS", callback=_lengths, help="Lengths of the lists. [default: 10,20]")
@click.option(
    "--baselines",
    metavar="NAMES",
    callback=_baselines,
    help=f"What to compare with: none, all or some of {','.join(BASELINES)}. [default: all]",
)
@model_options
@layout_options
@progress_option
@format_option("table", "json")
def command(
    train: str | None,
    test: str | None,
    history: str | None,
    ratings: str | None,
    split: str | None,
    folds: int | None,
    task: str,
    at: tuple[int, ...] | None,
    baselines: tuple[str, ...] | None,
    rank: int | None,
    tune: bool,
    ranker: str,
    progress_file: str | None,
    form: str,
    **reading: Any,
) -> None:
    """Measure the models on held-out ratings, beside baselines."""
    _check(train, test, ratings, split, folds, task)
    if history is not None and train is None:
        raise click.UsageError("--history goes with --train and --test.")
    for name, value in (("--history", history), ("--at", at), ("--baselines", baselines)):
        if value is not None and task != "ranking":
            raise click.UsageError(f"{name} goes with --task ranking.")
    from recsys.evaluation.run import Comparison, evaluate_files, evaluate_ratings
    from recsys.jobs.progress_file import ProgressFile, both

    cleaning, layout = to_reading(**reading)
    config = to_config(cleaning, rank, tune, ranker)
    comparison = Comparison(at or Comparison().ks, None if baselines == ("all",) else baselines)
    watched = None if progress_file is None else ProgressFile(Path(progress_file))
    with progress_display() as shown:
        stage = Stage("Evaluating", shown if watched is None else both(shown, watched))
        if train is not None and test is not None:
            result = evaluate_files(
                train, test, task, config, stage, history=history, comparison=comparison, **layout
            )
        elif ratings is not None:
            result = evaluate_ratings(
                ratings, split, folds, task, config, stage, comparison=comparison, **layout
            )
    if watched is not None:
        watched.end("")
    measured = result.to_json()
    click.echo(json.dumps(measured, allow_nan=False) if form == "json" else report_text(measured))


def _check(
    train: str | None, test: str | None, ratings: str | None, split: str | None, folds: int | None, task: str
) -> None:
    if (train is None) != (test is None) or (train is None) == (ratings is None):
        raise click.UsageError("Give either --train and --test, or --ratings.")
    if ratings is None and (split or folds):
        raise click.UsageError("--split and --folds go with --ratings.")
    if folds and (split or task != "rating"):
        raise click.UsageError("--folds goes with --task rating, and without --split.")


def report_text(result: dict[str, Any]) -> str:
    """The result of an evaluation as a table, a column for each model."""
    import pandas as pd

    models = {"this model": result["model"], **result["baselines"]}
    table = pd.DataFrame(
        {
            name: {metric: _figure(value) for metric, value in figures.items()}
            for name, figures in models.items()
        }
    )
    chosen = ", ".join(f"{name} {value}" for name, value in result["chosen"].items())
    seconds = ", ".join(f"{name} {value:.1f}" for name, value in result["seconds"].items())
    lines = [f"Task: {result['task']}. {result.get('protocol', '')}".rstrip(), ""]
    return "\n".join([*lines, table.fillna("").to_string(), "", f"Chosen: {chosen}", f"Seconds: {seconds}"])


def _figure(value: Any) -> str:
    if isinstance(value, dict):
        return f"{decimals(value['value'], 4)} [{decimals(value['low'], 4)}, {decimals(value['high'], 4)}]"
    return decimals(value, 4)
