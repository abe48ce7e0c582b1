"""Writing the defect report from inspection records."""

from __future__ import annotations

from pathlib import Path

from langchain_core.tools import BaseTool, tool
from pydantic import BaseModel, Field

from tools.context import Services
from tools.records import FailureRecord, InspectionRecord


class ReportArgs(BaseModel):
    """Arguments of `write_report`."""

    records: list[InspectionRecord | FailureRecord] = Field(description="what `iad inspect --json` printed")
    out: str = Field(description="the report's file, ending in .html, .pdf, .json or .csv")


def report_tools(services: Services) -> list[BaseTool]:
    """Return `write_report`."""

    @tool(args_schema=ReportArgs, response_format="content_and_artifact")
    def write_report(records: list[InspectionRecord | FailureRecord], out: str) -> tuple[str, str]:
        """Write inspection records as one report file; its ending says the format."""
        path = services.write_report(records, Path(out))
        return f"wrote {path}", str(path)

    return [write_report]
