"""What the log holds of one part beside its verdict: when, by whom, at which station, of which lot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agents.answers.log.figures import Told, local, shown
from agents.answers.topic import Reply
from agents.questions.log.several_figures import OfARow, of_a_row
from tools.history_record import LoggedRecord

_HELD: Final[Mapping[OfARow, str]] = {
    "operator": "It was inspected by {name} [{id}].",
    "station": "It was inspected at station {name} [{id}].",
    "lot": "It is of lot {name} [{id}].",
}
_UNHELD: Final[Mapping[OfARow, str]] = {
    "operator": "It is not logged who inspected it [{id}].",
    "station": "It is not logged at which station it was inspected [{id}].",
    "lot": "It is not logged of which lot it is [{id}].",
}


def of_row(told: Told, row: LoggedRecord) -> Reply:
    """Say what a question asks of a part, the first of it as first words."""
    asked = of_a_row(told.topic.text, told.topic.asked.spoken)
    held = {"operator": row.operator, "station": row.station, "lot": row.lot}
    body = [
        told(_UNHELD[one] if (name := held[one]) is None else _HELD[one], name=name)
        for one in asked
        if one != "when"
    ]
    first = None if not asked else shown(local(row.at)) if asked[0] == "when" else held[asked[0]]
    return Reply("" if first is None else f"{first}.", body)
