"""Output guardrails: rules that a language model's answer must not violate.

A sentence must cite existing evidence, hold no number that its evidence does not, quote its source verbatim,
and not contradict the measured verdict. Contradictions are found by the patterns below in English, and by
`claims.toml` in the other languages of answers; what passes is shown below the measured verdict, never in its
place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from agents.answers.evidence import without_names
from agents.answers.generated.claims import names_judgement, names_size, speaks_against
from agents.questions.learned.languages import language_of
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.units import PERCENT
from agents.questions.lexicon.words import SPACELESS, words_of
from tools.records import EvidenceRecord

CITED: Final = re.compile(r"\[([^\[\]\n]*[A-Za-z][^\[\]\n]*)\]")
_SENTENCE: Final = re.compile(r'(?<=[.!?])["”]?\s+(?!\[)|(?<=[\u3002\uff01\uff1f])"?\s*(?![\s"\[])|\n+')
_QUOTED: Final = re.compile(r'["“]([^"”]+)["”]')
_QUOTES: Final = str.maketrans(dict.fromkeys("„“”«»「」『』", '"'))
# Letters with Latin script alone: Chinese, Japanese and Korean have no space before a number.
_NUMBER: Final = re.compile(
    rf"(?<![A-Za-z\u00c0-\u024f\d_.])[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?(?:\s?{PERCENT})?", re.IGNORECASE
)
_COMMA: Final = frozenset({"de", "it", "es", "fr", "pt"})
"""Languages that write a decimal comma."""
_SWAPPED: Final = str.maketrans(",.", ".,")
_COUNTED: Final = r"\s?(?:[个個处處箇つ所개곳군건]|カ所|か所)"
"""What stands behind a number word in Chinese, Japanese and Korean."""
_WORDS: Final = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "dozen": 12,
}  # fmt: skip
_JUDGEMENT: Final = re.compile(
    r"\b(p-?values?|scores?|probabilit\w+|similarit\w+|confiden\w+|certain\w*|false[- ]alarm)\b",
    re.IGNORECASE,
)
_SIZE: Final = re.compile(r"\b(pixels?|px|grey levels?|degrees?)\b", re.IGNORECASE)
CALCULATED: Final = "calculate"
"""Beginning of the ids of calculated numbers, which are no score or probability."""
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
    return [part.strip() for match in CITED.findall(text) for part in re.split(r"[,;]\s*", match)]


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
    language: str = "en",
) -> list[str]:
    """Return the violations of an answer, in words that repeat none of it; empty where it may be shown.

    verdict_sentence: the measured verdict, which needs no citation. names: file names and paths, whose digits
    are not measurements. language: of the answer. The rules of English, and of the language that a
    sentence or the whole looks to be in, hold beside its own.
    """
    known = {item.id: item for item in evidence}
    rest = text.replace(verdict_sentence, " ", 1).replace("\u2019", "'").translate(_QUOTES)
    spoken = {language, language_of(CITED.sub(" ", rest), language)}
    problems: list[str] = []
    for sentence in sentences(rest):
        if re.search(r"\w", sentence):
            languages = spoken | {language_of(CITED.sub(" ", sentence), language)}
            problems += _check_sentence(sentence, known, anomalous, names, languages)
    return list(dict.fromkeys(problems))


def _check_sentence(
    sentence: str,
    known: dict[str, EvidenceRecord],
    anomalous: bool,
    names: Collection[str],
    languages: Collection[str],
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
    claim = _unnamed(_QUOTED.sub(" ", sentence), names)
    claim = unicodedata.normalize("NFKC", CITED.sub(" ", claim))
    if any(_contradicts(claim, language, anomalous) for language in {"en", *languages}):
        return ["it speaks against the verdict"]
    judged = any(_names_judgement(claim, language) for language in languages)
    if judged or any(_names_size(claim, language) for language in languages):
        # Numbers of notes are not measurements of a score or a size.
        sources = [source for source in sources if source.kind != "knowledge"]
    if judged:
        sources = [source for source in sources if not source.id.startswith(CALCULATED)]
    measured = {value for source in sources for value in numbers(_unnamed(source.text, names))}
    if any(source.kind == "region" for source in sources):
        measured.add(float(sum(item.kind == "region" for item in known.values())))
    for readings in _stated(claim, languages):
        if any(all(any(_same(v, other) for other in measured) for v in reading) for reading in readings):
            continue
        return ["it holds a number that is not in the evidence that it cites"]
    return []


def _contradicts(claim: str, language: str, anomalous: bool) -> bool:
    if language == "en":
        return (_SAYS_GOOD if anomalous else _SAYS_BAD).search(claim) is not None
    return speaks_against(claim.lower(), language, anomalous=anomalous)


def _names_judgement(claim: str, language: str) -> bool:
    return bool(_JUDGEMENT.search(claim)) if language == "en" else names_judgement(claim.lower(), language)


def _names_size(claim: str, language: str) -> bool:
    return bool(_SIZE.search(claim)) if language == "en" else names_size(claim.lower(), language)


def _stated(claim: str, languages: Collection[str]) -> Iterator[list[list[float]]]:
    """Yield the numbers of a sentence, each with its readings: "1,5" is another number in German."""
    for match in _NUMBER.findall(claim):
        swapped = [_values(match.translate(_SWAPPED))] if _COMMA.intersection(languages) else []
        yield [_values(match), *swapped]
    for language in languages:
        yield from ([[value]] for value in _number_words(claim, language))


def numbers(text: str) -> list[float]:
    """Return the numbers in an English text, number words included, percentages as shares."""
    return [value for match in _NUMBER.findall(text) for value in _values(match)] + _number_words(text, "en")


def _values(match: str) -> list[float]:
    """Return the number of a match, or the several of a list such as "1,2,3"."""
    digits = compiled(rf"\s?{PERCENT}", re.IGNORECASE).sub("", match)
    plain = digits.replace(",", "") if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", digits) else digits
    parts = re.split(r",|(?<=\d)\.(?=\d+\.)", plain)
    shares = 100 if digits != match else 1
    return [
        float(part) / shares for part in parts if re.fullmatch(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", part, re.I)
    ]


def _number_words(text: str, language: str) -> list[float]:
    plain = text.lower()
    if language == "en":
        return [float(_WORDS[word]) for word in re.findall(r"[a-z]+", plain) if word in _WORDS]
    counting = enumerate(words_of(language).counting[1:], start=2)
    before, after = ("", _COUNTED) if language in SPACELESS else (r"(?<!\w)", r"(?!\w)")
    return [float(n) for n, word in counting if compiled(rf"{before}(?:{word}){after}").search(plain)]


def _same(stated: float, measured: float) -> bool:
    """Return whether a stated number is the measured one, rounded to two figures or more."""
    if stated == measured:
        return True
    return any(float(f"{measured:.{figures}g}") == stated for figures in (2, 3, 4))


def _quotes_hold(sentence: str, sources: Sequence[EvidenceRecord]) -> bool:
    """Return whether each quotation is verbatim from a source."""
    texts = [" ".join(source.text.translate(_QUOTES).replace('"', "'").split()).lower() for source in sources]
    quoted = [" ".join(quoted.split()).lower() for quoted in _QUOTED.findall(sentence)]
    wanted = [quoted.removesuffix(" ...").rstrip(".") for quoted in quoted if len(quoted) > 3]
    return all(any(one in text for text in texts) for one in wanted)


def _unnamed(text: str, names: Collection[str]) -> str:
    return without_names(text, dict.fromkeys(names, "NAME"))
