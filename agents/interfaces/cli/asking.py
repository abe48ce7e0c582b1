"""`iad ask`, `iad chat` and `iad threads`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.interfaces.cli.options import (
    Alpha,
    Device,
    Json,
    Llm,
    Lot,
    Operator,
    Product,
    Station,
    Store,
    Thread,
    application,
)
from agents.interfaces.cli.output import plain, print_error, print_json, print_line, print_warnings
from anomaly_core.errors import LanguageModelError, UnreadableImage

if TYPE_CHECKING:
    from agents.app import Application, Listener
    from agents.graphs.threads import Event, Waiting
    from tools.records import AnswerRecord, EvidenceRecord

Image = Annotated[Path, typer.Argument(metavar="IMAGE", help="The image that the question is about.")]
Steps = Annotated[bool, typer.Option("--steps", help="Show the chain of thought, with its evidence.")]
Review = Annotated[
    bool, typer.Option("--review", help="Where the verdict is uncertain, wait for a person: see iad review.")
]
NEXT_IMAGE = "/image "
"""A line of a conversation that begins so names the image that the next questions are about."""


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("ask")(ask)
    app.command("chat")(chat)
    family = typer.Typer(no_args_is_help=True, help="Threads: conversations that are remembered.")
    family.command("list")(list_threads)
    family.command("show")(show_thread)
    family.command("forget")(forget_thread)
    app.add_typer(family, name="threads")


def ask(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[IMAGE] QUESTION",
            help="What you want to know: of an image, or, without one, of the catalogue or the log.",
            show_default=False,
        ),
    ],
    product: Product = None,
    thread: Thread = None,
    review: Review = False,
    steps: Steps = False,
    llm: Llm = None,
    store: Store = None,
    alpha: Alpha = None,
    lot: Lot = None,
    station: Station = None,
    operator: Operator = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Answer one question about an image, the catalogue or the log, with the evidence it rests on."""
    *images, question = words
    if len(images) > 1:
        raise typer.BadParameter("give one image and one question; put the question in quotation marks")
    if not images:
        if Path(question).is_file() or re.fullmatch(r"\S+\.(png|jpe?g|tiff?|bmp|webp)", question.lower()):
            raise typer.BadParameter(f"what do you want to know of {question}? Give a question after it")
        _ask_without_image(question, product, thread, store, json)
        return
    image = Path(images[0])
    with (
        application(
            store=store,
            alpha=alpha,
            device=device,
            llm=llm,
            lot=lot,
            station=station,
            operator=operator,
            reads_store=True,
        ) as opened,
        _progress(show=not json) as listen,
    ):
        reply = opened.ask_or_wait(
            image, question, product=product, thread=thread, review=review, listen=listen
        )
        print_reply(opened, reply, steps=steps, json=json)


def _ask_without_image(
    question: str, product: str | None, thread: str | None, store: Path | None, json: bool
) -> None:
    if thread is not None:
        raise typer.BadParameter("a question of a thread is about an image: name it before the question")
    with application(store=store, reads_store=True) as opened:
        reply = opened.ask_without_image(question, product=product)
    if json:
        print_json(reply.model_dump(mode="json"))
        return
    print_line(reply.answer)
    _print_evidence(reply.evidence)


def chat(
    image: Image,
    product: Product = None,
    thread: Thread = None,
    steps: Steps = False,
    llm: Llm = None,
    store: Store = None,
    alpha: Alpha = None,
    lot: Lot = None,
    station: Station = None,
    operator: Operator = None,
    device: Device = None,
) -> None:
    """Ask question after question; `/image PATH` turns to another image, an empty line ends it."""
    if sys.stdin.isatty():
        print_line(("Ask about the image; /image PATH turns to another, an empty line ends.", "dim"))
    with application(
        store=store,
        alpha=alpha,
        device=device,
        llm=llm,
        lot=lot,
        station=station,
        operator=operator,
        reads_store=True,
    ) as opened:
        cut_off = opened.conversations.pending(thread) if thread is not None else None
        if cut_off is not None:
            print_line((f"finishing what was cut off: {cut_off[1]}", "dim"))
            _answer(opened, cut_off[0], cut_off[1], product, thread, steps)
        while line := _next_line():
            if line.startswith(NEXT_IMAGE):
                image = Path(line.removeprefix(NEXT_IMAGE).strip()).expanduser()
                continue
            thread = _answer(opened, image, line, product, thread, steps) or thread
    if thread is not None:
        print_line((f"thread {thread}", "dim"))


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
                print_line((f"{turn.number}. image {turn.image}: {turn.question}", "bold"))
                print_line(f"   {turn.answer}")
        if steps and not json:
            _print_steps(opened, thread)


def forget_thread(
    thread: Annotated[str, typer.Argument(metavar="THREAD", help="The thread's name.")],
    store: Store = None,
) -> None:
    """Delete a thread."""
    with application(store=store) as opened:
        opened.conversations.forget(thread)
    print_line(f"forgot {thread}")


def print_reply(
    opened: Application, reply: AnswerRecord | Waiting, *, steps: bool = False, json: bool = False
) -> None:
    """Print an answer, or what a person is asked before there is one."""
    from agents.graphs.threads import Waiting

    if isinstance(reply, Waiting):
        request = reply.request
        if json:
            print_json({"image": request["image"], "thread": reply.thread, "review": request})
            return
        print_line(
            (f"uncertain: measured as {request['measured']}, p={request['p_value']:.3g}  ", "yellow"),
            f"{request['image']}",
        )
        print_line(f"A person decides: iad review {reply.thread} --verdict good|anomalous")
        return
    print_warnings(reply.warnings)
    if json:
        print_json(reply.model_dump(mode="json"))
        return
    if steps:
        _print_steps(opened, reply.thread)
    print_line(reply.answer)
    _print_evidence(reply.evidence)
    print_line((f"thread {reply.thread}", "dim"))


def _print_evidence(evidence: list[EvidenceRecord]) -> None:
    for item in evidence:
        print_line((f"  [{item.id}] ", "cyan"), item.text)


def _answer(
    opened: Application, image: Path, question: str, product: str | None, thread: str | None, steps: bool
) -> str | None:
    """Answer one line of a conversation and return its thread."""
    try:
        with _progress(show=True) as listen:
            record = opened.ask(image, question, product=product, thread=thread, listen=listen)
    except (LanguageModelError, UnreadableImage) as error:
        # The next question may go through: one failed reply does not end the conversation.
        print_error(error, as_json=False)
        return None
    print_reply(opened, record, steps=steps)
    return record.thread


def _print_steps(opened: Application, thread: str) -> None:
    for number, step in enumerate(opened.conversations.steps(thread), start=1):
        cited = " ".join(f"[{name}]" for name in step.evidence)
        print_line((f"{number}. {step.kind}: ", "bold"), f"{step.text} ", (cited, "cyan"))


@contextmanager
def _progress(*, show: bool) -> Iterator[Listener | None]:
    """Show steps, and checked text as it comes, on stderr where that is a terminal."""
    if not show or not sys.stderr.isatty():
        yield None
        return

    def hear(event: Event) -> None:
        if event.kind == "token":
            sys.stderr.write(plain(event.text))
        else:
            sys.stderr.write(f"\r\x1b[2K{plain(event.text)} ...")
        sys.stderr.flush()

    try:
        yield hear
    finally:
        sys.stderr.write("\r\x1b[2K")
        sys.stderr.flush()


def _next_line() -> str:
    """The next line of input, stripped; empty at the end of input."""
    if sys.stdin.isatty():
        sys.stderr.write("> ")
        sys.stderr.flush()
    return sys.stdin.readline().strip()
