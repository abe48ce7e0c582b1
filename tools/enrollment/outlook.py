"""The forecast of an enrolment in words: what will be caught, what rate is proved, what would help most."""

from __future__ import annotations

from typing import Final

from anomaly_core.forecast import Forecast, SizeForecast

ENOUGH: Final = 0.75
"""Share of simulated defects of a size that counts as found."""


def outlook(forecast: Forecast | None, images: int, supported_rate: float, alpha: float) -> list[str]:
    """Return the forecast as sentences, the last one on what would help most.

    images: good images learned from. supported_rate: see `calibrate.supported_rate`. alpha: the stated rate.
    """
    proved = (
        f"{images} good image{'s' * (images != 1)} without an alarm prove a false-alarm rate of at most "
        f"{supported_rate:.0%}; the stated {alpha:.0%} rests on the spread of their scores."
    )
    if forecast is None:
        return [
            proved,
            "More good images would help most: from one, nothing is known of how good parts differ.",
        ]
    sizes = ", ".join(_size(each) for each in forecast.sizes)
    expected = f"Of simulated defects it fails {sizes}. Real ones may be clearer or fainter."
    return [expected, proved, _advice(forecast, supported_rate, alpha)]


def _size(each: SizeForecast) -> str:
    reviewed = f" and sends {each.reviewed} to review" if each.reviewed else ""
    return f"{each.failed} of {each.defects} {each.size} ones ({each.share:.1%} of the image){reviewed}"


def _advice(forecast: Forecast, supported_rate: float, alpha: float) -> str:
    largest, smallest = forecast.sizes[-1], forecast.sizes[0]
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
