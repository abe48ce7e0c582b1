"""The product's zones that a question names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

from agents.questions.form.polarity import asks_openly, sense_of
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import feature_of, words_of
from agents.questions.slots.by_words import type_of
from agents.questions.slots.places import place_of
from agents.questions.slots.present import asks_if_zone_there
from agents.questions.slots.zone_names import SIDES, called, zones_in
from agents.state import Asked, Understanding
from tools.locations import ZONE
from tools.records import Kind

OF_EACH: Final = frozenset[Kind]({"verdict", "look_again", "place"})
"""Kinds that are asked of each zone that a question names: "is the head ok, and the neck?"."""
OF_NO_ZONE: Final = frozenset[Kind]({"history", "catalogue", "greeting", "help"})
"""Kinds of questions that no zone is asked about in."""
_JUDGED: Final = frozenset[Kind](
    {"verdict", "normal", "parts", "type", "count", "look_again", "product", "appearance", "correction",
     "confidence", "other"}
)  # fmt: skip
"""Kinds that a question whether a zone is good, or there, is read as."""
LONGEST_ARTICLE: Final = 3
"""Letters up to which a word beside a zone's name is an article or a particle."""
_SENTENCE: Final = re.compile(r"(?<=[?\uff1f])\s*")
_BESIDE: Final = ("follow", "region", *SIDES)


def in_zones(asked: Asked, zones: Sequence[str], before: str = "", strongest: str | None = None) -> Asked:
    """Return a question whose intents are about the zones that they name.

    zones: the product's, by name. before: the question before, whose zones "the lower left one" is one of.
    strongest: the zone of the strongest region, which "the other holes" leave out where none was named.
    """
    found: list[Understanding] = []
    gone_on = [_named_before(one, zones, before, asked.spoken) for one in asked.intents]
    for one in _by_sentence(gone_on, zones, asked.spoken):
        others = _others(one, zones, before, strongest, asked.spoken)
        meant = [others] if others is not None else _in_zones(one, zones, asked.spoken)
        if one.zone is not None or meant != [one]:
            meant = [_bare(each, found[-1] if found else None, asked.spoken) for each in meant]
        found += meant
    return asked.model_copy(update={"intents": found})


def _named_before(one: Understanding, zones: Sequence[str], before: str, language: str) -> Understanding:
    """Return an intent that names a side alone with the noun of the zones that were asked about before it."""
    text = normalised(one.text)
    if not before or one.place is None or one.region is not None or zones_in(text, zones, language):
        return one
    nouns = {feature_of(name) for name in zones_in(normalised(before), zones, language)} - {None}
    if len(nouns) != 1:
        return one
    plain = one.text.rstrip(" ?\uff1f")
    full = f"{plain} {nouns.pop()}?"
    return (
        one.model_copy(update={"text": full})
        if len(zones_in(normalised(full), zones, language)) == 1
        else one
    )


def _others(
    one: Understanding, zones: Sequence[str], before: str, strongest: str | None, language: str
) -> Understanding | None:
    """Return an intent on all zones of a kind but those named before, or None: "are the other holes ok?"."""
    words, text = words_of(language), normalised(one.text)
    if one.kind not in _JUDGED or one.region is not None or one.choice or not words.has("others", text):
        return None
    told = zones_in(normalised(before), zones, language) if before else []
    named = zones_in(words.without(text, "others"), zones, language)
    # "And the other three?"
    alike = {feature_of(name) for name in named or told} - {None}
    every = [name for name in zones if feature_of(name) in alike]
    if len(every) < 2 or (named and len(named) < len(every)):
        return None
    apart = set(told) if told and set(told) < set(every) else {strongest}
    left = [name for name in every if name not in apart]
    sense = sense_of(text, language, "good", None)
    made: dict[str, object] = {
        "kind": "verdict",
        "closed": True,
        "sense": "good" if sense == "open" else sense,
    }
    return one.model_copy(
        update={
            **made,
            "near": None,
            "type": None,
            "zones": left,
            "others": True,
            "place": None,
            "zone": None,
        }
    )


def _by_sentence(
    intents: Sequence[Understanding], zones: Sequence[str], language: str
) -> Iterator[Understanding]:
    """Yield intents; of a verdict that is asked in several sentences, those of a zone apart from the others.

    "Labels ok? Would you ship it?" asks of the labels, and of the whole part.
    """
    for one in intents:
        pieces = [piece for piece in _SENTENCE.split(one.text) if re.search(r"\w", piece)]
        if one.kind != "verdict" or one.region is not None or len(pieces) < 2:
            yield one
            continue
        named = [bool(zones_in(normalised(piece), zones, language)) for piece in pieces]
        if all(named) or not any(named):
            yield one
            continue
        for of_zones, group in groupby(zip(named, pieces, strict=True), key=itemgetter(0)):
            text = " ".join(piece for _, piece in group)
            place = None if of_zones else place_of(normalised(text), language)
            yield one.model_copy(update={"text": text, "place": place, "zone": None})


def _bare(one: Understanding, before: Understanding | None, language: str) -> Understanding:
    """Return an intent that names a zone alone ("and the head?") as asking what was asked before it.

    That is what the question asked of another zone; else how the zone is, which no yes or no answers.
    """
    words, text = words_of(language), normalised(one.text)
    follows = compiled(rf"(?:{words.source('follow')})").match(text) is not None
    located = one.kind == "place" and one.closed and not follows  # "is it on the head too?"
    if located or one.zones or any(words.has(name, text) for name in ("good", "bad", "correct")):
        return one
    named = [called(one.zone)] if one.zone is not None else []
    for pattern in (*named, *words.sections.values(), *(words.by_meaning[name] for name in _BESIDE)):
        text = pattern.sub(" ", text)
    asked = words.find("ask", text)
    # Japanese asks by its particle too: "頭部は？".
    asks = asked is not None and (len(asked[0]) > 1 or language != "ja")
    if asks or any(len(word) > LONGEST_ARTICLE for word in re.findall(r"\w+", text)):
        return one
    if before is not None and before.zone is not None:
        return one.model_copy(update=before.model_dump(include={"kind", "closed", "sense"}))
    return one.model_copy(update={"kind": "verdict", "closed": False, "sense": "open", "near": None})


def _of_features(intent: Understanding, named: Sequence[str], language: str) -> Understanding:
    """Return an intent on zones as one for the verdict where its words ask for yes or no of them.

    "Hole" is no type of defect where it is what a zone is named for. Several that share a noun are asked
    about at once, where all of them are or whether one is missing: "are all four holes there?".
    """
    text, words = normalised(intent.text), words_of(language)
    features = {feature_of(name) for name in named}
    # "Is a hole missing?" means no type "missing hole" alone, unless it says so.
    nouns = [] if intent.type is None or intent.type in text else intent.type.split()
    of_feature = intent.type is not None and (intent.type in features or not features.isdisjoint(nouns))
    if of_feature:
        # "Is a hole missing?" means it for the questions that follow.
        maybe = [intent.type] if intent.type and intent.type not in features else intent.maybe
        intent = intent.model_copy(update={"type": None, "maybe": maybe})
    size = intent.kind == "size" and intent.limit is None and words.has("off_size", text)
    if not (intent.kind in _JUDGED or size) or intent.choice or asks_openly(text, language):
        return intent
    if words.has("colour", text) and intent.kind in ("appearance", "cause"):
        return intent
    if intent.kind == "appearance" and len(named) == 1 and not of_feature and not words.has("correct", text):
        return intent.model_copy(
            update={"kind": "place", "closed": True, "near": None}
        )  # "is the spot on it?"
    absent = words.has("absent", text) or words.has("lacking", text) or words.has("off_size", text)
    there = words.has("there", text)
    sense = sense_of(text, language, "open", None)
    if of_feature or size or intent.kind == "parts":
        sense = "bad" if absent else "good" if sense == "open" and there else sense
    if sense == "open" or (intent.type is not None and sense == "good"):
        return intent
    all_at_once = absent or (len(named) > 1 and (there or words.has("every", text) or of_feature))
    made: dict[str, object] = {"kind": "verdict", "closed": True, "sense": sense, "near": None}
    if all_at_once and intent.type is None:
        made |= {"zones": list(named), "place": None, "zone": None}
    return intent.model_copy(update=made)


def _as_zone(intent: Understanding, named: Sequence[str], language: str) -> Understanding:
    """Return an intent without a type that only a zone's name is a word of, as one for whether that is good.

    "Ist der Aufdruck ok?" is of no wrong print, "has the logo been hit as well?" of the logo.
    """
    words, text = words_of(language), normalised(intent.text)
    if intent.limit is not None or intent.choice or intent.supposed or asks_openly(text, language):
        return intent
    for name in named:
        text = called(name).sub(" ", text)
    known = [intent.type, *intent.maybe] if intent.type is not None else intent.maybe
    if intent.kind not in (*_JUDGED, "size") or type_of(text, language, known) is not None:
        return intent
    good = words.has("good", text) or words.has("correct", text)
    harmed = words.has("affected", text)
    if not (good or harmed) or any(words.has(one, text) for one in ("long", "length", "this_size")):
        return intent
    of_zone: dict[str, object] = {"type": None, "maybe": [], "near": None, "closed": True, "zone": named[0]}
    if harmed:
        return intent.model_copy(update={**of_zone, "kind": "verdict", "sense": "bad"})
    sense = sense_of(text, language, "good", None)
    return intent.model_copy(
        update={**of_zone, "kind": "verdict", "sense": "good" if sense == "open" else sense}
    )


def _in_zones(intent: Understanding, zones: Sequence[str], language: str) -> list[Understanding]:
    """Return the intent with the zone that its text holds as the place; once for each of several.

    A question to choose from several zones, or where among them, is about none of them.
    """
    if intent.region is not None or intent.kind in OF_NO_ZONE:
        return [intent]
    named = zones_in(normalised(intent.text), zones, language)
    if asks_if_zone_there(intent, normalised(intent.text), named, language):
        there = {"kind": "parts", "closed": True, "sense": "good", "near": None, "place": None, "zone": None}
        return [intent.model_copy(update={**there, "zones": named})]
    if named and intent.kind == "correction" and intent.text.rstrip().endswith(("?", "\uff1f")):
        # "Labels ok?" tells nobody that they are.
        sense = sense_of(normalised(intent.text), language, "open", None)
        intent = intent.model_copy(update={"kind": "verdict", "sense": sense, "closed": sense != "open"})
    words = words_of(language)
    if named and intent.kind == "parts" and compiled(words.source("follow")).match(normalised(intent.text)):
        # "Is anything missing?", "and the holes?" asks how each of them is.
        intent = intent.model_copy(update={"kind": "verdict", "closed": False, "sense": "open"})
    if named:
        intent = _of_features(_as_zone(intent, named, language), named, language)
    if intent.zones:
        return [intent]
    if not named or (len(named) > 1 and not intent.closed and intent.kind not in ("look_again", "verdict")):
        return [intent]
    chooses = bool(intent.choice) or words_of(language).has("or", normalised(intent.text))
    if len(named) > 1 and (chooses or intent.kind not in OF_EACH):
        return [intent]
    return [intent.model_copy(update={"place": f"{ZONE}{name}", "zone": name}) for name in named]
