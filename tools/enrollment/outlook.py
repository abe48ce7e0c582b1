"""The forecast of an enrolment in words: what will be caught, what rate is proved, what would help most."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from anomaly_core.forecast import Forecast, SizeForecast
from tools.enrollment.enroll import EnrollSummary

NAMED: Final = 4
"""Odd images that are named."""
ENOUGH: Final = 0.75
"""Share of simulated defects of a size that counts as found."""


def outlook(summary: EnrollSummary) -> list[str]:
    """Return the forecast of an enrolment as sentences, the last one on what would help most."""
    images, proves, alpha = summary.templates, summary.supported_rate, summary.alpha
    proved = (
        f"{images} good image{'s' * (images != 1)} without an alarm prove a false-alarm rate of at most "
        f"{proves:.0%}; the stated {alpha:.0%} rests on the spread of their scores."
    )
    if summary.forecast is None:
        return [
            proved,
            "More good images would help most: from one, nothing is known of how good parts differ.",
        ]
    sizes = ", ".join(_size(each) for each in summary.forecast.sizes)
    expected = f"Of simulated defects it fails {sizes}. Real ones may be clearer or fainter."
    return [expected, proved, _advice(summary.forecast, _odd(summary), proves, alpha)]


def _odd(summary: EnrollSummary) -> list[str]:
    """Return the names of the images that were learned from although they may be anomalous."""
    return [PurePath(one.image).name for one in summary.findings if one.kind == "defect" and not one.left_out]


def _size(each: SizeForecast) -> str:
    reviewed = f" and sends {each.reviewed} to review" if each.reviewed else ""
    return f"{each.failed} of {each.defects} {each.size} ones ({each.share:.1%} of the image){reviewed}"


def _advice(forecast: Forecast, odd: Sequence[str], supported_rate: float, alpha: float) -> str:
    largest, smallest = forecast.sizes[-1], forecast.sizes[0]
    if odd and any(each.failed < ENOUGH * each.defects for each in forecast.sizes[1:]):
        return (
            f"Enrolling without {', '.join(odd[:NAMED])} would help most, unless good parts may look so: "
            "what is odd in an image is taken for normal, and widens the spread of the scores."
        )
    if (largest.failed + largest.reviewed) < ENOUGH * largest.defects:
        return (
            "More good images would help most: even large defects hide among the differences between these; "
            "another encoder (`--encoder`) may see them."
        )
    if (smallest.failed + smallest.reviewed) < ENOUGH * smallest.defects:
        return "A higher resolution of the part would help most: large defects are found, small ones are not."
    if supported_rate > alpha:
        return "More good images would help most: `iad calibrate` takes them and narrows the rate."
    return "Nothing stands out that would help."
