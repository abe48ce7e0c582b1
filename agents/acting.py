"""Calling a tool for a question: bound to the image in hand, its words kept as evidence with an id."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping
from typing import Any, Final, Literal

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, create_model

from agents.state import Observation
from anomaly_core.errors import IadError
from tools.records import EvidenceRecord

BOUND: Final = ("image", "sha256", "product", "out", "other", "map")
"""Arguments that no one but this program sets: a question or a model must not name a file or a product."""
LONGEST: Final = 1500
"""Characters of a tool's words that are kept."""
_KINDS: Final[Mapping[str, Literal["template", "knowledge", "region", "score"]]] = {
    "compare_images": "template",
    "check_layout": "template",
    "retrieve_templates": "template",
    "retrieve_knowledge": "knowledge",
    "describe_region": "region",
    "zoom_region": "region",
    "locate_anomalies": "region",
}


def bound_arguments(tool: BaseTool, part: Mapping[str, str]) -> dict[str, Any]:
    """Return those of `part` (image, sha256, product) that the tool takes."""
    return {name: value for name, value in part.items() if name in _fields(tool)}


def observe(
    tool: BaseTool,
    part: Mapping[str, str],
    arguments: Mapping[str, Any],
    names: Mapping[str, str],
    taken: Collection[str] = (),
) -> Observation:
    """Call a tool on the part in hand and return its words as evidence.

    arguments: the plan's own. names: texts, such as paths, that are put in plain words, by what stands for
    them. taken: ids that the new evidence must not have. An error that a user can mend is an observation of
    its own; any other is raised.
    """
    call = {
        "type": "tool_call",
        "id": uuid.uuid4().hex,
        "name": tool.name,
        "args": {**bound_arguments(tool, part), **arguments},
    }
    try:
        message = tool.invoke(call)
        text = str(message.content) if isinstance(message, ToolMessage) else str(message)
    except IadError as error:
        text = str(error)
    for raw, spoken in names.items():
        text = text.replace(raw, spoken)
    text = " ".join(text.split())
    text = text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " ..."
    evidence = EvidenceRecord(
        kind=_KINDS.get(tool.name, "score"), id=_free_id(tool.name, arguments, taken), text=text
    )
    return Observation(tool=tool.name, evidence=evidence)


def exposed(tool: BaseTool, run: Any) -> StructuredTool:
    """Return a copy of a tool that a chat model may call: without the bound arguments.

    run: called with the other arguments; returns the words that the model reads.
    """
    fields: dict[str, Any] = {
        name: (field.annotation, field) for name, field in _fields(tool).items() if name not in BOUND
    }
    schema = create_model(f"{tool.name}_arguments", **fields)

    def call(**arguments: Any) -> str:
        return str(run(tool, arguments))

    return StructuredTool.from_function(
        call, name=tool.name, description=tool.description, args_schema=schema
    )


def _fields(tool: BaseTool) -> dict[str, Any]:
    schema = tool.args_schema
    if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
        raise TypeError(f"the tool {tool.name} has no pydantic arguments")
    return dict(schema.model_fields)


def _free_id(tool: str, arguments: Mapping[str, Any], taken: Collection[str]) -> str:
    """A short id, such as zoom-left-edge, with a number where it is taken."""
    verb = tool.split("_")[0]
    detail = re.sub(r"[^a-z0-9]+", "-", str(arguments.get("place") or "").lower()).strip("-")
    stem = f"{verb}-{detail}" if detail else verb
    return next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, 99))) if name not in taken)
