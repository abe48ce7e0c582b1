"""A layout is learned from good scenes alone, says what is wrong with a bad one, and else is silent."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest

from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.imaging.frame import whole_frame_of
from anomaly_core.layout.model import LayoutModel
from anomaly_core.product import INDEPENDENT_SHARE, ProductModel
from anomaly_core.scorers.layout import LayoutScorer, layout_of, stable_components
from anomaly_core.scoring.calibration import Calibration, calibrate
from anomaly_core.scoring.scorer import FEW_SHOT, LAYOUT, Finding, Score, State

Item = tuple[str, int, int]
PLAN: tuple[Item, ...] = (
    ("disc", 70, 60),
    ("bar", 210, 60),
    ("disc", 320, 70),
    ("dark", 80, 200),
    ("bar", 230, 210),
)
ALPHA = 0.05


def scene(plan: tuple[Item, ...], seed: int, *, jitter: float = 3.0, noise: float = 5.0) -> np.ndarray:
    """A tray seen from above: jittered parts, changing light, noise."""
    draw = np.random.default_rng(seed)
    pixels = np.full((270, 400, 3), 120, np.float32)
    for kind, x, y in plan:
        at = (round(x + draw.normal(0, jitter)), round(y + draw.normal(0, jitter)))
        if kind == "disc":
            cv2.circle(pixels, at, 24, (210.0, 70.0, 60.0), -1)
        elif kind == "dark":
            cv2.circle(pixels, at, 30, (35.0, 35.0, 45.0), -1)
        else:
            cv2.rectangle(
                pixels, (at[0] - 45, at[1] - 12), (at[0] + 45, at[1] + 12), (230.0, 230.0, 225.0), -1
            )
    light = draw.normal(1, 0.04) + np.linspace(-0.05, 0.05, 400)[None, :, None] * draw.normal()
    return np.clip(pixels * light + draw.normal(0, noise, pixels.shape), 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Judged:
    """What the layout says of one scene, at its share of the false-alarm rate."""

    p_value: float
    count: int
    expected: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Learned:
    """A layout learned from good scenes, and its calibration."""

    state: State
    calibration: Calibration

    @property
    def model(self) -> LayoutModel:
        return layout_of(self.state)

    def judge(self, pixels: np.ndarray) -> Judged | None:
        image = encoded(pixels)
        score = LayoutScorer().score(image, self.state, {})
        if score is None:
            return None
        p_value, share = self.calibration.p_value(score.log_score), ALPHA * INDEPENDENT_SHARE
        findings = score.findings(self.calibration.limit(share)) if p_value < share else ()
        return Judged(p_value, len(image.components or ()), len(self.model.slots), findings)


def encoded(pixels: np.ndarray) -> EncodedImage:
    return EncodedImage(pixels, whole_frame_of(pixels, 448, 16), ())


def learn(images: Sequence[np.ndarray]) -> Learned | None:
    fit = LayoutScorer().fit([encoded(pixels) for pixels in images], {})
    if fit is None:
        return None
    return Learned(fit.state, calibrate([score.log_score for score in fit.good], prior=fit.prior))


@pytest.fixture(scope="module")
def model() -> Learned:
    made = learn([scene(PLAN, seed) for seed in range(4)])
    assert made is not None
    return made


def judged(model: Learned, plan: tuple[Item, ...], seed: int = 50) -> Judged:
    verdict = model.judge(scene(plan, seed))
    assert verdict is not None
    return verdict


def test_unseen_good_scenes_are_good(model: Learned) -> None:
    verdicts = [judged(model, PLAN, seed) for seed in range(100, 125)]
    assert all(v.p_value > ALPHA * INDEPENDENT_SHARE for v in verdicts)
    assert all(v.findings == () for v in verdicts)
    assert {(v.count, v.expected) for v in verdicts} == {(5, 5)}


def test_a_missing_part_is_named_and_placed(model: Learned) -> None:
    verdict = judged(model, PLAN[:3] + PLAN[4:])
    (finding,) = verdict.findings
    assert finding.kind == "missing"
    assert finding.bbox is not None
    x0, y0, x1, y1 = finding.bbox
    assert (x0 + x1) / 2 == pytest.approx(80, abs=6)
    assert (y0 + y1) / 2 == pytest.approx(200, abs=6)
    assert "missing at the bottom left" in finding.text
    assert "dark" in finding.text
    assert verdict.p_value < ALPHA * INDEPENDENT_SHARE
    assert verdict.count == 4


def test_a_part_too_many_is_boxed(model: Learned) -> None:
    (finding,) = judged(model, (*PLAN, ("disc", 330, 200))).findings
    assert finding.kind == "extra"
    assert finding.bbox == pytest.approx((306, 176, 355, 225), abs=12)
    assert "too many at the bottom right" in finding.text


def test_a_moved_part_says_how_far(model: Learned) -> None:
    (finding,) = judged(model, (*PLAN[:3], ("dark", 330, 200), PLAN[4])).findings
    assert finding.kind == "moved"
    assert finding.expected is not None
    pixels = int(finding.text.split("moved by ")[1].split()[0])
    assert pixels == pytest.approx(250, abs=12)
    assert "belongs at the bottom left" in finding.text


def test_two_swapped_parts_are_both_named(model: Learned) -> None:
    plan = (("dark", 70, 60), *PLAN[1:3], ("disc", 80, 200), PLAN[4])
    verdict = judged(model, plan)
    assert [f.kind for f in verdict.findings] == ["swapped", "swapped"]
    assert verdict.p_value < ALPHA * INDEPENDENT_SHARE


def test_two_equal_parts_swapped_are_no_anomaly(model: Learned) -> None:
    verdict = judged(model, (PLAN[2], PLAN[1], PLAN[0], *PLAN[3:]))
    assert verdict.findings == ()


def test_another_part_in_its_place_is_a_change(model: Learned) -> None:
    (finding,) = judged(model, (*PLAN[:4], ("disc", 230, 210))).findings
    assert finding.kind == "changed"


def test_the_whole_tray_shifted_or_brighter_is_no_anomaly(model: Learned) -> None:
    shifted = np.roll(scene(PLAN, 60), (9, 12), axis=(0, 1))
    brighter = np.clip(scene(PLAN, 61) * 1.12, 0, 255).astype(np.uint8)
    for pixels in (shifted, brighter):
        verdict = model.judge(pixels)
        assert verdict is not None
        assert verdict.findings == ()


def test_loose_parts_are_counted_but_not_placed() -> None:
    def loose(seed: int, kinds: tuple[str, ...]) -> np.ndarray:
        order = np.random.default_rng(seed).permutation(9)[: len(kinds)]
        spots = [(70 + 125 * (int(s) % 3), 50 + 85 * (int(s) // 3)) for s in order]
        plan = tuple((kind, x, y) for kind, (x, y) in zip(kinds, spots, strict=True))
        return scene(plan, seed)

    kinds = ("disc", "disc", "dark", "bar")
    model = learn([loose(seed, kinds) for seed in range(5)])
    assert model is not None
    assert not model.model.placed
    good = [model.judge(loose(seed, kinds)) for seed in range(100, 110)]
    assert all(v is not None and v.findings == () for v in good)
    less = model.judge(loose(70, kinds[1:]))
    assert less is not None
    assert [(f.kind, f.bbox) for f in less.findings] == [("missing", None)]
    other = model.judge(loose(71, ("disc", "bar", "dark", "bar")))
    assert other is not None
    assert {f.kind for f in other.findings} == {"missing", "extra"}


@pytest.mark.parametrize(
    "plans",
    [
        [PLAN, PLAN, PLAN[:4], PLAN],
        [PLAN[:1]] * 4,
        [()] * 4,
        [PLAN] * 2,
    ],
    ids=["other numbers", "one part", "no part", "two images"],
)
def test_without_a_rule_there_is_no_layout(plans: list[tuple[Item, ...]]) -> None:
    assert learn([scene(plan, seed) for seed, plan in enumerate(plans)]) is None


def test_a_texture_has_no_layout() -> None:
    images = [np.random.default_rng(s).integers(60, 200, (200, 200, 3)).astype(np.uint8) for s in range(4)]
    assert learn(images) is None


def test_an_image_without_background_is_not_judged(model: Learned) -> None:
    halves = np.zeros((270, 400, 3), np.uint8)
    halves[:, 180:] = 250
    assert model.judge(halves) is None


@pytest.mark.parametrize("placed", [True, False])
def test_the_model_survives_json(model: Learned, placed: bool) -> None:
    spreads = model.model.spreads.copy()
    if not placed:
        spreads[:, 0] = np.inf
    one = State(meta=replace(model.model, spreads=spreads, placed=placed).to_meta())
    other = State(meta=json.loads(json.dumps(one.meta, allow_nan=False)))
    bad = scene(PLAN[1:], 9)
    assert replace(model, state=one).judge(bad) == replace(model, state=other).judge(bad)


def faint(seed: int) -> np.ndarray:
    """A tray with one part more, nearly as dark as its ground: the light decides whether it is told."""
    pixels = scene(PLAN, seed).astype(np.float32)
    ground = float(pixels[225:235, 145:155].mean())
    cv2.circle(pixels, (330, 200), 24, (0.85 * ground,) * 3, -1)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def test_a_number_of_parts_that_chance_decides_is_no_layout() -> None:
    images = [scene(PLAN, seed) for seed in range(4)]
    assert learn(images) is not None
    counted = {seed: encoded(faint(seed)) for seed in range(40)}
    # As many parts as the others have, yet a brighter or a softer photograph would show another number.
    unsteady = [
        s for s, i in counted.items() if len(i.components or ()) == 5 and stable_components(i) is None
    ]
    steady = [
        s for s, i in counted.items() if len(i.components or ()) == 5 and stable_components(i) is not None
    ]
    assert learn([*images[:3], faint(steady[0])]) is not None
    assert learn([*images[:3], faint(unsteady[0])]) is None


def product(layout: bool) -> ProductModel:
    """A product whose calibrations are uniform in the log-scores' t distribution, of one degree."""
    flat = Calibration(0.0, 1.0, 1.0)
    nothing = np.zeros((1, 1), np.float32)
    return ProductModel(
        states={},
        weights={FEW_SHOT: 1.0},
        calibration=flat,
        language_calibration=None,
        independent={LAYOUT: flat} if layout else {},
        alpha=ALPHA,
        review=0.2,
        embeddings=nothing,
        view_embeddings=nothing,
        good_scores={},
        aligned=False,
        quality=None,
        encoder="",
        fingerprint="",
    )


def scores(p_value: float, layout: float | None = None) -> dict[str, Score]:
    """Scores that have these p-values: Student's t of one degree is Cauchy's distribution."""

    def of(p: float) -> Score:
        return Score(math.tan(math.pi * (0.5 - p)))

    return {FEW_SHOT: of(p_value), **({} if layout is None else {LAYOUT: of(layout)})}


def test_no_layout_leaves_the_verdict_as_it_is() -> None:
    assert product(layout=False).judge(scores(0.03)).p_value == pytest.approx(0.03)
    assert product(layout=True).judge(scores(0.03)).p_value == pytest.approx(0.03)


def test_either_can_make_it_anomalous() -> None:
    both = product(layout=True)
    assert both.judge(scores(0.5, 0.005)).anomalous
    assert both.judge(scores(0.02, 0.9)).anomalous
    assert not both.judge(scores(0.5, 0.02)).anomalous
    assert both.judge(scores(0.9, 0.9)).p_value == 1.0


@pytest.mark.parametrize("dependence", ["independent", "equal", "opposite"])
def test_the_stated_rate_is_kept_however_they_depend(dependence: str) -> None:
    draw = np.random.default_rng(0)
    one = draw.uniform(size=20_000)
    other = {"independent": draw.uniform(size=20_000), "equal": one, "opposite": 1 - one}[dependence]
    both = product(layout=True)
    alarms = [both.judge(scores(float(p), float(q))).anomalous for p, q in zip(one, other, strict=True)]
    assert np.mean(alarms) <= ALPHA + 0.005
