"""What an answer says, and whether it holds: read from its words alone, against masks, labels and notes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from agents.answers.generated.guardrails import check_answer, cited_ids
from anomaly_core.names import name_key
from anomaly_core.results import CELLS
from anomaly_core.scoring.measurement import describe_region
from anomaly_core.scoring.regions import region_of_mask
from tools.records import AnswerRecord

_CELL: Final = "|".join(sorted(CELLS, key=len, reverse=True))
_PLACED: Final = re.compile(rf"\bat the ({_CELL})(?! edge)\b", re.IGNORECASE)
_BAD: Final = re.compile(
    r"\bThere (?:is a|are \d+) defects?\b|\bdiffers from the good parts as a whole|^NG\b"
)
_GOOD: Final = re.compile(r"\bNothing exceeds what good parts show\b|\bThere is no defect to\b|^OK\b")
_FIRST: Final = re.compile(
    r"^(?:Yes\.|No\.|OK\.|NG\.|None\.|Nowhere\.|Possibly\.|(?:Not very|Quite) sure\.)\s*"
)
_OPTION: Final = re.compile(r"\b(?:The answer is|it would be) option ([A-Z]):")
_TYPE: Final = re.compile(r"(?:\bProbably|probably of the type) (.+?) \[type\]")
_REGION: Final = re.compile(r"region-\d+")
_BOX: Final = re.compile(r"\bbox \[(\d+), (\d+), (\d+), (\d+)\]")
_TONE: Final = re.compile(r"\d+ grey levels? (darker|brighter) than its surroundings")
_QUOTED: Final = re.compile(r'"([^"]{4,})"')
_WERE: Final = re.compile(r"\bIf it is ([^:.,]+), this holds")
FAINT: Final = 3.0
"""Grey levels below which a defect is neither darker nor brighter than its surroundings."""


@dataclass(frozen=True)
class Note:
    """A passage of the notes. defect: None where it is about the product as a whole."""

    product: str | None
    defect: str | None
    text: str


def named_cells(answer: str) -> list[str]:
    """Return the cells that an answer names, in its order, each once."""
    return list(dict.fromkeys(found.lower() for found in _PLACED.findall(answer)))


def says_bad(answer: str) -> bool | None:
    """Return whether an answer says that the part is bad; None where it says neither."""
    if _BAD.search(answer) or answer.startswith("Yes, there"):
        return True
    return False if _GOOD.search(answer) or answer.startswith("No, there") else None


def chosen_letter(answer: str) -> str | None:
    """Return the letter of the option that an answer names."""
    found = _OPTION.search(answer)
    return None if found is None else found[1]


def is_right(
    question: Mapping[str, Any],
    image: Mapping[str, Any],
    record: AnswerRecord,
    facts: Mapping[str, Any],
    notes: Mapping[str, Note],
    pixels: NDArray[np.uint8] | None,
    mask: NDArray[np.bool_] | None,
) -> bool:
    """Return whether an answer is right.

    question, image: of the question set. facts: of the image's set. notes: by the id that an answer cites.
    pixels, mask: (H, W, 3) uint8 and (H, W) bool, for a description; else not looked at.
    """
    answer, kind = record.answer, question["type"]
    if question["wording"] == "choice":
        return chosen_letter(answer) == str(question["answer"])
    if kind == "Anomaly Detection":
        return says_bad(answer) is bool(image["anomalous"])
    if kind == "Object Classification":
        return f"the product {facts['product']}" in answer
    if kind == "Object Analysis":
        return _quotes(answer, notes, facts["product"], None)
    if not record.anomalous:
        return False
    if kind == "Defect Classification":
        found = _TYPE.search(answer)
        return found is not None and name_key(found[1]) == name_key(image["label"])
    if kind == "Defect Localization":
        return named_cells(answer)[:1] != [] and named_cells(answer)[0] in image["cells"]
    if kind == "Defect Description":
        if pixels is None or mask is None:
            raise ValueError("a description is checked with the image and its mask")
        return describes(record, pixels, mask)
    return _quotes(answer, notes, facts["product"], image["label"])


def describes(record: AnswerRecord, pixels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> bool:
    """Return whether the place described first touches the mask, and is darker or brighter as the mask is."""
    named = next((found[0] for found in map(_REGION.search, cited_ids(record.answer)) if found), "")
    box = next((_BOX.search(one.text) for one in record.evidence if one.id == named), None)
    if box is None:
        return False
    x0, y0, x1, y1 = (int(value) for value in box.groups())
    if not mask[y0:y1, x0:x1].any():
        return False
    contrast = describe_region(pixels, region_of_mask(mask, score=1.0)).contrast
    tone = _TONE.search(record.answer)
    if tone is None or abs(contrast) < FAINT:
        return True
    return (tone[1] == "darker") == (contrast < 0)


def citation_problems(
    record: AnswerRecord, notes: Mapping[str, Note], product: str, defects: Collection[str] | None
) -> list[str]:
    """Return what is wrong with an answer's citations; empty where each is real and relevant.

    product: that the image shows. defects: types, in plain words, that a cited passage may be about, for a
    question about a defect; None for a question about the product, whose passages are about no defect.
    """
    problems = []
    known = {one.id: one for one in record.evidence}
    cited = cited_ids(record.answer)
    if not cited:
        problems.append("cites nothing")
    for name in cited:
        if name not in known:
            problems.append("cites what is not there")
        elif known[name].kind == "knowledge" and name != "notes":
            note = notes.get(name)
            if note is None:
                problems.append("cites a passage that no note has")
                continue
            if note.text != known[name].text:
                problems.append("shows other words than the note's")
            if note.product not in (None, product):
                problems.append("cites a note of another product")
            about = name_key(note.defect or "good")
            if about not in ({"good"} if defects is None else set(map(name_key, defects))):
                problems.append("cites a note of another defect")
    for sentence in _QUOTED.findall(record.answer):
        wanted = " ".join(sentence.removesuffix(" ...").split())
        sources = (notes[name].text for name in cited if name in notes)
        if not any(wanted in " ".join(text.replace('"', "'").split()) for text in sources):
            problems.append("quotes what its note does not say")
    return list(dict.fromkeys(problems))


def named_defects(answer: str) -> set[str]:
    """Return the types of defect that an answer itself names: the one found, or the one it supposes."""
    found = [_TYPE.search(answer), _WERE.search(answer)]
    return {one[1] for one in found if one is not None}


def contradicts(record: AnswerRecord, question: Mapping[str, Any]) -> bool:
    """Return whether an answer contradicts the measured verdict."""
    if says_bad(record.answer) is (not record.anomalous):
        return True
    # An option's words are the question's, not the answer's; a yes or no is to the question as it was put.
    own = _FIRST.sub("", re.sub(r"\boption [A-Z]:[^\[]*", "option ", record.answer))
    problems = check_answer(
        own, record.evidence, anomalous=record.anomalous, verdict_sentence="", names=[record.image]
    )
    if "it speaks against the verdict" in problems:
        return True
    letter = chosen_letter(record.answer)
    if question["type"] != "Anomaly Detection" or letter is None:
        return False
    says_defect = question["options"][letter].startswith("Yes") is not ("free of" in question["text"])
    return says_defect is not record.anomalous


def _quotes(answer: str, notes: Mapping[str, Note], product: str, defect: str | None) -> bool:
    """Whether an answer quotes and cites a passage about this defect of a product, or about good ones."""
    about = name_key(defect or "good")
    cited = [notes[name] for name in cited_ids(answer) if name in notes]
    right = [one for one in cited if one.product == product and name_key(one.defect or "good") == about]
    return bool(right) and bool(_QUOTED.search(answer))
