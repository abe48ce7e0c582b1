"""Calling a tool for a question: bound to the image in hand, its words kept as evidence with an id."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Literal

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, create_model

from agents.state import Observation
from anomaly_core.errors import IadError
from tools.records import EvidenceRecord
from tools.registry import Toolbox

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


def observe(
    toolbox: Toolbox,
    name: str,
    part: Mapping[str, str],
    arguments: Mapping[str, Any],
    names: Mapping[str, str],
    taken: Collection[str] = (),
) -> Observation:
    """Call a tool on the part in hand and return its words as evidence.

    part: image, sha256 and product, of which the tool gets those that it takes. arguments: the plan's own.
    names: the plain words that stand for a path or a file name. taken: ids that the new evidence must not
    have. An error that a user can mend is an observation of its own; any other is raised.
    """
    bound = {key: value for key, value in part.items() if key in _fields(toolbox.tools[name])}
    try:
        text = str(toolbox.message(name, **bound, **arguments).content)
    except IadError as error:
        text = str(error)
    for raw in sorted(names, key=len, reverse=True):
        text = text.replace(raw, names[raw])
    text = " ".join(text.split())
    text = text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " ..."
    evidence = EvidenceRecord(kind=_KINDS.get(name, "score"), id=_free_id(name, arguments, taken), text=text)
    return Observation(tool=name, evidence=evidence)


def exposed(tool: BaseTool, run: Callable[[str, Mapping[str, Any]], str]) -> StructuredTool:
    """Return a copy of a tool that a chat model may call: without the bound arguments.

    run: called with the tool's name and the other arguments; returns the words that the model reads.
    """
    fields: dict[str, Any] = {
        name: (field.annotation, field) for name, field in _fields(tool).items() if name not in BOUND
    }
    schema = create_model(f"{tool.name}_arguments", **fields)

    def call(**arguments: Any) -> str:
        return run(tool.name, arguments)

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
