"""Answers from the log's tallies: false alarms and misses, p-values, places, hours, the first part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from agents.answers.log.figures import MOST_NAMED, Told, local, percent, shown
from agents.answers.log.groups import CLEAR, groups
from agents.answers.topic import Reply
from anomaly_core.names import plain_name
from tools.history_record import CountsRecord, MissingRecord, PlaceRecord
from tools.log_question import LogFigure

HELD: Final = {
    "operator": "The log holds no operator {name}; it holds {names} [{id}].",
    "station": "The log holds no station {name}; it holds {names} [{id}].",
    "lot": "The log holds no lot {name}; it holds {names} [{id}].",
    "product": "The log holds no product {name}; it holds {names} [{id}].",
}
NONE_HELD: Final = {
    "operator": "The log holds no operators [{id}].",
    "station": "The log holds no stations [{id}].",
    "lot": "The log holds no lots [{id}].",
    "product": "The log holds no products [{id}].",
}


def missing(told: Told, one: MissingRecord) -> str:
    """Say that the log does not hold a name, and which it holds instead."""
    if not one.held:
        return told(NONE_HELD[one.kind])
    names = told.say.listed([plain_name(name) if one.kind == "product" else name for name in one.held])
    if not one.name:
        return told("No operator of that name is logged; logged are {names} [{id}].", names=names)
    return told(HELD[one.kind], name=_as_typed(told, one.name), names=names)


def _as_typed(told: Told, name: str) -> str:
    """Return a name as the question has it."""
    typed = told.topic.intent.text
    start = typed.lower().find(name.lower())
    return name if start < 0 else typed[start : start + len(name)]


def alarms(told: Told) -> Reply:
    """Say how many of the failed parts people called good, or defective."""
    return _judged(
        told,
        "Not known: people alone tell, and they judged none of {count} failed parts {period} [{id}].",
        "{good} false alarms and {bad} confirmed defects among {judged} of {count} failed parts {period}: "
        "those that people judged [{id}].",
    )


def missed(told: Told) -> Reply:
    """Say how many of the passed parts people called defective."""
    return _judged(
        told,
        "Not known: people alone tell, and they judged none of {count} passed parts {period} [{id}].",
        "{bad} missed defects among {judged} of {count} passed parts {period}: those that people judged "
        "[{id}].",
    )


def _judged(told: Told, unknown: str, known: str) -> Reply:
    found = told.found.judged
    if found is None or not found.good + found.bad:
        return Reply("", [told(unknown, count=0 if found is None else found.parts)])
    judged = found.good + found.bad
    return Reply("", [told(known, good=found.good, bad=found.bad, judged=judged, count=found.parts)])


def scores(told: Told) -> Reply:
    """Say the p-value that is asked for first: the lowest, the highest, or the mean."""
    found = told.found.scores
    if found is None:
        return Reply(told.say("None."), [told.counted()])
    words, text = told.topic.words, told.topic.text
    values = {
        "lowest": told('Lowest p-value {period}: {p}, of "{name}" [{id}].', **_of(found.lowest)),
        "highest": told('Highest p-value {period}: {p}, of "{name}" [{id}].', **_of(found.highest)),
        "average": told(
            "Mean p-value of {count} parts {period}: {mean}; median {median} [{id}].",
            count=told.found.number,
            mean=f"{found.mean:.3g}",
            median=f"{found.median:.3g}",
        ),
    }
    order = sorted(values, key=lambda one: not words.has(one, text))
    return Reply("", [values[one] for one in order])


def _of(extreme: tuple[float, str]) -> dict[str, object]:
    return {"p": f"{extreme[0]:.3g}", "name": extreme[1]}


def places(told: Told) -> Reply:
    """Say, product by product, where in the image most failed parts have a defect."""
    by_product: dict[str, list[PlaceRecord]] = {}
    for one in told.found.places:
        by_product.setdefault(one.product, []).append(one)
    if not by_product:
        return Reply(told.say("None."), [told.counted()])
    if len(by_product) > 1:
        message = "{product}: most often {place}, on {count} failed parts {period} [{id}]."
        firsts = [found[0] for found in by_product.values()][:MOST_NAMED]
        return Reply("", [_place(told, message, one) for one in firsts])
    first, *others = next(iter(by_product.values()))[:MOST_NAMED]
    body = [_place(told, "Most often {place}: on {count} failed parts {period} [{id}].", first)]
    next_ = ", ".join(f"{told.topic.where(one.place)} ({one.count})" for one in others)
    return Reply("", body + ([told("Next: {names} [{id}].", names=next_)] if others else []))


def _place(told: Told, message: str, one: PlaceRecord) -> str:
    place = told.topic.where(one.place)
    return told(message, product=plain_name(one.product), place=place, count=one.count)


def hours(told: Told) -> Reply:
    """Say how many parts of each hour failed; of shifts, which the log does not hold, say so first."""
    reply = groups(told)
    if not told.topic.words.has("which_shift", told.topic.text):
        return reply
    ranked = told.say("By the hour of the day: {ranked}", ranked=" ".join((reply.lead, *reply.body[:2])))
    return Reply("", [told("The log holds no shifts [{id}]."), ranked])


def earliest(told: Told) -> Reply:
    """Name the first part that was inspected."""
    if not told.found.rows:
        return Reply(told.say("None."), [told.counted()])
    row = told.found.rows[0]
    message = 'The first is "{name}" of {time}: {decision}, p-value {p} [{id}].'
    return Reply("", [told(message, **told.row(row))])


def times(told: Told) -> Reply:
    """Say when the parts were inspected: the first and the last of them."""
    if not told.found.rows:
        return Reply(told.say("None."), [told.counted()])
    first, *others = (shown(local(row.at)) for row in told.found.rows)
    if set(others) <= {first}:
        return Reply(told.say("On {time}.", time=first), [told.counted()])
    return Reply(
        "", [told("First {first}, last {last} [{id}].", first=first, last=others[-1]), told.counted()]
    )


def images(told: Told) -> Reply:
    """Compare several images that are named, the most unusual first."""
    rows = told.found.rows
    message = '"{name}" of {time}: {decision}, p-value {p} [{id}].'
    words, text = told.topic.words, told.topic.text
    best = words.has("better", text) or words.has("improved", text)
    ordered = rows[::-1] if best else rows
    ranks = best or any(words.has(one, text) for one in ("worse", "worst", "worsened", "bad", "compare"))
    lead = f'"{ordered[0].name}".' if ranks and len(rows) > 1 else ""
    return Reply(lead, [told(message, **told.row(row)) for row in ordered])


def trends(told: Told) -> list[str]:
    """Return a sentence on each of several products, whose parts say nothing of one another's."""
    return [
        told(
            "{product}: {change} {earlier} of the earlier half failed, {later} of the later half, {period} "
            "[{id}].",
            product=plain_name(one.product),
            change=change(told, one.halves, one.chance),
            earlier=_share(one.halves[0]),
            later=_share(one.halves[1]),
        )
        for one in told.found.trends[:MOST_NAMED]
    ]


def change(told: Told, halves: list[CountsRecord], chance: float | None) -> str:
    """Return the first words on an earlier and a later half."""
    earlier, later = halves
    worse = later.failed * earlier.all > earlier.failed * later.all
    clear = "Getting worse." if worse else "Getting better."
    return told.say(clear if chance is not None and chance < CLEAR else "No clear change.")


def _share(one: CountsRecord) -> str:
    return f"{percent(one.failed, one.all)} ({one.failed}/{one.all})"


WORDED: Final[Mapping[LogFigure, Callable[[Told], Reply]]] = {
    "alarms": alarms,
    "missed": missed,
    "scores": scores,
    "places": places,
    "hours": hours,
    "earliest": earliest,
    "times": times,
    "images": images,
}
"""Figures, and their wording."""
