"""The command line: `python -m recsys --help`.

Machine output stands alone on stdout; what is said on the way goes to stderr.
Exit 0 done, 1 a stated error, 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from recsys.cli.output import Narrator, print_answer, report_text, say_built
from recsys.config import BuildConfig, CleaningConfig
from recsys.errors import RecsysError
from recsys.sources.times import ORDERS


class StatedErrors(click.Group):
    """Turns this package's errors into one line on stderr and exit 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RecsysError as error:
            click.echo("Error: " + " ".join(str(error).split()), err=True)
            ctx.exit(1)


@click.group(cls=StatedErrors, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Build and ask a product recommender over a ratings file."""


def _chain(*options: Callable[..., Any]) -> Callable[..., Any]:
    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _roles(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    return tuple(part.strip() for part in value.split(",")) if value else None


def _range(_: click.Context, __: click.Parameter, value: str | None) -> tuple[float, float] | None:
    if value is None:
        return None
    try:
        low, high = (float(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter("expected LOW,HIGH, such as 1,5") from None
    return low, high


layout_options = _chain(
    click.option("--columns", callback=_roles, help="Column order, such as user,item,rating,timestamp."),
    click.option("--delimiter", help="Column separator; recognised by default."),
    click.option("--no-header", is_flag=True, help="The first line is a rating, not names."),
    click.option("--scale", callback=_range, help="Lowest and highest rating, such as 1,5."),
    click.option(
        "--unrated", type=float, multiple=True, help="A value that means 'not rated', such as 0 (repeatable)."
    ),
    click.option("--dates", type=click.Choice(ORDERS), help="What comes first in dates such as 7/8/2014."),
)
model_options = _chain(
    click.option("--rank", type=click.IntRange(min=1), help="Number of factors of the ranking model."),
    click.option("--tune", is_flag=True, help="Choose the settings on a validation split first."),
)
artifacts_option = click.option(
    "--artifacts", default="artifacts", show_default=True, help="Artifacts folder."
)
answer_options = _chain(
    click.option("-k", "k", type=click.IntRange(min=1), default=10, show_default=True, help="How many."),
    click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table"),
    click.option("--category", "categories", multiple=True, help="Only this category path (repeatable)."),
    click.option("--brand", "brands", multiple=True, help="Only this brand (repeatable)."),
    click.option("--min-price", type=float, help="Lowest price."),
    click.option("--max-price", type=float, help="Highest price."),
    click.option("--min-ratings", type=click.IntRange(min=0), default=0, help="Fewest ratings of an item."),
    artifacts_option,
)


@main.command()
@click.option("--ratings", type=click.Path(), help="Ratings file; without it, the made-up sample store.")
@click.option("--catalog", type=click.Path(), help="Titles, brands, categories, prices of the items.")
@click.option("--out", default="artifacts", show_default=True, help="Artifacts folder.")
@click.option(
    "--evaluate/--no-evaluate", default=None, help="Measure on a hold-out; by default for small data."
)
@click.option("--keep", type=click.IntRange(min=1), default=3, show_default=True, help="Versions kept.")
@model_options
@layout_options
def build(**options: Any) -> None:
    """Build the artifacts from a ratings file and put them in service."""
    from recsys.pipeline import build as run
    from recsys.versions.store import ArtifactStore

    config = replace(_config(options), evaluate=options["evaluate"], keep_versions=options["keep"])
    with Narrator() as narrator:
        version = run(
            options["ratings"],
            options["catalog"],
            options["out"],
            config,
            progress=narrator,
            **_layout(options),
        )
    say_built(ArtifactStore(options["out"]).manifest(version), options["out"])


@main.command()
@click.argument("file", type=click.Path())
@layout_options
def preview(
    file: str,
    columns: Any,
    delimiter: str | None,
    no_header: bool,
    scale: Any,
    unrated: Any,
    dates: str | None,
) -> None:
    """Say how a ratings file would be read, and show its first rows."""
    from recsys.sources.ratings import preview as first_rows
    from recsys.sources.ratings import recognise

    has_header = False if no_header else None
    found = recognise(file, columns=columns, delimiter=delimiter, has_header=has_header, dates=dates)
    head, *notes = found.describe()
    click.echo(f"{Path(file).name}: {head}")
    for note in notes:
        click.echo(f"  {note}")
    click.echo(first_rows(found).to_string(index=False))


@main.command()
@click.argument("user_id")
@click.option("--include-rated", is_flag=True, help="Items the user already rated may come back.")
@answer_options
def recommend(user_id: str, include_rated: bool, k: int, form: str, artifacts: str, **chosen: Any) -> None:
    """Recommend items to a user."""
    from recsys.recommender import Recommender

    store = Recommender.open(artifacts)
    frame = store.recommend(user_id, k, include_rated=include_rated, filters=_filters(chosen))
    print_answer(frame, form)


@main.command()
@click.argument("item_id")
@answer_options
def similar(item_id: str, k: int, form: str, artifacts: str, **chosen: Any) -> None:
    """List the items similar to an item."""
    from recsys.recommender import Recommender

    print_answer(Recommender.open(artifacts).similar(item_id, k, filters=_filters(chosen)), form)


def _filters(chosen: dict[str, Any]) -> Any:
    from recsys.recommender import Filters

    return Filters(
        categories=chosen["categories"],
        brands=chosen["brands"],
        price=(chosen["min_price"], chosen["max_price"]),
        min_ratings=chosen["min_ratings"],
    )


@main.command()
@click.option("--train", type=click.Path(), help="Ratings to learn from, with --test.")
@click.option("--test", type=click.Path(), help="Held-out ratings to be measured on.")
@click.option("--ratings", type=click.Path(), help="One file, to be split here.")
@click.option(
    "--split", type=click.Choice(["leave-last", "temporal", "random"]), help="How to split --ratings."
)
@click.option("--folds", type=click.IntRange(min=2), help="Cross-validate --ratings (rating task).")
@click.option("--task", type=click.Choice(["ranking", "rating"]), default="ranking", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@model_options
@layout_options
def evaluate(**options: Any) -> None:
    """Measure the models on held-out ratings, against baselines."""
    from recsys.evaluation.run import evaluate_files, evaluate_ratings

    given = options["train"] is not None and options["test"] is not None
    if given == (options["ratings"] is not None) or (options["train"] is None) != (options["test"] is None):
        raise click.UsageError("Give either --train and --test, or --ratings.")
    if given and (options["split"] or options["folds"]):
        raise click.UsageError("--split and --folds go with --ratings.")
    config, layout = _config(options), _layout(options)
    with Narrator() as narrator:
        if given:
            result = evaluate_files(
                options["train"], options["test"], options["task"], config, narrator, **layout
            )
        else:
            result = evaluate_ratings(
                options["ratings"],
                options["split"],
                options["folds"],
                options["task"],
                config,
                narrator,
                **layout,
            )
    click.echo(json.dumps(result, allow_nan=False) if options["as_json"] else report_text(result))


def _config(options: dict[str, Any]) -> BuildConfig:
    config = BuildConfig(
        cleaning=CleaningConfig(scale=options["scale"], unrated=options["unrated"], dates=options["dates"]),
        tune=options["tune"],
    )
    return replace(config, ranking=replace(config.ranking, n_factors=options["rank"]))


def _layout(options: dict[str, Any]) -> dict[str, Any]:
    has_header = False if options["no_header"] else None
    return {"columns": options["columns"], "delimiter": options["delimiter"], "has_header": has_header}


@main.command()
@click.option("--users", type=click.IntRange(min=2), default=8_000, show_default=True)
@click.option("--items", type=click.IntRange(min=2), default=1_500, show_default=True)
@click.option("--ratings", type=click.IntRange(min=2), default=120_000, show_default=True)
@click.option("--out", type=click.Path(), required=True, help="Ratings file to write.")
@click.option("--catalog", type=click.Path(), help="Catalogue file to write beside it.")
@click.option("--seed", type=int, default=20_140_723, show_default=True)
def sample(users: int, items: int, ratings: int, out: str, catalog: str | None, seed: int) -> None:
    """Write made-up ratings of any size."""
    from recsys.data.sample.files import write_sample

    with Narrator() as narrator:
        narrator(f"Making up {ratings:,} ratings")
        write_sample(out, n_users=users, n_items=items, n_ratings=ratings, seed=seed, path_catalog=catalog)
    click.echo(f"Wrote {out}" + (f" and {catalog}" if catalog else "") + ". All of it is made up.")


@main.command()
@artifacts_option
def doctor(artifacts: str) -> None:
    """Verify every checksum of every version, and say what is served."""
    from recsys.errors import ArtifactError
    from recsys.versions.store import Artifacts, ArtifactStore, verify

    store = ArtifactStore(artifacts)
    current, damage = store.current(), []
    for version in store.versions():
        opened = Artifacts(store.folder(version), store.manifest(version))
        found = verify(opened)
        damage += found
        state = "damaged" if found else f"{len(opened.manifest['files'])} files verified"
        click.echo(f"{'* ' if version == current else '  '}{version}  {opened.manifest['name']}  {state}")
    if current not in store.versions():
        raise ArtifactError(f"{artifacts} has no version in service. Make one with `python -m recsys build`.")
    click.echo(f"In service: {current}")
    if damage:
        raise ArtifactError(f"{' '.join(damage)} Build again, or roll back to a version that verifies.")


@main.command()
@click.argument("action", type=click.Choice(["list", "rollback"]), default="list")
@click.argument("version", required=False)
@artifacts_option
def versions(action: str, version: str | None, artifacts: str) -> None:
    """List the kept versions, oldest first, or put one back in service."""
    from recsys.versions.store import ArtifactStore

    store = ArtifactStore(artifacts)
    if action == "rollback":
        if version is None:
            raise click.UsageError("Name the version to roll back to; `versions list` shows them.")
        store.rollback(version)
        click.echo(f"In service: {version}")
        return
    for kept in store.versions():
        manifest = store.manifest(kept)
        mark = "*" if kept == store.current() else " "
        count = manifest["summary"]["n_ratings"]
        click.echo(f"{mark} {kept}  {manifest['name']}  {count:,} ratings  built {manifest['built_at']}")
    if not store.versions():
        click.echo(f"No versions in {artifacts}. Make one with `python -m recsys build`.")


if __name__ == "__main__":
    main(prog_name="python -m recsys", args=sys.argv[1:])
