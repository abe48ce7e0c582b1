"""Composition of the plain answer from evidence: its first words answer the question as it was put."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from agents.answers.evidence import gather_evidence, quote, verdict_statement
from agents.answers.image.named_type import settled, with_denial
from agents.answers.image.summary import draft, record_line, summary, summary_sentence
from agents.answers.image.unknown_image import unknown_image
from agents.answers.kinds import ENTRIES, entry_of
from agents.answers.phrases import phrases_of
from agents.answers.tool.doubt import doubt
from agents.answers.topic import Reply, Topic, about_type_of
from agents.questions.learned.encoder import normalised
from agents.questions.understanding import understand
from agents.state import Asked, DialogueState, InspectionState
from anomaly_core.names import plain_name
from tools.classify.classify import UNKNOWN
from tools.phrases import Phrases
from tools.records import EvidenceRecord

MOST_SENTENCES: Final = 4
"""Sentences of the answer to one thing asked, after its first words."""


@dataclass(frozen=True)
class Composed:
    """A plain answer, its analysis, and the evidence that both cite by id.

    opening: its first words and sentence, which stand before what a language model phrases. free: what of it
    needs no citation. affirmed: see `tools.records.AnswerRecord`.
    """

    answer: str
    analysis: str
    evidence: list[EvidenceRecord]
    opening: str
    free: list[str]
    affirmed: bool | None = None


def compose_answer(state: InspectionState | DialogueState) -> Composed:
    """Return the answer to the state's question, or its verdict where there is none."""
    question = state.get("question")
    asked: Asked | None = state.get("asked")  # type: ignore[assignment]
    analysis, evidence = _analysis(state), gather_evidence(state)
    if not question:
        sentence = verdict_statement(state)
        answer = sentence
        if state["verdict"].not_comparable:
            answer += f" The image isn't comparable with the good ones [quality]. {_problems(state)}"
        return Composed(answer, analysis, evidence, sentence, [sentence])
    asked = asked or understand(question)
    say = phrases_of(asked.language)
    topics = [
        settled(Topic(state, asked, intent, number, say)) for number, intent in enumerate(asked.intents)
    ]
    replies = _decided_first(topics, [_word(topic) for topic in topics])
    affirmed = next((reply.affirmed for reply in replies if reply.affirmed is not None), None)
    about_part = any(entry_of(topic.intent).about_part for topic in topics)
    if "verdict" in state and _wants_a_draft(topics[0], asked.question or question):
        affirmed = None
        replies = [draft(topics[0], ENTRIES["appearance"].word(settled(_of_the_part(topics[0]))).body)]
    elif about_part and asked.style == "customer":
        one_sentence = topics[0].words.has("one_sentence", normalised(asked.question or question))
        replies = [Reply(summary_sentence(topics[0]) if one_sentence else summary(topics[0]))]
    elif about_part and asked.style == "line":
        replies = [Reply("", [record_line(topics[0])])]
    elif (word := yes_or_no_alone(asked, affirmed, say, replies[0].lead)) is not None:
        replies = [word]
    elif in_doubt := doubt(asked, say):
        replies.append(Reply(in_doubt))
    turned = any(one["number"] == asked.image for one in topics[0].seen_images)
    if about_part and turned and replies[0].body:
        # Which image, as another one came with the question.
        told = say("This is about {image} [thread].", image=f'"{Path(state["image"]).name}"')
        replies[0] = replace(replies[0], body=[told, *replies[0].body])
    replies = shortened(asked, each_sentence_once(replies))
    made = {item.id: item for reply in replies for item in reply.evidence}
    first = replies[0]
    return Composed(
        answer=say.joined([reply.text for reply in replies]),
        analysis=analysis,
        evidence=[*evidence, *made.values()],
        opening=" ".join(part for part in (first.lead, *first.body[:1]) if part),
        free=[reply.lead for reply in replies if reply.lead],
        affirmed=affirmed,
    )


def _wants_a_draft(topic: Topic, question: str) -> bool:
    """Return whether a question beside an image wants a letter: not one sentence, nor one about a lot."""
    text, words = normalised(question), topic.words
    return topic.intent.log is None and words.has("letter", text) and not words.has("one_sentence", text)


def _of_the_part(topic: Topic) -> Topic:
    """Return a topic as the question how the part's defect looks."""
    asked = {"kind": "appearance", "order": None, "topic": None, "place": None, "region": None, "text": ""}
    return replace(topic, intent=topic.intent.model_copy(update=asked))


def _word(topic: Topic) -> Reply:
    """Return the answer to one thing asked; of an image that the conversation does not hold, that."""
    entry = entry_of(topic.intent)
    return (unknown_image(topic) if entry.about_part else None) or with_denial(topic, entry.word(topic))


def _decided_first(topics: Sequence[Topic], replies: list[Reply]) -> list[Reply]:
    """Return replies with the verdict before what is to be done: "can we polish it and ship?"."""
    if topics[0].intent.kind != "action" or replies[0].affirmed is not None:
        return replies
    judged = [
        reply
        for topic, reply in zip(topics, replies, strict=True)
        if topic.intent.kind == "verdict" and reply.lead
    ]
    return [*judged, *(reply for reply in replies if reply not in judged)]


def yes_or_no_alone(asked: Asked, affirmed: bool | None, say: Phrases, lead: str = "") -> Reply | None:
    """Return "Yes." or "No." where the question wants that word alone, else the first words, or None."""
    if asked.style != "yes_no":
        return None
    if affirmed is None:
        # "Good or bad, just yes or no", or what a person has to decide.
        return Reply(lead) if lead else None
    return Reply(say("Yes.") if affirmed else say("No."))


def shortened(asked: Asked, replies: list[Reply]) -> list[Reply]:
    """Return the first reply's first words and one sentence where a question wants it short; else all."""
    if asked.style != "short":
        return replies
    first = replies[0]
    return [Reply(first.lead, first.body[:1], first.affirmed, first.evidence)]


def each_sentence_once(replies: Sequence[Reply]) -> list[Reply]:
    """Return replies without what an earlier one said, at most `MOST_SENTENCES` of each that is no list."""
    said: set[str] = set()
    kept: list[Reply] = []
    for reply in replies:
        new = [one for one in dict.fromkeys(reply.body) if one not in said and not _is_told(one, said)]
        new = new if reply.whole else new[:MOST_SENTENCES]
        said.update(new)
        # First words whose sentences were told already say nothing by themselves.
        told = bool(reply.body) and not new and any(reply.lead == one.lead for one in kept)
        kept.append(replace(reply, lead="" if told else reply.lead, body=new))
    return kept


def _is_told(sentence: str, said: Collection[str]) -> bool:
    """Return whether an earlier sentence has a place and what is there: "a defect at the top: a spot"."""
    place, colon, look = sentence.rstrip(".\u3002").replace("\uff1a", ":").partition(":")
    found = (place.strip().lower(), look.strip())
    return bool(colon) and any(found[0] in one.lower() and found[1] in one for one in said)


def _problems(state: InspectionState | DialogueState) -> str:
    return " ".join(f"{problem.rstrip('.')} [quality]." for problem in state["verdict"].problems)


def _analysis(state: InspectionState | DialogueState) -> str:
    verdict, product = state["verdict"], state["product"]
    lines = [
        f"The part was compared as {product.name} with its enrolled good parts"
        + (f" [{state['templates'][0].id}]." if state["templates"] else " [score].")
    ]
    near = "near the limit of" if verdict.p_value < verdict.review else "within"
    judged = "beyond" if verdict.anomalous else near
    lines.append(f"Its score is {judged} the normal range (p = {verdict.p_value:.3g}) [score].")
    if verdict.uncertain or verdict.decision == "review":
        lines.append("The score lies near the limit, so a person should look [score].")
    if verdict.not_comparable:
        lines.append(_problems(state))
    if state["language"].problem:
        lines.append(
            f"The verdict rests on the maps alone, the language model did not answer: "
            f"{state['language'].problem} [score]."
        )
    for region in state["regions"]:
        lines.append(f"At the {region.cell}: {region.text} [{region.id}].")
    defect = state.get("defect_type")
    if verdict.anomalous and defect is not None:
        if defect.name == UNKNOWN:
            lines.append("No note describes a defect that fits these measurements well [type].")
        else:
            passage = about_type_of(state)
            cited = f" [{passage.id}]" if passage else ""
            lines.append(
                f"Of the defects in the notes, {plain_name(defect.name)} fits the measurements best "
                f"(score {defect.score:.2f}) [type]{cited}."
            )
            if passage is not None:
                lines.append(f"The note says: {quote(passage)} [{passage.id}]")
    return " ".join(lines)
