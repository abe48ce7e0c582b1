"""The figures of the log in phrases: their period, what alone was counted, numbers and times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Final

from agents.answers.topic import Topic
from anomaly_core.names import plain_name
from anomaly_core.results import Decision
from knowledge.log.entry import time_of
from tools.history_record import HistoryRecord, LoggedRecord
from tools.log_question import PeriodRecord

MOST_NAMED: Final = 3
"""Types, days and corrections that one sentence names."""
MOST_PRODUCTS: Final = 6
"""Products whose own counts one sentence tells."""
OF_ALL: Final = frozenset(
    {"count", "yield", "frequent", "lots", "periods", "scores", "hours", "alarms", "missed"}
)
"""Figures that mix products unless one is named."""
COUNTED: Final = {
    "fail": "{number} of {count} inspected parts failed {period} [{id}].",
    "pass": "{number} of {count} inspected parts passed {period} [{id}].",
    "review": "{number} of {count} inspected parts are to be reviewed {period} [{id}].",
}

HELD: Final = "The lot is to be held: not all of its parts passed [{id}]."
FREE: Final = "All inspected parts of the lot passed: nothing stands against its release [{id}]."
SHARE: Final = {
    "fail": "{percent} failed: {number} of {count} inspected parts {period} [{id}].",
    "pass": "{percent} passed: {number} of {count} inspected parts {period} [{id}].",
    "review": "{percent} are to be reviewed: {number} of {count} inspected parts {period} [{id}].",
}
LATEST: Final = {
    "fail": "{number} of the last {count} parts failed [{id}].",
    "pass": "{number} of the last {count} parts passed [{id}].",
    "review": "{number} of the last {count} parts are to be reviewed [{id}].",
    "all": "Of the last {count} parts {passed} passed, {review} are to be reviewed, {failed} failed [{id}].",
}
LATEST_SHARE: Final = {
    "fail": "{percent} of the last {count} parts failed: {number} [{id}].",
    "pass": "{percent} of the last {count} parts passed: {number} [{id}].",
    "review": "{percent} of the last {count} parts are to be reviewed: {number} [{id}].",
}
_AMONG: Final[Mapping[Decision | None, str]] = {
    None: "among the last {count} parts",
    "fail": "among the last {count} parts that failed",
    "pass": "among the last {count} parts that passed",
    "review": "among the last {count} parts to be reviewed",
}


class Told:
    """The figures of an answer, and their phrases."""

    def __init__(self, topic: Topic, found: HistoryRecord, id_: str) -> None:
        self.topic, self.found, self.id = topic, found, id_
        self.say = topic.say

    def __call__(self, message: str, **values: object) -> str:
        """Return a cited message with the period."""
        return self.say.sentence(self.say(message, **{"id": self.id, "period": self.period(), **values}))

    def period(self, of: PeriodRecord | None = None) -> str:
        """Return a period, that of the figures if not given, as an adverbial."""
        found, say = of or self.found, self.say
        if of is None and self.found.latest is not None:
            types = [plain_name(name) for name in self.found.latest_with]
            among = "among the last {count} parts with {type}" if types else _AMONG[self.found.latest_of]
            return say(among, count=self.found.counts.all, type=say.listed(types))
        if found.period:
            return say(found.period)
        since = None if found.since is None else local(found.since)
        until = None if found.until is None else local(found.until)
        if since is None and until is None:
            return say("in the log")
        if until is None:
            return say("since {time}", time=shown(since))
        # A day that is over at midnight is named by itself.
        end = shown(until - timedelta(days=1)) if until.time() == time() else shown(until)
        if since is None:
            return say("until {time}", time=end)
        return say("on {day}", day=end) if shown(since) == end else say(
            "from {since} to {until}", since=shown(since), until=end
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
        if found.latest is not None and (found.since or found.until):
            narrowed.append(
                self.period(PeriodRecord(**found.model_dump(include={"since", "until", "period"})))
            )
        told = [self("Counted: {scope} alone [{id}].", scope=say.listed(narrowed))] if narrowed else []
        if found.by_product:
            told.append(self("By product: {counts} [{id}].", counts=", ".join(self._of_products())))
        elif len(found.products) > 1 and found.figure in OF_ALL and not narrowed:
            some = [plain_name(name) for name in found.products[:MOST_NAMED]]
            some += ["..."] * (len(found.products) > MOST_NAMED)
            told.append(self("All products are counted: {products} [{id}].", products=say.listed(some)))
        if found.latest is not None and found.counts.all < found.latest:
            told.insert(0, self("There are no more than {count} [{id}].", count=found.counts.all))
        if found.counts.inspections != found.counts.all:
            once = "Each part counts once, by its last word: {count} inspections [{id}]."
            told.insert(0, self(once, count=found.counts.inspections))
        return told

    def _of_products(self) -> list[str]:
        """Return how many of each product are meant, of how many; the most first, and not of too many."""
        ordered = sorted(self.found.by_product, key=lambda one: -(one.number or one.counts.all))
        whole = self.found.decision is None and not self.found.types
        told = [
            f"{plain_name(one.name)} {one.number}"
            if whole
            else f"{plain_name(one.name)} {one.number}/{one.counts.all}"
            for one in ordered[:MOST_PRODUCTS]
        ]
        return told + ["..."] * (len(ordered) > MOST_PRODUCTS)

    def counted(self) -> str:
        """Return how many there are of the decision that is asked for, or of each."""
        found, say = self.found, self.say
        of_any = found.latest is not None and found.latest_of is None
        if of_any and not found.types and found.counts.all > 1:
            message = LATEST[found.decision or "all"]
            return self(message, number=found.number, **self._counts())
        if found.decision is None:
            return self.of_each()
        if found.types:
            return self(
                "{number} of {count} inspected parts had {type} {period}, {percent} [{id}].",
                number=found.number,
                count=found.counts.all,
                type=say.listed([plain_name(name) for name in found.types]),
                percent=percent(found.number, found.counts.all),
            )
        return self(COUNTED[found.decision], number=found.number, count=found.counts.all)

    def of_each(self) -> str:
        """Return how many parts there are of each decision."""
        one = "One part was inspected {period}: {passed} passed, {review} to review, {failed} failed [{id}]."
        several = (
            "{count} parts were inspected {period}: {passed} passed, {review} to review, {failed} failed "
            "[{id}]."
        )
        return self(one if self.found.counts.all == 1 else several, **self._counts())

    def _counts(self) -> dict[str, int]:
        one = self.found.counts
        return {"count": one.all, "passed": one.passed, "review": one.review, "failed": one.failed}

    def share(self) -> str:
        """Return the share of the decision that is asked for, or of the type."""
        found = self.found
        if found.types:
            return self.counted()
        messages = SHARE if found.latest is None or found.latest_of is not None else LATEST_SHARE
        return self(
            messages[found.decision or "pass"],
            percent=percent(found.number, found.counts.all),
            number=found.number,
            count=found.counts.all,
        )

    def decision(self, row: LoggedRecord) -> str:
        """Return the decision on a row as a word."""
        return self.say({"pass": "passed", "review": "to be reviewed", "fail": "failed"}[row.decision])

    def row(self, row: LoggedRecord) -> dict[str, object]:
        """Return what a message says of a row."""
        p, decision = f"{row.p_value:.3g}", self.decision(row)
        return {"name": row.name, "time": shown(local(row.at)), "decision": decision, "p": p}

    def yes_no(self, yes: bool) -> tuple[str, bool | None]:
        """Return first words and affirmation where yes or no is asked for."""
        return (self.topic.yes_no(yes), yes) if self.topic.intent.closed else ("", None)


def percent(number: int, count: int) -> str:
    """Return a share, 0 of nothing."""
    return f"{100 * number / max(count, 1):.1f}%"


def local(text: str) -> datetime:
    """Return a timestamp in the machine's time zone."""
    return time_of(text).astimezone()


def shown(at: datetime | None) -> str:
    """Return a time as people read it, a midnight as its day alone; "" for None."""
    return "" if at is None else at.strftime("%Y-%m-%d" if at.time() == time() else "%Y-%m-%d %H:%M")
