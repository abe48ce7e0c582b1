"""Answers from the log and from this conversation: counts, names, yield, trend, drift, types, corrections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Final

from agents.answers.on_conversation import conversation
from agents.answers.topic import JUDGED, Reply, Topic
from anomaly_core.names import plain_name
from knowledge.log.entry import time_of
from tools.history_record import CountsRecord, DriftRecord, HistoryRecord, LoggedRecord
from tools.records import LogFigure

CLEAR: Final = 1.96
"""Standard errors between the shares of two halves from which a change is said to be one (p < 0.05)."""
MOST_NAMED: Final = 3
"""Types, days and corrections that one sentence names."""
OF_ALL: Final = frozenset({"count", "yield", "frequent", "trend", "lots"})
"""Figures that mix products unless one is named."""
LAST_DAYS: Final = 7


def history(topic: Topic) -> Reply:
    """Answer from the log, or from this conversation where that is asked about."""
    seen = topic.seen("log_figures")
    if seen is None:
        return conversation(topic)
    if not seen.values:
        return Reply("", [f"{seen.evidence.text.rstrip('.')} [{seen.evidence.id}]."])
    told = _Told(topic, HistoryRecord.model_validate(seen.values), seen.evidence.id)
    found = told.found
    if not found.counts.all and found.figure != "corrected":
        lead = topic.say("No.") if topic.intent.closed else ""
        nothing = told("No part was inspected {period} [{id}].")
        return Reply(lead, [nothing, *told.scope()], False if topic.intent.closed else None)
    reply = _WORDED[found.figure](told)
    return Reply(reply.lead, [*reply.body[:3], *told.scope()], reply.affirmed)


class _Told:
    """The figures of an answer, and their phrases."""

    def __init__(self, topic: Topic, found: HistoryRecord, id_: str) -> None:
        self.topic, self.found, self.id = topic, found, id_
        self.say = topic.say

    def __call__(self, message: str, **values: object) -> str:
        """Return a cited message with the period."""
        return self.say.sentence(self.say(message, id=self.id, period=self.period(), **values))

    def period(self) -> str:
        """Return the period as an adverbial."""
        found, say = self.found, self.say
        if found.period:
            return say(found.period)
        since = None if found.since is None else _local(found.since)
        until = None if found.until is None else _local(found.until)
        if since is None and until is None:
            return say("in the log")
        if until is None:
            return say("since {time}", time=_shown(since))
        # A day that is over at midnight is named by itself.
        end = _shown(until - timedelta(days=1)) if until.time() == time() else _shown(until)
        if since is None:
            return say("until {time}", time=end)
        return say("on {day}", day=end) if _shown(since) == end else say(
            "from {since} to {until}", since=_shown(since), until=end
        )  # fmt: skip

    def scope(self) -> list[str]:
        """Return sentences on parts that were inspected again, and on what alone was counted."""
        found, say = self.found, self.say
        narrowed = [
            *([say("product {name}", name=plain_name(found.product))] if found.product else []),
            *(say("type {name}", name=plain_name(name)) for name in found.types),
            *([say("lot {name}", name=found.lot)] if found.lot else []),
            *([say("station {name}", name=found.station)] if found.station else []),
            *([say("operator {name}", name=found.operator)] if found.operator else []),
        ]
        told = [self("Counted: {scope} alone [{id}].", scope=say.listed(narrowed))] if narrowed else []
        if len(found.products) > 1 and found.figure in OF_ALL and not narrowed:
            some = [plain_name(name) for name in found.products[:MOST_NAMED]]
            some += ["..."] * (len(found.products) > MOST_NAMED)
            told.append(self("All products are counted: {products} [{id}].", products=say.listed(some)))
        if found.counts.inspections != found.counts.all:
            once = "Each part counts once, by its last word: {count} inspections [{id}]."
            told.insert(0, self(once, count=found.counts.inspections))
        return told

    def counted(self) -> str:
        """Return how many there are of the decision that is asked for, or of each."""
        found, say = self.found, self.say
        if found.decision is None:
            return self(
                "{count} parts were inspected {period}: {passed} passed, {review} to review, {failed} "
                "failed [{id}].",
                count=found.counts.all,
                passed=found.counts.passed,
                review=found.counts.review,
                failed=found.counts.failed,
            )
        if found.types:
            return self(
                "{number} of {count} inspected parts had {type} {period}, {percent} [{id}].",
                number=found.number,
                count=found.counts.all,
                type=say.listed([plain_name(name) for name in found.types]),
                percent=_percent(found.number, found.counts.all),
            )
        return self(_COUNTED[found.decision], number=found.number, count=found.counts.all)

    def decision(self, row: LoggedRecord) -> str:
        """Return the decision on a row as a word."""
        return self.say({"pass": "passed", "review": "to be reviewed", "fail": "failed"}[row.decision])

    def yes_no(self, yes: bool) -> tuple[str, bool | None]:
        """Return first words and affirmation where yes or no is asked for."""
        return (self.topic.yes_no(yes), yes) if self.topic.intent.closed else ("", None)


def _count(told: _Told) -> Reply:
    found, log = told.found, told.topic.intent.log
    if found.image is not None and found.rows:
        return _of_image(told, found.rows[0])
    every = log is not None and log.every
    lead, affirmed = told.yes_no(found.number == found.counts.all if every else found.number > 0)
    return Reply(lead, [told.counted()], affirmed)


def _of_image(told: _Told, row: LoggedRecord) -> Reply:
    """Say what was decided on the one image that is asked about."""
    lead = {"pass": "OK.", "review": "To be reviewed.", "fail": "NG."}[row.decision]
    return Reply(told.say(lead), [_row(told, '"{name}" of {time}: {decision}, p-value {p} [{id}].', row)])


def _operators(told: _Told) -> Reply:
    found = told.found.by_operator
    if not found:
        return Reply(told.say("None."), [told("No operator is logged {period} [{id}].")])
    one = "{name}: {count} inspections {period} [{id}]."
    return Reply("", [told(one, name=each.name, count=each.count) for each in found[:MOST_NAMED]])


def _list(told: _Told) -> Reply:
    found = told.found
    # Images of several folders may have one name.
    counted = Counter(row.name for row in found.rows)
    names = [f'"{name}"' if count == 1 else f'"{name}" ({count})' for name, count in counted.items()]
    if not names:
        return Reply(told.say("None."), [told.counted()])
    more = found.number - len(found.rows)
    message = "{names} [{id}]." if more <= 0 else "{names} and {count} more [{id}]."
    return Reply("", [told(message, names=", ".join(names), count=more), told.counted()])


def _worst(told: _Told) -> Reply:
    if not told.found.rows:
        return Reply(told.say("None."), [told.counted()])
    first, *others = told.found.rows
    next_ = [f'"{row.name}"' for row in others[: MOST_NAMED - 1]]
    body = [_row(told, 'The worst is "{name}" of {time}: {decision}, p-value {p} [{id}].', first)]
    return Reply("", body + ([told("Next: {names} [{id}].", names=", ".join(next_))] if next_ else []))


def _last(told: _Told) -> Reply:
    if not told.found.rows:
        return Reply(told.say("None."), [told.counted()])
    first = told.found.rows[0]
    return Reply("", [_row(told, 'The last is "{name}" of {time}: {decision}, p-value {p} [{id}].', first)])


def _yield(told: _Told) -> Reply:
    found = told.found
    message = _SHARE[found.decision or "pass"]
    number = found.counts.of(found.decision or "pass")
    percent = _percent(number, found.counts.all)
    return Reply("", [told(message, percent=percent, number=number, count=found.counts.all)])


def _first(told: _Told) -> Reply:
    found = told.found
    if not found.rows:
        return Reply(told.say("None."), [told.counted()])
    row = found.rows[0]
    message = 'Since {time}: the first that failed {period} is "{name}" [{id}].'
    body = [told(message, time=_shown(_local(row.at)), name=row.name), told.counted()]
    if found.run is not None and found.run.count > 1:
        run = "The last {count} in a row failed, since {time} [{id}]."
        body.insert(1, told(run, count=found.run.count, time=_shown(_local(found.run.since))))
    return Reply("", body)


def _trend(told: _Told) -> Reply:
    earlier, later = told.found.halves
    change = _change(earlier, later)
    lead = (
        "Getting worse." if change > CLEAR else "Getting better." if change < -CLEAR else "No clear change."
    )
    message = "{earlier} of the earlier half failed, {later} of the later half, {period} [{id}]."
    shares = {
        name: f"{_percent(one.failed, one.all)} ({one.failed}/{one.all})"
        for name, one in (("earlier", earlier), ("later", later))
    }
    days = ", ".join(
        f"{one.day} {one.counts.failed}/{one.counts.all}" for one in told.found.by_day[-LAST_DAYS:]
    )
    return Reply(told.say(lead), [told(message, **shares), told("Failed by day: {days} [{id}].", days=days)])


def _drift(told: _Told) -> Reply:
    # What lasts comes first; the rest is in order of time.
    drifts = sorted(told.found.drifts, key=lambda one: one.until is not None)
    lead, affirmed = told.yes_no(bool(drifts))
    if not drifts:
        return Reply(lead, [told("No drift of the scores was found {period} [{id}].")], affirmed)
    body = [_changed(told, one) for one in drifts[: MOST_NAMED - 1]]
    if drifts[0].until is None:
        body.append(told(_ADVICE, product=drifts[0].product))
    return Reply(lead, body, affirmed)


def _changed(told: _Told, one: DriftRecord) -> str:
    product = plain_name(one.product)
    return told(
        _DRIFTS[one.direction, one.until is None],
        product=product if one.station is None else f"{product} ({one.station})",
        since=_shown(_local(one.since)),
        until=None if one.until is None else _shown(_local(one.until)),
        size=f"{one.size:.1f}",
        name=one.name,
    )


def _often(told: _Told) -> Reply:
    found = told.found
    lead, affirmed = told.yes_no(found.number > 0) if found.types else ("", None)
    body = [told.counted() if found.types else _yield(told).body[0]]
    if found.rows:
        last = found.rows[0]
        body.append(
            told('Last seen {time} in "{name}" [{id}].', time=_shown(_local(last.at)), name=last.name)
        )
    return Reply(lead, body, affirmed)


def _frequent(told: _Told) -> Reply:
    found = told.found
    if not found.by_type:
        return Reply(told.say("None."), [told.counted()])
    first, *others = found.by_type
    message = "{type}: {number} of {count} failed parts {period} [{id}]."
    body = [told(message, type=plain_name(first.name), number=first.count, count=found.counts.failed)]
    then = ", ".join(f"{plain_name(one.name)} ({one.count})" for one in others[:MOST_NAMED])
    return Reply("", body + ([told("Then: {types} [{id}].", types=then)] if then else []))


def _lots(told: _Told) -> Reply:
    lots = told.found.by_lot
    if not lots:
        return Reply(told.say("None."), [told("No lot is logged {period} [{id}].")])
    words, text = told.topic.words, told.topic.text
    ranked = any(words.has(meaning, text) for meaning in ("worse", "worst", "better", "yield"))
    if ranked:
        # "Which lot is worse?" is of the share, "which had most rejects?" of their number.
        lots = sorted(lots, key=lambda lot: -lot.failed / max(lot.count, 1))
    one = "Lot {name}: {failed} of {count} parts failed {period} [{id}]."
    if told.found.figure == "stations":
        one = "Station {name}: {failed} of {count} parts failed {period} [{id}]."
    body = [told(one, **lot.model_dump()) for lot in lots[:MOST_NAMED]]
    log = told.topic.intent.log
    named = log is not None and log.figure != "lots"
    if named and not ranked:
        return Reply("", body)  # of those that were named
    first = lots[-1] if words.has("better", text) else lots[0]
    return Reply(f"{first.name}." if lots[0].failed else told.say("None."), body)


def _corrected(told: _Told) -> Reply:
    corrections = told.found.corrections
    lead, affirmed = told.yes_no(bool(corrections))
    if not corrections:
        return Reply(lead, [told("No verdict was corrected {period} [{id}].")], affirmed)
    body = [
        told(JUDGED[one.verdict], name=one.name, time=_shown(_local(one.at)))
        for one in corrections[: MOST_NAMED - 1]
    ]
    counting = told.topic.words.has("how_many", told.topic.text)
    if len(corrections) == 1 and counting:
        body.insert(0, told("One verdict was corrected {period} [{id}]."))
    elif len(corrections) > 1:
        body.insert(0, told("{count} verdicts were corrected {period} [{id}].", count=len(corrections)))
    return Reply(lead, body, affirmed)


_COUNTED: Final = {
    "fail": "{number} of {count} inspected parts failed {period} [{id}].",
    "pass": "{number} of {count} inspected parts passed {period} [{id}].",
    "review": "{number} of {count} inspected parts are to be reviewed {period} [{id}].",
}
_SHARE: Final = {
    "fail": "{percent} failed: {number} of {count} inspected parts {period} [{id}].",
    "pass": "{percent} passed: {number} of {count} inspected parts {period} [{id}].",
    "review": "{percent} are to be reviewed: {number} of {count} inspected parts {period} [{id}].",
}
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
_WORDED: Final[Mapping[LogFigure, Callable[[_Told], Reply]]] = {
    "count": _count,
    "list": _list,
    "worst": _worst,
    "yield": _yield,
    "first": _first,
    "trend": _trend,
    "drift": _drift,
    "corrected": _corrected,
    "often": _often,
    "frequent": _frequent,
    "lots": _lots,
    "operators": _operators,
    "largest": _worst,
    "stations": _lots,
    "last": _last,
}


def _row(told: _Told, message: str, row: LoggedRecord) -> str:
    return told(
        message,
        name=row.name,
        time=_shown(_local(row.at)),
        decision=told.decision(row),
        p=f"{row.p_value:.3g}",
    )


def _change(earlier: CountsRecord, later: CountsRecord) -> float:
    """Return the rise of the failed share from one half to the other, in standard errors (pooled)."""
    count = earlier.all + later.all
    pooled = (earlier.failed + later.failed) / count
    if not earlier.all or not later.all or pooled in (0.0, 1.0):
        return 0.0
    error = (pooled * (1 - pooled) * (1 / earlier.all + 1 / later.all)) ** 0.5
    return float((later.failed / later.all - earlier.failed / earlier.all) / error)


def _percent(number: int, count: int) -> str:
    return f"{100 * number / count:.1f}%"


def _local(text: str) -> datetime:
    return time_of(text).astimezone()


def _shown(at: datetime | None) -> str:
    return "" if at is None else at.strftime("%Y-%m-%d" if at.time() == time() else "%Y-%m-%d %H:%M")
