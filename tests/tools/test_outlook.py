"""What an enrolment's forecast advises."""

from __future__ import annotations

import re

import pytest

from anomaly_core.forecast import SIDES, Forecast, SizeForecast
from tools.enrollment.enroll import EnrollSummary
from tools.enrollment.findings import Finding
from tools.enrollment.outlook import outlook


def summary(failed: int, *, left_out: bool = False) -> EnrollSummary:
    sizes = [
        SizeForecast(size=size, share=share, defects=8, failed=count, reviewed=0)
        for size, share, count in (("small", 0.001, 0), ("medium", 0.005, failed), ("large", 0.02, 8))
    ]
    odd = Finding(image="good/13.jpg", kind="defect", reason="perhaps anomalous", left_out=left_out)
    return EnrollSummary("toy", 8, findings=[odd], forecast=Forecast(tuple(sizes), 0.9))


@pytest.mark.parametrize(
    ("found", "advised"),
    [
        (summary(1), "Enrolling without 13.jpg would help most"),
        (summary(7), "A higher resolution of the part would help most"),
        (summary(1, left_out=True), "A higher resolution of the part would help most"),
    ],
)
def test_odd_images_that_hide_defects_are_advised_against(found: EnrollSummary, advised: str) -> None:
    assert outlook(found)[-1].startswith(advised)


def test_one_image_tells_nothing_of_how_parts_differ() -> None:
    assert outlook(EnrollSummary("toy", 1))[-1].startswith("More good images would help most")


@pytest.mark.parametrize("language", ["de", "es", "fr", "it", "ja", "ko", "pt", "zh"])
def test_a_forecast_is_told_in_every_language(language: str) -> None:
    for found in (summary(1), summary(7), summary(8), EnrollSummary("toy", 1)):
        told = outlook(found, language)
        english = outlook(found)
        assert len(told) == len(english) and not set(told) & set(english)
        for own, other in zip(told, english, strict=True):
            assert sorted(re.findall(r"\d[\d.]*", own)) == sorted(re.findall(r"\d[\d.]*", other))


def test_a_higher_resolution_is_not_advised_where_small_defects_are_found_as_often() -> None:
    found_of = {"small": (0.001, 14), "medium": (0.005, 15), "large": (0.02, 16)}
    sizes = [
        SizeForecast(size=size, share=share, defects=20, failed=count, reviewed=0)
        for size, (share, count) in found_of.items()
    ]
    found = outlook(EnrollSummary("label", 4, forecast=Forecast(tuple(sizes), 0.9)))
    assert "resolution" not in found[-1]


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_it_says_whether_pixels_are_compared(language: str) -> None:
    sizes = tuple(SizeForecast(size=size, share=0.01, defects=8, failed=8, reviewed=0) for size in SIDES)
    told = [
        outlook(EnrollSummary("label", 8, forecast=Forecast(sizes, 0.9, pixels)), language)
        for pixels in (True, False)
    ]
    one, other = (set(lines) for lines in told)
    assert len(one - other) == 1 and len(other - one) == 1
