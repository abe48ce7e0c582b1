"""Composition of the plain answer from evidence; every sentence cites something measured or a note."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agents.answers.analysis import analyse
from agents.answers.evidence import (
    gather_evidence,
    is_about_good,
    observations,
    quote,
    shown_regions,
    topic_of,
)
from agents.questions.understanding import affirms, content_words, kind_of_question, matched_kind
from agents.state import DialogueState, InspectionState, Understanding
from anomaly_core.names import plain_name
from anomaly_core.results import verdict_sentence
from tools.classify.classify import UNKNOWN
from tools.records import EvidenceRecord, MeasuredRegion, PassageRecord

MOST_DESCRIBED: Final = 3
"""Regions, the strongest, that an answer describes where the question names none."""


@dataclass(frozen=True)
class Composed:
    """A plain answer, its analysis, and the evidence that both cite by id."""

    answer: str
    analysis: str
    evidence: list[EvidenceRecord]


def compose_answer(state: InspectionState | DialogueState) -> Composed:
    """Return the answer to the state's question, or its verdict where there is none."""
    sentence = verdict_statement(state)
    question = state.get("question")
    asked: Understanding | None = state.get("asked")  # type: ignore[assignment]
    if question and asked is None:
        asked = Understanding(kind=kind_of_question(question))
    answer = sentence if not question or asked is None else _reply(asked, sentence, state, question)
    if state["verdict"].not_comparable and "[quality]" not in answer:
        answer = f"{answer} A person should look, since the image isn't comparable with the good ones "
        answer += f"[quality]. {_problems(state)}"
    return Composed(answer=answer, analysis=_analysis(state), evidence=gather_evidence(state))


def verdict_statement(state: InspectionState | DialogueState) -> str:
    """Return the measured verdict as a sentence, with the places."""
    return verdict_sentence(state["verdict"].anomalous, [region.cell for region in shown_regions(state)])


def _problems(state: InspectionState | DialogueState) -> str:
    return " ".join(f"{problem.rstrip('.')} [quality]." for problem in state["verdict"].problems)


def _analysis(state: InspectionState | DialogueState) -> str:
    verdict, product = state["verdict"], state["product"]
    lines = [
        f"The part was compared as {product.name} with its enrolled good parts"
        + (f" [{state['templates'][0].id}]." if state["templates"] else " [score].")
    ]
    judged = "beyond" if verdict.anomalous else "within"
    lines.append(f"Its score is {judged} the normal range (p = {verdict.p_value:.3g}) [score].")
    if verdict.uncertain:
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
            passage = _about_type(state)
            cited = f" [{passage.id}]" if passage else ""
            lines.append(
                f"Of the defects in the notes, {plain_name(defect.name)} fits the measurements best "
                f"(score {defect.score:.2f}) [type]{cited}."
            )
            if passage is not None:
                lines.append(f"The note says: {quote(passage)} [{passage.id}]")
    return " ".join(lines)


def _reply(asked: Understanding, sentence: str, state: InspectionState | DialogueState, question: str) -> str:
    """Return the answer for one intent."""
    verdict, product, kind = state["verdict"], state["product"], asked.kind
    regions = shown_regions(state)
    if kind == "confidence":
        near = " It lies near the limit, so a person should look [score]." if verdict.uncertain else ""
        return (
            f"{sentence} A good {product.name} scores this high with probability {verdict.p_value:.3g}; "
            f"the verdict turns at {verdict.alpha:.3g} [score].{near}"
        )
    if kind == "object":
        where = f" [{state['templates'][0].id}]" if state["templates"] else ""
        return f"The image shows the product {product.name}, as its nearest good part does{where}."
    if kind == "normal":
        return _normal_reply(state)
    if kind == "template":
        best = state["templates"][0]
        return f"The good part nearest to this image is {best.path} [{best.id}]."
    if kind == "history":
        verdicts = next((one.text for one in gather_evidence(state) if one.id == "thread"), "")
        return f"{sentence} So far, {verdicts} [thread]." if verdicts else sentence
    if kind == "steps":
        return f"{sentence} {_analysis(state)}"
    if kind == "detection" and affirms(question):
        # To "Is it ok?", "No, there is no anomaly" would read as a no.
        judged = "anomalous" if verdict.anomalous else "good"
        return f"{sentence} The part is judged {judged} (p = {verdict.p_value:.3g}) [score]."
    seen = [_cited_sentence(one.evidence) for one in observations(state)]
    if seen and kind in ("comparison", "recheck", "parts", "description"):
        return " ".join([sentence, *seen])
    if kind == "analysis":
        return f"{sentence} {_analysis_reply(state, question)}"
    if not verdict.anomalous and kind in ("location", "count", "description", "type", "recheck"):
        return f"{sentence} The score is within the normal range (p = {verdict.p_value:.3g}) [score]."
    if kind in ("location", "description", "recheck"):
        return _measured(sentence, regions, asked.region)
    if kind == "type":
        return f"{sentence} {_type_reply(state)}"
    if kind in ("comparison", "parts"):
        return f"{sentence} Nothing more could be measured for this question [score]."
    judged = "beyond" if verdict.anomalous else "within"
    return f"{sentence} The score is {judged} the normal range (p = {verdict.p_value:.3g}) [score]."


def _cited_sentence(evidence: EvidenceRecord) -> str:
    text = evidence.text.rstrip(".")
    return f"{text[:1].upper()}{text[1:]} [{evidence.id}]."


def _measured(sentence: str, regions: list[MeasuredRegion], wanted: int | None) -> str:
    chosen = regions[:MOST_DESCRIBED] if wanted is None else regions[wanted - 1 : wanted]
    if wanted is not None and not chosen:
        known = ", ".join(f"[{region.id}]" for region in regions) or "none"
        return f"{sentence} There is no region {wanted} among the measured ones ({known}) [score]."
    details = "; ".join(f"at the {r.cell}, box {list(r.bbox)}: {r.text} [{r.id}]" for r in chosen)
    less = regions[MOST_DESCRIBED:] if wanted is None else []
    others = f" The others stand out less [{', '.join(region.id for region in less)}]." if less else ""
    return f"{sentence} Measured: {details}.{others}" if details else sentence


def _normal_reply(state: InspectionState | DialogueState) -> str:
    """Return the passage on good parts, or on the product as a whole."""
    name = state["product"].name
    about = [p for p in state["passages"] if p.product == name]
    about = [p for p in about if is_about_good(p)] or [p for p in about if p.defect is None]
    if not about:
        return f"No note says how a good {name} looks [notes]."
    return f"The notes say of a good {name}: {quote(about[0])} [{about[0].id}]."


def _type_reply(state: InspectionState | DialogueState) -> str:
    defect = state.get("defect_type")
    if defect is None or defect.name == UNKNOWN:
        near = " or ".join(plain_name(other.name) for other in defect.alternatives[:2]) if defect else ""
        nearest = (
            f" The notes come nearest with {near}, but the measurements do not decide [type]." if near else ""
        )
        source = "type" if defect is not None else "notes"
        return f"Its type is unknown: no note or confirmed example fits it [{source}].{nearest}"
    others = ", ".join(f"{plain_name(o.name)} {o.score:.2f}" for o in defect.alternatives[:2])
    passage = _about_type(state)
    cited = f" [{passage.id}]" if passage else ""
    return (
        f"The type that fits best is {plain_name(defect.name)} (score {defect.score:.2f})"
        + (f"; then {others}" if others else "")
        + f" [type]{cited}."
    )


def _analysis_reply(state: InspectionState | DialogueState, question: str) -> str:
    """Return the notes' analysis of the defect that the question names, else of the one found."""
    passages = [p for p in state["passages"] if not is_about_good(p)]
    words = question.lower()
    if not _is_about_the_part(words, passages, state["product"].name):
        return "Nothing that was measured, and no note, answers this question [notes]."
    named = next((t for t in map(topic_of, passages) if t and re.search(rf"\b{re.escape(t)}", words)), None)
    if named is not None:
        return analyse([p for p in passages if topic_of(p) == named], question, named)
    if not state["verdict"].anomalous:
        return "The score is within the normal range, so there is no defect to explain [score]."
    defect = state.get("defect_type")
    if defect is not None and defect.name != UNKNOWN:
        return analyse([p for p in passages if p.defect == defect.name], question, plain_name(defect.name))
    if not passages:
        return "No note covers this [notes]."
    likely = topic_of(passages[0])
    found = analyse([p for p in passages if topic_of(p) == likely], question, likely or "this defect")
    if not likely:
        return found
    source = "type" if defect is not None else "notes"
    return f"Its type is unknown, so no note is surely about it [{source}]. Were it {likely}: {found}"


def _is_about_the_part(words: str, passages: list[PassageRecord], product: str) -> bool:
    """Return whether a question has a known intent, a pronoun, or a word of the product's name or notes."""
    if matched_kind(words) is not None or re.search(r"\b(it|its|this|that|they|them)\b", words):
        return True
    known = " ".join([plain_name(product), *(f"{p.title} {p.text}" for p in passages)]).lower()
    return bool(content_words(words) & set(re.findall(r"[a-z]+", known)))


def _about_type(state: InspectionState | DialogueState) -> PassageRecord | None:
    defect = state.get("defect_type")
    return next((p for p in state["passages"] if defect is not None and p.defect == defect.name), None)
