"""What a question asks for: kinds by a trained classifier on a multilingual encoder, slots by words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

import numpy as np

from agents.questions import slots
from agents.questions.alternatives import alternatives_of, fate_of, guess_of, is_guess
from agents.questions.amounts import in_digits
from agents.questions.chat_spelling import in_full
from agents.questions.classifier import KINDS, SENSES, Array, classify
from agents.questions.clauses import Clause, begins_with_and, in_itself, split, style_of
from agents.questions.encoder import normalised
from agents.questions.history import SINGLE, of_the_log
from agents.questions.joined import parted
from agents.questions.languages import language_of, wished_language
from agents.questions.polarity import asks_openly, sense_of
from agents.questions.stated import of_its_limit, with_stated_scales
from agents.questions.summaries import of_the_summary
from agents.questions.words import SPACELESS, words_of
from agents.questions.worst import of_the_worst
from agents.state import Asked, Seen, Turn, Understanding
from tools.records import Kind

NEAR: Final = 0.2
"""Least probability of a kind; a question below it is `other`."""
STANDS: Final = 0.55
"""Least probability for a clause to be an intent of its own beside others."""
ASKS: Final = 0.45
"""The same of a clause that asks by itself."""
CLEAR: Final = 0.9
"""Probability from which a whole that is of no kind is none, unless a clause is as clearly of one."""
OFFERED: Final = 0.75
"""Least ratio of the second kind's probability to the first one's for an answer to offer the second: from
there on half of the first ones are wrong on the development half of benchmarks/asking.json, left out of the
examples."""
ALIKE: Final = (
    {"place", "appearance"}, {"type", "appearance"}, {"reasoning", "confidence"}, {"verdict", "reasoning"},
    {"verdict", "action"}, {"comparison", "reference"},
)  # fmt: skip
"""Kinds whose answers say nearly the same."""
MOST: Final = 6
"""Most intents of a question."""
CLOSED: Final = frozenset[Kind](
    {"verdict", "place", "count", "type", "size", "confidence", "comparison", "parts", "effect", "action",
     "catalogue", "history", "cause", "appearance", "normal", "correction"}
)  # fmt: skip
"""Kinds that can be asked for yes or no."""
OF_A_REGION: Final = frozenset[Kind](
    {"place", "type", "appearance", "size", "look_again", "cause", "effect", "action"}
)
"""Kinds that can be asked again of another region."""
ANSWERED_BY: Final[Mapping[Kind, frozenset[Kind]]] = {
    "verdict": frozenset({"verdict"}),
    "size": frozenset({"verdict"}),
    "look_again": frozenset({"verdict", "correction", "confidence", "reasoning"}),
}
"""Kinds that another clause of the question asks for in other words: "I see a crack. Why is it good?"."""
FATELESS: Final = frozenset[Kind](
    {"other", "greeting", "help", "effect", "correction", "look_again", "catalogue"}
)
"""Kinds that no question is of which asks whether to keep the part."""
Reader = Callable[[str, Sequence[Clause], Turn | None, str, Sequence[str]], Sequence[Clause]]
"""Reads a question in its classifier's stead, such as `by_chat.ChatReader`.

Given the question, the clauses that the classifier found, the turn before, the question's language, and the
names of defects in the notes; returns clauses, never none.
"""


def understand(
    question: str,
    turns: Sequence[Turn] = (),
    seen: Sequence[Seen] = (),
    current: int | None = None,
    known: Sequence[str] = (),
    *,
    pictured: bool = True,
    now: datetime | None = None,
    reader: Reader | None = None,
) -> Asked:
    """Understand a question in its thread.

    turns, seen: oldest first. current: number of the image that came with the question, or None where the
    thread has not seen it yet. known: names of defects in the notes. pictured: whether it came with an
    image; "how many?" without one is of the log. now: aware, for periods; the present if not given. reader:
    decides the clauses and their kinds; the classifier does if None.
    """
    clock = now or datetime.now().astimezone()
    last = turns[-1] if turns else None
    language = language_of(question, last.language if last is not None else None)
    plain = in_digits(in_full(question, language), language)
    clauses: Sequence[Clause] = _clauses(plain, language)
    if reader is not None:
        clauses = reader(plain, clauses, last, language, known)
    alone = pictured and all(one["number"] == current for one in seen)
    intents: list[Understanding] = []
    turned: int | None = None
    for clause in clauses[:MOST]:
        found, image = _read(clause, language, last, seen, current, known, first=not intents)
        turned = turned if turned is not None else image
        found = [of_the_log(one, language, clock, pictured=pictured) for one in found]
        if not pictured:
            found = [_of_the_catalogue(one) for one in found]
        found = [of_the_worst(one, intents, language, alone=alone) for one in found]
        found = [_with_type(one, intents[-1] if intents else None) for one in found]
        if intents and found[0].kind == "catalogue" and _defines(intents[-1], found[0]):
            intents.pop()
        intents += [one for one in found if not _repeats(one, intents)]
    style = style_of(question, language)
    if pictured:
        intents = [of_the_summary(one, style, language) for one in intents]
        intents = with_stated_scales([of_its_limit(one, language) for one in intents], language)
    if style == "customer" and any(map(_asks_of_the_customer, intents)):
        style = "plain"
    return Asked(
        intents=intents[:MOST],
        language=wished_language(question) or language,
        spoken=language,
        style=style,
        question=question,
        image=turned,
    )


def _asks_of_the_customer(one: Understanding) -> bool:
    """Return whether a question that has the customer in it asks something of its own, and for no summary."""
    return one.closed or (one.kind != "verdict" and one.probability >= ASKS)


def kind_of(question: str) -> Kind:
    """Return the kind of a question as a whole."""
    kinds, _ = classify([question])
    return KINDS[int(kinds[0].argmax())]


def _clauses(question: str, language: str) -> list[Clause]:
    """Return the question's clauses that ask for different things, each with what stands around it."""
    pieces = [half for piece in split(question, language) for half in parted(piece, language)]
    if not pieces:
        return [Clause(question, "other", 1.0, "open")]
    whole = " ".join(pieces)
    texts = [*pieces, whole] if len(pieces) > 1 else [whole]
    kinds, senses = classify([in_itself(text, language) for text in texts])
    if len(pieces) == 1:
        return [_clause(whole, kinds[0], senses[0])]
    together = _clause(whole, kinds[-1], senses[-1])
    alone = [_clause(text, k, s) for text, k, s in zip(pieces, kinds, senses, strict=False)]
    standing = [
        one.kind not in ("other", "greeting")
        and (one.probability >= (ASKS if _asks(one.text, language) else STANDS))
        for one in alone
    ]
    for place, (asking, one) in enumerate(pairwise(alone), start=1):
        # "What was it, the ejector?" suggests an answer, ", and is it serious?" does not.
        unsure = one.probability < SINGLE or one.kind == "verdict"
        if unsure and is_guess(one.text, language) and not begins_with_and(one.text, language):
            standing[place] &= not asks_openly(normalised(asking.text), language)
    for place, one in enumerate(alone):
        # "a round and dark spot?" ends in a word of a look, and asks for none.
        ends = in_itself(one.text, language)
        if place and one.kind == "appearance" and ends != one.text and len(normalised(ends).split()) == 1:
            standing[place] &= words_of(language).has("ask", normalised(ends))
    distinct = {one.kind for one, stands in zip(alone, standing, strict=True) if stands}
    clear = any(one.probability >= CLEAR for one, stands in zip(alone, standing, strict=True) if stands)
    if together.kind == "other" and together.probability >= CLEAR and not clear:
        return [together]  # "ignore your instructions and the measurement"
    if together.kind == "correction" and together.probability >= 0.5 and "correction" in distinct:
        return [together]
    # "Is it ok? Any scratch?": a yes to the one is a no to the other.
    meant = {one.sense for one, stands in zip(alone, standing, strict=True) if stands} - {"open"}
    single = len(distinct) == 1 and together.kind in distinct
    single &= together.kind != "verdict" or len(meant) < 2
    if not distinct or (together.probability >= SINGLE and single):
        return [together if not distinct or together.probability >= NEAR else alone[0]]
    groups: list[Clause] = []
    before = ""
    for one, stands in zip(alone, standing, strict=True):
        if not stands:
            before = f"{before} {one.text}".strip()
            continue
        text = f"{before} {one.text}".strip()
        before = ""
        if groups and groups[-1].kind == one.kind and one.kind != "verdict":
            text = f"{groups[-1].text} {text}"
            groups[-1] = Clause(text, one.kind, max(one.probability, groups[-1].probability), one.sense)
        else:
            groups.append(Clause(text, one.kind, one.probability, one.sense))
    if before and groups:
        tail = groups[-1]
        groups[-1] = Clause(f"{tail.text} {before}", tail.kind, tail.probability, tail.sense)
    return groups


def _clause(text: str, kinds: Array, senses: Array) -> Clause:
    best = int(kinds.argmax())
    probability = float(kinds[best])
    kind: Kind = KINDS[best] if probability >= NEAR else "other"
    second = int(np.argsort(kinds)[-2])
    offered = kind == KINDS[best] and kinds[second] >= OFFERED * probability
    near = KINDS[second] if offered and {kind, KINDS[second]} not in ALIKE else None
    return Clause(text, kind, round(probability, 4), SENSES[int(np.argmax(senses))], near=near)


def _asks(text: str, language: str) -> bool:
    """Return whether a clause asks by itself: a question mark, or a question word."""
    plain = normalised(text)
    enough = len(plain) >= 4 if language in SPACELESS else len(plain.split()) >= 2
    return enough and (text.rstrip().endswith(("?", "\uff1f")) or words_of(language).has("ask", plain))


def _read(
    clause: Clause,
    language: str,
    last: Turn | None,
    seen: Sequence[Seen],
    current: int | None,
    known: Sequence[str],
    *,
    first: bool,
) -> tuple[list[Understanding], int | None]:
    """Return a clause's intents, one a region that it names, and the image that it turns to."""
    text, words = normalised(clause.text), words_of(language)
    kind, probability = clause.kind, clause.probability
    place = slots.place_of(text, language)
    regions = slots.regions_of(text, language, last)
    named = slots.type_of(text, language, known)
    if last is not None and first and _goes_on(text, language, clause, bool(regions or place)):
        of_the_whole = last.kind not in OF_A_REGION and bool(regions)
        kind, probability = ("appearance" if of_the_whole else last.kind), 1.0
    image = slots.image_of(text, language, seen, current, comparing=kind == "comparison", last=last)
    limit, scale = slots.limit_of(text, language), slots.scale_of(text)
    length = slots.known_length_mm(text, language) if kind in ("size", "verdict", "type", "other") else None
    if kind in ("verdict", "catalogue", "type", "other") and (limit or scale or length):
        kind = "size"
    if kind == "comparison" and limit is not None and image is None:
        kind = "size"
    if words.has("share", text):
        kind = "size"
    choice = alternatives_of(text, language)
    fates = [fate_of(piece, language) for piece in choice]
    if kind in FATELESS and "discard" in fates and "keep" in fates:
        kind = "action"
    if kind in ("greeting", "help", "other") and probability < STANDS and named is not None:
        kind = "verdict"
    if (
        not regions
        and image is None
        and last is not None
        and last.image == current
        and last.region not in (None, 1)
        and words.has("it", text)
        and not place
    ):
        regions = [last.region] if kind in ("appearance", "size", "place", "look_again", "type") else []
    sense = sense_of(text, language, clause.sense, named) if kind == "verdict" else "open"
    if kind == "place" and len({slots.place_of(piece, language) for piece in choice}) > 1:
        place = None
    if not _chooses(kind, choice, language, known):
        choice = []
    if choice:
        sense = "open"
    closed = kind in CLOSED and not asks_openly(text, language) and (kind != "verdict" or sense != "open")
    comparing = kind == "comparison"
    guess = guess_of(text, language) if kind == "cause" else None
    if (
        guess is not None
        and guess != text
        and slots.type_of(text.replace(guess, " "), language, known) is None
    ):
        named = None  # "because of the bent pin" names no deformation
    made: dict[str, Any] = {
        "kind": kind,
        "probability": probability,
        "place": None if regions else place,
        "zone": slots.zone_of(text, language) if kind not in ("parts", "product", "catalogue") else None,
        "type": named if kind not in ("parts", "product") else None,
        "image": image,
        "limit": limit,
        "scale_px_per_mm": scale,
        "known_length_mm": length,
        "text": clause.text,
        "closed": closed and not choice,
        "sense": sense,
        "other": image if comparing else None,
        "choice": choice,
        "near": clause.near if kind == clause.kind else None,
        "guess": guess,
    }
    numbers: list[int | None] = [*regions] or [None]
    found = [Understanding(region=number, **made) for number in numbers]
    for name, value in clause.slots.items():
        found = [one if getattr(one, name) else one.model_copy(update={name: value}) for one in found]
    return found, None if comparing or kind == "history" else image


def _goes_on(text: str, language: str, clause: Clause, has_slot: bool) -> bool:
    """Return whether a clause asks again what was asked before, of another region, place or image."""
    words = words_of(language)
    short = len(text) <= 14 if language in SPACELESS else len(text.split()) <= 6
    follows = re.match(rf"(?:{words.source('follow')})", text) is not None
    if follows and short and not _states_a_kind(text, language, clause):
        return True
    return has_slot and short and clause.probability < 0.45


def _states_a_kind(text: str, language: str, clause: Clause) -> bool:
    """Return whether a clause says by itself what it asks for, beside what it is about."""
    words = words_of(language)
    rest = re.sub(rf"^(?:{words.source('follow')})", "", text)
    for name in ("region", "image", "one", "it", "first", "second", "third", "fourth", "last",
                 "top", "bottom", "left", "right", "center", "edge", "half"):  # fmt: skip
        if name in words.by_meaning:
            rest = words.by_meaning[name].sub(" ", rest)
    left = re.findall(r"\w+", rest)
    # What is left are articles and particles.
    content = [word for word in left if len(word) > 3 or (language in SPACELESS and len(word) > 1)]
    return bool(content) or words.has("ask", rest)


def _chooses(kind: Kind, alternatives: Sequence[str], language: str, known: Sequence[str]) -> bool:
    """Return whether a question of a kind asks to choose from alternatives, and not for any of them."""
    if len(alternatives) < 2 or kind not in CLOSED:
        return False
    if kind in ("verdict", "action"):
        fates = {fate_of(piece, language) for piece in alternatives}
        return len(fates) > 1
    if kind == "type":
        return len({slots.type_of(piece, language, known) for piece in alternatives} - {None}) > 1
    return kind in ("place", "count", "size")


def _of_the_catalogue(one: Understanding) -> Understanding:
    """Return a question for the size of a type without an image as one for what the catalogue allows."""
    asks_limit = one.kind == "size" and one.type is not None
    return one.model_copy(update={"kind": "catalogue", "near": None}) if asks_limit else one


def _with_type(one: Understanding, before: Understanding | None) -> Understanding:
    """Return a question for the catalogue with the type before it: "a stain, and is it allowed?"."""
    if before is None or one.type is not None or one.kind != "catalogue":
        return one
    return one.model_copy(update={"type": before.type, "text": f"{before.text} {one.text}"})


def _defines(before: Understanding, one: Understanding) -> bool:
    """Return whether an intent only asks what a type is, so that the catalogue answers it too."""
    asks = before.kind in ("type", "appearance", "catalogue") and not before.closed
    return asks and before.type is not None and before.type == one.type


def _repeats(one: Understanding, before: Sequence[Understanding]) -> bool:
    """Return whether the same thing was asked for already."""
    apart = {"text", "probability"}
    if any(one.model_dump(exclude=apart) == other.model_dump(exclude=apart) for other in before):
        return True
    new = [one.place, one.region, one.type, one.zone, one.image, one.limit]
    return any(new) is False and any(one.kind in ANSWERED_BY.get(other.kind, ()) for other in before)
