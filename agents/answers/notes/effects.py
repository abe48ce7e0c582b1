"""Whether a type of defect does something: answered by the effect that the notes state, where it can be."""

from __future__ import annotations

import re
from typing import Final

from agents.answers.notes.analysis import Finding, about_type, find_aspect, is_in, quoted, quoted_if
from agents.answers.notes.entries import MOST_CANDIDATES, entries_meant, likely_of
from agents.answers.topic import Reply, Topic
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import encode
from agents.questions.learned.generic import subjects_in, words_in
from agents.questions.lexicon.words import words_of
from agents.questions.slots.by_words import without_types
from agents.questions.slots.held import OF_NO_NAME
from agents.questions.slots.said_effects import said_effects
from anomaly_core.names import plain_name

_OTHERS: Final = ("limit", "tolerance", "serious", "matters", "harmless", "good", "bad", "long", "or")
"""Meanings of words of a question that asks for no effect."""
ALIKE: Final = 0.7
"""Least cosine of a question's word and one of the effect that mean the same, by a look at forty pairs."""
_AKIN: Final = 0.5
"""Least cosine of words of which one may well mean, or deny, the other: "dicht" and "undicht"."""
UNSAID: Final = "The notes don't say so of the types that it may be."
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
    effects = _effects_of(topic, types[0])
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


def of_the_part(topic: Topic) -> Reply | None:
    """Return whether a type that the defect may be of has the effect that a question for yes or no is about.

    "Will the jar leak from that?": probably, where the effect of the likely type says so, possibly where that
    of a candidate does; where none does, that the notes don't say so. None for a question of no effect.
    """
    words, text, language = topic.words, topic.text, topic.asked.spoken
    open_ = not topic.intent.closed or asks_openly(text, language)
    if open_ or not topic.has_defect or topic.intent.type is not None:
        return None
    if any(words.has(one, text) for one in (*_OTHERS, "effects", "means_for", "customer", "affects")):
        return None
    defect, said, passages = topic.defect, topic.type_said, topic.state["passages"]
    known = said or (None if defect is None else defect.name)
    types = likely_of(topic.state.get("defect_type")) if known is None else [known]
    stated = {name: _effects_of(topic, name) for name in types}
    effects = {name: found[0].sentence for name, found in stated.items() if found}
    looks = [f"{plain_name(one.defect)} {one.text}" for one in passages if one.field == "look" and one.defect]
    held = said_effects(text, language, effects, looks)[:MOST_CANDIDATES]
    if not held:
        # Words of another language may mean what no likeness tells.
        own = all(is_in(found[0], language) for found in stated.values() if found)
        asked = own and bool(effects) and bool(subjects_in(text, language, OF_NO_NAME))
        asked = asked and not said_effects(text, language, effects, least=_AKIN)
        return Reply("", [topic.say(UNSAID)]) if asked else None
    if known is None:
        lead = "That can't be told." if words.has("still", text) else "Possibly."
        return Reply(topic.say(lead), [quoted_if(topic, name, stated[name][0]) for name in held])
    sure = said is not None or (defect is not None and defect.status == "confirmed")
    if words.has("still", text):
        return Reply(
            topic.yes_no(False) if sure else topic.say("Probably not."), quoted(topic, stated[known])
        )
    return Reply(topic.yes_no(True) if sure else topic.say("Probably."), quoted(topic, stated[known]))


def _effects_of(topic: Topic, name: str) -> list[Finding]:
    stated = find_aspect(about_type(topic.state["passages"], name), "effect", topic.say.language)
    return [one for one in stated if one.field != "severity"][:1]


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
