"""`iad ask` and `iad chat`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.cli.options import Device, Json, Product, Store, Thread, application
from agents.cli.output import print_error, print_json, print_line
from anomaly_core.errors import LanguageModelError

if TYPE_CHECKING:
    from tools.records import AnswerRecord

Image = Annotated[Path, typer.Argument(metavar="IMAGE", help="The image that the question is about.")]


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("ask")(ask)
    app.command("chat")(chat)


def ask(
    image: Image,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What you want to know.")],
    product: Product = None,
    thread: Thread = None,
    store: Store = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Answer one question about an image, with the evidence it rests on."""
    with application(store=store, device=device) as opened:
        record = opened.ask(image, question, product=product, thread=thread)
    if json:
        print_json(record.model_dump(mode="json"))
    else:
        _print_answer(record)
        print_line((f"thread {record.thread}", "dim"))


def chat(
    image: Image,
    product: Product = None,
    thread: Thread = None,
    store: Store = None,
    device: Device = None,
) -> None:
    """Ask question after question about an image; an empty line or the end of input ends it."""
    if sys.stdin.isatty():
        print_line(("Ask about the image; an empty line ends the conversation.", "dim"))
    with application(store=store, device=device) as opened:
        while question := _next_question():
            try:
                record = opened.ask(image, question, product=product, thread=thread)
            except LanguageModelError as error:
                # The next question may go through: one failed reply does not end the conversation.
                print_error(error, as_json=False)
                continue
            thread = record.thread
            _print_answer(record)
    if thread is not None:
        print_line((f"thread {thread}", "dim"))


def _next_question() -> str:
    """The next line of input, stripped; empty at the end of input."""
    if sys.stdin.isatty():
        sys.stderr.write("> ")
        sys.stderr.flush()
    return sys.stdin.readline().strip()


def _print_answer(record: AnswerRecord) -> None:
    print_line(record.answer)
    for item in record.evidence:
        print_line((f"  [{item.id}] ", "cyan"), item.text)
