"""Questions about the tool itself: which topic of help an intent asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.questions.form.clauses import Clause
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.classifier import KINDS, classify, nearest_topic
from agents.questions.learned.encoder import normalised
from agents.questions.learned.topics import DECISIONS, OF_RATES, TO_LESSEN, help_topics
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.units import LENGTH
from agents.questions.lexicon.words import Words, words_of
from agents.questions.log.bounds import alpha_of
from agents.state import Understanding
from tools.records import Kind

_OF_THE_RATE: Final = frozenset[Kind](
    {"history", "help", "other", "confidence", "product", "catalogue", "count", "reference", "reasoning"}
)
"""Kinds that a question for the false-alarm rate in force may be taken for."""
_ELSE: Final = ("failed", "passed", "reviewed", "session", "corrected", "every", "lessen", "means")
"""Meanings of words with which it asks the log, how to change the rate, or what that is."""
_NEAR: Final = (OF_RATES, TO_LESSEN, "stricter", None)
"""Topics of questions that are near."""
_TAUGHT: Final = (("enrol_again", "camera_moved"), ("teaches", "learning"))
"""Meanings of words on teaching, and the topic that answers them."""
_OF_ITSELF: Final = (("errs", "accuracy"), ("calls_normal", "learning"), ("can_measure", "measures"))
"""Meanings of words on the tool's own errors, what is normal and what it measures, and the topic of each."""
_OF_TEACHING: Final = frozenset(
    {"enroll", "new_defect", "correct", "learning", "camera_moved", "good_images", "more_good", "model"}
)
"""Topics that tell it too, each in its way."""
_BY_FORMAT: Final = {r"(?<![a-z])pdf(?![a-z])": "report", r"(?<![a-z])(?:excel|xlsx?|csv)(?![a-z])": "export"}
"""Topics on what is written of the log, by the format that a question names."""
_SYMBOL: Final = re.compile(r"(?<![a-z])al(?:ph|f)a(?![a-z])|α|阿尔法|アルファ|알파")


def asks_for_the_rate(words: Words, text: str) -> bool:
    """Return whether a question asks which false-alarm rate is set, and not how many alarms were false."""
    supposed = alpha_of(text, words.language) is not None
    rest = words.without(text, "alpha")
    return words.has("alpha", text) and not supposed and not any(words.has(one, rest) for one in _ELSE)


def with_rate(one: Understanding, language: str) -> Understanding:
    """Return a question for the false-alarm rate in force as one for what is set: "what rate do you use?"."""
    text, words = normalised(one.text), words_of(language)
    asked = one.kind in _OF_THE_RATE and one.topic in _NEAR and asks_for_the_rate(words, text)
    # "What is alpha?" asks what it means.
    asked = asked and (one.topic is None or _SYMBOL.search(text) is None)
    of_it = {"kind": "product", "topic": OF_RATES, "near": None, "closed": False, "place": None}
    return one.model_copy(update=of_it) if asked and asks_openly(text, language) else one


def of_the_tool_alone(one: Understanding, language: str) -> Understanding:
    """Return a question without a part for the p-value, or whether the tool errs, with that topic of help.

    "What does p tell me?" asks for what that is, "may I tell you that a stain is normal?" for how.
    """
    text, words = normalised(one.text), words_of(language)
    of_p = one.kind in ("confidence", "reasoning") and words.has("p_value", text)
    topic = next((name for meaning, name in _OF_ITSELF if words.has(meaning, text)), None)
    topic = topic or ("pvalue" if of_p else None)
    # "Can you measure roughness?", but "can you measure in inches?"
    other_scale = (
        topic == "measures"
        and one.topic == "scale"
        and compiled(rf"(?<![a-z])(?:{LENGTH})(?![a-z])").search(text) is None
    )
    if (
        topic is None
        or (one.topic is not None and not other_scale)
        or one.log is not None
        or one.order is not None
    ):
        return one
    of_it = {"kind": "help", "topic": topic, "near": None, "closed": False, "type": None, "place": None}
    return one.model_copy(update=of_it)


def _of_teaching(one: Understanding, language: str) -> Understanding:
    """Return a question on how the tool is taught, or whether it must be anew, with that topic of help.

    "How many good ones did you learn it from?" is left to the record of the product.
    """
    text, words = normalised(one.text), words_of(language)
    if one.order is not None or one.topic in _OF_TEACHING or words.has("how_many", text):
        return one
    topic = next((name for meaning, name in _TAUGHT if words.has(meaning, text)), None)
    if topic is None:
        return one
    of_it = {"kind": "help", "topic": topic, "near": None, "closed": False, "type": None, "place": None}
    return one.model_copy(update={**of_it, "log": None})


def of_the_tool(one: Understanding, language: str, *, pictured: bool) -> Understanding:
    """Return a question that its words show to be about the tool with the topic of help; others as is.

    pictured: whether it came with an image.
    """
    told = _of_teaching(with_rate(one, language), language)
    return _of_judging(told, language, pictured=pictured)


def _of_judging(one: Understanding, language: str, *, pictured: bool) -> Understanding:
    """Return a question on how the tool decides as one with that topic: "how do you tell good from bad?".

    "How do you know that this one is bad?" beside an image asks for the reasons of its verdict.
    """
    text, words = normalised(one.text), words_of(language)
    told = words.has("judges_how", text) or (not pictured and words.has("criteria", text))
    if not told or one.order is not None or one.topic is not None or words.has("this", text):
        return one
    of_it = {"kind": "help", "topic": DECISIONS, "near": None, "closed": False, "type": None, "place": None}
    return one.model_copy(update={**of_it, "log": None, "choice": []})


def as_one(question: str, clauses: Sequence[Clause]) -> Sequence[Clause]:
    """Return a question as one clause where it is nearer to a topic as a whole than any of its clauses is.

    "The camera was moved. Must I enrol again?" asks one thing; "is it ok, and how do I add a zone?" two.
    """
    if len(clauses) < 2:
        return clauses
    kinds, _ = classify([question])
    best = int(kinds[0].argmax())
    topic, likeness = nearest_topic(question, KINDS[best])
    if topic is None or any(nearest_topic(one.text, one.kind)[1] >= likeness for one in clauses):
        return clauses
    return [Clause(question, KINDS[best], round(float(kinds[0, best]), 4), "open")]


def with_topic(one: Understanding, default: str | None = None) -> Understanding:
    """Return an intent with the topic of help that it asks for, if any. default: where none is near."""
    may = one.order is None and any(one.kind == of.kind for of in help_topics().values())
    topic = (nearest_topic(one.text, one.kind)[0] or default) if may else None
    if topic in _BY_FORMAT.values():
        # "A PDF of today's results" is like the question for a table of them.
        asked = [name for ending, name in _BY_FORMAT.items() if compiled(ending).search(normalised(one.text))]
        topic = asked[0] if len(asked) == 1 else topic
    return one if topic is None else one.model_copy(update={"topic": topic, "near": None, "closed": False})
