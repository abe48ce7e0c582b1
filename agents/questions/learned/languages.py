"""The language of a question: by its script, else by its character trigrams and words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.questions.learned.encoder import normalised
from agents.questions.learned.language_table import load_table
from agents.questions.lexicon.words import IMAGE_ENDING

SURE: Final = 3.0
"""Least log-ratio of the best language to the next for a decision by a text alone."""
SHORTEST: Final = 3
"""Letters up to which a text is of no language in particular."""
_SCRIPTS: Final = (
    ("ja", r"[\u3041-\u30ff]"),
    ("ko", r"[\uac00-\ud7a3\u1100-\u11ff]"),
    ("zh", r"[\u4e00-\u9fff]"),
)
_OTHER_SCRIPT: Final = re.compile(r"[\u0370-\u058f\u0590-\u0eff]")


_CODE: Final = re.compile(rf"[\w./-]*(?:\d[\w./-]*|{IMAGE_ENDING}\b)", re.ASCII | re.IGNORECASE)
"""A file's name, or a code with a digit, such as a lot's or a station's."""


def language_of(text: str, before: str | None = None, names: Sequence[str] = ()) -> str:
    """Return the ISO 639-1 code of a text, one of `LANGUAGES`.

    before: the language of the conversation, if any, which a text such as "ok?" or "hjkl" does not change.
    names: of products and zones, which are of no language, as codes and files' names are. English for a
    language that no answer can be given in, and for what could be English as well.
    """
    for name in sorted(names, key=len, reverse=True):
        spelled = r"[-_\s]?".join(map(re.escape, re.split(r"[-_\s]+", name)))
        text = re.sub(rf"(?<!\w){spelled}(?!\w)", " ", text, flags=re.IGNORECASE)
    for code, script in _SCRIPTS:
        if re.search(script, text):
            return code
    plain = normalised(_CODE.sub(" ", text))
    if _OTHER_SCRIPT.search(plain):
        return "en"
    if len(re.findall(r"[a-z]", plain)) <= SHORTEST:
        return before or "en"
    scores = load_table().scores(plain)
    if scores is None:
        return before or "en"
    best, second = sorted(scores, key=lambda code: -scores[code])[:2]
    # Whoever asks "causa?" for the first time speaks one of the two, but not English.
    next_to = "en" if before is None else second
    return best if best == next_to or scores[best] - scores[next_to] >= SURE else before or "en"


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
