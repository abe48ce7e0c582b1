"""Answers to questions that come without an image: from the log, and what can be asked."""

from __future__ import annotations

from collections.abc import Sequence

from agents.answers.compose import each_sentence_once
from agents.answers.kinds import ENTRIES
from agents.answers.phrases import phrases_of
from agents.answers.topic import Reply, Topic
from agents.questions.understanding import understand
from agents.state import DialogueState, Observation
from tools.context import Context
from tools.history import look_up
from tools.records import EvidenceRecord, TextAnswerRecord, UnderstoodRecord


def answer_without_image(
    tools: Context, question: str, *, product: str | None = None, known: Sequence[str] = ()
) -> TextAnswerRecord:
    """Answer a question from the log.

    product: that the log is narrowed to, unless the question names another. known: see `understand`. What
    needs an image is answered by how to name one. Raises StoreError, and ConfigError where no log is kept.
    """
    asked = understand(question, known=known, pictured=False)
    observations: list[Observation] = []
    for number, intent in enumerate(asked.intents):
        if intent.log is not None:
            found = look_up(tools, intent.log, product=product)
            taken = len(observations)
            id_ = f"log-{taken + 1}" if taken else "log"
            evidence = EvidenceRecord(kind="score", id=id_, text=found.text)
            values = found.model_dump(mode="json")
            observations.append(
                Observation(tool="log_figures", evidence=evidence, values=values, intent=number)
            )
    state, say = DialogueState(observations=observations), phrases_of(asked.language)
    topics = [Topic(state, asked, intent, number, say) for number, intent in enumerate(asked.intents)]
    replies = each_sentence_once([_reply(topic) for topic in topics])
    affirmed = next((reply.affirmed for reply in replies if reply.affirmed is not None), None)
    if asked.style == "yes_no" and affirmed is not None:
        replies = [Reply(topics[0].yes_no(affirmed))]
    return TextAnswerRecord(
        question=question,
        language=asked.language,
        understood=[
            UnderstoodRecord(**intent.model_dump(include=set(UnderstoodRecord.model_fields)))
            for intent in asked.intents
        ],
        affirmed=affirmed,
        answer=say.joined([reply.text for reply in replies]),
        evidence=[one.evidence for one in observations],
    )


def _reply(topic: Topic) -> Reply:
    entry = ENTRIES[topic.intent.kind]
    if not entry.about_part:
        return entry.word(topic)
    return Reply(topic.say("To ask that, name an image: {command}", command='iad ask IMAGE "QUESTION"'))
