"""Answers that compare lots, stations or two periods: each share, which is worse, and whether by chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from agents.answers.log.bounds import is_beyond
from agents.answers.log.figures import MOST_NAMED, Told, percent
from agents.answers.topic import Reply
from agents.questions.log.compared import direction_of
from agents.state import Observation, Understanding
from anomaly_core.names import plain_name
from tools.history_record import GroupRecord, HistoryRecord
from tools.log_question import BoundRecord, PeriodRecord

CLEAR: Final = 0.05
"""Probability of chance below which a difference is said to be one."""
MOST_LISTED: Final = 20
"""Groups that are listed by their names."""
MOST_EACH: Final = 12
"""Groups that are told one by one, where each is asked for."""
MOST_RANKED: Final = 5
"""Groups that are told one by one, where they are ranked."""
_NEGATED: Final = 12
"""Characters before a decision within which "no" turns it."""
_NONE: Final = {
    "lots": "No lot is logged {period} [{id}].",
    "stations": "No station is logged {period} [{id}].",
    "operators": "No operator is logged {period} [{id}].",
    "products": "No part was inspected {period} [{id}].",
    "hours": "No part was inspected {period} [{id}].",
}
_GROUPS: Final = {
    "lots": "Lot {name}: {failed} of {count} parts failed {period} [{id}].",
    "stations": "Station {name}: {failed} of {count} parts failed {period} [{id}].",
}
_FAILED: Final = (
    "{name}: {failed} of {count} parts failed ({percent}), {review} to be reviewed ({reviewed}) [{id}]."
)
_SOME_WHOLE: Final = "All parts of these passed: {names}."
_NONE_WHOLE: Final = "There is none of which all parts passed."
_SOME_LACK: Final = "Not all parts of these passed: {names}."
_NONE_LACKS: Final = "There is none of which a part failed or waits for review."
_CALLED: Final = {"lots": "lot {name}", "stations": "station {name}", "products": "product {name}"}
_OF_ONE: Final = {
    "lots": "Lot {name}: one part {period}, failed: {failed} [{id}].",
    "stations": "Station {name}: one part {period}, failed: {failed} [{id}].",
}
_PASSED: Final = "{name}: {number} of {count} parts passed ({percent}) [{id}]."
_OF_TYPE: Final = "{name}: {number} of {count} parts had {type} ({percent}) [{id}]."


def groups(told: Told) -> Reply:
    """Say how many parts of each lot, station or period failed, and first which is the worse, where asked."""
    found, compared = told.found, told.found.groups
    if not compared:
        return Reply(told.say("None."), [told(_NONE[found.figure])])
    words, text = told.topic.words, told.topic.text
    closed = told.topic.intent.closed and not words.has("or", text)
    log = told.topic.intent.log
    asks_all = log is not None and log.every
    if found.figure == "periods" or (closed and len(compared) == 2 and _are_named(told) and not asks_all):
        lead, affirmed = _in_order(told, closed=closed)
        return Reply(lead, _each(told, compared), affirmed)
    if closed and asks_all and _are_named(told):
        # "May lots A17 and A18 go out?"
        lead, affirmed = told.yes_no(all(one.number == one.counts.all for one in compared))
        return Reply(lead, _each(told, compared), affirmed)
    if asks_all and told.found.decision == "pass" and not _are_named(told):
        return _all_passed(told, lacking=log is not None and log.held)
    if log is not None and log.bound is not None and log.bound.sense != "excess":
        return _beyond(told, log.bound)
    ranked = _ranked(told, compared)
    if ranked is not None and log is not None and log.rank is not None:
        placed = ranked[0][log.rank - 1 : log.rank]
        if not placed:
            return Reply(told.say("None."), [" ".join(_each(told, ranked[0], MOST_RANKED))])
        return Reply(f"{_name(told, placed[0])}.", [_one(told, placed[0])])
    if ranked is not None:
        # Few are told one and all.
        told_all = _each(told, ranked[0], MOST_RANKED)
        return Reply(_first(told, *ranked), [" ".join(told_all)])
    if log is not None and log.each:
        return Reply("", [" ".join(_each(told, compared, MOST_EACH))])
    if _are_named(told):
        return Reply("", _each(told, compared))
    # "Which lots have we inspected?", "which station had no rejects?".
    wanted = {"fail": "failed", "pass": "passed", "review": "reviewed"}.get(found.decision or "")
    bad = None if wanted is None else words.find(wanted, text)
    none = bad is not None and words.is_turned(bad, text, _NEGATED)
    # "Which lots are good?": a lot with a reject isn't, however many of its parts passed.
    of_parts = found.figure not in ("lots", "products") or words.has("piece", text)
    if not of_parts and (wanted == "passed" or (wanted is None and words.has("good", text))):
        return _all_passed(told, lacking=none)
    listed = [one for one in compared if bad is None or (one.number == 0) is none]
    names = [one.name for one in listed[:MOST_LISTED]] + ["..."] * (len(listed) > MOST_LISTED)
    lead = f"{', '.join(names)}." if names else told.say("None.")
    if none and wanted == "failed":  # what waits for review is no reject, but no part that passed either
        return Reply(lead, [" ".join(_counted(told, one) for one in (listed or compared)[:MOST_EACH])])
    return Reply(lead, _each(told, listed or compared))


def _all_passed(told: Told, *, lacking: bool) -> Reply:
    """Name the groups of which no part failed or waits, "which lots can I ship?", or else what each lacks.

    lacking: whether the others are asked for, those to be held.
    """
    compared = told.found.groups
    counted = [one for one in compared if one.counts.all]
    free = [one for one in counted if (one.counts.passed == one.counts.all) is not lacking]
    names = [_name(told, one) for one in free[:MOST_LISTED]] + ["..."] * (len(free) > MOST_LISTED)
    # In a whole sentence: "None." to a question that was misread would send out what has rejects.
    some, none = (_SOME_LACK, _NONE_LACKS) if lacking else (_SOME_WHOLE, _NONE_WHOLE)
    lead = told.say(some, names=", ".join(names)) if names else told.say(none)
    each = [_counted(told, one) for one in (free or compared)[:MOST_EACH]]
    return Reply(lead, [" ".join(each)])


def _counted(told: Told, one: GroupRecord) -> str:
    """Return how many parts of a group failed and how many wait for review."""
    counts = one.counts
    return told(
        _FAILED,
        name=told.say(_CALLED.get(told.found.figure, "{name}"), name=_name(told, one)),
        count=counts.all,
        percent=percent(counts.failed, counts.all),
        failed=counts.failed,
        review=counts.review,
        reviewed=percent(counts.review, counts.all),
    )


def _beyond(told: Told, bound: BoundRecord) -> Reply:
    """Name the groups whose share, or number, is on the side of a number: "which lines are above 50 %?"."""
    value: Callable[[GroupRecord], float] = (
        (lambda one: 100 * _share(one)) if bound.percent else _number(told)
    )
    ordered = sorted((one for one in told.found.groups if one.counts.all), key=value, reverse=True)
    beyond = [one for one in ordered if is_beyond(value(one), bound)]
    names = [_name(told, one) for one in beyond[:MOST_LISTED]] + ["..."] * (len(beyond) > MOST_LISTED)
    lead = f"{', '.join(names)}." if names else told.say("None.")
    return Reply(lead, [" ".join(_each(told, beyond or ordered, MOST_RANKED))])


def by_chance(told: Told, p: float) -> Reply:
    """Say whether what is compared differs by more than chance, and then each of it, the highest first."""
    log, ordered = told.topic.intent.log, sorted(told.found.groups, key=_share, reverse=True)
    clear = p < CLEAR
    significant = log is not None and log.chance == "significant"
    lead, affirmed = told.yes_no(clear is significant)
    if lead and not (clear or significant):
        # That chance may do it shows not that it did.
        lead, affirmed = told.say("Possibly."), None
    each = [_one(told, one) for one in ordered[:MOST_EACH]]
    return Reply(lead, [_tested(told, ordered, p), " ".join(each)], affirmed)


def _tested(told: Told, compared: Sequence[GroupRecord], p: float) -> str:
    """Return the sentence on the test of two groups, or of several."""
    if p >= CLEAR:
        within = "The difference of the shares is within chance (Fisher's exact test, p = {p}) [{id}]."
        of_several = "The shares differ no more than by chance (Fisher's exact test, p = {p}) [{id}]."
        return told(within if len(compared) == 2 else of_several, p=f"{p:.2g}")
    if len(compared) > 2:
        return told(
            "The shares differ by more than chance (Fisher's exact test, p = {p}) [{id}].", p=f"{p:.2g}"
        )
    clear = "The share is higher by more than chance: {name} (Fisher's exact test, p = {p}) [{id}]."
    return told(clear, name=_name(told, max(compared, key=_share)), p=f"{p:.2g}")


def of_the_first(
    intent: Understanding, replies: Sequence[Reply], seen: Sequence[Observation]
) -> Understanding:
    """Return a question of the log narrowed to what the answer before names first, where it is of that."""
    log = intent.log
    if log is None or not log.of_first or not replies or not seen or not seen[-1].values:
        return intent
    before = HistoryRecord.model_validate(seen[-1].values)
    names = [one.name for one in before.groups] + [one.name for one in before.by_operator]
    named = [name for name in names if name in replies[-1].text]
    if not named:
        return intent
    first = min(named, key=replies[-1].text.index)
    of_it: dict[str, object] = {"text": f"{log.text} {first.lower()}"}
    if before.figure == "operators":
        of_it["people"] = [first]
    narrowed = log.model_copy(update=of_it)
    return intent.model_copy(update={"log": narrowed})


def _are_named(told: Told) -> bool:
    """Return whether a question names the groups that it compares, and does not ask which there are."""
    log, found, text = told.topic.intent.log, told.found, told.topic.text
    asked = log is not None and log.figure == found.figure
    return not asked or all(plain_name(one.name).lower() in text for one in found.groups)


def _first(told: Told, ranked: Sequence[GroupRecord], value: Callable[[GroupRecord], float]) -> str:
    """Return the first words on ranked groups: the name of the first, or of those that are equal to it."""
    if not any(one.number for one in ranked):
        return told.say("None.")
    firsts = [plain_name(one.name) for one in ranked if value(one) == value(ranked[0])]
    if len(firsts) == 1:
        return f"{firsts[0]}."
    return told.say("{names}, equally.", names=told.say.listed(firsts[:MOST_LISTED]))


def _ranked(
    told: Told, compared: Sequence[GroupRecord]
) -> tuple[list[GroupRecord], Callable[[GroupRecord], float]] | None:
    """Return the groups as a question ranks them, the one that it asks for first, and what it ranks them by.

    None where it does not.

    "Which lot is worse?" is of the share, "which had most rejects?" of their number.
    """
    words, text = told.topic.words, told.topic.text
    direction = direction_of(words, text)
    best = direction == "better" or words.has("best", text)
    worst = (
        direction == "worse" or words.has("worst", text) or (direction is None and words.has("ranking", text))
    )
    least = direction == "fewer" or words.has("lowest", text)
    share = words.has("yield", text)
    if not (best or worst or least or direction == "more" or words.has("highest", text)):
        log = told.topic.intent.log
        unranked = _are_named(told) or not share or (log is not None and log.each)
        return None if unranked else (sorted(compared, key=_share, reverse=True), _share)
    good = told.found.decision == "pass"
    value = _share if best or worst or share else _number(told)
    # The best has the highest yield, and the lowest share of rejects.
    upwards = not good if best else good if worst else least
    return sorted(compared, key=value, reverse=not upwards), value


def _in_order(told: Told, *, closed: bool) -> tuple[str, bool | None]:
    """Return the first words on two groups, and whether the first is more, or worse, as the question asks.

    closed: whether it asks for yes or no, and not for one of them.
    """
    words, text, (one, other) = told.topic.words, told.topic.text, told.found.groups
    direction = direction_of(words, text)
    counting = not closed and words.has("how_many", text)
    if direction is None or counting or not (one.counts.all and other.counts.all):
        return "", None
    by_share = direction in ("worse", "better") or words.has("yield", text)
    value = _badness(told) if direction in ("worse", "better") else _share if by_share else _number(told)
    first, second = (one, other) if direction in ("worse", "more") else (other, one)
    higher, equal = value(first) > value(second), value(first) == value(second)
    unclear = by_share and told.found.chance is not None and told.found.chance >= CLEAR
    if closed and not (higher and unclear):
        return told.topic.yes_no(higher), higher
    if unclear or equal:
        return told.say("No clear difference."), None
    return f"{_name(told, one if higher is (first is one) else other)}.", None


def _share(one: GroupRecord) -> float:
    return one.number / max(one.counts.all, 1)


def _badness(told: Told) -> Callable[[GroupRecord], float]:
    """Return the share that makes a group worse: of parts that did not pass where passing is asked about."""
    good = told.found.decision == "pass"
    return lambda one: 1 - _share(one) if good else _share(one)


def _number(told: Told) -> Callable[[GroupRecord], float]:
    """Return the number that a question ranks by: of all parts where it asks how many were inspected."""
    return (lambda one: one.counts.all) if _of_all(told) else (lambda one: one.number)


def _of_all(told: Told) -> bool:
    words, text = told.topic.words, told.topic.text
    of_number = direction_of(words, text) in ("more", "fewer")
    return of_number and told.found.decision is None and words.has("inspected", text)


def _each(told: Told, compared: Sequence[GroupRecord], most: int = MOST_NAMED) -> list[str]:
    """Return a sentence on each group, `most` of them, on empty ones first, and on the difference of two."""
    found = told.found
    ordered = sorted(compared, key=lambda one: one.counts.all > 0)
    body = [_one(told, one) for one in ordered[:most]]
    if found.chance is None or len(compared) != 2 or _of_all(told):
        return body
    return [*body, _tested(told, compared, found.chance)]


def _one(told: Told, one: GroupRecord) -> str:
    found, counts, name = told.found, one.counts, _name(told, one)
    passing = found.decision == "pass"
    if found.figure in ("operators", "products") or (found.figure in _GROUPS and passing):
        called = _CALLED.get(found.figure, "{name}")
        name = f"{told.say(called, name=name)} ({told.period()})"
    if found.figure in _GROUPS and not found.types and not passing:
        message = (_OF_ONE if counts.all == 1 else _GROUPS)[found.figure]
        return told(message, name=name, failed=counts.failed, count=counts.all)
    if not counts.all:
        return told("No part was inspected {period} [{id}].", period=told.period(_period(told, one)))
    message = _OF_TYPE if found.types else _PASSED if passing else _FAILED
    return told(
        message,
        name=name,
        number=one.number,
        count=counts.all,
        percent=percent(counts.failed if message == _FAILED else one.number, counts.all),
        type=told.say.listed([plain_name(each) for each in found.types]),
        failed=counts.failed,
        review=counts.review,
        reviewed=percent(counts.review, counts.all),
    )


def _period(told: Told, one: GroupRecord) -> PeriodRecord | None:
    return told.found if one.name == told.found.groups[0].name else told.found.than


def _name(told: Told, one: GroupRecord) -> str:
    """Return a group's name as first words: of a lot or station as it is logged."""
    if told.found.figure != "periods":
        return plain_name(one.name) if told.found.figure == "products" else one.name
    return told.say.sentence(told.period(_period(told, one)))
