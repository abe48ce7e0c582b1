"""The answer from evidence alone: every sentence rests on something measured or cited."""

from __future__ import annotations

from dataclasses import dataclass

from agents.questions import Asked, kind_of_question
from agents.state import InspectionState
from anomaly_core.results import verdict_sentence
from tools.classify import UNKNOWN
from tools.records import EvidenceRecord, MeasuredRegion, PassageRecord

_LONGEST_QUOTE = 600


@dataclass(frozen=True)
class Composed:
    """A plain answer, its analysis, and the evidence that both cite by id in square brackets."""

    answer: str
    analysis: str
    evidence: list[EvidenceRecord]


def compose_answer(state: InspectionState) -> Composed:
    """Answer the question, or without one say the verdict, from what the earlier nodes measured."""
    sentence = verdict_sentence(state["verdict"].anomalous, [r.cell for r in shown_regions(state)])
    question = state.get("question")
    answer = sentence if not question else _reply(kind_of_question(question), sentence, state)
    return Composed(answer=answer, analysis=_analysis(state), evidence=gather_evidence(state))


def shown_regions(state: InspectionState) -> list[MeasuredRegion]:
    """The regions that the verdict stands for: none when the part was judged normal."""
    return state["regions"] if state["verdict"].anomalous else []


def gather_evidence(state: InspectionState) -> list[EvidenceRecord]:
    """Everything that was measured or found, each with the id that an answer cites."""
    verdict, product = state["verdict"], state["product"]
    found = [
        EvidenceRecord(
            kind="score",
            id="score",
            text=f"anomaly score {verdict.score:.3f}, p-value {verdict.p_value:.3g} against the good "
            f"{product.name} parts, at a stated false-alarm rate of {verdict.alpha:.0%}",
        )
    ]
    found += [
        EvidenceRecord(
            kind="region",
            id=region.id,
            text=f"at the {region.cell}, box {list(region.bbox)}, {region.area_px} px: {region.text}",
        )
        for region in state["regions"]
    ]
    found += [
        EvidenceRecord(
            kind="template",
            id=template.id,
            text=f"nearest good part {template.file_name}, similarity {template.similarity:.2f}",
        )
        for template in state["templates"]
    ]
    found += [
        EvidenceRecord(kind="knowledge", id=passage.id, text=passage.text) for passage in state["passages"]
    ]
    return found


def _analysis(state: InspectionState) -> str:
    verdict, product = state["verdict"], state["product"]
    lines = [
        f"The part was compared as {product.name} with its enrolled good parts"
        + (f" [{state['templates'][0].id}]." if state["templates"] else ".")
    ]
    judged = "beyond" if verdict.anomalous else "within"
    lines.append(f"Its score is {judged} the normal range (p = {verdict.p_value:.3g}) [score].")
    if verdict.uncertain:
        lines.append("The score lies near the limit, so a person should look.")
    for region in state["regions"]:
        lines.append(f"At the {region.cell}: {region.text} [{region.id}].")
    defect = state.get("defect_type")
    if verdict.anomalous and defect is not None:
        if defect.name == UNKNOWN:
            lines.append("No note describes a defect that fits these measurements well.")
        else:
            passage = next((p for p in state["passages"] if p.defect == defect.name), None)
            cited = f" [{passage.id}]" if passage else ""
            lines.append(
                f"Of the defects in the notes, {_plain(defect.name)} fits the measurements best "
                f"(score {defect.score:.2f}){cited}."
            )
            if passage is not None:
                lines.append(f"The note says: {_quote(passage)} [{passage.id}]")
    return " ".join(lines)


def _reply(asked: Asked, sentence: str, state: InspectionState) -> str:
    verdict, product = state["verdict"], state["product"]
    regions = shown_regions(state)
    if asked == "detection":
        return sentence
    if asked == "confidence":
        near = " It lies near the limit, so a person should look." if verdict.uncertain else ""
        return (
            f"{sentence} A good {product.name} scores this high with probability {verdict.p_value:.3g}; "
            f"the verdict turns at {verdict.alpha:.3g} [score].{near}"
        )
    if asked == "object":
        return f"The image shows the product {product.name} (similarity {product.similarity:.2f})."
    if asked == "template":
        best = state["templates"][0]
        return f"The good part nearest to this image is {best.path} [{best.id}]."
    if not verdict.anomalous and asked in ("location", "count", "description", "type"):
        return f"{sentence} The score is within the normal range (p = {verdict.p_value:.3g}) [score]."
    if asked == "count":
        return sentence
    if asked in ("location", "description"):
        details = "; ".join(f"at the {r.cell}, box {list(r.bbox)}: {r.text} [{r.id}]" for r in regions)
        return f"{sentence} Measured: {details}." if details else sentence
    if asked == "type":
        return f"{sentence} {_type_reply(state)}"
    return f"{sentence} {_knowledge_reply(state)}"


def _type_reply(state: InspectionState) -> str:
    defect = state.get("defect_type")
    if defect is None or defect.name == UNKNOWN:
        near = " or ".join(_plain(other.name) for other in defect.alternatives[:2]) if defect else ""
        nearest = f" The notes come nearest with {near}, but the measurements do not decide." if near else ""
        return f"Its type is unknown: no note or confirmed example fits it.{nearest}"
    others = ", ".join(f"{_plain(o.name)} {o.score:.2f}" for o in defect.alternatives[:2])
    passage = next((p for p in state["passages"] if p.defect == defect.name), None)
    cited = f" [{passage.id}]" if passage else ""
    return (
        f"The type that fits best is {_plain(defect.name)} (score {defect.score:.2f}){cited}"
        + (f"; then {others}" if others else "")
        + "."
    )


def _knowledge_reply(state: InspectionState) -> str:
    if not state["passages"]:
        return "No note covers this."
    return " ".join(f"{_quote(passage)} [{passage.id}]" for passage in state["passages"][:2])


def _quote(passage: PassageRecord) -> str:
    text = " ".join(passage.text.split())
    if len(text) <= _LONGEST_QUOTE:
        return f'"{text}"'
    return f'"{text[:_LONGEST_QUOTE].rsplit(" ", 1)[0]} ..."'


def _plain(name: str) -> str:
    return name.replace("_", " ")
