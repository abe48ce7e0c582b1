"""Answer generation by the embedded language model, with the image's soft prompt.

As in AnomalyGPT (arXiv 2308.15366, section 3.4) the soft prompt stands before the first user turn of the
dialogue. The plain answer is given as facts before the last question. The model generates one sentence, which
is shown only where it is grounded in these facts (grounding.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from agents.answers.evidence import display_names, verdict_statement, without_names
from agents.answers.generated.grounding import degenerate, grounded
from agents.answers.generated.guardrails import sentences
from agents.state import DialogueState, Turn
from anomaly_core.errors import WeightsError
from anomaly_core.language.base import Message
from knowledge.text import shortened
from tools.context import Part

if TYPE_CHECKING:
    import torch

    from anomaly_core.scorers.soft_prompt import SoftPromptScorer

SYSTEM: Final = (
    "You inspect industrial parts. Answer the question in one short sentence, from the facts alone."
)
WINDOW: Final = 1500
"""Most UTF-8 bytes of a dialogue, for a context of 2,048 tokens."""
LONGEST_FACTS: Final = 800
LONGEST_QUESTION: Final = 300
LONGEST_REPLY: Final = 64
"""Most tokens of a reply."""
LONGEST_EARLIER: Final = 160
"""Most characters of an earlier question or answer."""
_CITATION: Final = re.compile(r"\s*\[[^\[\]\n]*[A-Za-z][^\[\]\n]*\]")
_REFUSAL: Final = re.compile(r"\s*\(The language model's answer is not shown: .*", re.DOTALL)


def generate_answer(part: Part, state: DialogueState) -> dict[str, Any]:
    """Generate the plain answer as one sentence; return the state update with draft and violations.

    Raises LanguageModelError.
    """
    try:
        scorer = part.detector.soft_prompt_scorer()
    except WeightsError as error:
        return {"draft": None, "violations": [str(error)]}
    if scorer is None:
        return {"draft": None, "violations": ["no language model is set up (prompt_llm, checkpoint)"]}
    generated = _first_sentence(scorer, part, state)
    answer = _plain(state, state["answer"])
    problem = degenerate(generated, question=state.get("question") or "", instructions=SYSTEM, facts=answer)
    if problem is not None:
        return {"draft": generated, "violations": [problem]}
    draft = grounded(generated, answer)
    if draft is None:
        return {"draft": generated, "violations": ["it says what the evidence for this question does not"]}
    # The sentence says a clause of the plain answer, so that only the first words stand before it.
    lead = next((one for one in state["free"][:1] if state["opening"].startswith(one)), "")
    return {"draft": draft, "opening": lead}


def dialogue_messages(state: DialogueState, soft_prompt: torch.Tensor) -> list[Message]:
    """Return the dialogue about the current image, up to the model's reply.

    soft_prompt: (n, hidden) of the image, before the first turn. The oldest turns are dropped beyond WINDOW.
    Where the facts say more than the verdict, the reply begins with the verdict.
    """
    verdict, answer = verdict_statement(state), _plain(state, state["answer"])
    rest = _uncited(answer.removeprefix(verdict).strip())
    names = display_names(state)
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


def _first_sentence(scorer: SoftPromptScorer, part: Part, state: DialogueState) -> str:
    """Return the first sentence of the model's greedy reply; generation stops after it."""
    values, embedding = part.inspection.anomaly_map.values, part.encoded.embedding
    soft_prompt = scorer.soft_prompt(values, part.model.reference_score, embedding)
    text = ""
    for piece in scorer.lm.generate(dialogue_messages(state, soft_prompt), LONGEST_REPLY):
        text += piece
        if len(sentences(text)) > 1:
            break
    return next(iter(sentences(text)), "")


def _turns_of_this_image(state: DialogueState) -> Sequence[Turn]:
    digest = state["opened"].sha256
    number = next((one["number"] for one in state["seen"] if one["sha256"] == digest), None)
    return [turn for turn in state["turns"] if turn.image == number]


def _plain(state: DialogueState, text: str) -> str:
    """Return an answer without file names, and without the remark on an answer that is not shown."""
    return without_names(_REFUSAL.sub("", text), display_names(state))


def _uncited(text: str) -> str:
    """Return an answer without citations, boxes and quotation marks, which mislead a small model."""
    return re.sub(r", box \[[^\]]*\]", "", _CITATION.sub("", text)).replace('"', "")


def _beyond(answer: str, verdict: str) -> str:
    """Return an earlier answer without the verdict, or the verdict where that is all."""
    return shortened(_uncited(answer.removeprefix(verdict).strip()) or verdict, LONGEST_EARLIER)


def _size(message: Message) -> int:
    return len(message.text.encode()) + 16  # what a chat template puts around it
