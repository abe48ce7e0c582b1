"""Alarms of drift while a folder is watched: each change of scores or images that lasts, once."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any, Final

from knowledge.log.drift import Drift, drifts
from knowledge.log.figures import Filter
from knowledge.log.log import InspectionLog

LEAST_SHARE: Final = 20
"""Least pause between two looks at the log, in times that one takes: a million rows take some seconds."""


class DriftAlarms:
    """Looks for drift in the log as it grows. log: None where none is kept; then there is no alarm."""

    def __init__(self, log: InspectionLog | None) -> None:
        self._log = log
        self._known: set[str] = set()
        self._next = 0.0

    def new(self) -> list[Drift]:
        """Return the changes that last and were not returned yet; none before a pause is over.

        Another process returns them again, under the same ids. Raises StoreError.
        """
        started = time.monotonic()
        if self._log is None or started < self._next:
            return []
        lasting = [one for one in self._log.read(lambda held: drifts(held, Filter())) if one.until is None]
        ended = time.monotonic()
        self._next = ended + LEAST_SHARE * (ended - started)
        found = [one for one in lasting if one.id not in self._known]
        self._known |= {one.id for one in found}
        return found


def alarm_object(one: Drift) -> dict[str, Any]:
    """Return an alarm as the object that receivers get."""
    return {"id": one.id, "alarm": "drift", **asdict(one), "advice": one.advice}
