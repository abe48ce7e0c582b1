"""Evidence of an answer: measurements, templates, passages and tool results, with ids to cite."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from agents.state import Asked, DialogueState, InspectionState, Observation, Seen
from anomaly_core.names import plain_name
from anomaly_core.numbers import plain_number
from anomaly_core.results import verdict_sentence
from knowledge.text import shortened
from tools.classify.classify import UNKNOWN
from tools.records import EvidenceRecord, MeasuredRegion, PassageRecord

_LONGEST_QUOTE = 600
LEAST_SHARE = 1e-4
"""Share of good parts below which it is told as "fewer than"."""
NEITHER = "It is not clear whether there is an anomaly in the image, so a person should look."
_WORDS = {"fail": "anomalous", "review": "to be reviewed", "pass": "normal"}


def shown_regions(state: InspectionState) -> list[MeasuredRegion]:
    """Return the regions of an anomalous verdict; none for a normal one."""
    return state["regions"] if state["verdict"].anomalous else []


def verdict_statement(state: InspectionState | DialogueState) -> str:
    """Return the measured verdict as a sentence, with the places (arXiv 2308.15366, section 3.4).

    The paper knows yes and no; what a person is to review is neither.
    """
    if state["verdict"].decision == "review":
        return NEITHER
    return verdict_sentence(state["verdict"].anomalous, [region.cell for region in shown_regions(state)])


def gather_evidence(state: InspectionState | DialogueState) -> list[EvidenceRecord]:
    """Return all evidence of a state."""
    verdict, product = state["verdict"], state["product"]
    said = verdict.person
    found = [
        EvidenceRecord(
            kind="score",
            id="score",
            text=f"anomaly score {verdict.score:.3f}, p-value {verdict.p_value:.3g} against the good "
            f"{product.name} parts, at a stated false-alarm rate of {verdict.alpha:.0%}: "
            f"{unusual_share(verdict.p_value)} of good parts look as unusual"
            + (f", and below {verdict.review:.0%} a person looks" if not verdict.anomalous else "")
            + (f"; a person judged it {said.verdict}, {said.at} (correction {said.id})" if said else ""),
        )
    ]
    if verdict.problems:
        found.append(EvidenceRecord(kind="score", id="quality", text=" ".join(verdict.problems)))
    found += _language_evidence(state)
    found += [
        EvidenceRecord(
            kind="region",
            id=region.id,
            text=f"at the {region.cell}, box {list(region.bbox)}, {region.area_px} px, "
            f"{region.score:.2f} beyond the normal range: {region.text}{_in_mm(state, region)}",
        )
        for region in state["regions"]
    ]
    found += _type_evidence(state)
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
    if state["verdict"].anomalous or state.get("question"):
        found.append(notes_evidence(state))
    found += [seen.evidence for seen in observations(state)]
    found += _thread_evidence(state)
    unique = {item.id: item for item in found}
    return list(unique.values())


def _in_mm(state: InspectionState | DialogueState, region: MeasuredRegion) -> str:
    """Return a region's description in millimetres too, where the product has a scale."""
    told = state.get("settings")
    if told is None or told.mm_per_px is None:
        return ""
    return f"; in millimetres: {in_mm(region, 1 / told.mm_per_px)}"


def _language_evidence(state: InspectionState | DialogueState) -> list[EvidenceRecord]:
    language = state["language"]
    if language.margin is None:
        return []
    word = "yes" if language.margin > 0 else "no"
    answer = f"{language.model} says {word}, log-odds {language.margin:+.2f}"
    text = f"asked whether the map shows an anomaly, {answer}"
    return [EvidenceRecord(kind="score", id="language-model", text=text)]


def _thread_evidence(state: InspectionState | DialogueState) -> list[EvidenceRecord]:
    """Return the verdicts on the thread's images, for questions about several of them."""
    asked: Asked | None = state.get("asked")  # type: ignore[assignment]
    seen: list[Seen] = state.get("seen") or []  # type: ignore[assignment]
    kinds = {intent.kind for intent in asked.intents} if asked is not None else set()
    turned = asked is not None and any(one["number"] == asked.image for one in seen)
    if not (turned or kinds & {"history", "comparison"}) or not seen:
        return []
    verdicts, bad = [], 0
    for one in sorted(seen, key=lambda one: one["number"]):
        verdict = one["found"]["verdict"]
        bad += verdict.decided == "fail"
        word = _WORDS[verdict.decided] + (" by a person" if verdict.person is not None else "")
        name = Path(one["image"]).name
        verdicts.append(f'(image {one["number"]}) "{name}": {word}, p-value {verdict.p_value:.3g}')
    # Not the questions themselves: an answer must not repeat user input.
    text = f"{len(seen)} images, {bad} of them anomalous: {'; '.join(verdicts)}"
    return [EvidenceRecord(kind="score", id="thread", text=text)]


def _type_evidence(state: InspectionState | DialogueState) -> list[EvidenceRecord]:
    defect = state.get("defect_type")
    if defect is None:
        return []
    ranked = [defect, *defect.alternatives] if defect.name != UNKNOWN else defect.alternatives
    scores = ", ".join(f"{plain_name(one.name)} {one.score:.2f}" for one in ranked) or "none"
    decided = "do not decide between" if defect.name == UNKNOWN else "rank"
    text = f"the notes and confirmed examples {decided} the types: {scores}"
    return [EvidenceRecord(kind="score", id="type", text=text)]


def notes_evidence(state: InspectionState | DialogueState) -> EvidenceRecord:
    """Return the evidence on what the notes cover, for "no note covers this" to cite."""
    product, named = state["product"].name or "all products", state["expected"]
    names = f"name the defects {', '.join(plain_name(name) for name in named)}" if named else "name no defect"
    text = f"the notes about {product} {names}; {len(state['passages'])} passages found for this question"
    return EvidenceRecord(kind="knowledge", id="notes", text=text)


def in_mm(region: MeasuredRegion, scale: float) -> str:
    """Return a region's description with its pixels in millimetres. scale: pixels a millimetre.

    Lengths are of what was measured, and not of whole pixels, so that each is told as one figure everywhere.
    """
    sizes = () if region.look is None else (region.look.length_px, region.look.width_px)

    def millimetres(found: re.Match[str]) -> str:
        written = float(found[1])
        pixels = next((size for size in sizes if round(size) == written), written)
        return f"{plain_number(pixels / scale)} mm"

    return re.sub(r"(\d+(?:\.\d+)?) px", millimetres, region.text)


def unusual_share(p_value: float) -> str:
    """Return the share of good parts that look as unusual, in percent with two figures, in words."""
    least = p_value < LEAST_SHARE
    return f"{'fewer than' if least else 'about'} {100 * max(p_value, LEAST_SHARE):.2g}%"


def observations(state: InspectionState | DialogueState) -> list[Observation]:
    """Return the results of the plan's tools; empty without a plan."""
    found: list[Observation] = state.get("observations") or []  # type: ignore[assignment]
    return found


def display_names(state: DialogueState) -> dict[str, str]:
    """Return plain words for the paths and file names of a thread, by path or name."""
    names = {one["image"]: f"(image {one['number']})" for one in state["seen"]}
    here = str(Path(state["image"]).absolute())
    names[state["image"]] = names.setdefault(here, "this image")
    for template in state.get("templates") or []:
        names[template.path] = names[template.file_name] = "(enrolled)"
    return names


def without_names(text: str, names: Mapping[str, str]) -> str:
    """Return a text with paths and file names replaced; names: see `display_names`."""
    for raw in sorted(names, key=len, reverse=True):
        text = text.replace(raw, names[raw])
    return text


def quote(passage: PassageRecord) -> str:
    """Return a passage in quotation marks, shortened where it is long."""
    text = " ".join(passage.text.split()).replace('"', "'")
    return f'"{shortened(text, _LONGEST_QUOTE)}"'


def topic_of(passage: PassageRecord) -> str:
    """Return the topic of a passage in lower case: its defect, else its last heading, else ""."""
    return plain_name(passage.defect or passage.title.rpartition(" / ")[2]).lower()


def is_about_good(passage: PassageRecord) -> bool:
    """Return whether a passage is about good parts."""
    return re.match(r"(good|normal|acceptable|intact|flawless)\b", topic_of(passage)) is not None
