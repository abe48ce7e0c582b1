"""Questions in threads: asked, streamed, resumed after a kill, and held for a human label."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command, StateSnapshot

from agents.graphs.context import Context
from agents.graphs.memory import turn_of
from agents.state import MOST_TURNS, Asked, DialogueState, Review, Step, Turn
from anomaly_core.errors import ThreadError
from tools.records import TextAnswerRecord

if TYPE_CHECKING:
    from agents.graphs.checkpointers import Threads
    from agents.graphs.dialogue import Dialogue

SHOWN: Final[Mapping[str, str]] = {
    "open_image": "read the image",
    "recall": "recalled what was measured of it",
    "encode": "encoded it",
    "find_product": "found its product",
    "detect": "judged it against the good parts",
    "classify": "compared its look with the notes",
    "retrieve": "looked up good parts and notes",
    "reason": "put the evidence in order",
    "phrase": "had a language model phrase it",
    "check": "checked the answer",
}
"""What a step is called where it is shown; the others are not."""


@dataclass(frozen=True)
class Event:
    """Something that happened on the way to an answer. kind "step": a step is done; "token": checked text."""

    kind: Literal["step", "token"]
    text: str


@dataclass(frozen=True)
class Finished:
    """The last event: the final state of an answered question, or what its thread waits for."""

    final: DialogueState | Waiting


@dataclass(frozen=True)
class Waiting:
    """A thread that waits for a person. `request`: what is asked, as plain JSON."""

    thread: str
    request: dict[str, Any]


class Conversations:
    """Threads over one dialogue graph.

    graph: compiled with the saver of `threads`. context: of every run.
    """

    def __init__(self, graph: Dialogue, threads: Threads, context: Context) -> None:
        self._graph = graph
        self._threads = threads
        self._context = context

    def ask(
        self,
        image: Path,
        question: str,
        *,
        thread: str,
        product: str | None = None,
        review: bool = False,
        shown_name: str | None = None,
        language: str | None = None,
    ) -> Iterator[Event | Finished]:
        """Answer a question, yielding what happens, and last how it finished.

        The same question of the same image goes on where it was cut off. shown_name: of an image whose path
        is a passing one. language: of the answer; that of the settings where None. Raises ThreadError where
        the thread waits for a person, or is in use elsewhere.
        """
        given = {
            "image": str(image),
            "shown_name": shown_name,
            "given": str(image),
            "question": question,
            "named_product": product,
            "out": None,
            "review": review,
        }
        with self._threads.held(thread):
            before = self._state(thread)
            if _waits(before):
                raise ThreadError(
                    f"thread {thread} waits for a human label for {before.values['image']}: "
                    f"`iad review {thread} --verdict good|anomalous` gives it"
                )
            # The image itself is not compared: a question may have turned to another one of the thread.
            resumes = _unfinished(before) and all(
                before.values.get(key) == value for key, value in given.items() if key != "image"
            )
            yield from self._run(thread, None if resumes else given, language)
            yield Finished(self._finish(thread))

    def ask_without_image(
        self,
        thread: str,
        question: str,
        answer: Callable[[Sequence[Turn]], tuple[TextAnswerRecord, Asked]],
    ) -> TextAnswerRecord:
        """Answer a question that came without an image, given the thread's turns, and remember it.

        Raises ThreadError where the thread is in use elsewhere.
        """
        with self._threads.held(thread):
            values = self._state(thread).values
            turns = list(values.get("turns") or [])
            told, asked = answer(turns)
            number = values.get("turn", 0) + 1
            kept = [*turns, turn_of(number, question, told.answer, asked)][-MOST_TURNS:]
            self._graph.update_state(_config(thread), {"turns": kept, "turn": number}, as_node="remember")
            self._threads.prune(thread)
        return told

    def answer_review(self, thread: str, review: Review) -> Iterator[Event | Finished]:
        """Give a human label to a thread that waits for it, and let it go on; see `ask`.

        Raises ThreadError where the thread does not wait.
        """
        with self._threads.held(thread):
            if not _waits(self._state(thread)):
                raise ThreadError(
                    f"thread {thread} does not wait for a person: `iad review` lists those that do"
                )
            yield from self._run(thread, Command(resume=review.model_dump()))
            yield Finished(self._finish(thread))

    def pending(self, thread: str) -> tuple[Path, str] | None:
        """Return image and question of a thread that was cut off, or None."""
        state = self._state(thread)
        if not _unfinished(state) or _waits(state) or not state.values.get("question"):
            return None
        return Path(state.values["given"]), str(state.values["question"])

    def waiting(self) -> list[Waiting]:
        """Return the threads that wait for a person, the one used last first."""
        found = []
        for name in self._threads.names():
            request = _waits(self._state(name))
            if request is not None:
                found.append(Waiting(name, request))
        return found

    def turns(self, thread: str) -> list[Turn]:
        """Return the turns that a thread remembers, oldest first."""
        return list(self._state(thread).values.get("turns") or [])

    def image(self, thread: str) -> tuple[Path, str] | None:
        """Return path and SHA-256 of the image that a thread's last question was about, or None."""
        values = self._state(thread).values
        return (Path(values["image"]), values["opened"].sha256) if "opened" in values else None

    def steps(self, thread: str) -> list[Step]:
        """Return the chain of thought behind a thread's last answer."""
        return list(self._state(thread).values.get("steps") or [])

    def names(self) -> list[str]:
        """Return the threads, the one used last first."""
        return self._threads.names()

    def forget(self, thread: str) -> None:
        """Delete a thread. Raises ThreadError where there is none."""
        self._threads.forget(thread)

    def close(self) -> None:
        """Close the threads' file or connection."""
        self._threads.close()

    def _run(self, thread: str, given: Any, language: str | None = None) -> Iterator[Event]:
        context = self._context
        if language is not None:
            context = replace(context, resources=replace(context.resources, language=language))
        stream = self._graph.stream(
            given,
            _config(thread),
            context=context,
            stream_mode=["updates", "custom"],
            subgraphs=True,
            durability="sync",
        )
        for _, mode, data in stream:
            if mode == "custom":
                yield Event("token", str(cast("dict[str, Any]", data)["token"]))
                continue
            for node, update in cast("dict[str, Any]", data).items():
                if node == "call_tool" and update:
                    yield Event("step", f"measured: {update['observations'][-1].tool.replace('_', ' ')}")
                elif node in SHOWN and (node != "phrase" or "draft" in (update or {})):
                    yield Event("step", SHOWN[node])

    def _finish(self, thread: str) -> DialogueState | Waiting:
        state = self._state(thread)
        request = _waits(state)
        if request is not None:
            return Waiting(thread, request)
        self._threads.prune(thread)
        return cast("DialogueState", state.values)

    def _state(self, thread: str) -> StateSnapshot:
        return self._graph.get_state(_config(thread))


def new_thread() -> str:
    """Return a name for a new thread."""
    return uuid.uuid4().hex[:12]


def _config(thread: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread}, "recursion_limit": 60}


def _unfinished(state: StateSnapshot) -> bool:
    """Whether a question was cut off. `next` omits a step that is done but not yet checkpointed."""
    return bool(state.tasks)


def _waits(state: StateSnapshot) -> dict[str, Any] | None:
    """What a thread asks a person, or None."""
    for task in state.tasks:
        for pause in task.interrupts:
            return dict(pause.value)
    return None
