"""Things asked for in one breath, with no mark to split at: nouns that a particle joins, and two questions.

"原因と対策", "will it still seal or do I pull the whole lot".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from agents.questions.form.clauses import in_itself, only_supposes
from agents.questions.learned.classifier import KINDS, classify
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import NEVER, SPACELESS, words_of
from tools.records import Kind

NAMED: Final = frozenset[Kind](
    {"place", "size", "type", "count", "cause", "effect", "action", "confidence", "verdict", "appearance",
     "catalogue", "reasoning"}
)  # fmt: skip
"""Kinds that a noun alone asks for."""
SURE: Final = 0.6
"""Least probability of the kind of each half."""
CUT: Final = 0.65
"""Least probability of the kind of each of two questions that nothing parts."""
GAIN: Final = 0.1
"""By which both are surer than the two together; set, as `CUT` is, by a look at 99 questions that a writer
put in nine languages, most of them compounds, beside 794 examples that are none."""
_NEVER_CUT: Final = frozenset[Kind]({"other", "greeting"})
_ENDS: Final[Mapping[str, re.Pattern[str]]] = {
    "ko": re.compile(r"[야요까임지나네죠해]\??$"),
    "ja": re.compile(r"(?:[かてで]|けど)$"),
    "zh": re.compile(r"[吗呢吧啊]$"),
}
"""How a question ends that another one follows with no mark between."""
_LEAST: Final[Mapping[str, tuple[int, int]]] = {"ko": (2, 1), "zh": (4, 4), "ja": (4, 4)}
"""Words of two questions that nothing parts, the first and the second; characters in Chinese and Japanese."""
_LEAST_WORDS: Final = (3, 2)
_MOST: Final = 24
"""Words or characters of a piece that is cut."""
_CHARACTERS: Final = re.compile(r"[a-zA-Z0-9]+|.")
_JOINS: Final[Mapping[str, re.Pattern[str]]] = {
    # Not a quoting "to", as before "say" or "judge", nor "if", as behind a verb: "このまま使うと".
    "ja": re.compile(r"(?<![うくぐすつぬぶむる])と(?![言判思考いな])|や|及び|および"),
    "ko": re.compile(r"(?:와|과|이랑|랑|하고)\s+"),
    "zh": re.compile(r"和|与|及|以及|跟|还有"),
}


def parted(piece: str, language: str) -> list[str]:
    """Return the things of different kinds that a piece of a question names, or the piece itself.

    "A scratch and a dent" names two types, and asks for nothing of two kinds.
    """
    joins = _JOINS.get(language, NEVER).finditer(piece)
    cuts = [(piece[: one.start()], piece[one.end() :]) for one in joins]
    cuts = [cut for cut in cuts if all(_asks(half, language) for half in cut)]
    if not cuts:
        return _unmarked(piece, language)
    probabilities, _ = classify([piece, *(half for cut in cuts for half in cut)])
    kinds = [KINDS[int(row.argmax())] for row in probabilities]
    sure = probabilities.max(axis=1) >= SURE
    for number, (left, right) in enumerate(cuts):
        at = 1 + 2 * number
        two = {kinds[at], kinds[at + 1]}
        if len(two) == 2 and two <= NAMED and kinds[0] in two and sure[at : at + 2].all():
            return [left, *parted(right, language)]
    return _unmarked(piece, language)


def _unmarked(piece: str, language: str) -> list[str]:
    """Return two questions of different kinds that stand side by side in a piece, or the piece itself."""
    cuts = [cut for cut in _cuts(piece, language) if _begins(cut, language)]
    cuts = [cut for cut in cuts if not only_supposes(cut[0], language)]
    if not cuts:
        return [piece]
    halves = [in_itself(half, language) for cut in cuts for half in cut]
    probabilities, _ = classify([in_itself(piece, language), *halves])
    best, surest = probabilities.argmax(axis=1), probabilities.max(axis=1)
    found, most = [piece], 0.0
    for number, cut in enumerate(cuts):
        at = 1 + 2 * number
        left, right = (KINDS[int(one)] for one in best[at : at + 2])
        sure = float(surest[at : at + 2].min())
        if left == right or {left, right} & _NEVER_CUT or sure < max(CUT, float(surest[0]) + GAIN):
            continue
        if {left, right} == {"verdict", "action"} or (left == "history" and _only_counts(cut[0], language)):
            continue  # "is it fine or should I scrap it?" puts one question
        if sure > most:
            found, most = [half.strip() for half in cut], sure
    return found


def _begins(cut: tuple[str, str], language: str) -> bool:
    """Return whether the second of two halves begins as a question does, or the first ends as one."""
    words, (first, second) = words_of(language), (cut[0], cut[1].lower().lstrip())
    starts = "|".join(words.source(meaning) for meaning in ("and", "or", "ask"))
    end = "" if language in SPACELESS else r"(?!\w)"
    begins = compiled(rf"(?:{starts}){end}").match(second) is not None
    if language in ("zh", "ja"):
        apart = cut[0].endswith(" ") or cut[1].startswith(" ")
        return apart or (begins and _ENDS[language].search(first) is not None)
    return begins or (language in _ENDS and _ENDS[language].search(first) is not None)


def _only_counts(half: str, language: str) -> bool:
    """Return whether a half says of which parts the other one asks: "of the last 5 rejects"."""
    words, text = words_of(language), normalised(half)
    return not (words.has("ask", text) or words.has("how_many", text))


def _cuts(piece: str, language: str) -> list[tuple[str, str]]:
    """Return where a piece may fall into two questions."""
    apart = language not in SPACELESS or language == "ko"
    words = piece.split() if apart else _CHARACTERS.findall(piece)
    space, (first, second) = " " if apart else "", _LEAST.get(language, _LEAST_WORDS)
    if len(words) > _MOST:
        return []
    return [(space.join(words[:at]), space.join(words[at:])) for at in range(first, len(words) - second + 1)]


def _asks(half: str, language: str) -> bool:
    """Return whether a half is more than the name of a defect."""
    text = normalised(half)
    return len(text) > 1 and not any(one.fullmatch(text) for one in words_of(language).types.values())
