"""What the words of a clause say: its slots, and whether it goes on with the turn before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agents.questions.form.alternatives import Fate, alternatives_of, asked_twice, fate_of
from agents.questions.form.clauses import Clause
from agents.questions.form.polarity import asks_openly
from agents.questions.form.tags import without_tag
from agents.questions.learned.encoder import normalised
from agents.questions.learned.examples import Sense
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, words_of
from agents.questions.slots import by_words
from agents.questions.slots.limits import known_length_mm, limit_of
from agents.questions.slots.numbered_regions import image_of, regions_of
from agents.questions.slots.places import place_of, place_or_edge
from agents.questions.slots.region_ranks import is_only_rank, rank_of, region_before
from agents.questions.slots.scales import scale_of
from agents.state import Seen, Turn, Understanding
from tools.records import Kind

_THAN: Final = re.compile(r"(?<!\w)que\s+(?=\d)")
OF_NO_PART: Final = frozenset[Kind]({"history", "catalogue", "greeting", "help", "other"})
"""Kinds of questions that no part is needed for."""
OF_A_REGION: Final = frozenset[Kind](
    {"place", "type", "appearance", "size", "look_again", "cause", "effect", "action"}
)
"""Kinds that can be asked again of another region."""
GOES_ON: Final = 0.45
"""Probability below which a short clause that names a region or place asks what was asked before."""

_WHICH_OF_TWO: Final = {
    "ja": re.compile(r"(\w+?)と(?:、)?(\w+?)(?:の|、|では)?(?:うち)?(?:どちら|どっち|いずれ)"),
    "ko": re.compile(r"(\w+?)(?:와|과|이?랑|하고) (\w+?) 중(?:에서?)? ?(?:어디|어느|어떤)"),
}
"""Two things of which a question asks for one, where languages need no "or" for that."""

_ABOUT: Final = (
    *("this", "here", "region", "image", "one", "it", "first", "second", "third", "fourth", "last"),
    *("top", "bottom", "left", "right", "center", "edge", "half"),
)
"""Meanings of words that say what a clause is about."""


@dataclass(frozen=True)
class Reading:
    """What the words of a clause say.

    slots: what they name, and their kind: the classifier's, or that of the turn before if they go on with it.
    text: normalised. known, pictured: see `understand`. sense: by meaning; open if they only go on.
    openly: see `asks_openly`. tagged: whether it is a statement that asks for assent; text has no tag.
    asks: whether it ends as a question does. it: the region, but the first, that "it" means. fates: of the
    alternatives.
    """

    clause: Clause
    slots: Understanding
    text: str
    language: str
    known: Sequence[str]
    pictured: bool
    sense: Sense
    openly: bool
    tagged: bool
    asks: bool
    regions: Sequence[int]
    it: int | None
    fates: frozenset[Fate | None]

    def has(self, meaning: str) -> bool:
        """Return whether it has a word of a meaning."""
        return words_of(self.language).has(meaning, self.text)


def reading_of(
    clause: Clause,
    language: str,
    last: Turn | None,
    seen: Sequence[Seen],
    current: int | None,
    known: Sequence[str],
    *,
    first: bool,
    pictured: bool,
    came: bool = False,
) -> Reading:
    """Return what the words of a clause say.

    first: of its question. came: see `image_of`. The others: see `understand`.
    """
    whole, kind, probability = normalised(clause.text), clause.kind, clause.probability
    text = without_tag(whole, language)
    tagged = text != whole
    place, regions = place_of(text, language), regions_of(text, language, last)
    elliptic = first and (_is_elliptic(text, language) or (came and _only_points(text, language)))
    only_ranks = region_before(last, seen, current) is not None and is_only_rank(text, language)
    of_another = first and _is_short(text, language)
    of_another &= only_ranks or (probability < GOES_ON and bool(regions or place))
    if last is not None and (elliptic or of_another):
        kind = _asked_again(last, current, pictured=pictured, named=bool(regions) or only_ranks)
        probability = 1.0
    supposed = _type_asked_again(last) if elliptic and came and not (regions or place) else None
    if supposed is not None:
        # "Is that a burr?", "and on this one?"
        kind = "type"
    image = image_of(text, language, seen, current, comparing=kind == "comparison", last=last, came=came)
    sized = kind in ("size", "verdict", "type", "other")
    named = Understanding(
        kind=kind,
        probability=probability,
        place=place,
        zone=by_words.zone_of(text, language),
        type=by_words.type_of(text, language, known) or supposed,
        asked_before=supposed is not None,
        image=image,
        limit=limit_of(text, language),
        scale_px_per_mm=scale_of(text),
        known_length_mm=known_length_mm(text, language) if sized else None,
        text=clause.text,
        choice=alternatives_of(text, language) or _of_two(text, language, clause.kind),
    )
    before = last.region if last is not None and last.image == current and last.region != 1 else None
    words = words_of(language)
    # "And the biggest one" is another one.
    ranks = rank_of(text, language) is not None or words.has("worst", text)
    it = before if words.has("it", text) and not (place or ranks) and image is None else None
    fates = frozenset(fate_of(piece, language) for piece in named.choice)
    # "Plus longue que 8 mm ?" has a word in it that asks elsewhere.
    sense, openly = "open" if elliptic else clause.sense, asks_openly(_THAN.sub(" ", text), language)
    asks = tagged or clause.text.rstrip().endswith(("?", "\uff1f"))
    return Reading(
        clause, named, text, language, known, pictured, sense, openly, tagged, asks, regions, it, fates
    )


def _of_two(text: str, language: str, kind: Kind) -> list[str]:
    """Return the alternatives of a question for one of two places that has no "or".

    "端ですか、中央ですか", "内輪と外輪のどちら?", "안쪽이랑 바깥쪽 중 어디?".
    """
    pieces = asked_twice(text, language)
    places = {place_or_edge(piece, language) for piece in pieces} - {None}
    if len(places) > 1:
        return pieces
    words = words_of(language)
    sides = [found[0] for side in ("left", "right") if (found := words.find(side, text)) is not None]
    if len(sides) == 2 and words.has("which_side", text):
        # "左右どっち?"
        return sides
    which = _WHICH_OF_TWO.get(language)
    found = None if kind != "place" or which is None else which.search(text)
    return [] if found is None else [found[1].strip(), found[2].strip()]


def _asked_again(last: Turn, current: int | None, *, pictured: bool, named: bool) -> Kind:
    """Return what a clause asks for that goes on with a turn: its kind, where that can be asked again.

    named: whether it names a region.
    """
    if named and last.kind not in OF_A_REGION:
        return "appearance"
    # "And that?" about another image, after a question of the log.
    return "verdict" if last.kind in OF_NO_PART and pictured and last.image != current else last.kind


def _type_asked_again(last: Turn | None) -> str | None:
    """Return the type that a turn asked for yes or no of an image, or None."""
    slots = None if last is None or not last.image else last.slots
    asked = slots is not None and slots.closed and slots.kind in ("type", "verdict") and not slots.choice
    return slots.type if slots is not None and asked and slots.zone is None else None


def _is_elliptic(text: str, language: str) -> bool:
    """Return whether a clause says no more than that it goes on: "and this one?"."""
    follows = compiled(rf"(?:{words_of(language).source('follow')})").match(text)
    return follows is not None and _is_short(text, language) and not _states_a_kind(text, language)


def _only_points(text: str, language: str) -> bool:
    """Return whether a clause says no more than which image it is about: "the other one?"."""
    words = words_of(language)
    # Japanese asks by its particle too: "もう一方は？".
    text = compiled(rf"(?:は|{words.source('for_this')})\W*$").sub("", text)
    points = any(words.has(meaning, text) for meaning in ("last", "this", "one", "here"))
    judges = words.has("good", text) or words.has("bad", text)
    return points and not judges and _is_short(text, language) and not _states_a_kind(text, language)


def _is_short(text: str, language: str) -> bool:
    return len(text) <= 14 if language in SPACELESS else len(text.split()) <= 6


def _states_a_kind(text: str, language: str) -> bool:
    """Return whether a clause says by itself what it asks for, beside what it is about."""
    words = words_of(language)
    rest = compiled(rf"^(?:{words.source('follow')})").sub("", text)
    rest = words.without(rest, *_ABOUT)
    left = re.findall(r"\w+", rest)
    # What is left are articles and particles.
    content = [word for word in left if len(word) > 3 or (language in SPACELESS and len(word) > 1)]
    return bool(content) or words.has("ask", rest)
