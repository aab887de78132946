"""Options that several commands share, and what they become."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from recsys.config import RANKERS

if TYPE_CHECKING:
    from recsys.config import BuildConfig, CleaningConfig
    from recsys.filters import Filters
    from recsys.rules import Rules
    from recsys.sources.databases import Query

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]

ARTIFACTS_VARIABLES = ("FACET_ARTIFACTS", "RECSYS_ARTIFACTS")
"""Environment variables that name the artifacts folder; the second is the older name."""
_DATE_ORDERS = ("day-first", "month-first", "year-first")


def _chain(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _column_order(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    from recsys.errors import DataFormatError
    from recsys.sources.column_roles import stated_roles

    names = tuple(part.strip() for part in value.split(","))
    try:
        stated_roles(names)
    except DataFormatError as error:
        raise click.BadParameter(str(error)) from None
    return names


def _bounds(_: click.Context, __: click.Parameter, value: str | None) -> tuple[float, float] | None:
    if value is None:
        return None
    try:
        low, high = (float(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter("expected LOW,HIGH, such as 1,5.") from None
    if not low < high:
        raise click.BadParameter("the lowest rating must be below the highest.")
    return low, high


layout_options = _chain(
    click.option(
        "--columns",
        metavar="NAMES",
        callback=_column_order,
        help="Order of the columns, such as user,item,rating,timestamp; skip for one to leave out.",
    ),
    click.option("--delimiter", metavar="TEXT", help="Separator of the columns. Recognised by default."),
    click.option("--no-header", is_flag=True, help="The first line is a rating, not column names."),
    click.option(
        "--in-order", is_flag=True, help="The ratings of each user stand in order of time, earliest first."
    ),
    click.option("--scale", metavar="LOW,HIGH", callback=_bounds, help="Range of ratings, such as 1,5."),
    click.option(
        "--unrated",
        metavar="VALUE",
        type=float,
        multiple=True,
        help="A value that means 'not rated', such as 0. Repeat it for several.",
    ),
    click.option(
        "--dates", type=click.Choice(_DATE_ORDERS), help="What comes first in dates such as 7/8/2014."
    ),
)
"""How a ratings file is laid out, where it should not be recognised."""

database_options = _chain(
    click.option(
        "--source",
        metavar="URI",
        envvar="FACET_SOURCE",
        help="A database: postgresql://…, sqlite:///FILE, duckdb:///FILE, another that ADBC reaches, or @FILE"
        " with such an address; also set by FACET_SOURCE.",
    ),
    click.option("--query", metavar="SQL", help="With --source: the SELECT whose rows are the ratings."),
    click.option("--catalog-query", metavar="SQL", help="The SELECT whose rows are the products."),
)
"""A database as the source of ratings."""

model_options = _chain(
    click.option("--rank", type=click.IntRange(min=1), help="Number of factors of the ranking model."),
    click.option("--tune", is_flag=True, help="Choose the settings on a validation split first."),
    click.option(
        "--ranker",
        type=click.Choice(RANKERS),
        default="auto",
        show_default=True,
        help="Ranker to serve; auto: the best on held-out ratings, or a simpler one if that is as good.",
    ),
)


progress_option = click.option(
    "--progress", "progress_file", metavar="FILE", help="Write how far it is into FILE, as JSON."
)
"""What works for long says how far it is in a file, too, for whoever does not see the terminal."""


ranker_option = click.option(
    "--ranker",
    type=click.Choice([name for name in RANKERS if name != "auto"]),
    help="Ranker of recommendations. [default: the one that the version serves]",
)


new_option = click.option(
    "--new",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="How many products that nobody has rated yet; the CSV form leaves them out.",
)


def _named(context: click.Context, option: click.Parameter, value: str) -> str:
    """An empty name would be the working folder: it comes from a variable that is not set."""
    if not value.strip():
        raise click.BadParameter("the name of the folder is empty.", context, option)
    return value


def artifacts_option(*names: str) -> Callable[[Command], Command]:
    """The artifacts folder; `names` are further names of the option."""
    return click.option(
        "--artifacts",
        *names,
        "artifacts",
        metavar="FOLDER",
        envvar=list(ARTIFACTS_VARIABLES),
        default="artifacts",
        show_default=True,
        callback=_named,
        help=f"Artifacts folder; also set by {ARTIFACTS_VARIABLES[0]}.",
    )


def format_option(*forms: str) -> Callable[[Command], Command]:
    """`--format`, with `--json` as its short form. The command gets one argument, `form`."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def with_form(*args: Any, form: str | None, as_json: bool, **options: Any) -> Any:
            if as_json and form not in (None, "json"):
                raise click.UsageError(f"--json and --format {form} exclude each other.")
            return command(*args, form="json" if as_json else form or forms[0], **options)

        return _chain(
            click.option(
                "--format",
                "form",
                type=click.Choice(forms),
                help=f"Form of the answer. [default: {forms[0]}]",
            ),
            click.option("--json", "as_json", is_flag=True, help="The same as --format json."),
        )(with_form)  # type: ignore[return-value]  # `wraps` keeps what click has noted on the command

    return decorate


def _to_rules(_: click.Context, __: click.Parameter, path: str | None) -> Rules | None:
    if path is None:
        return None
    from recsys.rules import read_rules

    return read_rules(path)


rules_option = click.option(
    "--rules", metavar="FILE", callback=_to_rules, help="Business rules (TOML) that the list obeys."
)


def answer_options(command: Command) -> Command:
    """How many answers, which, from where, and in which form."""
    return _chain(
        click.option("-k", "k", type=click.IntRange(min=1), default=10, show_default=True, help="How many."),
        *_filter_options(),
        rules_option,
        artifacts_option(),
        format_option("table", "json", "csv"),
    )(command)


def filter_options(command: Command) -> Command:
    """Which products."""
    return _chain(*_filter_options())(command)


def _filter_options() -> list[Callable[[Any], Any]]:
    from recsys.filters import FILTERS

    return [
        click.option(
            one.option,
            one.name,
            type=click.IntRange(min=0) if one.kind is int else one.kind,
            multiple=one.many,
            default=one.default,
            help=one.help + (" Repeat it for several." if one.many else ""),
        )
        for one in FILTERS
    ]


def to_filters(**values: Any) -> Filters:
    """The filters that the options of a command ask for."""
    from recsys.filters import Filters

    filters = Filters(**values)
    low, high = filters.min_price, filters.max_price
    if low is not None and high is not None and low > high:
        raise click.UsageError("--min-price is above --max-price.")
    return filters


def to_reading(
    *, columns: tuple[str, ...] | None, delimiter: str | None, no_header: bool, **cleaning: Any
) -> tuple[CleaningConfig, dict[str, Any]]:
    """What `layout_options` ask for: settings of cleaning, and arguments of the readers."""
    from recsys.config import CleaningConfig

    has_header = False if no_header else None
    return CleaningConfig(**cleaning), {
        "columns": columns,
        "delimiter": delimiter,
        "has_header": has_header,
    }


def to_queries(
    files: bool, source: str | None, query: str | None, catalog_query: str | None
) -> tuple[Query | None, Query | None]:
    """The queries for ratings and products that `database_options` ask for.

    `files` is whether files are named as well.
    """
    if query is None and catalog_query is None:
        if source is not None and not _of_environment("source"):
            raise click.UsageError("--source goes with --query.")
        return None, None
    if source is None:
        raise click.UsageError("--query goes with --source, or with the environment variable FACET_SOURCE.")
    if query is None:
        raise click.UsageError("--catalog-query goes with --query.")
    if files:
        raise click.UsageError("Name either files or a --query.")
    from recsys.sources.databases import Query, stated_uri

    uri = stated_uri(source)
    return Query(uri, query), None if catalog_query is None else Query(uri, catalog_query)


def _of_environment(name: str) -> bool:
    where = click.get_current_context().get_parameter_source(name)
    return where is click.core.ParameterSource.ENVIRONMENT


def to_config(
    cleaning: CleaningConfig, rank: int | None = None, tune: bool = False, ranker: str = "auto"
) -> BuildConfig:
    """The settings that `model_options` ask for."""
    from recsys.config import BuildConfig

    config = BuildConfig(cleaning=cleaning, tune=tune, ranker=ranker)
    return replace(
        config,
        ranking=replace(config.ranking, n_factors=rank),
        sequential=replace(config.sequential, n_factors=rank),
    )
