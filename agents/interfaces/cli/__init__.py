"""The command `iad`: one module a family of commands, put together here."""

from __future__ import annotations

from typing import Annotated

import typer
from typer.core import TyperGroup

from agents.interfaces.cli import (
    asking,
    catalogue,
    enrolling,
    evaluation,
    feedback,
    inspecting,
    llm,
    logged,
    machine,
    reporting,
    serving,
    threads,
    training,
    watching,
    zones,
)
from agents.interfaces.cli.options import FAILED, INTERRUPTED, JSON_KEY
from agents.interfaces.cli.output import print_error
from anomaly_core.errors import IadError


class IadGroup(TyperGroup):
    """The root group: an IadError becomes one line and status 1, an interruption 130; all else is a bug."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise typer.Exit(INTERRUPTED) from error
        except IadError as error:
            print_error(error, as_json=bool(ctx.meta.get(JSON_KEY)))
            raise typer.Exit(FAILED) from error


app = typer.Typer(
    cls=IadGroup,
    name="iad",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Find, show, name and explain what is wrong with a part, from a handful of good ones.",
    epilog="Exit status: 0 done; 1 an image failed, or an error; 2 wrong usage; "
    "3 --fail-on-anomaly met an anomaly and nothing failed.",
)


def _print_version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"iad {version('iad-agent')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


for family in (
    machine,
    enrolling,
    inspecting,
    asking,
    threads,
    logged,
    reporting,
    feedback,
    catalogue,
    evaluation,
    training,
    llm,
    serving,
    watching,
    zones,
):
    family.register(app)
