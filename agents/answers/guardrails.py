"""Output guardrails: rules that a language model's answer must not violate.

A sentence must cite existing evidence, hold no number that its evidence does not, quote its source verbatim,
and not contradict the measured verdict. The rules are for English; other answers are still shown below the
measured verdict, never in its place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from tools.records import EvidenceRecord

_CITED: Final = re.compile(r"\[([^\[\]\n]*[A-Za-z][^\[\]\n]*)\]")
_SENTENCE: Final = re.compile(r'(?<=[.!?])["”]?\s+(?!\[)|\n+')
_QUOTED: Final = re.compile(r'["“]([^"”]+)["”]')
_NUMBER: Final = re.compile(r"(?<![\w.])[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?(?:\s?%| percent)?", re.IGNORECASE)
_WORDS: Final = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "dozen": 12,
}  # fmt: skip
_MEASURES: Final = re.compile(
    r"\b(p-?values?|scores?|probabilit\w+|similarit\w+|confiden\w+|certain\w*|pixels?|px|grey levels?"
    r"|degrees?|false[- ]alarm)\b",
    re.IGNORECASE,
)
_FAULT: Final = (
    r"(?:anomal\w+|defect(?:s|ive)?|damage[sd]?|faults?|faulty|flaws?|flawed|problems?|issues?|scratch\w*"
    r"|cracks?)"
)
_FINE: Final = (
    r"(?:good|normal|fine|ok|okay|acceptable|accepted|intact|flawless|undamaged|perfect|healthy|sound"
    r"|conforming"
    r"|defect[- ]free|anomaly[- ]free|free (?:of|from) \w+|within (?:the )?(?:specification|tolerance)s?)"
)
_BEING: Final = (
    r"(?:is|are|was|looks?|appears?|seems?|remains?|judged"
    r"|(?:can|should|may|must) be (?:considered|treated as))"
)
_PART: Final = (
    r"(?:part|image|product|piece|item|object|unit|component|sample|verdict|result|it|this|everything|all)"
)
_NOT: Final = r"(?:\b(?:not|never|no longer|hardly|neither)|n't)"
_HEDGE: Final = (
    r"(?:to be |as |actually |really |indeed |clearly |in fact |simply |perfectly |completely |totally |just "
    r"|an? )*"
)
_SAYS_GOOD: Final = re.compile(
    rf"\bno (?:visible |apparent |clear |obvious |real |actual |significant |detectable |notable |such "
    rf"|signs? of |evidence of |indications? of |an? |any )*{_FAULT}(?! (?:type|fits|note))"
    rf"|\b{_PART} (?:\w+ ){{0,2}}?{_BEING} {_HEDGE}{_FINE}\b"
    rf"|\b{_PART}'s {_HEDGE}{_FINE}\b"
    rf"|{_NOT} {_HEDGE}(?:any )?{_FAULT}"
    rf"|\b(?:free (?:of|from)|without)(?: any)? {_FAULT}"
    rf"|\b(?:pass(?:es|ed)?|passing) (?:the )?(?:inspection|check|test|quality)"
    rf"|\b(?:accept|ship|release|approve|use) (?:the|this) {_PART}\b"
    rf"|\b(?:nothing|none)(?: \w+)? (?:is |was |looks? )?(?:wrong|anomal|defective|amiss)"
    rf"|\bfalse (?:alarm|positive)(?! rate)"
    rf"|\bverdict (?:is|was) (?:wrong|incorrect|mistaken|overruled|good|normal)"
    rf"|\bignore the (?:verdict|anomal\w+|defects?|score)|^\W*no anomal",
    re.IGNORECASE,
)
_SAYS_BAD: Final = re.compile(
    rf"\bthere(?:'s| is| are| was| were) (?!no\b|not\b|n't|nothing\b)(?:\w+ ){{0,3}}?{_FAULT}(?! to explain)"
    rf"|\b{_PART} (?:\w+ ){{0,2}}?{_BEING} {_HEDGE}(?:{_FAULT}|broken|bad|scrap|rejected|unusable|abnormal)\b"
    rf"|\b(?:has|have|shows?|contains?|exhibits?) (?!no\b|not\b)(?:an? |some |several |\w+ )?{_FAULT}"
    rf"|{_NOT} {_HEDGE}{_FINE}\b"
    rf"|\b(?:fails?|failed) (?:the )?(?:inspection|check|test|quality)"
    rf"|\b(?:reject|scrap|discard) (?:the|this) {_PART}\b|^\W*yes\b[^.]*{_FAULT}"
    rf"|\bverdict (?:is|was) (?:wrong|incorrect|mistaken|overruled|anomalous)"
    rf"|\bignore the (?:verdict|score)|\bfalse negative",
    re.IGNORECASE,
)


def cited_ids(text: str) -> list[str]:
    """Return the ids in square brackets, in order; a list of numbers is no id."""
    return [part.strip() for match in _CITED.findall(text) for part in re.split(r"[,;]\s*", match)]


def sentences(text: str) -> list[str]:
    """Split an answer into sentences; a quotation stays whole, a citation with the sentence before it.

    It also splits before a lower-case letter, unlike `knowledge.text.sentences`, so every claim is tested.
    """
    quotes: list[str] = []

    def hide(match: re.Match[str]) -> str:
        quotes.append(match[0])
        return f'"\x00{len(quotes) - 1}\x00"'

    hidden = _QUOTED.sub(hide, text)
    parts = [part for part in _SENTENCE.split(hidden) if part and part.strip()]
    return [re.sub(r'"\x00(\d+)\x00"', lambda m: quotes[int(m[1])], part).strip() for part in parts]


def check_answer(
    text: str,
    evidence: Sequence[EvidenceRecord],
    *,
    anomalous: bool,
    verdict_sentence: str,
    names: Collection[str] = (),
) -> list[str]:
    """Return the violations of an answer, in words that repeat none of it; empty where it may be shown.

    verdict_sentence: the measured verdict, which needs no citation. names: file names and paths, whose digits
    are not measurements.
    """
    known = {item.id: item for item in evidence}
    text = text.replace("\u2019", "'")
    problems: list[str] = []
    rest = text.replace(verdict_sentence, " ", 1)
    for sentence in sentences(rest):
        if re.search(r"\w", sentence):
            problems += _check_sentence(sentence, known, anomalous, names)
    return list(dict.fromkeys(problems))


def _check_sentence(
    sentence: str, known: dict[str, EvidenceRecord], anomalous: bool, names: Collection[str]
) -> list[str]:
    cited = cited_ids(sentence)
    missing = [name for name in cited if name not in known]
    if missing:
        return ["it cites evidence that is not there"]
    if not cited:
        return ["it has a sentence that cites nothing"]
    sources = [known[name] for name in cited]
    if not _quotes_hold(sentence, sources):
        return ["it quotes what its source does not say"]
    claim = _QUOTED.sub(" ", sentence)
    for name in sorted(names, key=len, reverse=True):
        claim = claim.replace(name, "NAME")
    claim = _CITED.sub(" ", claim)
    if (_SAYS_GOOD if anomalous else _SAYS_BAD).search(claim):
        return ["it speaks against the verdict"]
    if _MEASURES.search(claim):
        # Numbers of notes are not measurements of a score or a size.
        sources = [source for source in sources if source.kind != "knowledge"]
    measured = {value for source in sources for value in numbers(_unnamed(source.text, names))}
    if any(source.kind == "region" for source in sources):
        measured.add(float(sum(item.kind == "region" for item in known.values())))
    for value in numbers(claim):
        if not any(_same(value, other) for other in measured):
            return ["it holds a number that is not in the evidence that it cites"]
    return []


def numbers(text: str) -> list[float]:
    """Return the numbers in a text, number words included, percentages as shares."""
    found = []
    for match in _NUMBER.findall(text):
        digits = re.sub(r"\s?%| percent", "", match, flags=re.IGNORECASE)
        plain = digits.replace(",", "") if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+", digits) else digits
        for part in re.split(r",|(?<=\d)\.(?=\d+\.)", plain):
            if re.fullmatch(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", part, re.IGNORECASE):
                found.append(float(part) / (100 if digits != match else 1))
    found += [float(_WORDS[word]) for word in re.findall(r"[a-z]+", text.lower()) if word in _WORDS]
    return found


def _same(stated: float, measured: float) -> bool:
    """Return whether a stated number is the measured one, rounded to two figures or more."""
    if stated == measured:
        return True
    return any(float(f"{measured:.{figures}g}") == stated for figures in (2, 3, 4))


def _quotes_hold(sentence: str, sources: Sequence[EvidenceRecord]) -> bool:
    """Return whether each quotation is verbatim from a source."""
    texts = [" ".join(source.text.replace('"', "'").split()).lower() for source in sources]
    quoted = [" ".join(quoted.split()).lower() for quoted in _QUOTED.findall(sentence)]
    wanted = [quoted.removesuffix(" ...").rstrip(".") for quoted in quoted if len(quoted) > 3]
    return all(any(one in text for text in texts) for one in wanted)


def _unnamed(text: str, names: Collection[str]) -> str:
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "NAME")
    return text
