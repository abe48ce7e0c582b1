"""The verdict keeps its stated false-alarm rate, and says how sure it is."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from anomaly_core.errors import ConfigError
from anomaly_core.results import UNCERTAIN_FACTOR, Verdict
from anomaly_core.scorers.few_shot import FEW_SHOT_PRIOR
from anomaly_core.scoring.calibration import Calibration, Prior, calibrate, log_of

LOGS = np.log((0.11, 0.12, 0.10, 0.13))


def judge(calibration: Calibration, score: float, alpha: float = 0.05) -> Verdict:
    return Verdict(calibration.log_p(log_of(score)), alpha, max(alpha, 0.2))


@pytest.mark.parametrize("prior", [Prior(), FEW_SHOT_PRIOR.model_copy(update={"shot_exponent": 0.0})])
@pytest.mark.parametrize("shots", [2, 4, 8, 16])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_good_parts_are_flagged_at_about_the_stated_rate(shots: int, alpha: float, prior: Prior) -> None:
    random = np.random.default_rng(7)
    products = 4000
    flagged = 0.0
    for _ in range(products):
        level = random.normal(-2.0, 1.0)
        logs = random.normal(level, prior.spread, shots + 1)
        flagged += judge(calibrate(logs[:shots], prior=prior), math.exp(logs[shots]), alpha).anomalous
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
        flagged += judge(calibrate(logs[:4]), math.exp(logs[4]), alpha).anomalous
    assert flagged / products == pytest.approx(alpha, abs=4 * math.sqrt(alpha * (1 - alpha) / products))


@pytest.mark.parametrize("shots", [4, 8])
def test_one_odd_good_image_does_not_hide_defects(shots: int) -> None:
    clipped = Prior(clip=3.0)
    even = np.random.default_rng(1).normal(-2.0, 0.05, shots)
    odd = np.append(even[1:], -0.5)
    usual, aware, blind = (
        calibrate(logs, prior=prior).limit(0.05)
        for logs, prior in ((even, clipped), (odd, clipped), (odd, Prior()))
    )
    assert usual < aware < 0.5 * blind
    # Where scores differ much by themselves, none of them is odd.
    wide = np.linspace(-3.0, -1.0, shots)
    assert calibrate(wide, prior=clipped) == calibrate(wide)


def test_a_prior_of_less_weight_believes_the_images_more() -> None:
    narrow, wide = np.array([-2.0, -2.01, -1.99, -2.0]), np.array([-2.5, -1.5, -2.4, -1.6])
    light, heavy = Prior(weight=1.0), Prior(weight=16.0)
    assert calibrate(narrow, prior=light).spread < calibrate(narrow, prior=heavy).spread
    assert calibrate(wide, prior=light).spread > calibrate(wide, prior=heavy).spread


def test_a_higher_score_never_has_a_higher_p_value() -> None:
    calibration = calibrate(LOGS)
    p_values = [calibration.p_value(log_of(score)) for score in np.linspace(0, 2, 200)]
    assert all(left >= right for left, right in itertools.pairwise(p_values))
    assert all(0 < p <= 1 for p in p_values)
    assert p_values[0] > 0.99
    assert p_values[-1] < 0.001


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("one_shot", [False, True])
def test_the_verdict_turns_at_the_limit(alpha: float, one_shot: bool) -> None:
    calibration = calibrate(LOGS, one_shot=one_shot)
    limit = calibration.limit(alpha)
    assert calibration.p_value(math.log(limit)) == pytest.approx(alpha, rel=1e-6)
    assert not judge(calibration, limit * (1 - 1e-6), alpha).anomalous
    assert judge(calibration, limit * (1 + 1e-6), alpha).anomalous


def test_the_verdict_carries_what_it_was_made_of() -> None:
    calibration = calibrate(LOGS)
    verdict = judge(calibration, 0.5)
    assert verdict.alpha == 0.05
    assert verdict.review == 0.2
    assert verdict.score == 1 - verdict.p_value
    assert verdict.p_value == calibration.p_value(math.log(0.5))
    assert verdict.decision == "fail"
    assert verdict.anomalous
    assert not verdict.uncertain


@pytest.mark.parametrize(
    ("p_value", "decision"),
    [(0.01, "fail"), (0.049, "fail"), (0.051, "review"), (0.19, "review"), (0.3, "pass")],
)
def test_three_decisions(p_value: float, decision: str) -> None:
    verdict = Verdict(math.log(p_value), 0.05, 0.2)
    assert verdict.decision == decision
    assert verdict.anomalous == (decision == "fail")


def test_uncertain_exactly_within_the_factor_of_alpha() -> None:
    calibration = calibrate(LOGS)
    verdicts = [judge(calibration, score) for score in np.linspace(0.08, 0.25, 400)]
    near = [0.05 / UNCERTAIN_FACTOR <= v.p_value < 0.05 * UNCERTAIN_FACTOR for v in verdicts]
    assert [v.uncertain for v in verdicts] == near
    assert any(v.uncertain and v.anomalous for v in verdicts)
    assert any(v.uncertain and not v.anomalous for v in verdicts)


def test_one_shot_is_more_cautious_than_as_many_images() -> None:
    many, one = calibrate(LOGS), calibrate(LOGS, one_shot=True)
    assert one.spread > many.spread
    assert one.limit(0.05) > many.limit(0.05)


def test_one_shot_is_held_to_the_level_that_products_have_where_its_views_tell_little() -> None:
    views = [-2.0, -2.1]
    uncertain = Prior(one_shot_spread=0.3, one_shot_level=-1.0, one_shot_level_spread=0.1)
    trusted = uncertain.model_copy(update={"one_shot_spread": 0.03})
    location, far = (calibrate(views, one_shot=True, prior=p).location for p in (uncertain, trusted))
    # Inverse variances of .3 and .1 are as 1 to 9, of .03 and .1 as 100 to 9.
    assert location == pytest.approx((1 * -2.05 + 9 * -1.0) / 10)
    assert far == pytest.approx((100 * -2.05 + 9 * -1.0) / 109)
    alone = calibrate(views, one_shot=True, prior=Prior(one_shot_spread=0.3))
    assert alone.location == pytest.approx(-2.05)
    assert alone.spread > calibrate(views, one_shot=True, prior=uncertain).spread


def test_more_agreeing_shots_narrow_the_limit_and_scattered_ones_widen_it() -> None:
    def limit(*scores: float) -> float:
        return calibrate(np.log(scores)).limit(0.05)

    assert limit(*[0.1] * 16) < limit(*[0.1] * 2)
    assert limit(0.05, 0.1, 0.2) > limit(0.099, 0.1, 0.101)


def test_the_unit_of_the_score_does_not_matter() -> None:
    one, scaled = calibrate(LOGS), calibrate(LOGS + math.log(1000))
    assert scaled.p_value(math.log(140.0)) == pytest.approx(one.p_value(math.log(0.14)), rel=1e-9)


def test_scores_of_zero_are_calibrated() -> None:
    calibration = calibrate([log_of(0.0), log_of(0.0)])
    assert math.isfinite(calibration.limit(0.05))
    assert not judge(calibration, 0.0).anomalous
    assert judge(calibration, 1.0).anomalous


@pytest.mark.parametrize("logs", [[], [0.1, math.nan], [math.inf], [-math.inf]])
def test_scores_that_cannot_be_calibrated_are_refused(logs: list[float]) -> None:
    with pytest.raises(ConfigError, match="calibration"):
        calibrate(logs)


def test_a_spread_that_is_known_otherwise_bounds_that_of_few_images() -> None:
    own = calibrate(LOGS)
    assert calibrate(LOGS, least_spread=own.spread / 2) == own
    wider = calibrate(LOGS, least_spread=2 * own.spread)
    assert (wider.location, wider.spread) == (own.location, 2 * own.spread)
