"""`facet sample`: made-up ratings of any size."""

from __future__ import annotations

import click

from recsys.cli.options import format_option
from recsys.cli.output import one_line, print_json, progress_display
from recsys.progress import Stage


@click.command("sample")
@click.option(
    "--users", type=click.IntRange(min=2), default=8_000, show_default=True, help="Number of users."
)
@click.option(
    "--items", type=click.IntRange(min=2), default=1_500, show_default=True, help="Number of products."
)
@click.option(
    "--ratings", type=click.IntRange(min=2), default=120_000, show_default=True, help="Number of ratings."
)
@click.option(
    "--out", metavar="FILE", required=True, help="Ratings file to write; with --parts, the folder of them."
)
@click.option(
    "--parts", type=click.IntRange(min=1), help="Deal the ratings out to so many Parquet files in a folder."
)
@click.option("--catalog", metavar="FILE", help="Catalogue file to write beside it.")
@click.option(
    "--seed", type=int, default=20_140_723, show_default=True, help="The same seed gives the same file."
)
@format_option("table", "json")
def command(
    users: int,
    items: int,
    ratings: int,
    out: str,
    parts: int | None,
    catalog: str | None,
    seed: int,
    form: str,
) -> None:
    """Write made-up ratings of any size."""
    from recsys.data.sample.files import write_sample

    with progress_display() as listener:
        Stage(f"Making up {ratings:,} ratings", listener)()
        write_sample(
            out,
            n_users=users,
            n_items=items,
            n_ratings=ratings,
            seed=seed,
            path_catalog=catalog,
            parts=parts,
        )
    if form == "json":
        print_json({"ratings": out, "catalog": catalog})
    else:
        click.echo(one_line(f"Wrote {out}{f' and {catalog}' if catalog else ''}. All of it is made up."))
