"""The language of a question: by its script, else by character trigrams and words of the examples.

Naive Bayes over trigrams and whole words with add-one smoothing (Cavnar and Trenkle, 1994, for the n-grams),
fitted to the examples of the languages with Latin letters.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from agents.questions.encoder import normalised
from agents.questions.examples import LANGUAGES, read_examples
from agents.questions.words import SPACELESS, words_of

SURE: Final = 3.0
"""Least log-ratio of the best language to the next for a decision by a text alone."""
SHORTEST: Final = 3
"""Letters up to which a text is of no language in particular."""
WORD_WEIGHT: Final = 2
FAMILIAR: Final = 0.8
"""Least share of a text's trigrams that a language has, for a text without a word of it to be of it."""
_SCRIPTS: Final = (
    ("ja", r"[\u3041-\u30ff]"),
    ("ko", r"[\uac00-\ud7a3\u1100-\u11ff]"),
    ("zh", r"[\u4e00-\u9fff]"),
)
_OTHER_SCRIPT: Final = re.compile(r"[\u0370-\u058f\u0590-\u0eff]")


def language_of(text: str, before: str | None = None) -> str:
    """Return the ISO 639-1 code of a text, one of `LANGUAGES`.

    before: the language of the conversation, if any, which a text such as "ok?" or "hjkl" does not change.
    English for a language that no answer can be given in.
    """
    for code, script in _SCRIPTS:
        if re.search(script, text):
            return code
    plain = normalised(text)
    if _OTHER_SCRIPT.search(plain):
        return "en"
    if len(re.findall(r"[a-z]", plain)) <= SHORTEST:
        return before or "en"
    fitted = _fitted()
    features = list(_features(plain))
    if not any(_is_familiar(features, logs) for logs in fitted.logs.values()):
        return before or "en"
    scores = {code: sum(counts[feature] for feature in features) for code, counts in fitted.logs.items()}
    best, second = sorted(scores, key=lambda code: -scores[code])[:2]
    return best if before is None or scores[best] - scores[second] >= SURE else before


def _is_familiar(features: Sequence[str], logs: _Logs) -> bool:
    """Return whether a language has a whole word of a text, or most of its trigrams."""
    trigrams = [one in logs for one in features if not one.startswith("=")]
    known = any(one.startswith("=") and one in logs for one in features)
    return known or sum(trigrams) >= FAMILIAR * max(len(trigrams), 1)


_CALLED: Final = {
    "en": "english|englisch|inglese|ingl[eé]s|anglais|inglês|英语|英文|英語|영어",
    "de": "german|deutsch|tedesco|alem[aá]n|allemand|alemão|德语|德文|ドイツ語|독일어",
    "it": "italian|italienisch|italiano|italien|意大利语|イタリア語|이탈리아어",
    "es": "spanish|spanisch|spagnolo|español|castellano|espagnol|espanhol|西班牙语|スペイン語|스페인어",
    "fr": "french|französisch|francese|francés|français|francês|法语|フランス語|프랑스어",
    "pt": "portuguese|portugiesisch|portoghese|portugu[eê]s|portugais|葡萄牙语|ポルトガル語|포르투갈어",
    "zh": "chinese|chinesisch|cinese|chino|chinois|chinês|中文|汉语|中国語|중국어",
    "ja": "japanese|japanisch|giapponese|japonés|japonais|japonês|日语|日文|日本語|일본어",
    "ko": "korean|koreanisch|coreano|coréen|韩语|韩文|韓国語|한국어",
}
WISHES: Final = {
    code: re.compile(
        rf"(?:(?<!\w)(?:in|auf|en|em|to|speak)\s+|用|以)(?:{names})(?!\w)"
        rf"|(?:{names})(?:\s*で|\s*로|\s+please|\s+bitte)"
    )
    for code, names in _CALLED.items()
}
"""A wish to be answered in a language, such as "in German", by code."""


def wished_language(text: str) -> str | None:
    """Return the language that a text asks to be answered in, such as "in German", or None."""
    plain = normalised(text)
    return next((code for code, wish in WISHES.items() if wish.search(plain)), None)


@dataclass(frozen=True)
class _Fitted:
    logs: dict[str, _Logs]


class _Logs(dict[str, float]):
    """Log-probabilities of features; that of an unseen one for any other."""

    unseen: float = 0.0

    def __missing__(self, feature: str) -> float:
        return self.unseen * (WORD_WEIGHT if feature.startswith("=") else 1)


@cache
def _fitted() -> _Fitted:
    counts: dict[str, Counter[str]] = {code: Counter() for code in LANGUAGES if code not in SPACELESS}
    examples = [
        (one, list(_features(normalised(one.text)))) for one in read_examples() if one.language in counts
    ]
    asked = {
        (one.language, word)
        for one, found in examples
        if one.kind != "other"
        for word in found
        if word[0] == "="
    }
    for one, found in examples:
        # An example of gibberish, none of whose words a question about parts has, is of no language.
        is_text = one.kind != "other" or any((one.language, word) in asked for word in found)
        if is_text:
            counts[one.language].update(found)
    for code, own in counts.items():
        for pattern in words_of(code).types.values():
            # A letter that may want its accent stands in brackets.
            plain = re.sub(r"\[(\w)\w\]", r"\1", pattern.pattern.replace("\\w", " "))
            own.update(_features(" ".join(re.findall(r"[^\W\d]{3,}", plain))))
    kinds = len(set().union(*counts.values()))
    logs: dict[str, _Logs] = {}
    for code, own in counts.items():
        total = math.log(own.total() + kinds)
        values = _Logs(
            {
                feature: (math.log(count + 1) - total) * (WORD_WEIGHT if feature.startswith("=") else 1)
                for feature, count in own.items()
            }
        )
        values.unseen = -total
        logs[code] = values
    return _Fitted(logs)


def _features(text: str) -> Iterator[str]:
    for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text):
        yield f"={word}"
        padded = f" {word} "
        yield from (padded[at : at + 3] for at in range(len(padded) - 2))
