"""Rules that find the defect type that a section is about, from its headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from knowledge.catalogue.fields import field_of

LONGEST: Final = 6
"""Most words of a heading that is a name."""

_LABELLED: Final = re.compile(
    r"^(?:defect(?:\s+type)?|anomaly|fault|flaw)\s*[:\-\u2013]\s*(?P<name>\S.*)$", re.IGNORECASE
)
_COLLECTIVE: Final = re.compile(
    r"^(?:(?:known|common|typical|possible|types?\s+of|kinds?\s+of|list\s+of|all|the)\s+)*"
    r"(?:defects?|anomal(?:y|ies)|faults?|flaws?|failures?)(?:\s+(?:types?|modes?|classes|catalogue|catalog|list))?$",
    re.IGNORECASE,
)
_ASIDE: Final = re.compile(
    r"^(?:visual\b.*|prevention|detection|examples?|details?|notes?|remarks?|references?|sources?|see also)$",
    re.IGNORECASE,
)
"""Headings below a defect's, beside those that name a field."""
_GENERAL: Final = re.compile(
    r"\b(?:overview|introduction|general|background|purpose|scope|inspection|process|product|"
    r"material properties|handling|contents|normal|good|acceptable|criteria|glossary|imaging|lighting|"
    r"images?|parts? list)\b",
    re.IGNORECASE,
)
_DEFECT_WORD: Final = re.compile(
    r"\b(?:micro-?cracks?|cracks?|cracked|scratch(?:es|ed)?|chip(?:s|ped|ping)?|dents?|dented|hol(?:e|es)|blow-?holes?|"
    r"pores?|porosity|pinholes?|pits?|pitting|voids?|bubbles?|blisters?|inclusions?|breaks?|breakage|broken|"
    r"fractures?|fractured|spalling|fray(?:s|ed|ing)?|burrs?|stains?|stained|spots?|smears?|smudges?|"
    r"contamination|contaminated|residues?|corrosion|rust|oxidation|discolou?r\w*|misprints?|missing|absent|bent|"
    r"bends?|buckl\w+|warp\w*|deform\w*|distort\w*|cuts?|tears?|torn|ruptures?|delamination|peel\w*|flak\w*|"
    r"interruptions?|interrupted|short\s+circuits?|opens?|uneven\w*|wear|worn|wrinkles?|creases?|folds?|folded|leaks?|"
    r"burns?|burnt|melted|squeezed?|pok(?:e|ed)|gaps?|swap(?:s|ped)?|misplaced|misaligned|misalignment|offset|"
    r"manipulated|damag\w+|defects?|defective|flaws?|failures?|faults?|faulty|loose|erosion|inactive|"
    r"thread\s+(?:top|side)|wrong|extra|foreign)\b",
    re.IGNORECASE,
)


def defect_of(trail: Sequence[str]) -> str | None:
    """Return the defect that a section is about, by its headings, outermost first, or None.

    A heading names a defect where it is labelled ("Defect: scratch"), stands right below a heading such as
    "Defects", or is a short name with a word for damage. The outermost heading, the document's title, names
    one only with a label. Headings below, such as "Causes", keep the defect.
    """
    found: str | None = None
    below_list = False
    for depth, heading in enumerate(trail):
        text = _plain(heading)
        labelled = _LABELLED.match(text)
        if labelled:
            found = labelled["name"].strip()
        elif _ASIDE.match(text) or field_of(text):
            continue
        elif _COLLECTIVE.match(text):
            below_list = True
            continue
        elif _is_name(text) and (below_list or (depth > 0 and _DEFECT_WORD.search(text))):
            # A heading that names damage below a defect's own is a subtype.
            found = text
        below_list = False
    return found


def name_of_entry(trail: Sequence[str], fields: int) -> str | None:
    """Return the type of an entry by its headings where they have no word for damage, or None.

    fields: number of fields that stand labelled below; the document's title names a type only above two.
    """
    names = [(depth, _plain(heading)) for depth, heading in enumerate(trail)]
    names = [(depth, text) for depth, text in names if not (_ASIDE.match(text) or field_of(text))]
    if not names:
        return None
    depth, text = names[-1]
    if _COLLECTIVE.match(text) or not _is_name(text) or (depth == 0 and fields < 2):
        return None
    return text


def _plain(heading: str) -> str:
    """Return a heading without numbering, emphasis and a colon at its end."""
    return re.sub(r"^[\d.]+\s+|[*_`]+", "", heading).strip().rstrip(":")


def _is_name(text: str) -> bool:
    return 0 < len(text.split()) <= LONGEST and not _GENERAL.search(text) and not text.endswith(("?", "!"))
