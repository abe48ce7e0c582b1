"""Answers from the log and from this conversation: counts, names, yield, trend, drift, types, corrections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from agents.answers.log.bounds import against, supposed
from agents.answers.log.conversation import conversation
from agents.answers.log.corrections import corrected, found_by, persons_word
from agents.answers.log.figures import FREE, HELD, MOST_NAMED, Told, local, percent, shown
from agents.answers.log.groups import MOST_EACH, by_chance, groups
from agents.answers.log.in_hand import inspections, others_of_its_lot
from agents.answers.log.lists import listed
from agents.answers.log.part_names import names_of
from agents.answers.log.rows import of_row
from agents.answers.log.tallies import WORDED, change, missing, trends
from agents.answers.topic import Reply, Topic
from agents.questions.carried import only_asks_why
from agents.questions.lexicon.words import Words
from agents.questions.log.compared import direction_of
from agents.questions.log.decisions import is_none
from agents.questions.log.whole_lots import chooses_for_a_lot, goes_out
from anomaly_core.names import plain_name
from tools.classify.scores import UNKNOWN
from tools.history_record import DriftRecord, HistoryRecord, LoggedRecord
from tools.log_question import LogFigure

LAST_DAYS: Final = 7


def history(topic: Topic) -> Reply:
    """Answer from the log, or from this conversation where that is asked about."""
    seen = topic.seen("log_figures")
    if seen is None:
        return conversation(topic)
    if not seen.values:
        return Reply("", [f"{seen.evidence.text.rstrip('.')} [{seen.evidence.id}]."])
    told = Told(topic, HistoryRecord.model_validate(seen.values), seen.evidence.id)
    found = told.found
    lacking = [missing(told, one) for one in found.missing[:MOST_NAMED]]
    if lacking and not _holds_others(found):
        return Reply("", lacking)
    if (told_first := _of_the_part_in_hand(told)) is not None:
        return told_first
    if not found.counts.all and found.figure not in ("corrected", "found", "periods"):
        lead = topic.say("No.") if topic.intent.closed else ""
        nothing = told("No part was inspected {period} [{id}].")
        return Reply(lead, [nothing, *told.scope()], False if topic.intent.closed else None)
    log = topic.intent.log
    reply = None if log is None or log.bound is None or found.groups else against(told, log.bound)
    if not topic.intent.closed and only_asks_why(topic.intent.text, topic.asked.spoken):
        no_reasons = told("The log holds what was found, and no reasons [{id}].")
        return Reply("", [no_reasons, *_frequent(told).body, *told.scope()])
    if topic.intent.limit is not None and topic.intent.limit.unit != "percent":
        lacking.append(told("The log is not searched by the size of defects [{id}]."))
    by_whom = found.figure == "count" and topic.words.has("accepted_by", topic.text)
    if topic.words.has("released", topic.text) or by_whom:
        if found.image is not None and found.rows:
            return _of_image(told, found.rows[0])
        return Reply("", [told("The log holds no releases [{id}]."), told.counted(), *told.scope()])
    if log is not None and log.chance is not None and found.groups and found.chance is not None:
        reply = by_chance(told, found.chance)
    else:
        reply = supposed(told) if found.below is not None else reply or _WORDED[found.figure](told)
    if lacking:
        return Reply("", [*lacking, *reply.body[:3], *told.scope()])
    held = found.decision == "review" and topic.words.has("on_hold", topic.text)
    waiting = [told("The log knows no hold: these wait for a person's decision [{id}].")] if held else []
    return Reply(reply.lead, [*reply.body[: 3 - held], *waiting, *told.scope()], reply.affirmed)


def _of_the_part_in_hand(told: Told) -> Reply | None:
    """Answer what is asked of the part in hand alone, or of its lot where the log does not tell that."""
    log, found = told.topic.intent.log, told.found
    if log is None:
        return None
    if log.of_image:
        return inspections(told)
    if log.of_its_lot and found.lot is None:
        return Reply("", [told("It is not logged of which lot it is [{id}].")])
    return others_of_its_lot(told) if log.alike and log.figure == "list" and not found.types else None


def _holds_others(found: HistoryRecord) -> bool:
    """Return whether the log holds other names of the kinds that it lacks: of "Zoe or Ben" the one."""
    groups_named = found.figure in ("lots", "stations", "operators", "products") and len(found.groups) > 1
    named = {"operator": found.operator, "station": found.station, "product": found.product}
    return all(named.get(one.kind) is not None or groups_named for one in found.missing)


def _count(told: Told) -> Reply:
    found, log = told.found, told.topic.intent.log
    if found.image is not None and found.rows:
        return _of_image(told, found.rows[0])
    if log is not None and told.topic.intent.closed and not log.every and is_none(told.topic.words, log.text):
        # "Were there no rejects?": a mere "Yes." would be read as either.
        lead = "Right, there were none." if not found.number else "No, there were."
        return Reply(told.say(lead), [told.counted()], not found.number)
    if found.decision is None and not found.types and not told.topic.words.has("inspected", told.topic.text):
        return Reply("", [told.counted()])
    every = log is not None and log.every
    told_all = found.number == found.counts.all if every else found.number > 0
    if every and not told.topic.intent.closed and chooses_for_a_lot(told.topic.text, told.topic.asked.spoken):
        return Reply("", [told(FREE if told_all else HELD), told.counted()])
    # "Must the lot be held?", unless all of it passed.
    lead, affirmed = told.yes_no(told_all is not (log is not None and log.held))
    return Reply(lead, [told.counted()], affirmed)


def _of_image(told: Told, row: LoggedRecord) -> Reply:
    """Say what was decided on the one image that is asked about."""
    if told.topic.words.has("when_at", told.topic.text):
        return Reply("", [told('{time}: "{name}", {decision}, p-value {p} [{id}].', **told.row(row))])
    said = persons_word(told)
    body = [*said, _row(told, '"{name}" of {time}: {decision}, p-value {p} [{id}].', row)]
    if told.topic.words.has("accepted_by", told.topic.text):
        names = [one.operator for one in told.found.corrections[:1] if one.operator is not None]
        nobody = [] if said else [told("No person's verdict is logged on that [{id}].")]
        unnamed = told.say("It is not recorded who.") if said else ""
        return Reply(f"{names[0]}." if names else unnamed, [*nobody, *body])
    asked = told.found.decision
    if row.decision == "review" and asked not in (None, "review"):
        return Reply(told.say("To be reviewed."), body)
    lead, affirmed = told.yes_no(asked is None or row.decision == asked)
    return Reply(lead, body, affirmed)


def _operators(told: Told) -> Reply:
    found, log = told.found.by_operator, told.topic.intent.log
    words, text = told.topic.words, told.topic.text
    if told.found.decision is not None or not found or (log is not None and _is_ranked(words, text)):
        reply = groups(told)
        both = words.has("how_many", text) and words.has("inspector", text)
        # "How many failed, and by whom?"
        return Reply("", [told.counted(), f"{reply.lead} {' '.join(reply.body)}".strip()]) if both else reply
    one = "{name}: {count} inspections {period} [{id}]."
    # "Who inspected the fewest?" ranks by all parts.
    least = words.has("lowest", text) or direction_of(words, text) == "fewer"
    ranks = least or words.has("highest", text) or direction_of(words, text) == "more"
    ordered = sorted(found, key=lambda each: each.count, reverse=not least)
    firsts = [plain_name(each.name) for each in ordered if each.count == ordered[0].count]
    equally = told.say("{names}, equally.", names=told.say.listed(firsts[:MOST_EACH]))
    lead = "" if not ranks else equally if len(firsts) > 1 else f"{firsts[0]}."
    counts = (told(one, name=each.name, count=each.count) for each in ordered[:MOST_EACH])
    return Reply(lead, [" ".join(counts)])


def _is_ranked(words: Words, text: str) -> bool:
    """Return whether a question ranks people by their parts' quality: "which operator is best?"."""
    ends = any(words.has(one, text) for one in ("worst", "best"))
    return ends or direction_of(words, text) in ("worse", "better")


def _list(told: Told) -> Reply:
    found = told.found
    # Images of several folders may have one name.
    if found.listed is not None and found.rows:
        return listed(told)
    counted = Counter(names_of(found.rows))
    names = [f'"{name}"' if count == 1 else f'"{name}" ({count})' for name, count in counted.items()]
    if found.decision is None and not found.types:
        # Nobody is to take parts of any decision for those that passed.
        rows = zip(names_of(found.rows), found.rows, strict=True)
        names = [f'"{name}" ({told.decision(row)})' for name, row in rows]
    # "Which can I ship?": how many may not go is told too.
    goes = not found.types and goes_out(told.topic.text, told.topic.asked.spoken)
    how_many = told.of_each() if goes else told.counted()
    if not names:
        return Reply(told.say("None."), [how_many])
    more = found.number - len(found.rows)
    message = "{names} [{id}]." if more <= 0 else "{names} and {count} more [{id}]."
    body = [told(message, names=", ".join(names), count=more), how_many]
    # "How many failed, and which?"
    return Reply("", body[::-1] if told.topic.words.has("how_many", told.topic.text) else body)


def _worst(told: Told) -> Reply:
    if not told.found.rows:
        return Reply(told.say("None."), [told.counted()])
    if told.found.listed is not None:
        return listed(told)
    name, *others = names_of(told.found.rows[:MOST_NAMED])
    next_ = [f'"{other}"' for other in others]
    first = told.found.rows[0].model_copy(update={"name": name})
    body = [_row(told, 'The worst is "{name}" of {time}: {decision}, p-value {p} [{id}].', first)]
    return Reply("", body + ([told("Next: {names} [{id}].", names=", ".join(next_))] if next_ else []))


def _last(told: Told) -> Reply:
    if not told.found.rows:
        return Reply(told.say("None."), [told.counted()])
    if told.found.listed is not None:
        return listed(told)
    first = told.found.rows[0]
    beside = of_row(told, first)
    last = _row(told, 'The last is "{name}" of {time}: {decision}, p-value {p} [{id}].', first)
    return Reply(beside.lead, [*beside.body, last])


def _yield(told: Told) -> Reply:
    return Reply("", [told.share()])


def _first(told: Told) -> Reply:
    found = told.found
    if not found.rows:
        return Reply(told.say("None."), [told.counted()])
    row = found.rows[0]
    message = 'Since {time}: the first that failed {period} is "{name}" [{id}].'
    body = [told(message, time=shown(local(row.at)), name=row.name), told.counted()]
    if found.run is not None and found.run.count > 1:
        run = "The last {count} in a row failed, since {time} [{id}]."
        body.insert(1, told(run, count=found.run.count, time=shown(local(found.run.since))))
    return Reply("", body)


def _trend(told: Told) -> Reply:
    if told.found.trends:
        return Reply("", trends(told))
    earlier, later = told.found.halves
    lead = change(told, told.found.halves, told.found.chance)
    message = "{earlier} of the earlier half failed, {later} of the later half, {period} [{id}]."
    shares = {
        name: f"{percent(one.failed, one.all)} ({one.failed}/{one.all})"
        for name, one in (("earlier", earlier), ("later", later))
    }
    days = ", ".join(
        f"{one.day} {one.counts.failed}/{one.counts.all}" for one in told.found.by_day[-LAST_DAYS:]
    )
    return Reply(lead, [told(message, **shares), told("Failed by day: {days} [{id}].", days=days)])


def _drift(told: Told) -> Reply:
    # What lasts comes first; the rest is in order of time.
    drifts = sorted(told.found.drifts, key=lambda one: one.until is not None)
    lead, affirmed = told.yes_no(bool(drifts))
    if not drifts:
        return Reply(lead, [told("No drift of the scores was found {period} [{id}].")], affirmed)
    body = [_changed(told, one) for one in drifts[: MOST_NAMED - 1]]
    if drifts[0].until is None:
        body.append(told(_ADVICE, product=drifts[0].product))
    return Reply(lead, body, affirmed)


def _changed(told: Told, one: DriftRecord) -> str:
    product = plain_name(one.product)
    return told(
        _DRIFTS[one.direction, one.until is None],
        product=product if one.station is None else f"{product} ({one.station})",
        since=shown(local(one.since)),
        until=None if one.until is None else shown(local(one.until)),
        size=f"{one.size:.1f}",
        name=one.name,
    )


def _often(told: Told) -> Reply:
    found = told.found
    lead, affirmed = told.yes_no(found.number > 0) if found.types else ("", None)
    body = [told.counted() if found.types else _yield(told).body[0]]
    if found.rows:
        last = found.rows[0]
        body.append(told('Last seen {time} in "{name}" [{id}].', time=shown(local(last.at)), name=last.name))
    return Reply(lead, body, affirmed)


def _frequent(told: Told) -> Reply:
    found = told.found
    if not found.by_type:
        return Reply(told.say("None."), [told.counted()])
    first, *others = found.by_type
    message = "{type}: {number} of {count} failed parts {period} [{id}]."
    body = [told(message, type=_type_name(told, first.name), number=first.count, count=found.counts.failed)]
    then = ", ".join(f"{_type_name(told, one.name)} ({one.count})" for one in others[:MOST_NAMED])
    return Reply("", body + ([told("Then: {types} [{id}].", types=then)] if then else []))


def _type_name(told: Told, name: str) -> str:
    return told.say("Unknown defect") if name == UNKNOWN else plain_name(name)


_DRIFTS: Final = {
    ("higher", True): "Since {since} the scores of good parts of {product} lie higher, by {size} standard "
    'deviations; the first is "{name}" [{id}].',
    ("lower", True): "Since {since} the scores of good parts of {product} lie lower, by {size} standard "
    'deviations; the first is "{name}" [{id}].',
    ("higher", False): "From {since} to {until} the scores of good parts of {product} lay higher, by {size} "
    'standard deviations; the first is "{name}" [{id}].',
    ("lower", False): "From {since} to {until} the scores of good parts of {product} lay lower, by {size} "
    'standard deviations; the first is "{name}" [{id}].',
}
_ADVICE: Final = (
    "Check light, focus and position of the camera; where they are right, recalibrate with good parts of "
    "today: iad calibrate {product} PATH [{id}]."
)
_WORDED: Final[Mapping[LogFigure, Callable[[Told], Reply]]] = {
    "count": _count,
    "list": _list,
    "worst": _worst,
    "yield": _yield,
    "first": _first,
    "trend": _trend,
    "drift": _drift,
    "corrected": corrected,
    "found": found_by,
    "often": _often,
    "frequent": _frequent,
    "lots": groups,
    "operators": _operators,
    "largest": _worst,
    "stations": groups,
    "products": groups,
    "periods": groups,
    "last": _last,
    **WORDED,
}


def _row(told: Told, message: str, row: LoggedRecord) -> str:
    return told(message, **told.row(row))
