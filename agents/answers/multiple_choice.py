"""Multiple choice from evidence: the option that best fits the verdict, the regions and the notes.

The seven kinds of question are MMAD's (arXiv 2410.09453).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from agents.answers.evidence import is_about_good
from agents.answers.kinds import ENTRIES
from agents.questions.learned.classifier import kind_of
from agents.questions.learned.encoder import normalised
from agents.questions.learned.generic import subjects_in
from agents.questions.learned.languages import language_of
from agents.questions.lexicon.patterns import compiled
from agents.questions.slots.places import place_of
from agents.state import DialogueState, InspectionState
from anomaly_core.errors import ConfigError
from anomaly_core.names import plain_name
from knowledge.text import sentences, stem
from tools.classify.classify import appearance
from tools.locations import Box, box_of, place_in
from tools.records import MeasuredRegion, PassageRecord

ChoiceKind = Literal[
    "Anomaly Detection",
    "Defect Classification",
    "Defect Localization",
    "Defect Description",
    "Defect Analysis",
    "Object Classification",
    "Object Analysis",
]
Similarity = Callable[[str, Sequence[str]], Sequence[float]]
"""Cosines, in [-1, 1], of a text to other texts."""
Excess = Callable[[Box], float]
"""Share of the map's excess over the normal range in a box, > 0 where the map is."""

_DEFECT: Final = r"\b(defect\w*|anomal\w*|damage\w*|fault\w*|flaw\w*|abnormal\w*)\b"
_PRESUMED: Final = re.compile(rf"\bthere (?:is|are) [^.?!]*{_DEFECT}[^.?!]*[.!]", re.IGNORECASE)
_SAYS_YES: Final = re.compile(rf"^\W*(yes|true)\b|^(?!.*\b(no|not|without|free)\b).*{_DEFECT}", re.IGNORECASE)
_ASKS_WHETHER_GOOD: Final = re.compile(
    r"\b(free (of|from)|without|good|normal|intact|acceptable|defect-free|flawless)\b", re.IGNORECASE
)
_STOP: Final = frozenset(
    "a an and are as at by for from in is it its of on or that the this to was with".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Choice:
    """A chosen option. scores: by option, larger is better. evidence: ids of the deciding evidence."""

    letter: str
    kind: ChoiceKind
    scores: dict[str, float]
    evidence: tuple[str, ...]


def kind_of_choice(question: str, options: Mapping[str, str]) -> ChoiceKind:
    """Return the kind of a question, as MMAD names it, by its meaning, or by options of yes and no."""
    asked = _PRESUMED.sub(" ", question)
    words = [option.lower().strip(" .") for option in options.values()]
    if words and all(re.fullmatch(r"(yes|no)\b.*", word) for word in words):
        return "Anomaly Detection"
    task = ENTRIES[kind_of(asked)].task
    presumes = asked != question or compiled(_DEFECT, re.IGNORECASE).search(question) is not None
    places = bool(options) and all(place_named(text, question) is not None for text in options.values())
    if places and task == "Defect Localization":
        # "Where is it?" is of the defect, "where is the logo?" of the object.
        presumes |= not subjects_in(question.lower(), language_of(question))
    if presumes and task in ("", "Anomaly Detection", "Object Analysis", "Object Classification"):
        return "Defect Description"
    if not presumes and task not in ("Anomaly Detection", "Object Classification"):
        return "Object Analysis"
    return cast("ChoiceKind", task or "Object Analysis")


def place_named(text: str, question: str) -> str | None:
    """Return the place that an option names, in English or in the question's language, or None."""
    return place_in(text) or place_of(normalised(text), language_of(question))


def choose(
    question: str,
    options: Mapping[str, str],
    state: InspectionState | DialogueState,
    similarity: Similarity,
    *,
    excess: Excess,
    notes: Sequence[PassageRecord] = (),
) -> Choice:
    """Choose an option by the evidence on one image.

    options: text by letter. excess: of the anomaly map, for questions that presume a defect. notes: the
    product's passages, in addition to those found for the question. Raises ConfigError for no options.
    """
    if not options:
        raise ConfigError("a multiple-choice question needs options, such as A and B")
    kind = kind_of_choice(question, options)
    passages = list({p.id: p for p in (*state["passages"], *notes)}.values())
    if kind == "Anomaly Detection":
        scores, evidence = _detection(question, options, state["verdict"].anomalous), ["score"]
    elif kind == "Defect Localization":
        scores, evidence = _localization(question, options, state, excess, similarity)
    elif kind == "Object Classification":
        name = plain_name(state["product"].name)
        scores = _fit(options, [name], similarity)
        evidence = [state["templates"][0].id] if state["templates"] else ["score"]
    elif kind == "Defect Classification":
        scores, evidence = _classification(options, state, passages, similarity)
    else:
        sources = _sources(kind, state, passages)
        fits = {
            name: _blend(text, [source for source, _ in sources], similarity)
            for name, text in options.items()
        }
        scores = {name: max(values) for name, values in fits.items()}
        best = fits[max(options, key=lambda name: scores[name])]
        evidence = [sources[best.index(max(best))][1]]
    letter = max(options, key=lambda name: (scores[name], -list(options).index(name)))
    return Choice(letter, kind, {name: round(scores[name], 4) for name in options}, tuple(evidence))


def _detection(question: str, options: Mapping[str, str], anomalous: bool) -> dict[str, float]:
    """Score yes for an anomalous part, or no where the question asks whether it is good."""
    asks_good = _ASKS_WHETHER_GOOD.search(question) and not re.search(
        r"\b(any|is there|are there)\b", question.lower()
    )
    yes = anomalous is not bool(asks_good)
    return {name: float(bool(_SAYS_YES.search(text)) is yes) for name, text in options.items()}


def _localization(
    question: str,
    options: Mapping[str, str],
    state: InspectionState | DialogueState,
    excess: Excess,
    similarity: Similarity,
) -> tuple[dict[str, float], list[str]]:
    """Score places by the map's excess in them, minus a penalty on their area."""
    width, height = state["opened"].width, state["opened"].height
    evidence = [region.id for region in state["regions"]] or ["score"]
    scores = {}
    for name, text in options.items():
        place = place_named(text, question)
        if place is None or place.startswith("region-"):
            # A part of the product, not a place: scored by the regions' descriptions, below any place.
            looks = [region.text for region in state["regions"]] or ["an anomaly"]
            scores[name] = 0.01 * max(similarity(text, looks))
            continue
        named = box_of(place, width, height)
        scores[name] = excess(named) - 0.2 * _share(named, width, height)
    return scores, evidence


def _share(box: Box, width: int, height: int) -> float:
    return (box[2] - box[0]) * (box[3] - box[1]) / (width * height)


def _classification(
    options: Mapping[str, str],
    state: InspectionState | DialogueState,
    passages: Sequence[PassageRecord],
    similarity: Similarity,
) -> tuple[dict[str, float], list[str]]:
    """Score options by the ranked defect types that they name, and by the measured appearance."""
    defect = state.get("defect_type")
    ranked = [] if defect is None else [defect, *defect.alternatives]
    names = [plain_name(one.name) for one in ranked]
    looks = [_look(region) for region in state["regions"][:1]] or ["an anomaly"]
    scores = {}
    for name, text in options.items():
        score = 0.3 * max(_blend(text, looks, similarity))
        if names:
            fits = _blend(text, names, similarity)
            score += max(fit * one.score for fit, one in zip(fits, ranked, strict=True))
        about = [p.text for p in passages if p.defect and _overlap(text, plain_name(p.defect)) >= 0.5]
        if about:
            score += 0.3 * max(max(_blend(look, about, similarity)) for look in looks)
        scores[name] = score
    return scores, ["type"] if ranked else ["score"]


def _sources(
    kind: ChoiceKind, state: InspectionState | DialogueState, passages: Sequence[PassageRecord]
) -> list[tuple[str, str]]:
    """Return the texts that options are compared with, each with the id of its evidence."""
    defect = state.get("defect_type")
    if kind == "Object Analysis":
        chosen = [p for p in passages if p.defect is None or is_about_good(p)] or list(passages)
    else:
        wanted = [] if defect is None else [defect.name, *(other.name for other in defect.alternatives[:1])]
        chosen = [p for p in passages if p.defect in wanted]
        chosen = chosen or [p for p in passages if p.defect and not is_about_good(p)]
        chosen = chosen or [p for p in passages if not is_about_good(p)]
    found = [(part, p.id) for p in chosen for part in sentences(p.text)]
    if kind == "Defect Description":
        found += [(_look(region), region.id) for region in state["regions"]]
    return found or [(plain_name(state["product"].name), "notes")]


def _look(region: MeasuredRegion) -> str:
    return f"{appearance(region.text)}, {region.text}"


def _fit(options: Mapping[str, str], texts: Sequence[str], similarity: Similarity) -> dict[str, float]:
    """Return the similarity of each option to its nearest text."""
    return {name: max(_blend(text, texts, similarity)) for name, text in options.items()}


def _blend(text: str, others: Sequence[str], similarity: Similarity) -> list[float]:
    """Return the mean of cosine and word overlap of a text with each other text."""
    meaning = similarity(text, others)
    return [0.5 * value + 0.5 * _overlap(text, other) for value, other in zip(meaning, others, strict=True)]


def _overlap(text: str, other: str) -> float:
    """Return the share, in [0, 1], of a text's word stems that are in the other."""
    mine, theirs = _stems(text), _stems(other)
    return len(mine & theirs) / len(mine) if mine else 0.0


def _stems(text: str) -> set[str]:
    return {stem(word) for word in re.findall(r"[a-z]+", text.lower()) if word not in _STOP}
