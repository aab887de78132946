"""The program `facet`: finds the command, and turns failures into one line on stderr.

Exit codes: 0 done, 1 a stated error, 2 wrong usage, 130 stopped by Ctrl+C (128 and its number for
another signal).
"""

from __future__ import annotations

import errno
import importlib
import sys
from typing import Any, NoReturn

import click

from recsys import __version__
from recsys.cli.output import one_line
from recsys.cli.stopping import Stopping, too_little_memory
from recsys.errors import RecsysError, explain

COMMANDS = {
    "studio": "Open the studio in a browser.",
    "build": "Build the artifacts from a ratings file and put them in service.",
    "preview": "Say how ratings would be read and what of them would be kept.",
    "recommend": "Recommend products to the user USER_ID.",
    "similar": "List the products similar to the product ITEM_ID.",
    "top": "List the first products of the list KIND, which needs no user.",
    "audience": "List the users that the product ITEM_ID is for.",
    "leanings": "List the categories and brands that the user USER_ID leans to, against everybody.",
    "map": "List where the most rated products stand on the map, and in which cluster.",
    "export": "Write the answers WHAT for all users or products into one file.",
    "rules": "Check the rules FILE, and say what it changes and costs.",
    "evaluate": "Measure the models on held-out ratings, beside baselines.",
    "report": "Write a report on the version in service: one HTML file that needs no network.",
    "sample": "Write made-up ratings of any size.",
    "doctor": "Verify every checksum of every version, and say which one is in service.",
    "serve": "Answer programs over HTTP, below /api.",
    "forget": "Delete the person USER_ID from all kept versions and from later builds.",
    "versions": "List the kept versions, compare two, roll back to one, pin, unpin or delete one.",
}
"""What each does, in the order of `--help`. Each is a module of this package that holds a `command`."""


class Commands(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"recsys.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Whatever stops it is said in one line, without a traceback."""

        def stop(reason: str, code: int = 1) -> NoReturn:
            click.echo(f"Error: {one_line(reason)}", err=True)
            ctx.exit(code)

        with Stopping(stop):
            if lack := too_little_memory():
                stop(lack)
            try:
                done = super().invoke(ctx)
                if sys.stdout is not None:  # closed, as with >&-
                    sys.stdout.flush()
                return done
            except click.NoSuchOption as error:
                raise _with_cure(error) from error
            except RecsysError as error:
                stop(str(error))
            except BrokenPipeError:
                raise  # click ends quietly where the reader of a pipe has left
            except OSError as error:
                if error.errno == errno.ENOMEM:
                    raise
                stop(explain(error))


def _with_cure(error: click.NoSuchOption) -> click.UsageError:
    """Where a command takes an id or a file, one that begins with a dash may have been meant."""
    command = error.ctx.command if error.ctx else None
    if command is None or not any(isinstance(one, click.Argument) for one in command.params):
        return error
    cure = f"What begins with - and is no option goes last, behind --: {command.name} -- -…"
    return click.UsageError(f"{error.format_message()} {cure}", error.ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="facet")
def main() -> None:
    """Build a product recommender over a ratings file, ask it, and look at it in a browser."""
