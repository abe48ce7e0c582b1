"""Whether a type of defect does something: answered by the effect that the notes state, where it can be."""

from __future__ import annotations

import re
from typing import Final

from agents.answers.notes.analysis import Finding, about_type, find_aspect, quoted
from agents.answers.notes.entries import entries_meant
from agents.answers.topic import Reply, Topic
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import encode
from agents.questions.learned.generic import subjects_in, words_in
from agents.questions.lexicon.words import words_of
from agents.questions.slots.by_words import without_types
from anomaly_core.names import plain_name

_OTHERS: Final = ("limit", "tolerance", "serious", "matters", "harmless", "good", "bad", "long", "or")
"""Meanings of words of a question that asks for no effect."""
ALIKE: Final = 0.7
"""Least cosine of a question's word and one of the effect that mean the same, by a look at forty pairs."""
_CLAUSE: Final = re.compile(r"[;.。；]")
_WITHOUT: Final = re.compile(
    r"\bno (?:effect|influence|impact|change|harm)|unaffected|not affected"
    r"|kein\w* (?:einfluss|auswirkung|wirkung)"
    r"|nessun\w* (?:effett|influss|influenz)|(?:sin|ning[uú]n) efecto"
    r"|(?:sans|aucun) effet|(?:sem|nenhum) efeito"
    r"|(?:不|无|没有)影响|影響(?:は|が)?(?:な|しない|ありません)|영향 ?(?:이|은)? ?없"
)
"""An effect that there is none."""
_NO_LONGER: Final = re.compile(
    r"no longer|nicht mehr|non (?:è )?più|ya no|ne \w+ plus|n'\w+ plus|não \w+ mais|不再|なくなる|더 이상"
)


def affected(topic: Topic) -> Reply | None:
    """Return the effect of the type that a question for yes or no is about, or None where it is of none.

    "Does a scratched capsule still have the right dose?": yes, where the effect is none on the dose, no where
    that is no longer right; where the notes say neither, the effect alone.
    """
    words, text, language = topic.words, topic.text, topic.asked.spoken
    if asks_openly(text, language) or topic.intent.type is None:
        return None
    still, affects = words.has("still", text), words.has("affects", text)
    if not (still or affects) and any(words.has(one, text) for one in _OTHERS):
        return None
    types = entries_meant(topic, topic.intent.type)
    passages = topic.state["passages"]
    if len(types) != 1:
        return None
    stated = find_aspect(about_type(passages, types[0]), "effect", topic.say.language)
    effects = [one for one in stated if one.field != "severity"][:1]
    if not effects:
        return None
    rest = without_types(text, [plain_name(types[0]), *(plain_name(one.product or "") for one in passages)])
    for code in (language, "en"):
        rest = words_of(code).without_types(rest)
    subjects = subjects_in(rest, language)
    clause = _said_of(subjects, effects[0])
    if clause is None and not (still or affects):
        return None
    yes = _answer(clause or "", still=still, affects=affects)
    return Reply("" if yes is None else topic.yes_no(yes), quoted(topic, effects), yes)


def _said_of(subjects: list[str], effect: Finding) -> str | None:
    """Return the clause of an effect that has one of some words, or a word that means the same."""
    clauses = [(one.lower(), list(words_in(one.lower()))) for one in _CLAUSE.split(effect.sentence)]
    known = [(clause, word) for clause, held in clauses for word in held]
    if not known or not subjects:
        return None
    cosines = encode(subjects) @ encode([word for _, word in known]).T
    best = int(cosines.max(axis=0).argmax())
    return known[best][0] if float(cosines.max()) >= ALIKE else None


def _answer(clause: str, *, still: bool, affects: bool) -> bool | None:
    """Return what a clause of an effect answers: whether all is still well, or whether something changes."""
    if _WITHOUT.search(clause):
        return True if still else False if affects else None
    if _NO_LONGER.search(clause):
        return False if still else True if affects else None
    return None
