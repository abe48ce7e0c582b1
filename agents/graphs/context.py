"""What a run of a graph works with besides its state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from langgraph.runtime import Runtime
from pydantic.json_schema import SkipJsonSchema

from agents import factory
from agents.settings import EMBEDDED, Settings
from agents.state import DialogueState, InspectionState, Review
from tools.context import Context as Tools
from tools.context import Part
from tools.records import Kind

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from agents.questions.understanding import Reader

RecordReview = Callable[[DialogueState, Review, str], tuple[str, list[str]]]
"""Records what a person said, once for an identity; returns the record's id, and what failed beside it."""


@dataclass(frozen=True)
class Resources:
    """The collaborators of both graphs.

    chat_model: plans and phrases; without one, rules plan and the evidence answers. chat_kinds: kinds of
    question that it also tells apart; the others the classifier does. embedded: the
    prompt-learned language model phrases in its stead. record_review: where a human label for an uncertain
    verdict goes; None keeps it in the thread alone. language: of all answers, None for each question's own.
    """

    tools: Tools
    chat_model: BaseChatModel | None = None
    embedded: bool = False
    record_review: RecordReview | None = None
    chat_kinds: frozenset[Kind] = frozenset()
    language: str | None = None

    @property
    def phrases(self) -> bool:
        """Whether a language model phrases answers."""
        return self.chat_model is not None or self.embedded

    def reader(self) -> Reader | None:
        """Return what tells the kinds of a question in the classifier's stead, if anything does."""
        if self.chat_model is None or not self.chat_kinds:
            return None
        from agents.questions.by_chat import ChatReader

        return ChatReader(self.chat_model, self.chat_kinds)


@dataclass(frozen=True)
class Context:
    """The context of a run. A program gives `resources`; Studio shows the other fields as a form.

    store: folder of the store, and llm_url: what phrases answers; those of the settings where None.
    run: name of a run that may be repeated after a kill; the log holds a file of one content once a run.
    """

    store: str | None = None
    llm_url: str | None = None
    resources: Annotated[Any, SkipJsonSchema()] = None
    run: Annotated[str | None, SkipJsonSchema()] = None


def resources_of(runtime: Runtime[Context]) -> Resources:
    """Return the collaborators of a run; without a context, or resources in it, those of the settings."""
    context = runtime.context or Context()
    if isinstance(context.resources, Resources):
        return context.resources
    return _from_settings(context.store, context.llm_url)


def tools_of(runtime: Runtime[Context]) -> Tools:
    """Return model and memory of a run."""
    return resources_of(runtime).tools


def part_of(state: InspectionState, runtime: Runtime[Context]) -> Part:
    """Return the image in hand as its product."""
    return Part(tools_of(runtime), state["image"], state["opened"].sha256, state["product"].name)


@cache
def _from_settings(store: str | None, llm_url: str | None) -> Resources:
    settings = Settings.from_environment(store=store, llm_url=llm_url)
    return Resources(
        factory.tools_context(settings),
        factory.chat_model(settings),
        settings.llm_url == EMBEDDED,
        chat_kinds=settings.chat_kinds,
    )
