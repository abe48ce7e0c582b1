"""The tool calls that one thing asked needs beyond the inspection itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agents.questions.learned.topics import help_topics
from agents.state import PlannedCall, Understanding
from tools.locations import ZONE
from tools.log_question import LogQuestion
from tools.records import MeasuredRegion


@dataclass(frozen=True)
class Situation:
    """What a plan looks at.

    regions: of the image in question, shown or not. images: paths by number. defect: the known type of its
    defect, or None. name: of the image's file, as it is logged.
    """

    regions: Sequence[MeasuredRegion]
    anomalous: bool
    images: Mapping[int, str]
    defect: str | None = None
    name: str | None = None


Plan = Callable[[Understanding, Situation], list[PlannedCall]]


def nothing(asked: Understanding, situation: Situation) -> list[PlannedCall]:
    """Need no tool."""
    del asked, situation
    return []


def measure_place(asked: Understanding, situation: Situation) -> list[PlannedCall]:
    """Measure the place that is asked about, where it is no region; of several, the part that they are of."""
    if asked.kind == "place" and (len(asked.choice) > 1 or asked.measured == "clock"):
        return [_call("measure_part", "find the part's ends")] if situation.regions else []
    if asked.zones:
        return [_call("describe_region", f"measure {name}", place=f"{ZONE}{name}") for name in asked.zones]
    if asked.place is None:
        return []
    return [_call("describe_region", f"measure {asked.place}", place=asked.place)]


def measure_scale(asked: Understanding, situation: Situation) -> list[PlannedCall]:
    """Measure the part, for its own size or a scale by it, or find the zones that a distance may be to."""
    if asked.measured == "part":
        return [_call("measure_part", "measure the part itself")]
    if asked.measured == "distance" and situation.anomalous:
        return [
            _call("list_zones", "find the zones that a distance may be to"),
            _call("measure_part", "find the part's ends"),
        ]
    if asked.measured == "share" and situation.anomalous:
        return [_call("measure_part", "measure the part, for the defect's share of it")]
    if asked.known_length_mm is None or not situation.anomalous:
        return []
    return [_call("measure_part", "measure the part's own length")]


def compare(asked: Understanding, situation: Situation) -> list[PlannedCall]:
    """Compare with the image that is named, else with the nearest good part."""
    path = situation.images.get(asked.other) if asked.other is not None else None
    with_what = "the nearest good part" if path is None else f"image {asked.other}"
    return [_call("compare_images", f"compare with {with_what}", other=path)]


def look_again(asked: Understanding, situation: Situation) -> list[PlannedCall]:
    """Look again at the place that is named, else at the most unusual one and the strongest region."""
    place = f"region-{asked.region}" if asked.region is not None else asked.place
    if place is not None:
        # What was measured is told where no good part shows the place.
        measured = measure_place(asked, situation) if asked.region is None else []
        return [*measured, _call("zoom_region", f"look again at {place}", place=place)]
    calls = [_call("locate_peak", "find the most unusual place")]
    if situation.anomalous and situation.regions:
        place = situation.regions[0].id
        calls.append(_call("zoom_region", f"look again at {place}", place=place))
    return calls


def take_hint(asked: Understanding, situation: Situation) -> list[PlannedCall]:
    """Measure the place where a person sees something, and look again at it."""
    calls = measure_place(asked, situation)
    if asked.supposed:
        return calls
    return calls and [*calls, _call("zoom_region", f"look again at {asked.place}", place=asked.place)]


def count_parts(asked: Understanding, situation: Situation) -> list[PlannedCall]:
    """Count the pieces, and compare their arrangement; of what a zone is named for, measure the zone."""
    if asked.zones:
        return measure_place(asked, situation)
    return [
        _call("count_components", "count the separate pieces"),
        _call("check_layout", "compare the layout with that of good parts"),
    ]


def read_log(asked: Understanding, situation: Situation) -> list[PlannedCall]:
    """Read the log, unless this conversation is asked about: several images, and no period or product."""
    log = asked.log
    if log is None or asked.image is not None:
        return []
    narrowed = log.since or log.until or log.lot or log.image_name or log.of_image or log.of_its_lot
    of_the_thread = log.figure in ("count", "list", "worst") and len(situation.images) > 1
    if not narrowed and (log.conversation or of_the_thread):
        return []
    named = log.type or (situation.defect if log.this and log.decision == "fail" else None)
    return [_call("log_figures", "read the log", asked={**log.model_dump(), "type": named})]


def read_record(asked: Understanding, situation: Situation) -> list[PlannedCall]:
    """Read what the log holds of the image, where that is asked."""
    if asked.recorded != "saved":
        return []
    log = LogQuestion(figure="last", image_name=situation.name)
    return [_call("log_figures", "read the log", asked=log.model_dump())]


def read_products(asked: Understanding, situation: Situation) -> list[PlannedCall]:
    """Read what is enrolled, for a topic of help that tells of it."""
    del situation
    tells = asked.topic is not None and help_topics()[asked.topic].values
    return [_call("product_settings", "read what is enrolled")] if tells else []


def _call(tool: str, why: str, **arguments: object) -> PlannedCall:
    return PlannedCall(tool=tool, arguments=dict(arguments), why=why)
