"""`iad ask` and `iad chat`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from agents.interfaces.cli.options import (
    Alpha,
    Device,
    Json,
    Lang,
    Llm,
    Lot,
    Operator,
    Product,
    Review,
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
    from tools.records import AnswerRecord, TextAnswerRecord

Image = Annotated[
    Path | None, typer.Argument(metavar="[IMAGE]", help="The image that the questions are about.")
]
Steps = Annotated[bool, typer.Option("--steps", help="Show the chain of thought, with its evidence.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show all the evidence, not only what the answer cites.")
]
Wait = Annotated[
    bool, typer.Option("--wait", help="Where the verdict is uncertain, wait for a person: see iad review.")
]
ABOUT_SEVERAL: Final = frozenset({"comparison", "history"})
"""Kinds of question that one answer about several images is for."""
NEXT_IMAGE: Final = "/image "
"""A line of a conversation that begins so names the image that the next questions are about."""


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("ask")(ask)
    app.command("chat")(chat)


def ask(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[IMAGE...] QUESTION",
            help="What you want to know: of images, or, without one, of the catalogue or the log.",
            show_default=False,
        ),
    ],
    product: Product = None,
    thread: Thread = None,
    wait: Wait = False,
    steps: Steps = False,
    verbose: Verbose = False,
    llm: Llm = None,
    lang: Lang = None,
    store: Store = None,
    alpha: Alpha = None,
    review: Review = None,
    lot: Lot = None,
    station: Station = None,
    operator: Operator = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Answer a question about images, the catalogue or the log, with the evidence it rests on."""
    *images, question = words
    if Path(question).is_file() or re.fullmatch(r"\S+\.(png|jpe?g|tiff?|bmp|webp)", question.lower()):
        raise typer.BadParameter(f"what do you want to know of {question}? Give a question after it")
    with (
        application(
            store=store,
            alpha=alpha,
            review=review,
            device=device,
            llm=llm,
            language=lang,
            lot=lot,
            station=station,
            operator=operator,
            reads_store=True,
            asks=True,
        ) as opened,
        _progress(show=not json) as listen,
    ):
        paths = list(map(Path, images)) or _last_image(opened, thread)
        if not paths:
            answer = opened.ask_without_image(question, product=product, thread=thread)
            _print_text_answer(answer, verbose=verbose, json=json)
            return
        answers = ask_about(opened, paths, question, product=product, thread=thread, wait=wait, listen=listen)
        for reply in answers:
            print_reply(opened, reply, steps=steps, verbose=verbose, json=json, named=len(answers) > 1)


def ask_about(
    opened: Application,
    images: Sequence[Path],
    question: str,
    *,
    product: str | None,
    thread: str | None,
    wait: bool,
    listen: Listener | None,
) -> list[AnswerRecord | Waiting]:
    """Return the answers to a question about images of one thread: one where it compares them, else one each.

    The question comes with the last image. That it is of several, such as which is worse, is known once it
    is understood.
    """
    from agents.graphs.threads import Waiting, new_thread

    name = thread or new_thread()
    *others, last = images
    for image in others:
        opened.ask(image, "", product=product, thread=name, listen=listen)
    ask = partial(opened.ask_or_wait, product=product, thread=name, review=wait, listen=listen)
    reply = ask(last, question)
    each = isinstance(reply, Waiting) or _is_about(last, reply)
    return [*(ask(image, question) for image in others if each), reply]


def _last_image(opened: Application, thread: str | None) -> list[Path]:
    """Return the image that a thread's last question was about; none of a thread without one."""
    found = None if thread is None else opened.conversations.image(thread)
    return [] if found is None else [found[0]]


def _is_about(image: Path, reply: AnswerRecord) -> bool:
    """Return whether an answer is about its own image alone, not about several or another one."""
    return reply.image == str(image) and not {one.kind for one in reply.understood} & ABOUT_SEVERAL


def _print_text_answer(reply: TextAnswerRecord, *, verbose: bool, json: bool = False) -> None:
    if json:
        print_json(reply.model_dump(mode="json"))
        return
    print_line(reply.answer)
    _print_evidence(reply, verbose=verbose)


def chat(
    image: Image = None,
    product: Product = None,
    thread: Thread = None,
    steps: Steps = False,
    verbose: Verbose = False,
    llm: Llm = None,
    lang: Lang = None,
    store: Store = None,
    alpha: Alpha = None,
    review: Review = None,
    lot: Lot = None,
    station: Station = None,
    operator: Operator = None,
    device: Device = None,
) -> None:
    """Ask question after question; `/image PATH` turns to another image, an empty line ends it."""
    from agents.graphs.threads import new_thread

    if sys.stdin.isatty():
        about = "the catalogue and the log" if image is None else "the image"
        print_line((f"Ask about {about}; /image PATH turns to an image, an empty line ends.", "dim"))
    with application(
        store=store,
        alpha=alpha,
        review=review,
        device=device,
        llm=llm,
        language=lang,
        lot=lot,
        station=station,
        operator=operator,
        reads_store=True,
        asks=True,
    ) as opened:
        shown = {"steps": steps, "verbose": verbose}
        cut_off = opened.conversations.pending(thread) if thread is not None else None
        if cut_off is not None:
            print_line((f"finishing what was cut off: {cut_off[1]}", "dim"))
            _answer(opened, cut_off[0], cut_off[1], product, thread, shown)
        if image is None:
            image = next(iter(_last_image(opened, thread)), None)
        while line := _next_line():
            if line.startswith(NEXT_IMAGE):
                image = _turned_to(Path(line.removeprefix(NEXT_IMAGE).strip()).expanduser(), image)
                continue
            if image is None:
                thread = thread or new_thread()
                told = opened.ask_without_image(line, product=product, thread=thread)
                _print_text_answer(told, verbose=verbose)
                continue
            thread = _answer(opened, image, line, product, thread, shown) or thread
    if thread is not None:
        print_line((f"thread {thread}", "dim"))


def print_reply(
    opened: Application,
    reply: AnswerRecord | Waiting,
    *,
    steps: bool = False,
    verbose: bool = False,
    json: bool = False,
    named: bool = False,
) -> None:
    """Print an answer, or what a person is asked before there is one.

    verbose: all the evidence, not only what the answer cites. named: the image's path above it.
    """
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
    if named:
        print_line((f"{reply.image}:", "bold"))
    if steps:
        print_steps(opened, reply.thread)
    print_line(reply.answer)
    _print_evidence(reply, verbose=verbose)
    print_line((f"thread {reply.thread}", "dim"))


def _print_evidence(reply: AnswerRecord | TextAnswerRecord, *, verbose: bool) -> None:
    """Print what the answer cites, or all the evidence that was gathered."""
    from agents.answers.generated.guardrails import cited_ids

    cited = set(cited_ids(reply.answer))
    for item in reply.evidence:
        if verbose or item.id in cited:
            print_line((f"  [{item.id}] ", "cyan"), item.text)


def _answer(
    opened: Application,
    image: Path,
    question: str,
    product: str | None,
    thread: str | None,
    shown: Mapping[str, bool],
) -> str | None:
    """Answer one line of a conversation and return its thread."""
    try:
        with _progress(show=True) as listen:
            record = opened.ask(image, question, product=product, thread=thread, listen=listen)
    except (LanguageModelError, UnreadableImage) as error:
        # The next question may go through: one failed reply does not end the conversation.
        print_error(error, as_json=False)
        return None
    print_reply(opened, record, **shown)
    return record.thread


def _turned_to(wanted: Path, image: Path | None) -> Path | None:
    """Return the image that a conversation turns to; the one in hand where there is no such file."""
    if wanted.is_file():
        return wanted
    goes_on = "" if image is None else f"; the questions are still about {image}"
    print_error(UnreadableImage(f"{wanted}: no such file; check the path{goes_on}"), as_json=False)
    return image


def print_steps(opened: Application, thread: str) -> None:
    """Print the chain of thought of a thread's last answer, each step with its evidence."""
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
