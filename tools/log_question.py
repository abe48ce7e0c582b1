"""What a question asks of the log, as a record."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from anomaly_core.results import Decision
from tools.records import Record

LogFigure = Literal[
    "count",
    "list",
    "worst",
    "yield",
    "first",
    "trend",
    "drift",
    "corrected",
    "found",
    "often",
    "frequent",
    "last",
    "lots",
    "operators",
    "products",
    "largest",
    "stations",
    "hours",
    "periods",
    "images",
    "earliest",
    "times",
    "scores",
    "places",
    "alarms",
    "missed",
    "inspections",
]
"""What can be asked of the log. "first": since when; "often", "frequent": of types of defects; "lots",
"stations", "operators", "products": each of them; "periods": two that are named; "drift": of the scores of
good parts; "largest": of the defects of a conversation; "hours": of the day; "images": several that are
named; "earliest": the first that was inspected; "times": when the first and the last were; "scores": the
p-values; "places": where the defects lie; "alarms", "missed": what people said of failed and of passed
parts; "found": who judged, else inspected, the parts of a type; "inspections": all those of the image in
hand."""


class PeriodRecord(Record):
    """A period; null where it is open."""

    since: str | None = Field(None, description="ISO 8601, UTC with milliseconds and Z; inclusive")
    until: str | None = Field(None, description="the same; exclusive")
    period: str = Field("", description="the period in words, or empty")


BoundSense = Literal["above", "below", "no_less", "no_more", "equal", "excess"]
"""How a share or a count is held against a number. "excess": whether it is too much, which no number says."""


class BoundRecord(Record):
    """A number that a question holds the log against: "over 20%". percent: of a share, else a count."""

    value: float
    percent: bool
    sense: BoundSense


Chance = Literal["significant", "chance"]
"""What a question asks of a difference: whether it is more than chance, or whether chance makes it."""


class LogQuestion(PeriodRecord):
    """What a question asks of the log; null where it names none."""

    figure: LogFigure = Field("count", description="what is asked for")
    decision: Decision | None = Field(None, description="of this decision alone")
    than: PeriodRecord | None = Field(None, description="the period that its own is compared with")
    lot: str | None = Field(None, description="of this lot alone")
    station: str | None = Field(None, description="of this station alone")
    beside: list[str] = Field(
        default_factory=list, description="what stands beside its words for lots, and may be a lot's name"
    )
    stations: list[str] = Field(
        default_factory=list, description="the numbers of the stations that it names, where these are several"
    )
    type: str | None = Field(None, description="a defect's name")
    also: list[str] = Field(default_factory=list, description="names of the same defect in other languages")
    number: int | None = Field(None, ge=1, description="how many parts are to be listed at most")
    latest: int | None = Field(None, ge=1, description="of the latest so many parts alone")
    latest_of: Decision | None = Field(None, description="of the latest of this decision")
    latest_with: str | None = Field(None, description="of the latest with this type of defect")
    image_name: str | None = Field(None, description="file name of an image in the log; none is opened")
    this: bool = Field(False, description="whether it speaks of the product in hand")
    conversation: bool = Field(False, description="whether it speaks of this conversation")
    each: bool = Field(False, description="whether it asks for each of a group, and for none of them first")
    every: bool = Field(False, description="whether it asks if all are")
    person: bool = Field(False, description="whether it calls a person by name, such as Ms. Kim")
    rank: int | None = Field(
        None, ge=1, description="which of the ranked groups is asked for: 2 of the second"
    )
    held: bool = Field(
        False, description="whether it asks if these are to be held: a no to all is a yes to it"
    )
    of_its_lot: bool = Field(False, description="of the lot of the part in hand, as it is logged")
    of_image: bool = Field(False, description="of the image in hand alone")
    alike: bool = Field(False, description="of other parts with the same defect as the part in hand")
    bound: BoundRecord | None = Field(None, description="a number that its figure is held against")
    alpha: float | None = Field(None, description="a false-alarm rate that it supposes, in (0, 1)")
    people: list[str] = Field(default_factory=list, description="names of persons that it seems to call")
    chance: Chance | None = Field(
        None, description="whether it asks if what it compares differs by chance alone, and how"
    )
    of_first: bool = Field(False, description="of what the answer before it names first")
    within: str = Field("", description="words of the question before it, whose names hold where it has none")
    stations_within: list[str] = Field(
        default_factory=list, description="the numbers of the stations that these words name"
    )
    common: list[str] = Field(
        default_factory=list, description="words of it that name no product and no type"
    )
    text: str = Field("", description="its words in lower case, in which a product may be named")
