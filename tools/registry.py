"""Every tool, built over one set of services."""

from __future__ import annotations

import uuid
from typing import Any

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel

from tools.classify.classify import classify_tools
from tools.compare import compare_tools
from tools.context import Services
from tools.describe import describe_tools
from tools.detect import detect_tools
from tools.layout import logical_tools
from tools.localize import localize_tools
from tools.report.tool import report_tools
from tools.retrieve import retrieve_tools
from tools.turns import TURNS
from tools.visual_prompt import expert_tools
from tools.zoom import zoom_tools


def build_tools(services: Services) -> list[BaseTool]:
    """Return the tools that both graphs use; names are unique."""
    return [
        *detect_tools(services),
        *localize_tools(services),
        *describe_tools(services),
        *zoom_tools(services),
        *compare_tools(services),
        *logical_tools(services),
        *expert_tools(services),
        *classify_tools(services),
        *retrieve_tools(services),
        *report_tools(services),
    ]


class Toolbox:
    """Calls a tool by name with checked arguments, one at a time in the process."""

    def __init__(self, tools: list[BaseTool]) -> None:
        self.tools = {tool.name: tool for tool in tools}

    def call(self, name: str, **arguments: Any) -> Any:
        """Run the tool and return its artifact. Errors of `anomaly_core.errors` pass through.

        What a model's call needs, LangChain's callbacks and a message, is left out: it costs as much as the
        shorter steps themselves.
        """
        tool = self.tools[name]
        if not isinstance(tool, StructuredTool) or tool.func is None:
            raise TypeError(f"the tool {name} has no function")
        schema = tool.args_schema
        if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
            raise TypeError(f"the tool {name} has no schema of its arguments")
        checked = schema.model_validate(arguments)
        with TURNS.hold():
            _, artifact = tool.func(**dict(checked))
        return artifact

    def message(self, name: str, **arguments: Any) -> ToolMessage:
        """Run the tool and return its message: the words for a model, and the artifact."""
        call = {"type": "tool_call", "id": uuid.uuid4().hex, "name": name, "args": arguments}
        with TURNS.hold():
            message = self.tools[name].invoke(call)
        if not isinstance(message, ToolMessage):
            raise TypeError(f"the tool {name} returned {type(message).__name__}, not a ToolMessage")
        return message
