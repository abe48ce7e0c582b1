"""Facts of the notes' prose: the sentences that a question's words are about, whatever type they are on."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from agents.answers.catalogue.uncertain import MOST_LISTED
from agents.answers.notes.analysis import Finding, quoted
from agents.answers.topic import Topic
from agents.questions.learned.encoder import encode
from agents.questions.learned.generic import SHORTEST, subjects_in, words_in
from agents.questions.log.unheld import unheld_of
from agents.questions.slots.held import subject_of
from anomaly_core.names import plain_name
from knowledge.catalogue.fields import Field
from knowledge.text import sentences
from tools.records import Kind, PassageRecord

_SPOKEN: Final = 5
"""Letters of a word that is held against words of another language."""
_STEM: Final = 5
"""Letters by which inflected words are the same."""
ALIKE: Final = 0.75
"""Least cosine of words of two languages that mean the same, by a look at sixty words in nine languages."""
_AS_NEAR: Final = 0.06
"""Cosine below the highest from which another word is meant as well."""
_OF_A_TYPE: Final = frozenset[Kind]({"cause", "effect", "action"})
_RUN: Final = 3
"""Words side by side, one of them with a subject or not, that a sentence has as the question has them."""
_NEAR: Final = 0.8
"""Share of the best sentence's weight from which another is quoted too."""
MOST: Final = 3
"""Sentences that are quoted where a question asks for no list."""


def facts(topic: Topic, *, several: bool) -> list[str]:
    """Return quotations of the sentences that a question's words are about, the best first; or nothing.

    several: whether it asks for all types that are such.
    """
    if unheld_of(topic.words, topic.text) is not None:
        return []
    # What a type looks like answers neither why nor what to do.
    passages = topic.state["passages"]
    best = _best(
        topic, [one for one in passages if one.field != "look" or topic.intent.kind not in _OF_A_TYPE]
    )
    if several:
        message = "{type}: {quote} [{id}]."
        own: dict[str, Finding] = {}
        for name, one in best:
            if name:
                own.setdefault(name, one)
        return [
            topic.say(message, type=plain_name(name), quote=f'"{one.sentence}"', id=one.id)
            for name, one in own.items()
        ][:MOST_LISTED]
    return quoted(topic, [finding for _, finding in best[:MOST]])


def type_of_facts(topic: Topic, fields: Collection[Field]) -> str | None:
    """Return the type whose entry alone a question's words are of, where it asks for other fields of it.

    "Who looks after the die?" asks for nothing that is said of the die. fields: that it asks for; none for
    the person.
    """
    passages = {one.id: one for one in topic.state["passages"]}
    best = _best(topic, list(passages.values()))
    if "limit" in fields and any(re.search(r"\d", one.sentence) for _, one in best):
        return None  # "The max. belt pressure?" is told by the cause that names it
    types = {name for name, _ in best}
    told = {passages[one.id].field for _, one in best}
    return types.pop() or None if len(types) == 1 and None not in told and not told & set(fields) else None


def _sentences(passages: Sequence[PassageRecord]) -> list[tuple[str, Finding]]:
    """Return the sentences of passages, each with the type that it is on, "" for none."""
    return [
        (passage.defect or "", Finding("cause", sentence, passage.id, None, passage.language))
        for passage in passages
        if passage.field != "severity"
        for sentence in sentences(passage.text.replace('"', "'"))
    ]


def type_by_look(topic: Topic) -> str | None:
    """Return the type whose look a question describes in words of it, or None where several are as near."""
    looks = [one for one in topic.state["passages"] if one.field == "look"]
    types = {name for name, _ in _best(topic, looks)}
    return types.pop() if len(types) == 1 else None


def _best(topic: Topic, passages: Sequence[PassageRecord]) -> list[tuple[str, Finding]]:
    text, language, found = topic.text, topic.asked.spoken, _sentences(passages)
    if topic.intent.kind == "other":
        # "The best pizza place?" is of no narrow place.
        text = topic.words.without(text, "region", "where", "best", "worst", "piece", "how_often")
    # "Bottle" tells nothing in notes about bottles.
    products = {_stem(word) for one in passages for word in words_in(plain_name(one.product or "").lower())}
    held = [set(_stems(finding.sentence.lower())) for _, finding in found]
    known = Counter(stem for stems in held for stem in stems)
    # "Limit" tells nothing in notes that give a limit for each type.
    subjects = subjects_in(subject_of(text, language), language)
    # A word of another language stands for the word of the notes that is most like it.
    meant = {_stem(word) for word in subjects if _stem(word) in known}
    if not meant:
        meant = set(_translated(subjects, found))
    meant -= products
    if topic.intent.kind == "other" and 2 * len(meant) <= len({_stem(word) for word in subjects}):
        # "When does the canteen close?" is of no leaf that does not close.
        return []
    weights = [
        sum(math.log(1 + len(held) / known[stem]) for stem in stems & meant)
        + _longest_run(text, finding.sentence.lower())
        for stems, (_, finding) in zip(held, found, strict=True)
    ]
    least = _NEAR * max(weights, default=0.0)
    ranked = sorted(range(len(found)), key=lambda at: -weights[at])
    return [found[at] for at in ranked if least > 0 and weights[at] >= least]


def _longest_run(text: str, sentence: str) -> float:
    """Return how many words side by side a sentence shares with a text, 0 for few: "stop the line"."""
    asked, said = (re.findall(r"[^\W\d_]+", one) for one in (text, sentence))
    joined = f" {' '.join(said)} "
    for count in range(len(asked), _RUN - 1, -1):
        for at in range(len(asked) - count + 1):
            run = asked[at : at + count]
            if f" {' '.join(run)} " in joined and max(map(len, run)) >= SHORTEST:
                return float(count)
    return 0.0


def _translated(words: Sequence[str], found: Sequence[tuple[str, Finding]]) -> Iterator[str]:
    """Yield the stems of the notes' words that mean the same as words of a question."""
    words = [word for word in words if len(word) >= _SPOKEN or not word.isascii()]
    told = {word for _, finding in found for word in words_in(finding.sentence.lower())}
    vocabulary = sorted(word for word in told if len(word) >= _SPOKEN or not word.isascii())
    if not words or not vocabulary:
        return
    cosines = encode(words) @ encode(vocabulary).T
    for row in cosines:
        # "Feuchtigkeit" is humidity, and moisture.
        least = max(ALIKE, float(row.max()) - _AS_NEAR)
        yield from (_stem(word) for word, cosine in zip(vocabulary, row, strict=True) if cosine >= least)


def _stems(text: str) -> Iterator[str]:
    return map(_stem, words_in(text))


def _stem(word: str) -> str:
    return word[:_STEM].rstrip("s") if len(word) >= SHORTEST else word
