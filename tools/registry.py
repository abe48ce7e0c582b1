"""What can be looked at on a part: each function by name, with its words, and as a LangChain tool.

A tool takes the image and its product from the runtime and never from a model, which gives what it looks for
alone. Code outside the packages adds one with `LOOKS.register(name, lambda: Look(...))`, or by an entry point
of the group "iad.tools".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from langchain.tools import ToolRuntime
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, create_model

from anomaly_core.errors import ConfigError
from anomaly_core.registry import Registry
from tools.compare import compare
from tools.context import Part
from tools.describe import DescribeArgs, RegionMeasures, describe
from tools.detect import read_map
from tools.layout import check_layout, count_components
from tools.localize import locate
from tools.records import LanguageRecord, MeasuredRegion, PassageRecord, Record, TemplateRecord
from tools.retrieve import KnowledgeArgs, TemplateArgs, nearest_templates, search_notes
from tools.zoom import ZoomArgs, zoom

EvidenceKind = Literal["template", "knowledge", "region", "score"]


class NoArgs(Record):
    """A look that needs no argument."""


@dataclass(frozen=True)
class Look:
    """One way of looking at a part.

    run: called with the part and checked arguments. words: its result for a reader. args: the arguments that
    a model may give. kind: of the evidence that it gives. run's docstring tells a model what it is for.
    """

    run: Callable[..., Any]
    words: Callable[[Any], str]
    args: type[BaseModel] = NoArgs
    kind: EvidenceKind = "score"


class CanLook(Protocol):
    """What a tool finds in its runtime's context."""

    def look(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Look at the part in hand; return words."""
        ...


def look(part: Part, name: str, arguments: Mapping[str, Any], **bound: Any) -> str:
    """Look at a part by a look's name; return its words.

    arguments: what a model may give, checked. bound: further arguments, which only this program sets.

    Raises ConfigError for an unknown name, and what the look raises; pydantic's ValidationError for arguments
    that it does not take.
    """
    one = find_look(name)
    return one.words(one.run(part, **dict(one.args.model_validate(dict(arguments))), **bound))


def as_tool(name: str) -> BaseTool:
    """Return a look as a LangChain tool for runs whose context can look, see `CanLook`."""
    one = find_look(name)

    def call(runtime: ToolRuntime[CanLook, Any], **arguments: Any) -> str:
        return runtime.context.look(name, arguments)

    # What else a model sets, such as a file, is not refused but has no effect.
    lenient: type[BaseModel] = create_model(name, __base__=one.args, __config__=None)
    lenient.model_config["extra"] = "ignore"
    lenient.model_rebuild(force=True)
    summary = (one.run.__doc__ or name).strip().splitlines()[0]
    return StructuredTool.from_function(call, name=name, description=summary, args_schema=lenient)


def find_look(name: str) -> Look:
    """Return a look by its name. Raises ConfigError."""
    make = LOOKS.find(name)
    if make is None:
        raise ConfigError(f"there is no tool {name!r}; known are {', '.join(LOOKS.names())}")
    return make()


def _reading(record: LanguageRecord) -> str:
    if record.margin is None:
        return f"not asked: {record.problem or 'the product was enrolled without it'}"
    return f"{'yes' if record.margin > 0 else 'no'} (log-odds {record.margin:+.2f})"


def _regions(found: list[MeasuredRegion]) -> str:
    return "; ".join(f"{r.id} at the {r.cell}: {r.text}" for r in found) or "no region stands out"


def _measures(record: RegionMeasures) -> str:
    return f"{record.id}, at the {record.cell}: {record.text}"


def _templates(records: list[TemplateRecord]) -> str:
    return ", ".join(f"{r.file_name} ({r.similarity:.2f})" for r in records)


def _passages(records: list[PassageRecord]) -> str:
    return "\n".join(f"[{r.id}] {r.text}" for r in records) or "no note covers this"


def _text(record: Any) -> str:
    return str(record.text)


LOOKS: Final[Registry[Look]] = Registry("tool", "iad.tools")
"""Looks by the names that plans and chat models use."""
for _name, _look in {
    "ask_language_model": Look(read_map, _reading),
    "locate_anomalies": Look(locate, _regions, kind="region"),
    "describe_region": Look(describe, _measures, DescribeArgs, "region"),
    "zoom_region": Look(zoom, _text, ZoomArgs, "region"),
    "compare_images": Look(compare, _text, kind="template"),
    "count_components": Look(count_components, _text),
    "check_layout": Look(check_layout, _text, kind="template"),
    "retrieve_templates": Look(nearest_templates, _templates, TemplateArgs, "template"),
    "retrieve_knowledge": Look(search_notes, _passages, KnowledgeArgs, "knowledge"),
}.items():
    LOOKS.register(_name, lambda found=_look: found)
