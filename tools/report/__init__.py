"""Reports on inspected images as HTML, PDF, JSON or CSV."""

from __future__ import annotations

from tools.report.write import check_format, write_report

__all__ = ["check_format", "write_report"]
