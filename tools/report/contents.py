"""What is rendered: a report's header, its parts with their pictures, and the files that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tools.records import FailureRecord
from tools.report.pictures import Shown
from tools.report.records import Header, PartRecord, sealed


@dataclass(frozen=True)
class Contents:
    """A report, its parts in order of inspection."""

    header: Header
    shown: Sequence[Shown]
    failures: Sequence[FailureRecord] = ()

    @property
    def parts(self) -> list[PartRecord]:
        """The parts without their pictures."""
        return [one.part for one in self.shown]

    @property
    def inspected(self) -> int:
        """Images that were looked at, those that failed among them."""
        return len(self.shown) + len(self.failures)

    @cached_property
    def sealed(self) -> dict[str, Any]:
        """The report as JSON values with its hashes; see `tools.report.records.sealed`."""
        return sealed(self.header, self.parts, self.failures)
