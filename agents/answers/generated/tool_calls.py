"""Tool calls of one question, with their results kept as evidence."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from agents.answers.evidence import without_names
from agents.answers.generated.guardrails import CALCULATED, numbers
from agents.state import Observation
from anomaly_core.errors import IadError
from tools.context import Part
from tools.records import EvidenceRecord
from tools.registry import call_tool, find_tool

LONGEST: Final = 1500
"""Most characters of a tool's result."""


class ToolCalls:
    """The tool calls of one question; the runtime context of a chat model's tools.

    names: plain words for paths and file names. found: observations so far. bound: arguments by tool that
    only this program sets, since they name files. evidence: what stood before any call; a calculation may use
    its numbers, and those of the observations.
    """

    def __init__(
        self,
        part: Part,
        names: Mapping[str, str],
        found: Collection[Observation] = (),
        bound: Mapping[str, Mapping[str, Any]] | None = None,
        evidence: Sequence[EvidenceRecord] = (),
    ) -> None:
        self._part = part
        self._names = names
        self._bound = bound or {}
        self._evidence = evidence
        self.found = list(found)

    def call(self, name: str, arguments: Mapping[str, Any], intent: int = -1) -> Observation:
        """Call a tool; return its words as evidence. An error that a user can remedy is an observation too.

        intent: see `Observation`.
        """
        values: dict[str, Any] = {}
        try:
            text, values = call_tool(self._part, name, arguments, **self._bound_of(name))
        except IadError as error:
            text = str(error)
        text = " ".join(without_names(text, self._names).split())
        text = text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " ..."
        taken = {one.evidence.id for one in self.found}
        evidence = EvidenceRecord(kind=find_tool(name).kind, id=_free_id(name, arguments, taken), text=text)
        self.found.append(Observation(tool=name, evidence=evidence, values=values, intent=intent))
        return self.found[-1]

    def _bound_of(self, name: str) -> Mapping[str, Any]:
        if name != CALCULATED:
            return self._bound.get(name, {})
        seen = (*self._evidence, *(one.evidence for one in self.found))
        return {"known": [value for item in seen for value in numbers(item.text)]}

    def call_tool(self, name: str, arguments: Mapping[str, Any]) -> str:
        """PartTool for a chat model: the words with the id that an answer cites."""
        seen = self.call(name, arguments).evidence
        return f"[{seen.id}] {seen.text}"


def _free_id(tool: str, arguments: Mapping[str, Any], taken: Collection[str]) -> str:
    """Return a short id, such as zoom-left-edge, with a number where it is taken."""
    verb = tool.split("_")[0]
    detail = re.sub(r"[^a-z0-9]+", "-", str(arguments.get("place") or "").lower()).strip("-")
    stem = f"{verb}-{detail}" if detail else verb
    return next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, 99))) if name not in taken)
