"""First words for a question that suggests its answer: an either-or question, or a cause that it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.answers.notes.analysis import Aspect, Finding, about_type, find_aspect, quoted, quoted_if
from agents.answers.notes.entries import MOST_CANDIDATES, likely_of, types_of_notes
from agents.answers.topic import Reply, Topic
from agents.questions.form.alternatives import (
    FATES,
    Fate,
    alternatives_of,
    fate_of,
    is_second_choice,
    named_fate,
    says,
)
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import encode, normalised
from agents.questions.learned.examples import LANGUAGES
from agents.questions.learned.generic import subjects_in, words_in
from agents.questions.learned.languages import language_of
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, words_of
from agents.questions.slots.causes import NAMES_IT, OTHER, likeness

METHOD: Final = 0.64
"""Least cosine of a method that a question names and a word of the notes that names it, in whatever language.

By a look at 48 words for methods in nine languages beside 16 of three catalogues: brush, Bürste, spazzola,
brosse, ブラシ and 브러시 have 0.65 to 0.91 of "bürsten", polishing and grinding at most 0.56; "escovando" has
0.58 and is not found by it, "polishing" has 0.70 of "varnish" and is taken for it."""
_OF_CUSTOMERS: Final[tuple[Aspect, ...]] = ("effect", "action", "limit")
_CONDITION: Final = re.compile(
    r"(?<!\w)(?:if|when|unless|wenn|falls|sofern|se|si|quando|cuando|quand)(?!\w)|如果|若|場合|なら|경우|면 "
)
_OF_SOME: Final = re.compile(
    rf"{_CONDITION.pattern}|(?<!\w)(?:else|otherwise|sonst|andernfalls|sinon|altrimenti|si no|de lo contrario"
    r"|en caso contrario|sen\u00e3o|caso contr\u00e1rio)(?!\w)"
    r"|\u5426\u5219|\u3055\u3082\u306a|\uadf8\ub807\uc9c0 \uc54a|\uc544\ub2c8\uba74"
)
"""What says of which parts alone a note is."""
REPEATED: Final = frozenset({"en", "de", "zh"})
"""Languages in which an alternative is an answer as it stands; in others its verb has a person."""
_LONGEST: Final = 3
"""Words of an alternative that is repeated, of twice as many characters where words do not stand apart."""
_PARTS: Final = re.compile(r"[;:,.\u3001\u3002\uff0c\uff1a\uff1b]")
_ABBREVIATIONS: Final = {
    "ok": "OK", "ng": "NG", "nok": "NOK", "nio": "NIO", "io": "IO", "i.o": "i.O", "n.i.o": "n.i.O"
}  # fmt: skip


def chosen(topic: Topic) -> str:
    """Return the alternative that verdict and notes speak for, or a plain word; "" for no such question."""
    say, pieces = topic.say, topic.intent.choice
    if not pieces or "verdict" not in topic.state:
        return ""
    if topic.verdict.decision == "review":
        return say("To be reviewed.")
    fates = {piece: fate_of(piece, topic.asked.spoken) for piece in pieces}
    if not topic.verdict.anomalous:
        good = [piece for piece, fate in fates.items() if fate == "keep"]
        return _repeated(topic, good) or (say("Good: keep it.") if good else "")
    bad = [piece for piece, fate in fates.items() if fate in ("discard", "rework")]
    told = _fates_of_notes(topic)
    fitting = [piece for piece in bad if {fates[piece]} == told] if told else bad
    if "keep" not in fates.values():
        # "Scrap or rework?": the notes decide, or nobody; "brush it off or scrap?" is told in their words.
        return _repeated(topic, fitting) if told and None not in fates.values() else ""
    return _repeated(topic, fitting) or say("Not good: do not keep it.")


def chosen_by_limit(topic: Topic, *, within: bool) -> str:
    """Return the alternative that holds of a measure which a question states; "" for no such question.

    within: whether it is within its limit. "A chip of 0.35 mm: accept or reject?", "i.O. oder n.i.O.?".
    """
    spoken, text = topic.asked.spoken, normalised(topic.asked.question) or topic.text
    pieces = [_fated_part(piece, spoken) for piece in alternatives_of(text, spoken)]
    fates = {piece: fate_of(piece, spoken) for piece in pieces}
    if not {"keep", "discard"} <= set(fates.values()):
        return ""
    fitting = [piece for piece, fate in fates.items() if fate is not None and (fate == "keep") is within]
    plain = topic.say("Good: keep it.") if within else topic.say("Not good: do not keep it.")
    return _repeated(topic, fitting) or _judged(topic, fitting) or plain


def _fated_part(piece: str, language: str) -> str:
    """Return what of an alternative says what becomes of the part: "buono" of "graffio di 10 mm: buono"."""
    parts = re.split(r"[:;\uff1a\uff0c\u3001]\s*|,\s+", piece)
    return next((part for part in reversed(parts) if fate_of(part, language) is not None), piece)


def _judged(topic: Topic, pieces: Sequence[str]) -> str:
    """Return the only alternative where it is but a word for good or bad, in whatever language, else ""."""
    spoken = topic.asked.spoken
    if len(pieces) != 1 or topic.asked.language != spoken:
        return ""
    words, piece = words_of(spoken), pieces[0]
    found = words.find("bad", piece) or words.find("good", piece)
    if found is None:
        return ""
    if spoken in SPACELESS:
        return f"{found[0]}{'.' if spoken == 'ko' else chr(0x3002)}"
    bare = re.sub(r"\W+$", "", piece)
    turned = words.find("no", bare[: found.start()])
    text = bare[found.start() if turned is None else turned.start() :]
    return f"{topic.say.sentence(text)}." if re.fullmatch(r"(?:\w+ )?[^\W\d_]+", text) else ""


def disposed(topic: Topic) -> tuple[str, bool | None]:
    """Return the first words on what becomes of the part, and whether they affirm what the question suggests.

    "Shall I bin it?" about a good part is answered no; about another the notes decide, but none is kept.
    """
    say, intent, spoken = topic.say, topic.intent, topic.asked.spoken
    named = named_fate(topic.text, words_of(spoken))
    of_a_type = intent.type is not None and (topic.names_another_type or not topic.has_defect)
    if not intent.closed or named is None or of_a_type or "verdict" not in topic.state:
        return chosen(topic), None
    if topic.verdict.decision == "review":
        return say("To be reviewed."), None
    fate, told = named[1], _fates_of_notes(topic)
    affirmed = fate == "keep"
    if topic.verdict.anomalous and not affirmed:
        if len(told) != 1:
            return say("Not good: do not keep it.") if fate == "discard" else "", None
        affirmed = fate in told
    elif topic.verdict.anomalous:
        affirmed = False
    return topic.yes_no(affirmed), affirmed


def by_method(topic: Topic) -> tuple[str, bool | None]:
    """Return whether the notes say to use the method that a question names: "can it be brushed?".

    Only of a type that is known, and only where what they name is done to the part: "clean the stencil" is
    not. What they forbid is answered no.
    """
    if topic.defect is None or topic.names_another_type or topic.intent.choice:
        return "", None
    if asks_openly(topic.text, topic.asked.spoken):
        return "", None
    said = _says_method(topic, topic.defect.name)
    return ("", None) if said is None else (topic.yes_no(said), said)


def possible(topic: Topic) -> Reply | None:
    """Return that what a question suggests is possible, for a defect of no certain type; None otherwise.

    "Can it be reworked?", "can we just blow it off?" where the notes on a likely type say so; those that name
    the method are quoted first.
    """
    if not topic.intent.closed or asks_openly(topic.text, topic.asked.spoken):
        return None
    types = likely_of(topic.state.get("defect_type"))[:MOST_CANDIDATES]
    lead, affirmed = disposed_by_notes(topic, types)
    if lead:
        no = affirmed is False and all(_fates_and_ways(topic, name) for name in types)
        return Reply(topic.say("Probably not." if no else "Possibly."))
    passages = topic.state["passages"]
    near = likely_of(topic.state.get("defect_type")) or types_of_notes(passages)
    by_it = [name for name in near if not lead and _says_method(topic, name)]
    if not by_it and not lead:
        # What would be done may be done to a less likely type alone: "can that white stuff be wiped off?".
        kind = topic.state.get("defect_type")
        others = [] if kind is None else [one.name for one in kind.alternatives if one.name not in near]
        by_it = [name for name in others if _says_method(topic, name)]
    told = [
        quoted_if(topic, name, *find_aspect(about_type(passages, name), "action", topic.say.language)[:1])
        for name in by_it[:MOST_CANDIDATES]
    ]
    return Reply(topic.say("Possibly."), told) if told else None


def _says_method(topic: Topic, name: str) -> bool | None:
    """Return whether the notes on a type say to do what a question names; None where they do not tell."""
    spoken = topic.asked.spoken
    methods = subjects_in(topic.words.without(topic.text, "keep", "discard", "rework"), spoken)
    found = find_aspect(about_type(topic.state["passages"], name), "action", topic.say.language)
    for one in found if methods else ():
        words = words_of(one.language or language_of(one.entry or one.sentence, topic.say.language))
        parts = rf"{_PARTS.pattern}|(?<!\w)(?:{words.source('and')})(?!\w)"
        for clause in filter(str.strip, compiled(parts).split(one.sentence.lower())):
            said = list(words_in(clause))
            if not said:
                continue
            near = (encode(said) @ encode(methods).T).max(axis=1)
            rest = [word for word, cosine in zip(said, near, strict=True) if cosine < METHOD]
            if len(rest) == len(said) or _CONDITION.search(clause):
                continue
            if words.has("no", clause):
                return False
            if not rest or any(words.has(fate, clause) for fate in ("rework", "keep")):
                return True
    return None


def of_the_customer(topic: Topic) -> list[str]:
    """Return what the notes say of the customer about the type that is known, where a question is of one."""
    if topic.defect is None or topic.names_another_type or not topic.words.has("customer", topic.text):
        return []
    about = about_type(topic.state["passages"], topic.defect.name)
    found = [
        one
        for aspect in _OF_CUSTOMERS
        for one in find_aspect(about, aspect, topic.say.language)
        if any(words_of(code).has("customer", one.sentence.lower()) for code in LANGUAGES)
    ]
    return quoted(topic, found)


def disposed_by_notes(topic: Topic, types: Sequence[str]) -> tuple[str, bool | None]:
    """Return whether what a question suggests is what the notes say of types: "can a fray be reworked?".

    Where they say both, or several types differ, it is possible; where they name none, nothing is said.
    """
    named = named_fate(topic.text, words_of(topic.asked.spoken))
    if not topic.intent.closed or named is None or not types or asks_openly(topic.text, topic.asked.spoken):
        return "", None
    told = [_fates_and_ways(topic, name) for name in types]
    said = {named[1] in fates for fates in told if fates}
    if len(said) != 1:
        return (topic.say("Possibly."), None) if said else ("", None)
    yes = said.pop()
    if yes and any(len(fates) > 1 for fates in told):
        return topic.say("Possibly."), None
    return topic.yes_no(yes), yes


def guessed(topic: Topic, findings: Sequence[Finding]) -> Reply:
    """Return the first words on the cause that a question suggests, by the causes that the notes give."""
    guess, spoken = topic.intent.guess, topic.asked.spoken
    if guess is None or not findings:
        return Reply()
    named = names_cause(guess, findings, spoken)
    if named and _is_one_of_several(topic, findings):
        return Reply(topic.say("Possibly."))
    if named:
        return Reply(topic.yes_no(True), affirmed=True)
    return Reply(topic.say("The notes name another cause.") if named is False else "")


def _is_one_of_several(topic: Topic, findings: Sequence[Finding]) -> bool:
    """Return whether another cause is as possible: the type is not known, or the notes say "or"."""
    if "verdict" not in topic.state:
        return False
    if topic.type_said is None and (topic.defect is None or topic.names_another_type):
        return True
    words = [
        words_of(one.language or language_of(one.entry or one.sentence, topic.say.language))
        for one in findings
    ]
    told = [(own, one.sentence.lower()) for own, one in zip(words, findings, strict=True)]
    return any(own.has("or", sentence) for own, sentence in told)


def names_cause(guess: str, findings: Sequence[Finding], spoken: str) -> bool | None:
    """Return whether notes name a cause that a question suggests; None where that cannot be told.

    Other words, or notes in another language, are told by likeness.
    """
    own = [one for one in findings if language_of(one.entry or one.sentence, spoken) == spoken]
    if any(says(one.sentence, guess, spoken) for one in own):
        return True
    near = likeness(guess, [one.sentence for one in findings])
    return True if near >= NAMES_IT else False if len(own) == len(findings) or near < OTHER else None


def _fates_of_notes(topic: Topic) -> set[Fate | None]:
    """Return what the notes say is to become of a part with this type of defect."""
    return set() if topic.defect is None else fates_of(topic, topic.defect.name)


def fates_of(topic: Topic, name: str) -> set[Fate | None]:
    """Return what the notes say is to become of a part with a type of defect."""
    found = find_aspect(about_type(topic.state["passages"], name), "action", topic.say.language)
    told: set[Fate | None] = set()
    for one in found:
        words = words_of(one.language or language_of(one.entry or one.sentence, topic.say.language))
        # "Rework is not possible; scrap it."
        parts = [part for part in _PARTS.split(one.sentence.lower()) if not words.has("no", part)]
        named = [(part, fate) for part in parts for fate in FATES if words.has(fate, part)]
        told |= {fate for _, fate in named}
        # "Clean it, scrap if pits remain" scraps some alone.
        told |= {"rework" for part, fate in named if fate == "discard" and _OF_SOME.search(part)}
        told |= {"rework" for part in parts if is_second_choice(part)}
    return told


def _fates_and_ways(topic: Topic, name: str) -> set[Fate | None]:
    """Return `fates_of` with "rework" where the notes say how: "polish and release"."""
    fates = fates_of(topic, name)
    return fates | {"rework"} if may_be_reworked(topic, name) else fates


def may_be_reworked(topic: Topic, name: str) -> bool:
    """Return whether the notes say that a part with a type of defect is reworked, or how: "polish it"."""
    fates = fates_of(topic, name)
    if "rework" in fates or "discard" in fates:
        # "Scrap it and realign the die" reworks no part.
        return "rework" in fates
    found = find_aspect(about_type(topic.state["passages"], name), "action", topic.say.language)
    return any(
        words_of(one.language or language_of(one.entry or one.sentence, topic.say.language)).has(
            "reworks_by", one.sentence.lower()
        )
        for one in found
    )


def _repeated(topic: Topic, pieces: Sequence[str]) -> str:
    """Return the only alternative as a sentence, where it can stand as one, else ""."""
    spoken = topic.asked.spoken
    if len(pieces) != 1 or spoken not in REPEATED or topic.asked.language != spoken:
        return ""
    words, piece = words_of(spoken), pieces[0]
    named = [found for name in FATES if (found := words.find(name, piece))]
    judged = [found for name in ("bad", "good") if (found := words.find(name, piece))]
    first = min((one.start() for one in named or judged), default=None)
    if first is None:
        return ""
    turned = words.find("no", piece[:first])
    first = first if turned is None else turned.start()
    text = re.sub(r"\W+$", "", piece[first:])
    length = len(text) / 2 if spoken in SPACELESS else len(text.split())
    if length > _LONGEST:
        return ""
    end = "\u3002" if spoken in SPACELESS else "."
    return f"{_ABBREVIATIONS.get(text) or topic.say.sentence(text)}{end}"
