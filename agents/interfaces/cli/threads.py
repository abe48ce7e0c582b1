"""`iad threads`: conversations that are remembered."""

from __future__ import annotations

from typing import Annotated

import typer

from agents.interfaces.cli.asking import Steps, print_steps
from agents.interfaces.cli.options import Json, Store, application
from agents.interfaces.cli.output import print_json, print_line


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    family = typer.Typer(no_args_is_help=True, help="Threads: conversations that are remembered.")
    family.command("list")(list_threads)
    family.command("show")(show_thread)
    family.command("forget")(forget_thread)
    app.add_typer(family, name="threads")


def list_threads(store: Store = None, json: Json = False) -> None:
    """List the threads, the one used last first, with their last question."""
    with application(store=store) as opened:
        for name in opened.conversations.names():
            turns = opened.conversations.turns(name)
            asked = turns[-1].question if turns else ""
            count = turns[-1].number if turns else 0
            if json:
                print_json({"thread": name, "turns": count, "question": asked})
            else:
                print_line(name, (f"  {count} questions  {asked}", "dim"))


def show_thread(
    thread: Annotated[str, typer.Argument(metavar="THREAD", help="The thread's name.")],
    steps: Steps = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Show the questions and answers that a thread remembers."""
    with application(store=store) as opened:
        for turn in opened.conversations.turns(thread):
            if json:
                print_json(turn.model_dump(mode="json"))
            else:
                about = f"image {turn.image}: " if turn.image else ""
                print_line((f"{turn.number}. {about}{turn.question}", "bold"))
                print_line(f"   {turn.answer}")
        if steps and not json:
            print_steps(opened, thread)


def forget_thread(
    thread: Annotated[str, typer.Argument(metavar="THREAD", help="The thread's name.")],
    store: Store = None,
) -> None:
    """Delete a thread."""
    with application(store=store) as opened:
        opened.conversations.forget(thread)
    print_line(f"forgot {thread}")
