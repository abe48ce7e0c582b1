"""A layout is learned from good scenes alone, says what is wrong with a bad one, and else is silent."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from anomaly_core.inspection import Verdict
from anomaly_core.layout.model import LAYOUT_SHARE, LayoutModel, LayoutVerdict, combine

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


@pytest.fixture(scope="module")
def model() -> LayoutModel:
    made = LayoutModel.fit([scene(PLAN, seed) for seed in range(4)], alpha=ALPHA)
    assert made is not None
    return made


def judged(model: LayoutModel, plan: tuple[Item, ...], seed: int = 50) -> LayoutVerdict:
    verdict = model.judge(scene(plan, seed))
    assert verdict is not None
    return verdict


def test_unseen_good_scenes_are_good(model: LayoutModel) -> None:
    verdicts = [judged(model, PLAN, seed) for seed in range(100, 125)]
    assert all(v.p_value > ALPHA * LAYOUT_SHARE for v in verdicts)
    assert all(v.findings == () for v in verdicts)
    assert {(v.count, v.expected) for v in verdicts} == {(5, 5)}


def test_a_missing_part_is_named_and_placed(model: LayoutModel) -> None:
    verdict = judged(model, PLAN[:3] + PLAN[4:])
    (finding,) = verdict.findings
    assert finding.kind == "missing"
    assert finding.bbox is not None
    x0, y0, x1, y1 = finding.bbox
    assert (x0 + x1) / 2 == pytest.approx(80, abs=6)
    assert (y0 + y1) / 2 == pytest.approx(200, abs=6)
    assert "missing at the bottom left" in finding.text
    assert "dark" in finding.text
    assert verdict.p_value < ALPHA * LAYOUT_SHARE
    assert verdict.count == 4


def test_a_part_too_many_is_boxed(model: LayoutModel) -> None:
    (finding,) = judged(model, (*PLAN, ("disc", 330, 200))).findings
    assert finding.kind == "extra"
    assert finding.bbox == pytest.approx((306, 176, 355, 225), abs=12)
    assert "too many at the bottom right" in finding.text


def test_a_moved_part_says_how_far(model: LayoutModel) -> None:
    (finding,) = judged(model, (*PLAN[:3], ("dark", 330, 200), PLAN[4])).findings
    assert finding.kind == "moved"
    assert finding.expected is not None
    pixels = int(finding.text.split("moved by ")[1].split()[0])
    assert pixels == pytest.approx(250, abs=12)
    assert "belongs at the bottom left" in finding.text


def test_two_swapped_parts_are_both_named(model: LayoutModel) -> None:
    plan = (("dark", 70, 60), *PLAN[1:3], ("disc", 80, 200), PLAN[4])
    verdict = judged(model, plan)
    assert [f.kind for f in verdict.findings] == ["swapped", "swapped"]
    assert verdict.p_value < ALPHA * LAYOUT_SHARE


def test_two_equal_parts_swapped_are_no_anomaly(model: LayoutModel) -> None:
    verdict = judged(model, (PLAN[2], PLAN[1], PLAN[0], *PLAN[3:]))
    assert verdict.findings == ()


def test_another_part_in_its_place_is_a_change(model: LayoutModel) -> None:
    (finding,) = judged(model, (*PLAN[:4], ("disc", 230, 210))).findings
    assert finding.kind == "changed"


def test_the_whole_tray_shifted_or_brighter_is_no_anomaly(model: LayoutModel) -> None:
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
    model = LayoutModel.fit([loose(seed, kinds) for seed in range(5)], alpha=ALPHA)
    assert model is not None
    assert not model.placed
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
    assert LayoutModel.fit([scene(plan, seed) for seed, plan in enumerate(plans)], alpha=ALPHA) is None


def test_a_texture_has_no_layout() -> None:
    images = [np.random.default_rng(s).integers(60, 200, (200, 200, 3)).astype(np.uint8) for s in range(4)]
    assert LayoutModel.fit(images, alpha=ALPHA) is None


def test_an_image_without_background_is_not_judged(model: LayoutModel) -> None:
    halves = np.zeros((270, 400, 3), np.uint8)
    halves[:, 180:] = 250
    assert model.judge(halves) is None


@pytest.mark.parametrize("placed", [True, False])
def test_the_model_survives_json(model: LayoutModel, placed: bool) -> None:
    spreads = model.spreads.copy()
    if not placed:
        spreads[:, 0] = np.inf
    one = replace(model, spreads=spreads, placed=placed)
    other = LayoutModel.from_meta(json.loads(json.dumps(one.to_meta(), allow_nan=False)))
    bad = scene(PLAN[1:], 9)
    assert one.judge(bad) == other.judge(bad)


def verdict(p_value: float) -> Verdict:
    return Verdict(p_value < ALPHA, 1 - p_value, p_value, False, ALPHA, 0.4)


def layout(p_value: float) -> LayoutVerdict:
    return LayoutVerdict(p_value, 3.0, 5, 5, ())


def test_no_layout_leaves_the_verdict_as_it_is() -> None:
    assert combine(verdict(0.03), None) == verdict(0.03)


def test_either_can_make_it_anomalous() -> None:
    assert combine(verdict(0.5), layout(0.005)).anomalous
    assert combine(verdict(0.02), layout(0.9)).anomalous
    assert not combine(verdict(0.5), layout(0.02)).anomalous
    assert combine(verdict(0.9), layout(0.9)).p_value == 1.0


@pytest.mark.parametrize("dependence", ["independent", "equal", "opposite"])
def test_the_stated_rate_is_kept_however_they_depend(dependence: str) -> None:
    draw = np.random.default_rng(0)
    one = draw.uniform(size=20_000)
    other = {"independent": draw.uniform(size=20_000), "equal": one, "opposite": 1 - one}[dependence]
    alarms = [combine(verdict(float(p)), layout(float(q))).anomalous for p, q in zip(one, other, strict=True)]
    assert np.mean(alarms) <= ALPHA + 0.005
