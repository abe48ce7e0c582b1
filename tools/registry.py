"""Registry of the tools on a part, by name, and their adapters to LangChain; none of them writes.

A tool takes image and product from the runtime, never from a model. Other packages add one with
`TOOLS.register(name, lambda: PartTool(...))`, or by an entry point of the group "iad.tools".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from langchain_core.tools import BaseTool, StructuredTool
from langgraph.runtime import Runtime, get_runtime
from pydantic import BaseModel, create_model

from anomaly_core.errors import ConfigError
from anomaly_core.registry import Registry
from tools.calculate import CalculateArgs, calculate
from tools.compare import compare
from tools.context import Part
from tools.describe import DescribeArgs, RegionMeasures, describe
from tools.detect import language_answer
from tools.enrolled import product_settings
from tools.history import log_figures
from tools.layout import check_layout, count_components
from tools.localize import locate, locate_peak, locate_zones
from tools.part_size import measure_part
from tools.records import LanguageRecord, MeasuredRegion, PassageRecord, Record, TemplateRecord
from tools.retrieve import KnowledgeArgs, TemplateArgs, nearest_templates, search_notes
from tools.zoom import ZoomArgs, zoom

EvidenceKind = Literal["template", "knowledge", "region", "score"]


class NoArgs(Record):
    """Arguments of a tool without arguments."""


@dataclass(frozen=True)
class PartTool:
    """A tool on a part.

    run: called with the part and validated arguments; the first line of its docstring describes it to a
    model. words: text of its result. args: arguments that a model may give. kind: of the evidence.
    """

    run: Callable[..., Any]
    words: Callable[[Any], str]
    args: type[BaseModel] = NoArgs
    kind: EvidenceKind = "score"


class ToolCaller(Protocol):
    """Runtime context of a run with tools."""

    def call_tool(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Call a tool on the run's part; return its result as text."""
        ...


def call_tool(
    part: Part, name: str, arguments: Mapping[str, Any], **bound: Any
) -> tuple[str, dict[str, Any]]:
    """Call a tool on a part by name; return its result as text, and as JSON where it is one record.

    arguments: validated against the tool's `args`. bound: further arguments, not open to a model.

    Raises ConfigError for an unknown name, pydantic's ValidationError for invalid arguments, and the tool's
    errors.
    """
    tool = find_tool(name)
    found = tool.run(part, **dict(tool.args.model_validate(dict(arguments))), **bound)
    return tool.words(found), found.model_dump(mode="json") if isinstance(found, BaseModel) else {}


def as_tool(name: str) -> BaseTool:
    """Return the LangChain tool of a name, for runs whose context is a `ToolCaller`."""
    tool = find_tool(name)

    def call(**arguments: Any) -> str:
        # Not a parameter of type ToolRuntime: LangChain gives a tool without arguments none at all.
        runtime: Runtime[Any] = get_runtime()
        caller: ToolCaller = runtime.context
        return caller.call_tool(name, arguments)

    # Further arguments of a model, such as a file, are ignored.
    lenient: type[BaseModel] = create_model(name, __base__=tool.args, __config__=None)
    lenient.model_config["extra"] = "ignore"
    lenient.model_rebuild(force=True)
    summary = (tool.run.__doc__ or name).strip().splitlines()[0]
    return StructuredTool.from_function(call, name=name, description=summary, args_schema=lenient)


def find_tool(name: str) -> PartTool:
    """Return the tool of a name. Raises ConfigError."""
    make = TOOLS.find(name)
    if make is None:
        raise ConfigError(f"there is no tool {name!r}; known are {', '.join(TOOLS.names())}")
    return make()


def _answer(record: LanguageRecord) -> str:
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


TOOLS: Final[Registry[PartTool]] = Registry("tool", "iad.tools")
"""Tools by the names in plans and for chat models."""
for _name, _tool in {
    "ask_language_model": PartTool(language_answer, _answer),
    "locate_anomalies": PartTool(locate, _regions, kind="region"),
    "locate_peak": PartTool(locate_peak, _text, kind="region"),
    "list_zones": PartTool(locate_zones, _text),
    "measure_part": PartTool(measure_part, _text),
    "describe_region": PartTool(describe, _measures, DescribeArgs, "region"),
    "zoom_region": PartTool(zoom, _text, ZoomArgs, "region"),
    "compare_images": PartTool(compare, _text, kind="template"),
    "count_components": PartTool(count_components, _text),
    "check_layout": PartTool(check_layout, _text, kind="template"),
    "log_figures": PartTool(log_figures, _text),
    "product_settings": PartTool(product_settings, _text),
    "calculate": PartTool(calculate, _text, CalculateArgs),
    "retrieve_templates": PartTool(nearest_templates, _templates, TemplateArgs, "template"),
    "retrieve_knowledge": PartTool(search_notes, _passages, KnowledgeArgs, "knowledge"),
}.items():
    TOOLS.register(_name, lambda found=_tool: found)
