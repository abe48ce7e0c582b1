"""Reports on inspected images: HTML, PDF, JSON and CSV, chosen by the file's suffix."""

from __future__ import annotations

from tools.report.write import check_format, write_report

__all__ = ["check_format", "write_report"]
