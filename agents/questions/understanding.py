"""What a question asks for: kinds by a trained classifier on a multilingual encoder, slots by words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from agents.questions import slots
from agents.questions.alternatives import alternatives_of, fate_of, guess_of
from agents.questions.amounts import in_digits
from agents.questions.chat_spelling import in_full
from agents.questions.classifier import KINDS, classify
from agents.questions.clauses import Clause, style_of
from agents.questions.encoder import normalised
from agents.questions.history import in_its_period, of_the_log
from agents.questions.intents import ASKS, STANDS, clauses_of
from agents.questions.languages import language_of, wished_language
from agents.questions.orders import without_orders
from agents.questions.polarity import asks_openly, sense_of
from agents.questions.several import of_several
from agents.questions.stated import of_its_limit, with_stated_scales
from agents.questions.summaries import of_the_summary
from agents.questions.words import SPACELESS, words_of
from agents.questions.worst import of_the_worst
from agents.state import Asked, Seen, Turn, Understanding
from tools.records import Kind

MOST: Final = 6
"""Most intents of a question."""
CLOSED: Final = frozenset[Kind](
    {"verdict", "place", "count", "type", "size", "confidence", "comparison", "parts", "effect", "action",
     "catalogue", "history", "cause", "appearance", "normal", "correction"}
)  # fmt: skip
"""Kinds that can be asked for yes or no."""
OF_NO_PART: Final = frozenset[Kind]({"history", "catalogue", "greeting", "help", "other"})
"""Kinds of questions that no part is needed for."""
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
OF_A_PERSON: Final = frozenset[Kind]({"action", "cause", "effect", "catalogue", "product", "reference"})
"""Kinds that a question for somebody ("whom do I call?") is read as, which asks for what is to be done."""
MEASURED: Final = frozenset[Kind]({"size", "place", "comparison", "parts", "other", "confidence"})
"""Kinds that a question for a distance is read as."""
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
    names: Sequence[str] = (),
    *,
    pictured: bool = True,
    now: datetime | None = None,
    reader: Reader | None = None,
) -> Asked:
    """Understand a question in its thread.

    turns, seen: oldest first. current: number of the image that came with the question, or None where the
    thread has not seen it yet. known: names of defects in the notes. names: see `language_of`. pictured:
    whether it came with an image; "how many?" without one is of the log. now: aware, for periods; the
    present if not given. reader: decides the clauses and their kinds; the classifier does if None.
    """
    clock = now or datetime.now().astimezone()
    last = turns[-1] if turns else None
    language = language_of(question, last.language if last is not None else None, names)
    plain = in_digits(in_full(question, language), language)
    intents, plain = without_orders(plain, language, pictured=pictured)
    clauses: Sequence[Clause] = clauses_of(plain, language) if plain or not intents else ()
    if reader is not None and clauses:
        clauses = reader(plain, clauses, last, language, known)
    alone = pictured and all(one["number"] == current for one in seen)
    turned: int | None = None
    for clause in clauses[:MOST]:
        found, image = _read(
            clause, language, last, seen, current, known, first=not intents, pictured=pictured
        )
        turned = turned if turned is not None else image
        found = [of_the_log(one, language, clock, pictured=pictured) for one in found]
        if not pictured:
            found = [_of_the_catalogue(one) for one in found]
        found = [of_the_worst(one, intents, language, alone=alone) for one in found]
        found = [of_several(one, seen, current, language) for one in found]
        found = [_with_type(one, intents[-1] if intents else None) for one in found]
        found = [in_its_period(one, intents[-1] if intents else None) for one in found]
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


def _read(
    clause: Clause,
    language: str,
    last: Turn | None,
    seen: Sequence[Seen],
    current: int | None,
    known: Sequence[str],
    *,
    first: bool,
    pictured: bool,
) -> tuple[list[Understanding], int | None]:
    """Return a clause's intents, one a region that it names, and the image that it turns to."""
    text, words = normalised(clause.text), words_of(language)
    kind, probability = clause.kind, clause.probability
    place = slots.place_of(text, language)
    regions = slots.regions_of(text, language, last)
    named = slots.type_of(text, language, known)
    elliptic = first and _is_elliptic(text, language, clause)
    if last is not None and first and (elliptic or _goes_on(text, language, clause, bool(regions or place))):
        of_the_whole = last.kind not in OF_A_REGION and bool(regions)
        kind, probability = ("appearance" if of_the_whole else last.kind), 1.0
        if kind in OF_NO_PART and pictured and last.image != current:
            kind = "verdict"  # "and that?" about another image, after a question of the log
    image = slots.image_of(text, language, seen, current, comparing=kind == "comparison", last=last)
    limit, scale = slots.limit_of(text, language), slots.scale_of(text)
    length = slots.known_length_mm(text, language) if kind in ("size", "verdict", "type", "other") else None
    if kind in ("verdict", "catalogue", "type", "other") and (limit or scale or length):
        kind = "size"
    if kind == "comparison" and limit is not None and image is None:
        kind = "size"
    if kind == "catalogue" and pictured and named is None and words.has("limit", text):
        kind = "catalogue" if asks_openly(text, language) else "size"
    if kind == "parts" and named is not None and not words.has("how_many", text):
        kind = "verdict"  # "is the tip bent?" asks for no pieces
    if kind == "place" or (kind == "look_again" and probability < STANDS):
        # "Is the zone head ok?": a yes to whether the defect is there would say that the zone is ok.
        says_good = clause.sense == sense_of(text, language, "open", named) == "good"
        kind = "verdict" if says_good and not asks_openly(text, language) else kind
    if kind == "count" and named is None and slots.zone_of(text, language) is not None:
        kind = "parts" if words.has("how_many", text) else kind  # "how many labels are there?"
    if words.has("price", text) and kind in ("verdict", "product", "size", "count", "help"):
        kind = "other"
    if kind == "confidence" and words.has("tolerance", text) and named is None:
        kind = "size"
    if words.has("judgeable", text):
        kind = "confidence"  # of the photograph, not of the part
    distance = kind in MEASURED and limit is None and words.has("distance", text)
    if words.has("share", text) or distance:
        kind = "size"
    if kind in OF_A_PERSON and words.has("who", text):
        kind = "action"
    choice = alternatives_of(text, language)
    either_or = len(choice) > 1
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
    # "And this one?" says nothing of what a yes would mean.
    felt = "open" if elliptic else clause.sense
    sense = sense_of(text, language, felt, named) if kind == "verdict" else "open"
    if kind == "place" and len({slots.place_of(piece, language) for piece in choice}) > 1:
        place = None
    if not _chooses(kind, choice, language, known):
        choice = []
    if choice:
        sense = "open"
    closed = kind in CLOSED and not asks_openly(text, language) and (kind != "verdict" or sense != "open")
    closed &= not (either_or and kind in ("type", "place", "parts"))
    if distance:
        image = None  # "between the two defects" is of one image
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
        "measured": _measured(kind, text, language, named, distance=distance),
    }
    numbers: list[int | None] = [*regions] or [None]
    found = [Understanding(region=number, **made) for number in numbers]
    for name, value in clause.slots.items():
        found = [one if getattr(one, name) else one.model_copy(update={name: value}) for one in found]
    return found, None if comparing or kind == "history" else image


def _measured(
    kind: Kind, text: str, language: str, named: str | None, *, distance: bool
) -> Literal["defect", "distance", "part"]:
    """Return what a question for a size is to have measured."""
    words = words_of(language)
    if distance:
        return "distance"
    of_the_defect = named is not None or words.has("area", text) or words.has("share", text)
    whole = kind == "size" and words.has("whole", text) and not of_the_defect
    return "part" if whole else "defect"


def _goes_on(text: str, language: str, clause: Clause, has_slot: bool) -> bool:
    """Return whether a clause asks again what was asked before, of another region, place or image."""
    return has_slot and _is_short(text, language) and clause.probability < 0.45


def _is_elliptic(text: str, language: str, clause: Clause) -> bool:
    """Return whether a clause says no more than that it goes on: "and this one?"."""
    follows = re.match(rf"(?:{words_of(language).source('follow')})", text) is not None
    return follows and _is_short(text, language) and not _states_a_kind(text, language, clause)


def _is_short(text: str, language: str) -> bool:
    return len(text) <= 14 if language in SPACELESS else len(text.split()) <= 6


def _states_a_kind(text: str, language: str, clause: Clause) -> bool:
    """Return whether a clause says by itself what it asks for, beside what it is about."""
    words = words_of(language)
    rest = re.sub(rf"^(?:{words.source('follow')})", "", text)
    for name in ("this", "here", "region", "image", "one", "it", "first", "second", "third", "fourth", "last",
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
