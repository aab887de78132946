"""`facet build`: a ratings file becomes a version in service."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recsys.cli.options import (
    artifacts_option,
    database_options,
    format_option,
    layout_options,
    model_options,
    progress_option,
    to_config,
    to_queries,
    to_reading,
)
from recsys.cli.output import one_line, print_json, progress_display

if TYPE_CHECKING:
    from recsys.cluster.engine import DaskEngine
    from recsys.versions.manifest import Manifest


@click.command("build")
@click.option(
    "--ratings",
    metavar="FILE",
    multiple=True,
    help="Ratings: a file, a folder, an archive, or - for a pipe. Repeat it for several files of one shape."
    " [default: the made-up sample store]",
)
@click.option(
    "--update",
    metavar="FILE",
    help="New ratings, and corrections of old ones, for the version in service.",
)
@click.option("--catalog", metavar="FILE", help="Titles, brands, categories and prices of the products.")
@database_options
@artifacts_option("--out")
@click.option(
    "--evaluate/--no-evaluate", default=None, help="Measure on held-out ratings. [default: evaluate]"
)
@click.option(
    "--engine",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="Where the ratings are read and multiplied with: this process, or the workers of a Dask cluster.",
)
@click.option(
    "--scheduler", metavar="ADDRESS", help="Of a running Dask cluster, such as tcp://10.0.0.1:8786."
)
@click.option("--workers", type=click.IntRange(min=1), help="Dask workers to start here. [default: 2]")
@click.option("--memory-limit", metavar="SIZE", help="Memory of each of these workers, such as 4GB.")
@click.option("--no-map", is_flag=True, help="Draw no map of the products.")
@click.option("--keep", type=click.IntRange(min=1), default=3, show_default=True, help="Versions to keep.")
@model_options
@layout_options
@progress_option
@format_option("table", "json")
def command(
    ratings: tuple[str, ...],
    update: str | None,
    catalog: str | None,
    source: str | None,
    query: str | None,
    catalog_query: str | None,
    artifacts: str,
    evaluate: bool | None,
    engine: str,
    scheduler: str | None,
    workers: int | None,
    memory_limit: str | None,
    no_map: bool,
    keep: int,
    rank: int | None,
    tune: bool,
    ranker: str,
    progress_file: str | None,
    form: str,
    **reading: Any,
) -> None:
    """Build the artifacts from a ratings file and put them in service."""
    if update is not None and (ratings or query is not None):
        raise click.UsageError("Name either --update or all the data.")
    if catalog is not None and not (ratings or update) and query is None:
        raise click.UsageError("--catalog goes with --ratings or --update.")
    if engine == "dask" and (not ratings or update is not None):
        raise click.UsageError("--engine dask goes with --ratings.")
    if engine == "local" and (scheduler or workers or memory_limit):
        raise click.UsageError("--scheduler, --workers and --memory-limit go with --engine dask.")
    if scheduler and (workers or memory_limit):
        raise click.UsageError("Name either --scheduler or the --workers to start.")
    asked, products = to_queries(bool(ratings), source, query, catalog_query)
    if products is not None and catalog is not None:
        raise click.UsageError("Name either --catalog or --catalog-query.")
    from recsys.jobs.progress_file import ProgressFile, both
    from recsys.pipeline import build
    from recsys.versions.store import ArtifactStore

    cleaning, layout = to_reading(**reading)
    config = to_config(cleaning, rank, tune, ranker)
    drawn = replace(config.map, most_items=0) if no_map else config.map
    config = replace(config, evaluate=evaluate, keep_versions=keep, map=drawn)
    given = update or (ratings[0] if len(ratings) == 1 else ratings or None)
    watched = None if progress_file is None else ProgressFile(Path(progress_file))
    with progress_display() as shown, ExitStack() as cluster:
        listener = shown if watched is None else both(shown, watched)
        version = build(
            asked or given,
            products or catalog,
            artifacts,
            config,
            update=update is not None,
            engine=None
            if engine == "local"
            else cluster.enter_context(_dask_engine(scheduler, workers, memory_limit)),
            progress=listener,
            **layout,
        )
    if watched is not None:
        watched.end(version)
    summary = built_summary(ArtifactStore(artifacts).manifest(version), artifacts)
    if form == "json":
        print_json(summary)
    else:
        print_summary(summary)


def _dask_engine(
    scheduler: str | None, workers: int | None, memory_limit: str | None
) -> AbstractContextManager[DaskEngine]:
    from recsys.cluster.engine import dask_engine

    return dask_engine(scheduler, workers, memory_limit)


def built_summary(manifest: Manifest, artifacts: str) -> dict[str, Any]:
    """What was built, in the fields of the JSON form."""
    summary, cleaning = manifest.summary, manifest.cleaning
    return {
        "version": manifest.version,
        "artifacts": artifacts,
        "name": manifest.name,
        "source": cleaning.source,
        "notes": list(cleaning.notes),
        "n_ratings": summary.n_ratings,
        "n_users": summary.n_users,
        "n_items": summary.n_items,
        "rejected": cleaning.n_rejected,
        "duplicates": cleaning.duplicates,
        "ranker": manifest.served.ranker,
        "ranker_reason": manifest.served.sentence(),
        "better_rankers": manifest.served.behind,
        "seconds": round(sum(manifest.seconds.values()), 3),
        "peak_memory_mb": manifest.peak_memory_mb,
    }


def print_summary(built: dict[str, Any]) -> None:
    """Say what was built in a few lines."""
    click.echo(
        f"{one_line(built['name'])}: {built['n_ratings']:,} ratings by {built['n_users']:,} users"
        f" of {built['n_items']:,} items ({one_line(built['source'])})."
    )
    for note in built["notes"]:
        click.echo(f"  {one_line(note)}")
    if built["rejected"] or built["duplicates"]:
        click.echo(f"{built['rejected']:,} rows rejected, {built['duplicates']:,} duplicates resolved.")
    click.echo(one_line(built["ranker_reason"]))
    click.echo(
        f"Version {built['version']} is in service in {one_line(built['artifacts'])}"
        f" ({built['seconds']:.1f} s, peak memory {built['peak_memory_mb']:,} MB)."
    )
