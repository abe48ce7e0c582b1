"""Rules that find the defect type that a section is about, from its headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

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
_ASPECT: Final = re.compile(
    r"^(?:appearance|looks?|description|visual\b.*|causes?|root causes?|origins?|reasons?|effects?|"
    r"consequences?|impact|severity|risks?|actions?|remed(?:y|ies)|repair|measures?|prevention|"
    r"what to do|detection|examples?|details?|notes?|remarks?|references?|sources?|see also)$",
    re.IGNORECASE,
)
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
        text = re.sub(r"^[\d.]+\s+|[*_`]+", "", heading).strip().rstrip(":")
        labelled = _LABELLED.match(text)
        if labelled:
            found = labelled["name"].strip()
        elif _ASPECT.match(text):
            continue
        elif _COLLECTIVE.match(text):
            below_list = True
            continue
        elif _is_name(text) and (below_list or (depth > 0 and _DEFECT_WORD.search(text))):
            # A heading that names damage below a defect's own is a subtype.
            found = text
        below_list = False
    return found


def _is_name(text: str) -> bool:
    return 0 < len(text.split()) <= LONGEST and not _GENERAL.search(text) and not text.endswith(("?", "!"))
