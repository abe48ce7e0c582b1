"""Looking at the part in hand for a question: each look's words kept as evidence with an id."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from agents.state import Observation
from anomaly_core.errors import IadError
from tools.context import Part
from tools.records import EvidenceRecord
from tools.registry import find_look, look

LONGEST: Final = 1500
"""Characters of a look's words that are kept."""


class Inquiry:
    """The looks of one question, as the context that a chat model's tools find.

    names: the plain words that stand for a path or a file name. found: what was observed, these included.
    bound: arguments by look that no question and no model may set, since they name files.
    """

    def __init__(
        self,
        part: Part,
        names: Mapping[str, str],
        found: Collection[Observation] = (),
        bound: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._part = part
        self._names = names
        self._bound = bound or {}
        self.found = list(found)

    def observe(self, name: str, arguments: Mapping[str, Any]) -> Observation:
        """Look; return the words as evidence. An error that a user can mend is an observation too."""
        try:
            text = look(self._part, name, arguments, **self._bound.get(name, {}))
        except IadError as error:
            text = str(error)
        for raw in sorted(self._names, key=len, reverse=True):
            text = text.replace(raw, self._names[raw])
        text = " ".join(text.split())
        text = text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " ..."
        taken = {one.evidence.id for one in self.found}
        evidence = EvidenceRecord(kind=find_look(name).kind, id=_free_id(name, arguments, taken), text=text)
        self.found.append(Observation(tool=name, evidence=evidence))
        return self.found[-1]

    def look(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Look for a chat model: the words with the id that an answer cites."""
        seen = self.observe(name, arguments).evidence
        return f"[{seen.id}] {seen.text}"


def _free_id(tool: str, arguments: Mapping[str, Any], taken: Collection[str]) -> str:
    """A short id, such as zoom-left-edge, with a number where it is taken."""
    verb = tool.split("_")[0]
    detail = re.sub(r"[^a-z0-9]+", "-", str(arguments.get("place") or "").lower()).strip("-")
    stem = f"{verb}-{detail}" if detail else verb
    return next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, 99))) if name not in taken)
