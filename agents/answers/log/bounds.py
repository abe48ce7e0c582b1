"""Answers that hold the log against a number: "is the reject rate below 5%?", "if alpha had been 0.01"."""

from __future__ import annotations

from typing import Final

from agents.answers.log.figures import Told
from agents.answers.topic import Reply
from tools.log_question import BoundRecord

TOLD: Final = 0.05
"""Difference of shares in percent up to which they are told with the same figures."""


def against(told: Told, bound: BoundRecord) -> Reply | None:
    """Return whether a question's figure is on the side of its number that it asks for; None without parts.

    Whether it is too much, no number of the log says.
    """
    found = told.found
    if not found.counts.all:
        return None
    measured = told.share() if bound.percent else told.counted()
    if bound.sense == "excess":
        return Reply("", [told("No limit for that is known [{id}]."), measured])
    value = 100 * found.number / found.counts.all if bound.percent else found.number
    yes = is_beyond(value, bound)
    return Reply(told.topic.yes_no(yes), [measured], yes)


def is_beyond(value: float, bound: BoundRecord) -> bool:
    """Return whether a figure is on the side of a number that a question asks for; never of excess."""
    return {
        "above": value > bound.value,
        "below": value < bound.value,
        "no_less": value >= bound.value,
        "no_more": value <= bound.value,
        "equal": abs(value - bound.value) < TOLD,
    }[bound.sense]


def supposed(told: Told) -> Reply:
    """Say how many parts would have failed at the false-alarm rate that a question supposes."""
    found = told.found
    message = (
        "{number} of {count} inspected parts have a p-value below {alpha} {period}; corrections by people "
        "are not counted in it [{id}]."
    )
    return Reply("", [told(message, number=found.below, count=found.counts.all, alpha=f"{found.alpha:g}")])
