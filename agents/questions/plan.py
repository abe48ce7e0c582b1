"""A question's plan, by rule: which tools to call, in which order, and which ones a chat model may call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agents.state import Intent, PlannedCall, Understanding
from tools.records import MeasuredRegion

MOST_REGIONS: Final = 3
"""Regions that are described one by one where a question names none."""

FOR_QUESTIONS: Final[Mapping[Intent, tuple[str, ...]]] = {
    "detection": ("ask_language_model", "zoom_region", "describe_region"),
    "location": ("describe_region", "zoom_region"),
    "count": ("locate_anomalies", "count_components"),
    "type": ("describe_region", "retrieve_knowledge"),
    "description": ("describe_region", "zoom_region"),
    "confidence": ("ask_language_model", "zoom_region", "compare_images"),
    "template": ("retrieve_templates",),
    "object": ("retrieve_templates", "retrieve_knowledge"),
    "normal": ("retrieve_knowledge", "retrieve_templates"),
    "analysis": ("retrieve_knowledge", "describe_region"),
    "comparison": ("compare_images", "describe_region"),
    "recheck": ("zoom_region", "describe_region"),
    "parts": ("count_components", "check_layout", "describe_region"),
    "steps": (),
    "history": (),
}
"""The tools that serve each kind of question: a chat model can call no other. None of them writes."""


def make_plan(
    asked: Understanding,
    regions: list[MeasuredRegion],
    anomalous: bool,
    images: Mapping[int, str],
) -> list[PlannedCall]:
    """Return the tool calls that a question needs beyond the inspection itself.

    regions: of the image in question, shown or not. images: paths of the thread's images, by number.
    """
    place = f"region-{asked.region}" if asked.region is not None else asked.place
    calls: list[PlannedCall] = []
    if asked.kind == "comparison":
        path = images.get(asked.other) if asked.other is not None else None
        with_what = "the nearest good part" if path is None else f"image {asked.other}"
        calls = [_call("compare_images", f"compare with {with_what}", other=path)]
    elif asked.kind == "recheck":
        place = place or (regions[0].id if regions else "center")
        calls = [_call("zoom_region", f"look again at {place}", place=place)]
    elif asked.kind == "parts":
        calls = [
            _call("count_components", "count the separate pieces"),
            _call("check_layout", "compare the layout with that of good parts"),
        ]
    elif asked.kind in ("description", "location") and place:
        calls = [_call("describe_region", f"measure {place}", place=place)]
    elif asked.kind == "description" and anomalous:
        calls = [
            _call("describe_region", f"measure {region.id}", place=region.id)
            for region in regions[:MOST_REGIONS]
        ]
    return calls


def _call(tool: str, why: str, **arguments: str | None) -> PlannedCall:
    return PlannedCall(tool=tool, arguments=dict(arguments), why=why)
