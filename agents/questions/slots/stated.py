"""Scales and limits that a question states for what it asks: "1 mm is 42 px. How long is it?"."""

from __future__ import annotations

from collections.abc import Sequence

from agents.questions.form.alternatives import named_fate
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.learned.topics import SMALLEST, asks_how_small
from agents.questions.lexicon.words import words_of
from agents.questions.slots.limits import states_only_a_limit
from agents.state import Understanding


def with_stated_scales(found: Sequence[Understanding], language: str) -> list[Understanding]:
    """Return a question's intents, without those that only state a scale; it is the sizes' that are asked."""
    stated = [one for one in found if _states_a_scale(one, language)]
    asked = [one for one in found if one not in stated]
    if not stated or not any(one.kind == "size" for one in asked):
        return list(found)
    scale = {"scale_px_per_mm": stated[0].scale_px_per_mm, "known_length_mm": stated[0].known_length_mm}
    return [one.model_copy(update=scale) if one.kind == "size" else one for one in asked]


def of_its_limit(one: Understanding, language: str) -> Understanding:
    """Return "is the scratch within the limit?" as a question for the size of what the image shows."""
    text = normalised(one.text)
    meant = one.kind == "catalogue" and one.closed and one.type is not None
    if not meant or not words_of(language).has("limit", text):
        return one
    return one.model_copy(update={"kind": "size"})


def of_the_catalogue(one: Understanding, language: str) -> Understanding:
    """Return a question for the size of a type without an image as one for what the catalogue allows."""
    text = normalised(one.text)
    if asks_how_small(words_of(language), text) and (one.log is None or not (one.log.since or one.log.lot)):
        # "Can you detect cracks smaller than 0.1 mm?" is of the tool.
        of_it = {"kind": "help", "topic": SMALLEST, "type": None, "limit": None, "log": None}
        return one.model_copy(update={**of_it, "near": None, "closed": False})
    if one.type is None:
        return one
    if words_of(language).has("all_of_it", text):
        return one.model_copy(update={"near": None})
    asks_limit = one.kind == "size" or (one.kind, one.near) == ("catalogue", "size")
    return one.model_copy(update={"kind": "catalogue", "near": None}) if asks_limit else one


def with_stated_limit(found: Sequence[Understanding], language: str) -> list[Understanding]:
    """Return two intents of which one only states a limit as one for the size: "out with it? limit 3 mm"."""
    if len(found) != 2:
        return list(found)
    stated = [one for one in found if states_only_a_limit(normalised(one.text), language)]
    asked = [one for one in found if one not in stated]
    if len(stated) != 1 or len(asked) != 1 or asked[0].log is not None or asked[0].limit is not None:
        return list(found)
    other, text = asked[0], normalised(asked[0].text)
    words = words_of(language)
    judges = words.has("good", text) or named_fate(text, words) is not None
    # "How much is missing? Limit 1 mm" asks for no fill level, and for no yes.
    measures = asks_openly(text, language) and (other.kind == "size" or words.has("amount", text))
    judges &= not asks_openly(text, language)
    if not (judges or measures) or other.kind == "history":
        return list(found)
    of_size = {"kind": "size", "closed": judges, "sense": "open", "near": None, "limit": stated[0].limit}
    whole = " ".join(one.text for one in found)
    return [other.model_copy(update={**of_size, "text": whole, "order": None, "topic": None})]


def _states_a_scale(one: Understanding, language: str) -> bool:
    scaled = one.scale_px_per_mm is not None or one.known_length_mm is not None
    if one.kind != "size" or not scaled or one.limit is not None or one.region is not None:
        return False
    return not one.text.rstrip().endswith(("?", "\uff1f")) and not words_of(language).has(
        "ask", normalised(one.text)
    )
