"""The figures that a question asks of the log, as a record."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from anomaly_core.names import plain_name
from anomaly_core.results import Decision
from tools.log_question import LogFigure, PeriodRecord
from tools.records import Record

MOST_TOLD: Final = 10
"""Groups that the figures in words name."""


class CountsRecord(Record):
    """Parts by decision; see `knowledge.log.figures.Counts`."""

    passed: int
    review: int
    failed: int
    inspections: int

    @property
    def all(self) -> int:
        """All parts."""
        return self.passed + self.review + self.failed

    def of(self, decision: Decision | None) -> int:
        """Return the parts of a decision, or all."""
        return {None: self.all, "pass": self.passed, "review": self.review, "fail": self.failed}[decision]


class LoggedRecord(Record):
    """A part in the log. decision: its last word; at, p_value, path: of its last inspection.

    path: empty where it came without a file. cell: where its strongest defect lies. lot, station, operator:
    null where they are not logged.
    """

    name: str
    at: str
    product: str
    decision: Decision
    p_value: float
    type: str | None
    path: str = ""
    lot: str | None = None
    station: str | None = None
    operator: str | None = None
    cell: str | None = None


class CorrectedRecord(Record):
    """A correction in the log. operator: who made it, null where that is not logged. note: why, or ""."""

    name: str
    at: str
    verdict: str
    type: str | None
    operator: str | None
    note: str | None = ""


class TypeCount(Record):
    """Failed parts of a type."""

    name: str
    count: int


class MissingRecord(Record):
    """A name that a question calls and the log does not hold. held: names of the kind that it holds."""

    kind: Literal["operator", "station", "lot", "product"]
    name: str
    held: list[str]


class JudgedRecord(Record):
    """What people said of parts that failed, or passed; see `knowledge.log.tallies.Judged`."""

    parts: int
    good: int
    bad: int


class ScoreRecord(Record):
    """P-values; see `knowledge.log.tallies.Scores`."""

    mean: float
    median: float
    lowest: tuple[float, str]
    highest: tuple[float, str]


class PlaceRecord(Record):
    """Failed parts of a product with a defect in a place of the image."""

    product: str
    place: str
    count: int


class ProductTrend(Record):
    """The earlier and the later half of a product's parts. chance: see `HistoryRecord`."""

    product: str
    halves: list[CountsRecord]
    chance: float | None = None


class OperatorRecord(Record):
    """Who inspected. count: of inspections."""

    name: str
    count: int


class GroupRecord(Record):
    """Parts of a lot, station, operator or period. number: of the decision and type that are compared."""

    name: str
    counts: CountsRecord
    number: int


class DayRecord(Record):
    """Parts of a local day."""

    day: str
    counts: CountsRecord


class RunRecord(Record):
    """Failed parts in a row up to the last one inspected."""

    count: int
    since: str
    name: str


class DriftRecord(Record):
    """A lasting change of the scores; see `knowledge.log.drift.Drift`."""

    product: str
    station: str | None
    direction: Literal["higher", "lower"]
    size: float
    since: str
    name: str
    until: str | None


class HistoryRecord(PeriodRecord):
    """Figures of the log.

    product, types, lot, station, operator, image (its name): what they are narrowed to. products: of the log,
    where all count; logged: all of it. missing: names that the question calls and the log does not hold.
    counts: of all parts; number: of those of the decision and type that are asked for. Lists are empty where
    the figure has no use for them. below: parts of a p-value below alpha, where one is supposed. than: the
    period that is compared. groups: lots, stations, operators, hours, or the two periods. chance: that shares
    of two groups, or halves, differ as much where nothing has changed (Fisher's exact test), in [0, 1].
    by_product: of a count or share, the parts of each product and those asked for, where several count.
    trends: by product, where several count. latest: of how many of the latest parts alone it is asked, more
    than there are where counts holds fewer; latest_of, latest_with: of those of a decision or of types.
    listed: how many rows are asked for. cell: where the strongest defect of the part in hand lies, where its
    likes are asked for.
    """

    figure: LogFigure
    decision: Decision | None
    than: PeriodRecord | None = None
    product: str | None
    types: list[str]
    lot: str | None
    station: str | None = None
    operator: str | None = None
    missing: list[MissingRecord] = Field(default_factory=list)
    image: str | None = None
    cell: str | None = None
    products: list[str] = Field(default_factory=list)
    logged: list[str] = Field(default_factory=list)
    counts: CountsRecord
    number: int
    alpha: float | None = None
    below: int | None = None
    rows: list[LoggedRecord] = Field(default_factory=list)
    by_type: list[TypeCount] = Field(default_factory=list)
    groups: list[GroupRecord] = Field(default_factory=list)
    chance: float | None = None
    by_product: list[GroupRecord] = Field(default_factory=list)
    by_operator: list[OperatorRecord] = Field(default_factory=list)
    by_day: list[DayRecord] = Field(default_factory=list)
    halves: list[CountsRecord] = Field(default_factory=list)
    run: RunRecord | None = None
    drifts: list[DriftRecord] = Field(default_factory=list)
    corrections: list[CorrectedRecord] = Field(default_factory=list)
    judged: JudgedRecord | None = None
    scores: ScoreRecord | None = None
    places: list[PlaceRecord] = Field(default_factory=list)
    trends: list[ProductTrend] = Field(default_factory=list)
    latest: int | None = None
    latest_of: Decision | None = None
    latest_with: list[str] = Field(default_factory=list)
    listed: int | None = None

    @property
    def text(self) -> str:
        """The figures in words, without names of files, which are others' words."""
        narrowed = [
            *([f"product {self.product}"] if self.product else []),
            *(f"type {name}" for name in self.types),
            *([f"lot {self.lot}"] if self.lot else []),
            *([f"station {self.station}"] if self.station else []),
            *(["one operator"] if self.operator else []),
            *(["one image"] if self.image else []),
            *([f"since {self.since}"] if self.since else []),
            *([f"until {self.until}"] if self.until else []),
            *([f"the latest {self.latest} alone"] if self.latest else []),
        ]
        one = self.counts
        told = f"the log holds {one.all} parts, {one.inspections} inspections"
        told += f"{', ' if narrowed else ''}{', '.join(narrowed)}: "
        told += f"{one.passed} pass, {one.review} review, {one.failed} fail"
        if self.by_type:
            told += f"; {', '.join(f'{plain_name(each.name)} {each.count}' for each in self.by_type)}"
        kind = {"lots": "lot ", "stations": "station "}.get(self.figure, "")
        for group in self.groups[:MOST_TOLD]:
            name = "one operator" if self.figure == "operators" else f"{kind}{group.name}"
            told += f"; {name}: {group.counts.failed} of {group.counts.all} fail"
        if self.chance is not None:
            told += f"; Fisher's exact test of the shares: p = {self.chance:.2g}"
        if self.drifts:
            told += f"; the scores changed {len(self.drifts)} times"
        if self.corrections:
            told += f"; {len(self.corrections)} verdicts corrected"
        return told
