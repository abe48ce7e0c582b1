"""What a clause asks for, by its words: the conditions of the rules that change its kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from agents.questions.form.alternatives import named_fate
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.generic import subjects_in
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import (
    LOG_MEANINGS,
    SPACELESS,
    Words,
    feature_of,
    sections_in,
    types_in,
    words_of,
)
from agents.questions.slots.by_words import is_absence, type_of_a_word, without_types
from agents.questions.slots.causes import says_so
from agents.questions.slots.held import OF_NO_NAME
from agents.questions.slots.limits import measure_of
from agents.questions.slots.reading import Reading
from tools.records import Kind

_OF_LOG: Final = (*LOG_MEANINGS, "failed", "passed", "reviewed", "station", "operator")
"""Meanings of words that are of the log, beside an image too."""


def plays_down(words: Words, text: str) -> bool:
    """Return whether a clause says, or asks, that what stands out is no damage: "that's just dust"."""
    # "Only scratches or dust?" chooses, and "is dust a problem?" weighs.
    rest = words.without(text, "merely", "how_known")
    chooses = any(words.has(one, rest) for one in ("or", "matters", "serious", "limit", "how_many", "ask"))
    return words.has("artefact", text) and words.has("merely", text) and not chooses


def weighs(said: Reading) -> bool:
    """Return whether a clause asks whether something is a problem: "does it matter?", "is it harmless?".

    "Is it bad that there is rust?" has no question word: "¿es malo que haya óxido?".
    """
    words, text = words_of(said.language), said.text
    if of_log(said) or not any(words.has(one, text) for one in ("matters", "harmless", "serious")):
        return False
    said_that = rf"(?<!\w)({words.source('matters')})\s+(?:qu?e|qu['’]|che)(?!\w)"
    return not asks_openly(compiled(said_that).sub(r"\1", text), said.language)


def asks_why_so(said: Reading) -> bool:
    """Return whether a clause asks why something looks as it does, and not why somebody or a map shows it."""
    return (
        said.has("why")
        and (said.has("looks_so") or said.has("colour"))
        and not says_so(said.text, said.language)
        and not said.has("pictured")
    )


def asks_where_from(said: Reading) -> bool:
    """Return whether a clause asks where something comes from, and not where a number or verdict does."""
    told = any(map(said.has, ("p_value", "limit", "threshold", "alpha"))) or re.search(r"\d", said.text)
    return (
        said.has("comes_from")
        and not (told or said.has("pictured") or of_log(said))
        and not says_so(said.text, said.language)
    )


def of_log(said: Reading) -> bool:
    """Return whether a clause has a word that is of the log alone, such as a lot's."""
    return any(map(said.has, LOG_MEANINGS))


def asks_presence(said: Reading) -> bool:
    """Return whether a clause asks if there is a defect of a type, and nothing of its size."""
    if not said.pictured or said.slots.type is None or said.openly or said.slots.limit is not None:
        return False
    rest = without_types(said.text, [said.slots.type])
    sizes = ("area", "long", "length", "limit", "how_many")
    sized = any(words_of(said.language).has(one, rest) for one in sizes)
    return said.has("is_there") and not sized and not re.search(r"\d", rest)


def sure_of_none(said: Reading) -> bool:
    """Return whether a clause asks if there is surely nothing of a type: "you're sure there is no crack?"."""
    words, found = words_of(said.language), words_of(said.language).find("sure", said.text)
    if found is None or said.slots.type is None or said.openly:
        return False
    # "You aren't sure?" doubts the answer.
    return words.has("no", said.text if said.language in SPACELESS else said.text[found.end() :])


def only_judges(said: Reading) -> bool:
    """Return whether a clause beside an image hardly has a word but one for good: "all clear?"."""
    beside = ("good", "this", "it", "piece", "image", "here", "one", "and")
    rest = words_of(said.language).without(said.text, *beside)
    judges = said.pictured and said.asks and not said.openly and said.has("good")
    return judges and not re.search(r"[^\W\d_]{3}" if said.language in SPACELESS else r"[^\W\d_]{4}", rest)


def asks_if_any(said: Reading) -> bool:
    """Return whether a clause beside an image asks if there is something, and names nothing of the log."""
    logged = (*_OF_LOG, "alike", "session", "last", "corrected", "inspected", "how_many")
    there = said.pictured and not said.openly and said.has("is_there")
    return there and not any(map(said.has, logged)) and not re.search(r"\d", said.text)


def asks_what_is_in_it(said: Reading) -> bool:
    """Return whether a clause beside an image asks what there is in something that belongs to the part."""
    named = said.slots.type
    there = said.pictured and said.openly and said.has("is_there")
    return there and not said.has("limit") and named in words_of(said.language).features


def says_bad(word: str) -> bool:
    """Return whether a word of a type's name says what is wrong: "missing" of "missing pin"."""
    return bool(types_in(word)) or is_absence(word)


def names_one_of(text: str, names: Iterable[Sequence[str]]) -> bool:
    """Return whether a text has a noun of types' names, by words: "pin" of "missing pin"."""
    nouns = {word for name in names for word in name if len(word) > 2 and not says_bad(word)}
    return any(compiled(rf"(?<!\w){re.escape(word)}\w{{0,2}}(?!\w)").search(text) for word in nouns)


def asks_whether_it_is(said: Reading) -> bool:
    """Return whether a clause beside an image asks if the defect is of the type that it names."""
    if not said.pictured or said.slots.type is None or said.openly or said.slots.limit is not None:
        return False
    weighs_it = ("limit", "tolerance", "serious", "matters", "harmless", "counts_as", "usual")
    return said.has("is_it") and not any(map(said.has, weighs_it))


def supposes_only_a_type(said: Reading) -> bool:
    """Return whether a clause asks if the defect may be of a type, and for no cause: "may it be a burr?"."""
    if not asks_whether_it_is(said) or any(map(said.has, ("of_causes", "why", "sure"))):
        return False
    words = words_of(said.language)
    rest = words.without_types(without_types(words.without(said.text, "is_it"), said.known))
    # "Could it be the bent pin?" names the type by what is bent.
    own = {*sections_in(said.slots.type or ""), *types_in(said.slots.type or "")}
    for name, noun in (*words.sections.items(), *words.features.items()):
        rest = noun.sub(" ", rest) if name in own or feature_of(said.slots.type or "") == name else rest
    return not subjects_in(rest, said.language, OF_NO_NAME)


def chooses_a_type(said: Reading) -> bool:
    """Return whether a clause asks which of several types it is: "smeared or just shifted?"."""
    types = {type_of_a_word(piece, said.language, said.known) for piece in said.slots.choice}
    return len(types - {None}) > 1


def chooses(kind: Kind, said: Reading) -> bool:
    """Return whether a question of a kind asks to choose from alternatives, and not for any of them."""
    if kind == "action":
        # "Brush it off, or scrap it?" names a way to rework it.
        return bool(said.fates - {None}) and len(said.slots.choice) > 1
    if kind == "verdict":
        return len(said.fates) > 1
    if kind == "type":
        return chooses_a_type(said) or doubts_a_type(said)
    # "Does it still pass, or is that too large?" is answered yes or no, by the limit.
    return kind in ("place", "count") or (kind == "size" and not said.has("let_pass"))


def only_let_pass(said: Reading) -> bool:
    """Return whether a clause asks if something may stay, and has no other word for a limit: "tolerated"."""
    rest = words_of(said.language).without(said.text, "let_pass")
    return said.has("let_pass") and not words_of(said.language).has("limit", rest)


def allows_a_size(said: Reading) -> bool:
    """Return whether a clause asks if what has a size that it states is good."""
    judges = any(map(said.has, ("good", "keep", "acceptable", "let_pass")))
    return judges and not said.openly and measure_of(said.text) is not None


def asks_only_if_it_is(said: Reading) -> bool:
    """Return whether a clause asks if the part has what it names, and has no word of a size."""
    if said.slots.type is None or said.openly or said.slots.limit is not None or not said.asks:
        return False
    sizes = ("long", "length", "width", "area", "share", "depth", "bigger", "largest", "limit", "tolerance")
    allowed = ("good", "keep", "acceptable", "let_pass", "this_size", "matters", "distance", "how_many")
    apart = ("than_others", "than", "to_do", "remedy", "rework", "discard", "who", "serious", "harmless")
    more = (*allowed, *apart, "reason_to", "usual")
    return not any(map(said.has, (*sizes, *more))) and not re.search(r"\d", said.text)


def lets_pass(said: Reading) -> bool:
    """Return whether a clause asks if what it names, or something of the size that it has, may stay.

    "Can we let the scratch pass?", "is it still good at that length?".
    """
    if said.openly or of_log(said) or said.slots.limit is not None:
        return False
    judges = any(map(said.has, ("good", "keep", "acceptable", "let_pass")))
    return (judges and said.has("this_size")) or (said.slots.type is not None and said.has("let_pass"))


def doubts_a_type(said: Reading) -> bool:
    """Return whether a clause asks if it is a type or no defect at all: "a dent, or just a reflection?"."""
    words = words_of(said.language)
    other = [one for one in said.slots.choice if type_of_a_word(one, said.language, said.known) is None]
    apart = any(words.has(meaning, one) for one in other for meaning in ("artefact", "usual"))
    return len(other) == len(said.slots.choice) - 1 and apart


def states_then_asks_why(said: Reading) -> bool:
    """Return whether a clause states what there is and asks no more than why: "it is smeared. Why?"."""
    words = words_of(said.language)
    stated, _, asked = re.sub(r"\W+$", "", said.text).rpartition("." if "." in said.text else ",")
    rest = words.without(asked, "why", "ask", "this", "and", "it")
    return bool(stated) and words.has("why", asked) and not re.search(r"[^\W\d_]{4,}", rest)


def only_chooses_a_type(said: Reading) -> bool:
    """Return whether a clause asks which of several types it is, and nothing about them."""
    of_them = ("worse", "better", "serious", "to_do", "why", "limit", "who", "good", "how_many", "matters")
    return chooses_a_type(said) and not any(map(said.has, of_them))


def of_features(said: Reading) -> bool:
    """Return whether a clause asks how large something of the part is beside its like, or by how much."""
    if not said.pictured or said.slots.image is not None or said.has("region"):
        return False
    return said.has("than_others") and _names_a_feature(said)


def _names_a_feature(said: Reading) -> bool:
    words = words_of(said.language)
    return said.slots.zone is not None or any(noun.search(said.text) for noun in words.features.values())


def asks_area(said: Reading) -> bool:
    """Return whether a clause asks for an area in percent, or for the whole of it."""
    words, text = words_of(said.language), said.text
    amounts = any(words.has(one, text) for one in ("percent", "whole", "overall"))
    return amounts and words.has("area", words.without(text, "percent"))


def asks_if_correct(said: Reading) -> bool:
    """Return whether a clause beside an image asks if what the part has is right: "marking correct?"."""
    if not said.pictured or said.openly or said.slots.limit is not None or of_log(said):
        return False
    beside = ("bad", "value_or_turn", "matches", "image", "region", "sure", "read_it")
    return said.has("correct") and not any(map(said.has, beside)) and _names_a_feature(said)


def asks_an_angle(said: Reading) -> bool:
    """Return whether a clause beside an image asks for an angle: "by how many degrees?", "3° at most"."""
    words, text = words_of(said.language), said.text
    counts = re.search(r"\d", text) is not None or words.has("how_many", text) or said.openly
    heated = any(words.has(one, text) for one in (*LOG_MEANINGS, "serious"))
    return said.pictured and counts and words.has("degrees", text) and not heated


def greets_no_one(said: Reading) -> bool:
    """Return whether what sounds like a greeting beside an image asks of the part: "good one?"."""
    words, text = words_of(said.language), said.text
    points = any(words.has(one, text) for one in ("one", "this", "it", "piece"))
    return said.pictured and said.asks and not said.openly and points and words.has("good", text)


def asks_if_odd(said: Reading) -> bool:
    """Return whether a clause beside an image asks if there is anything on the part: "anything odd?"."""
    there = said.pictured and said.asks and not said.openly and said.has("is_there")
    return there and said.has("bad") and not of_log(said) and not said.has("art")


def points_at_it(said: Reading) -> bool:
    """Return whether a clause beside an image asks what can be seen there: "what is this red line?"."""
    seen = (said.has("looks_so") or said.has("region")) and said.has("this")
    beside = any(map(said.has, ("why", "usual", "which_defect")))
    return said.pictured and said.openly and seen and not beside


def asks_no_yes(said: Reading) -> bool:
    """Return whether no yes or no answers a clause: "given the limit for a pore, must it be rejected?"."""
    given = compiled(rf"(?:{words_of(said.language).source('given')})(?!\w)").match(said.text)
    gives = given is not None and not said.asks and said.slots.limit is None
    in_order = said.pictured and said.has("which_in_order")
    return asks_if_enough(said) or gives or in_order or asks_the_hour(said)


def asks_the_hour(said: Reading) -> bool:
    """Return whether a clause beside an image asks at which hour of a clock a place lies, and names none."""
    return said.pictured and said.slots.place is None and said.has("clock")


def asks_at(said: Reading) -> bool:
    """Return whether a clause beside an image has a place and nothing of the log: "at 3 o'clock?"."""
    placed = said.pictured and said.slots.place is not None and not said.openly
    return placed and said.asks and not of_log(said)


def asks_if_enough(said: Reading) -> bool:
    """Return whether a clause asks if it is enough to do something with a part: "is it enough to bin it?".

    Neither good nor bad is said of the part by a yes to it.
    """
    words = words_of(said.language)
    done = named_fate(said.text, words) is not None or any(map(said.has, ("piece", "rest", "others")))
    return said.has("suffices") and done and not said.openly


def measured(read: str, said: Reading, *, whole: bool) -> str:
    """Return what a question for a size wants the size of; see `Understanding`."""
    if read == "place":
        return "clock" if asks_the_hour(said) else "defect"
    if read != "size":
        return "distance" if read == "distance" else "defect"
    if of_features(said):
        return "feature"
    shared = said.slots.limit is None and (said.has("percent") or said.has("share"))
    return "share" if shared else "part" if whole else "defect"
