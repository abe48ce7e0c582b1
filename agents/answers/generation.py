"""The embedded language model as a speaker: it sees the soft prompt, and says the evidence in a sentence.

As in AnomalyGPT (arXiv 2308.15366, section 3.4) the soft prompt stands before the first user turn of a
dialogue of many turns. The facts that it may say are the plain answer's, and stand before the last question.
What it says is shown only where agents/answers/grounding.py finds it in them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from agents.answers.compose import spoken_verdict
from agents.answers.evidence import spoken_names, without_names
from agents.answers.grounding import degenerate, grounded
from agents.answers.guardrails import sentences
from agents.state import DialogueState, Turn
from anomaly_core.errors import LanguageModelError, WeightsError
from anomaly_core.language.base import Message
from anomaly_core.soft_prompt.reader import AnomalyGPT
from knowledge.text import shortened
from tools.context import Services
from tools.turns import TURNS

if TYPE_CHECKING:
    import torch

SYSTEM: Final = (
    "You inspect industrial parts. Answer the question in one short sentence, from the facts alone."
)
WINDOW: Final = 1500
"""UTF-8 bytes of a dialogue: at least as many as its tokens, so that it fits a context of 2,048."""
LONGEST_FACTS: Final = 800
LONGEST_QUESTION: Final = 300
LONGEST_REPLY: Final = 64
"""Tokens of a reply."""
LONGEST_EARLIER: Final = 160
"""Characters of an earlier answer that the model is told again."""
_CITATION: Final = re.compile(r"\s*\[[^\[\]\n]*[A-Za-z][^\[\]\n]*\]")
_REFUSAL: Final = re.compile(r"\s*\(The language model's answer is not shown: .*", re.DOTALL)


def speak(services: Services, state: DialogueState) -> dict[str, Any]:
    """Let the model say the plain answer in a sentence; return the draft, and in `refused` what is wrong."""
    try:
        language = services.language
        if language is None:
            return {"draft": None, "refused": ["no language model is set up (prompt_llm, checkpoint)"]}
        with TURNS.hold():
            said = _say(language, services, state)
    except (LanguageModelError, WeightsError) as error:
        return {"draft": None, "refused": [str(error)]}
    verdict = spoken_verdict(state)
    answer = _plain(state, state["answer"])
    rest = answer.removeprefix(verdict).strip()
    if said == verdict and not rest:
        return {"draft": said}
    problem = degenerate(said, question=state.get("question") or "", instructions=SYSTEM, facts=answer)
    if problem is not None:
        return {"draft": said, "refused": [problem]}
    draft = grounded(said, rest)
    if draft is None:
        return {"draft": said, "refused": ["it says what the evidence for this question does not"]}
    return {"draft": draft}


def dialogue_messages(state: DialogueState, soft_prompt: torch.Tensor) -> list[Message]:
    """Return the dialogue about the image in hand, up to where the model speaks.

    soft_prompt: (n, hidden), of the image; it stands before the first turn that is left. The oldest turns
    leave where the whole would be longer than WINDOW. Where the facts say more than the verdict, the reply
    begins with the verdict.
    """
    verdict, answer = spoken_verdict(state), _plain(state, state["answer"])
    rest = _uncited(answer.removeprefix(verdict).strip())
    names = spoken_names(state)
    question = shortened(without_names(state.get("question") or "", names), LONGEST_QUESTION)
    facts = f"{verdict} {shortened(rest, LONGEST_FACTS)}".rstrip()
    asked = [Message("user", f"Facts: {facts}\nQuestion: {question}")]
    if rest:
        asked.append(Message("assistant", verdict))
    system = Message("system", SYSTEM)
    room = WINDOW - sum(_size(message) for message in (system, *asked))
    earlier: list[Message] = []
    for turn in reversed(_turns_of_this_image(state)):
        pair = [
            Message("user", shortened(without_names(turn.question, names), LONGEST_EARLIER)),
            Message("assistant", _beyond(_plain(state, turn.answer), verdict)),
        ]
        room -= sum(_size(message) for message in pair)
        if room < 0:
            break
        earlier = [*pair, *earlier]
    first, *others = [*earlier, *asked]
    return [system, Message("user", first.text, soft_prompt), *others]


def _say(language: AnomalyGPT, services: Services, state: DialogueState) -> str:
    """The first sentence of the model's greedy reply; no more of it is generated."""
    product = state["product"].name
    model = services.product_model(product)
    part = services.passes.get(state["image"], state["opened"].sha256)
    values = part.anomaly_map(product, model).values
    soft_prompt = language.soft_prompt(values, model.even_odds, part.encoded().embedding)
    text = ""
    for piece in language.lm.generate(dialogue_messages(state, soft_prompt), LONGEST_REPLY):
        text += piece
        if len(sentences(text)) > 1:
            break
    return next(iter(sentences(text)), "")


def _turns_of_this_image(state: DialogueState) -> Sequence[Turn]:
    digest = state["opened"].sha256
    number = next((one["number"] for one in state["seen"] if one["sha256"] == digest), None)
    return [turn for turn in state["turns"] if turn.image == number]


def _plain(state: DialogueState, text: str) -> str:
    """An answer without file names, and without the remark that another one is not shown."""
    return without_names(_REFUSAL.sub("", text), spoken_names(state))


def _uncited(text: str) -> str:
    """An answer in words alone, without what leads a small model astray: citations, boxes, quotes."""
    return re.sub(r", box \[[^\]]*\]", "", _CITATION.sub("", text)).replace('"', "")


def _beyond(answer: str, verdict: str) -> str:
    """What an earlier answer said beyond the verdict; else the verdict."""
    return shortened(_uncited(answer.removeprefix(verdict).strip()) or verdict, LONGEST_EARLIER)


def _size(message: Message) -> int:
    return len(message.text.encode()) + 16  # what a chat template puts around it
