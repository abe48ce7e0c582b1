"""The forecast of an enrolment in words: what will be caught, what rate is proved, what would help most."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path, PurePath
from typing import Final

from anomaly_core.forecast import Forecast, SizeForecast
from tools.enrollment.enroll import EnrollSummary
from tools.phrases import Phrases

FOLDER: Final = Path(__file__).parent / "locale"
NAMED: Final = 4
"""Odd images that are named."""
ENOUGH: Final = 0.75
"""Share of simulated defects of a size that counts as found."""
RARER: Final = 0.2
"""Difference of such shares from which small defects are found less often than large ones."""
OF_SIZE: Final = {
    "small": "Of {defects} simulated small defects ({share} of the image) it fails {failed} and sends "
    "{reviewed} to review.",
    "medium": "Of {defects} simulated medium defects ({share} of the image) it fails {failed} and sends "
    "{reviewed} to review.",
    "large": "Of {defects} simulated large defects ({share} of the image) it fails {failed} and sends "
    "{reviewed} to review.",
}
PIXELS: Final = (
    "Good parts lie on each other, so that pixels are compared: a missing hole, letter or mark is mostly "
    "seen."
)
NO_PIXELS: Final = (
    "Good parts don't lie on each other or differ too much for pixels to be compared: what a good part has "
    "elsewhere, too, such as a wrong letter, may pass."
)


def outlook(summary: EnrollSummary, language: str = "en") -> list[str]:
    """Return the forecast of an enrolment as sentences, the last one on what would help most.

    language: of the sentences, one of the nine of answers.
    """
    say, images = _words_of(language), summary.templates
    rates = {"rate": f"{summary.supported_rate:.0%}", "alpha": f"{summary.alpha:.0%}"}
    proved = say.counted(
        "One good image without an alarm proves a false-alarm rate of at most {rate}; the stated {alpha} "
        "rests on what other products have shown.",
        "{images} good images without an alarm prove a false-alarm rate of at most {rate}; the stated "
        "{alpha} rests on the spread of their scores.",
        images,
        images=images,
        **rates,
    )
    if summary.forecast is None:
        return [
            proved,
            say("More good images would help most: from one, nothing is known of how good parts differ."),
        ]
    expected = [_size(each, say) for each in summary.forecast.sizes]
    advice = _advice(summary.forecast, _odd(summary), summary.supported_rate, summary.alpha, say)
    compared = say(PIXELS if summary.forecast.pixels else NO_PIXELS)
    return [*expected, say("Real defects may be clearer or fainter."), compared, proved, advice]


@cache
def _words_of(language: str) -> Phrases:
    return Phrases(language, FOLDER)


def _odd(summary: EnrollSummary) -> list[str]:
    """Return the names of the images that were learned from although they may be anomalous."""
    return [PurePath(one.image).name for one in summary.findings if one.kind == "defect" and not one.left_out]


def _size(each: SizeForecast, say: Phrases) -> str:
    counts = {"defects": each.defects, "failed": each.failed, "reviewed": each.reviewed}
    return say(OF_SIZE[each.size], share=f"{each.share:.1%}", **counts)


def _found(each: SizeForecast) -> float:
    """Return the share of defects of a size that fail or are to be reviewed."""
    return (each.failed + each.reviewed) / max(each.defects, 1)


def _advice(forecast: Forecast, odd: Sequence[str], supported_rate: float, alpha: float, say: Phrases) -> str:
    largest, smallest = forecast.sizes[-1], forecast.sizes[0]
    if odd and any(each.failed < ENOUGH * each.defects for each in forecast.sizes[1:]):
        return say(
            "Enrolling without {names} would help most, unless good parts may look so: what is odd in an "
            "image is taken for normal, and widens the spread of the scores.",
            names=", ".join(odd[:NAMED]),
        )
    of_large, of_small = _found(largest), _found(smallest)
    if of_large < ENOUGH:
        return say(
            "More good images would help most: even large defects hide among the differences between these; "
            "another encoder (`--encoder`) may see them."
        )
    if of_small < min(ENOUGH, of_large - RARER):
        return say(
            "A higher resolution of the part would help most: small defects are found less often than "
            "large ones."
        )
    if supported_rate > alpha:
        return say("More good images would help most: `iad calibrate` takes them and narrows the rate.")
    return say("Nothing stands out that would help.")
