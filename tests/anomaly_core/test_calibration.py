"""The verdict keeps its stated false-alarm rate, and says how sure it is."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from anomaly_core.errors import ConfigError
from anomaly_core.scoring.calibration import UNCERTAIN_FACTOR, Prior, calibrate

SCORES = (0.11, 0.12, 0.10, 0.13)


@pytest.mark.parametrize("shots", [2, 4, 8, 16])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_good_parts_are_flagged_at_about_the_stated_rate(shots: int, alpha: float) -> None:
    random = np.random.default_rng(7)
    products = 4000
    flagged = 0.0
    for _ in range(products):
        level = random.normal(-2.0, 1.0)
        logs = random.normal(level, Prior().spread, shots + 1)
        calibration = calibrate(np.exp(logs[:shots]), alpha)
        flagged += calibration.judge(math.exp(logs[shots])).anomalous
    error = math.sqrt(alpha * (1 - alpha) / products)
    # The prior makes it cautious where the products' spread is the prior's own: below is allowed, above not.
    assert 0.3 * alpha - 4 * error <= flagged / products <= alpha + 4 * error


def test_the_rate_is_kept_over_products_of_differing_spread() -> None:
    # The prior itself as the world: variances drawn from the scaled inverse chi-squared of weight 4.
    random, alpha, products = np.random.default_rng(3), 0.05, 4000
    flagged = 0
    for _ in range(products):
        spread = Prior().spread * math.sqrt(4.0 / random.chisquare(4.0))
        logs = random.normal(-2.0, spread, 5)
        flagged += calibrate(np.exp(logs[:4]), alpha).judge(math.exp(logs[4])).anomalous
    assert flagged / products == pytest.approx(alpha, abs=4 * math.sqrt(alpha * (1 - alpha) / products))


def test_a_higher_score_never_has_a_higher_p_value() -> None:
    calibration = calibrate(SCORES, 0.05)
    p_values = [calibration.p_value(score) for score in np.linspace(0, 2, 200)]
    assert all(left >= right for left, right in itertools.pairwise(p_values))
    assert all(0 < p <= 1 for p in p_values)
    assert p_values[0] > 0.99
    assert p_values[-1] < 0.001


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("one_shot", [False, True])
def test_the_verdict_turns_at_the_limit(alpha: float, one_shot: bool) -> None:
    calibration = calibrate(SCORES, alpha, one_shot=one_shot)
    assert calibration.p_value(calibration.limit()) == pytest.approx(alpha, rel=1e-6)
    assert not calibration.judge(calibration.limit() * (1 - 1e-6)).anomalous
    assert calibration.judge(calibration.limit() * (1 + 1e-6)).anomalous


def test_the_verdict_carries_what_it_was_made_of() -> None:
    calibration = calibrate(SCORES, 0.05)
    verdict = calibration.judge(0.5)
    assert verdict.raw_score == 0.5
    assert verdict.alpha == 0.05
    assert verdict.score == 1 - verdict.p_value
    assert verdict.p_value == calibration.p_value(0.5)
    assert verdict.anomalous
    assert not verdict.uncertain


def test_uncertain_exactly_within_the_factor_of_alpha() -> None:
    calibration = calibrate(SCORES, 0.05)
    verdicts = [calibration.judge(score) for score in np.linspace(0.08, 0.25, 400)]
    near = [0.05 / UNCERTAIN_FACTOR <= v.p_value < 0.05 * UNCERTAIN_FACTOR for v in verdicts]
    assert [v.uncertain for v in verdicts] == near
    assert any(v.uncertain and v.anomalous for v in verdicts)
    assert any(v.uncertain and not v.anomalous for v in verdicts)


def test_one_shot_is_more_cautious_than_as_many_images() -> None:
    many, one = calibrate(SCORES, 0.05), calibrate(SCORES, 0.05, one_shot=True)
    assert one.spread > many.spread
    assert one.limit() > many.limit()


def test_more_agreeing_shots_narrow_the_limit_and_scattered_ones_widen_it() -> None:
    assert calibrate([0.1] * 16, 0.05).limit() < calibrate([0.1] * 2, 0.05).limit()
    assert calibrate([0.05, 0.1, 0.2], 0.05).limit() > calibrate([0.099, 0.1, 0.101], 0.05).limit()


def test_the_unit_of_the_score_does_not_matter() -> None:
    one, scaled = calibrate(SCORES, 0.05), calibrate(1000 * np.array(SCORES), 0.05)
    assert scaled.p_value(140.0) == pytest.approx(one.p_value(0.14), rel=1e-9)


def test_scores_of_zero_are_calibrated() -> None:
    calibration = calibrate([0.0, 0.0], 0.05)
    assert math.isfinite(calibration.limit())
    assert not calibration.judge(0.0).anomalous
    assert calibration.judge(1.0).anomalous


@pytest.mark.parametrize("scores", [[], [0.1, -0.1], [0.1, math.nan], [math.inf]])
def test_scores_that_cannot_be_calibrated_are_refused(scores: list[float]) -> None:
    with pytest.raises(ConfigError, match="calibration"):
        calibrate(scores, 0.05)
