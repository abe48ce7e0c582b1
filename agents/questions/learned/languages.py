"""The language of a question: by its script, else by its character trigrams and words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from math import inf
from typing import Final

from agents.questions.learned.encoder import normalised
from agents.questions.learned.language_table import load_table
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import IMAGE_ENDING

SURE: Final = 3.0
"""Least log-ratio of the best language to the next for a decision by a text alone."""
DOUBTED: Final = 6.0
"""The same to the language of the conversation, or of the notes, for a text of few words."""
TELLING: Final = 8.0
"""The same for a text of a few letters, such as "è 2 mm?"; "ok?" and "e 3 mm?" are of none in particular."""
SHORTEST: Final = 3
"""Letters up to which a text has few of them, units aside."""
FEW: Final = 3
"""Words up to which a text has few of them."""
_SCRIPTS: Final = (
    ("ja", r"[\u3041-\u30ff]"),
    ("ko", r"[\uac00-\ud7a3\u1100-\u11ff]"),
    ("zh", r"[\u4e00-\u9fff]"),
    ("es", r"[¿¡]"),
)
_OTHER_SCRIPT: Final = re.compile(r"[\u0370-\u058f\u0590-\u0eff]")


_CODE: Final = re.compile(rf"[\w./-]*(?:\d[\w./-]*|{IMAGE_ENDING}\b)", re.ASCII | re.IGNORECASE)
"""A file's name, or a code with a digit, such as a lot's or a station's."""
_SYMBOL: Final = re.compile(r"(?<![^\W\d_])(?:[cmµμ]?m|px|ppm)[²2]?(?![^\W\d_])", re.IGNORECASE)
"""A unit's symbol, which every language has."""


_IN_ORDER: Final = re.compile(r"(?<![\w.])(?:n\.?\s?)?i\.\s?O\.?(?!\w)|(?<!\w)n?iO(?!\w)")
"""What German says for good and bad in short, and no other language."""
_JAPANESE: Final = re.compile(
    "[規検査図価労験円実覧黒対拡囲陥傷動業場様続売読変軽転違達閉開関係間電頭題類無]"
)
"""Characters that simplified Chinese writes otherwise or not at all."""
_CHINESE: Final = re.compile(
    "[吗嗎呢吧没沒这這个個么麼哪怎们們请您你我它规检图价实对围伤动业场样续变轻转远达闭开关间电头题类无长]"
)
"""Characters that Japanese writes otherwise or not at all."""


def _is_japanese(text: str, before: str | None) -> bool:
    """Return whether a text without kana is Japanese: by its characters, else by the conversation."""
    if _CHINESE.search(text):
        return False
    return before == "ja" or (before != "zh" and _JAPANESE.search(text) is not None)


def language_of(
    text: str, before: str | None = None, names: Sequence[str] = (), noted: Sequence[str] = ()
) -> str:
    """Return the ISO 639-1 code of a text, one of `LANGUAGES`.

    before: the language of the conversation, if any, which a text such as "ok?" or "hjkl" does not change.
    names: of products and zones, which are of no language, as codes and files' names are. noted: names of
    defects in the notes, whose language a first question is in that could be of several. English for a
    language that no answer can be given in, and for what could be English as well.
    """
    for name in sorted(names, key=len, reverse=True):
        spelled = r"[-_\s]?".join(map(re.escape, re.split(r"[-_\s]+", name)))
        text = compiled(rf"(?<!\w){spelled}(?!\w)", re.IGNORECASE).sub(" ", text)
    for code, script in _SCRIPTS:
        if compiled(script).search(text):
            return "ja" if code == "zh" and _is_japanese(text, before) else code
    judged = _IN_ORDER.sub(" ", text)
    if judged != text and before in (None, "de"):
        return "de"
    plain = normalised(_SYMBOL.sub(" ", _CODE.sub(" ", judged)))
    if _OTHER_SCRIPT.search(plain):
        return "en"
    scores = load_table().scores(plain) if re.search(r"[^\W\d_]", plain) else None
    if scores is None:
        return before or "en"
    best, second = sorted(scores, key=lambda code: -scores[code])[:2]
    few = len(re.findall(r"[^\W\d_]", plain)) <= SHORTEST
    sure = TELLING if few else SURE
    doubted = max(sure, DOUBTED if len(plain.split()) <= FEW else 0)
    if before is not None:
        alone = scores[best] - scores[second] >= sure
        return best if alone and scores[best] - scores.get(before, -inf) >= doubted else before
    if best == "en" or scores[best] - scores["en"] < sure:
        return "en"
    # Whoever asks "causa?" for the first time speaks one of several, but not English.
    of_notes = _best_of(tuple(noted))
    if of_notes is not None and scores[best] - scores[of_notes] < doubted:
        return of_notes
    return best if not few or scores[best] - scores[second] >= sure else "en"


@cache
def _best_of(names: tuple[str, ...]) -> str | None:
    """Return the language with Latin letters that names are surely of, or None."""
    scores = load_table().scores(normalised(" ".join(names))) if names else None
    if scores is None:
        return None
    best, second = sorted(scores, key=lambda code: -scores[code])[:2]
    return best if scores[best] - scores[second] >= SURE and best != "en" else None


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
