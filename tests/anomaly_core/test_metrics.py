"""Against scikit-learn, SciPy and references of a few lines."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage, stats
from sklearn import metrics as sk

from anomaly_core.evaluation import metrics


def draw(seed: int, n: int = 60, ties: bool = False) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < 0.4
    labels[:2] = (True, False)
    scores = rng.normal(size=n) + labels
    return (np.round(scores) if ties else scores), labels


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_ranking_measures_agree_with_scikit_learn(seed: int, ties: bool) -> None:
    scores, labels = draw(seed, ties=ties)
    assert metrics.auroc(scores, labels) == pytest.approx(sk.roc_auc_score(labels, scores))
    brute = max(sk.f1_score(labels, scores >= threshold) for threshold in np.unique(scores))
    assert metrics.f1_max(scores, labels) == pytest.approx(brute)


@pytest.mark.parametrize("seed", range(5))
def test_verdict_measures_agree_with_scikit_learn(seed: int) -> None:
    scores, labels = draw(seed)
    verdicts = scores > 0.5
    assert metrics.accuracy(verdicts, labels) == pytest.approx(sk.accuracy_score(labels, verdicts))
    balanced = sk.balanced_accuracy_score(labels, verdicts)
    assert metrics.balanced_accuracy(verdicts, labels) == pytest.approx(balanced)
    tn, fp, fn, tp = sk.confusion_matrix(labels, verdicts).ravel()
    assert metrics.false_alarm_rate(verdicts, labels) == pytest.approx(fp / (fp + tn))
    assert metrics.miss_rate(verdicts, labels) == pytest.approx(fn / (fn + tp))


def test_perfect_reversed_and_constant_scores() -> None:
    labels = [0, 0, 1, 1]
    assert metrics.auroc([1, 2, 3, 4], labels) == 1.0
    assert metrics.auroc([4, 3, 2, 1], labels) == 0.0
    assert metrics.auroc([7, 7, 7, 7], labels) == 0.5
    assert metrics.f1_max([1, 2, 3, 4], labels) == 1.0


def test_a_missing_class_gives_nan() -> None:
    assert math.isnan(metrics.auroc([1.0, 2.0], [1, 1]))
    assert math.isnan(metrics.auroc([], []))
    assert math.isnan(metrics.f1_max([1.0, 2.0], [0, 0]))
    assert math.isnan(metrics.balanced_accuracy([1, 0], [1, 1]))
    assert math.isnan(metrics.false_alarm_rate([1, 0], [1, 1]))
    assert math.isnan(metrics.miss_rate([1, 0], [0, 0]))
    assert math.isnan(metrics.accuracy([], []))
    assert math.isnan(metrics.pixel_auroc([np.zeros((3, 3))], [None]))
    assert math.isnan(metrics.aupro([np.zeros((3, 3))], [None]))
    assert math.isnan(metrics.aupro([np.zeros((3, 3))], [np.ones((3, 3), bool)]))
    assert math.isnan(metrics.aupro([], []))


def test_mistakes_of_the_caller_are_raised() -> None:
    with pytest.raises(ValueError, match="one length"):
        metrics.auroc([1.0, 2.0], [1])
    with pytest.raises(ValueError, match="nan"):
        metrics.auroc([1.0, math.nan], [1, 0])
    with pytest.raises(ValueError, match="0 and 1"):
        metrics.accuracy([0.3, 0.9], [0, 1])
    with pytest.raises(ValueError, match="mask"):
        metrics.aupro([np.zeros((3, 4))], [np.zeros((4, 3), bool)])
    with pytest.raises(ValueError, match="nan"):
        metrics.pixel_auroc([np.full((3, 4), np.nan)], [None])
    with pytest.raises(ValueError, match="masks"):
        metrics.pixel_auroc([np.zeros((3, 4))], [])
    with pytest.raises(ValueError, match="fpr_limit"):
        metrics.aupro([np.zeros((3, 4))], [None], fpr_limit=0.0)


def scene(seed: int, levels: int | None = None) -> tuple[list[NDArray[Any]], list[NDArray[np.bool_] | None]]:
    """Maps of different sizes, one of them of a good image."""
    rng = np.random.default_rng(seed)
    maps: list[NDArray[Any]] = []
    masks: list[NDArray[np.bool_] | None] = []
    for height, width in ((40, 60), (70, 30), (25, 25)):
        mask = np.zeros((height, width), bool)
        mask[3:9, 4:20] = True
        mask[15:18, 2:5] = True
        values = rng.normal(size=mask.shape) + 1.5 * mask
        maps.append(np.round(values * levels) / levels if levels else values)
        masks.append(mask)
    masks[2] = None
    return maps, masks


def brute_aupro(maps: list[NDArray[Any]], masks: list[NDArray[np.bool_] | None], limit: float) -> float:
    full = [np.zeros(m.shape, bool) if k is None else k for m, k in zip(maps, masks, strict=True)]
    labelled = [ndimage.label(k, structure=np.ones((3, 3))) for k in full]
    good = np.concatenate([m[~k] for m, k in zip(maps, full, strict=True)])
    regions = [m[lab == r] for m, (lab, n) in zip(maps, labelled, strict=True) for r in range(1, n + 1)]
    thresholds = np.unique(np.concatenate([m.ravel() for m in maps]))[::-1]
    fpr = np.array([0.0] + [float((good >= t).mean()) for t in thresholds])
    pro = np.array([0.0] + [float(np.mean([(r >= t).mean() for r in regions])) for t in thresholds])
    fine = np.linspace(0, limit, 200_001)
    return float(np.trapezoid(np.interp(fine, fpr, pro), fine) / limit)


@pytest.mark.parametrize("limit", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("levels", [None, 3])
def test_aupro_agrees_with_a_brute_force_reference(levels: int | None, limit: float) -> None:
    maps, masks = scene(1, levels)
    assert metrics.aupro(maps, masks, limit) == pytest.approx(brute_aupro(maps, masks, limit), abs=2e-4)


def test_aupro_of_a_perfect_map_is_one_and_small_regions_count_as_much() -> None:
    mask = np.zeros((50, 50), bool)
    mask[0:20, 0:20] = True
    mask[40:42, 40:42] = True
    assert metrics.aupro([mask.astype(float)], [mask]) == pytest.approx(1.0)
    only_small = np.zeros((50, 50))
    only_small[40:42, 40:42] = 1.0
    # Half the regions at once, the rest tied with all good pixels: a line from (0, 1/2) to (1, 1).
    assert metrics.aupro([only_small], [mask]) == pytest.approx(0.5 + 0.25 * 0.3)


@pytest.mark.parametrize("levels", [None, 3])
def test_pixel_auroc_agrees_with_scikit_learn(levels: int | None) -> None:
    maps, masks = scene(2, levels)
    full = [np.zeros(m.shape, bool) if k is None else k for m, k in zip(maps, masks, strict=True)]
    truth = np.concatenate([k.ravel() for k in full])
    expected = sk.roc_auc_score(truth, np.concatenate([m.ravel() for m in maps]))
    assert metrics.pixel_auroc(maps, masks) == pytest.approx(expected)


def test_binning_of_many_pixels_keeps_the_stated_accuracy(monkeypatch: pytest.MonkeyPatch) -> None:
    maps, masks = scene(3)
    maps[0][0, 0] = 1e9  # one outlier must not coarsen the bins
    exact = metrics.pixel_auroc(maps, masks), metrics.aupro(maps, masks)
    monkeypatch.setattr(metrics, "EXACT_PIXELS", 3000)
    monkeypatch.setattr(metrics, "BINS", 1000)
    assert metrics.pixel_auroc(maps, masks) == pytest.approx(exact[0], abs=2e-3)
    assert metrics.aupro(maps, masks) == pytest.approx(exact[1], abs=5e-3)


def test_rescaling_a_map_changes_nothing() -> None:
    maps, masks = scene(4)
    moved = [np.exp(m / 2) + 3 for m in maps]
    assert metrics.pixel_auroc(moved, masks) == pytest.approx(metrics.pixel_auroc(maps, masks))
    assert metrics.aupro(moved, masks) == pytest.approx(metrics.aupro(maps, masks))


@pytest.mark.parametrize(("k", "n"), [(0, 20), (1, 20), (7, 41), (119, 119)])
def test_wilson_agrees_with_scipy(k: int, n: int) -> None:
    expected = stats.binomtest(k, n).proportion_ci(method="wilson")
    assert metrics.wilson_interval(k, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_wilson_at_its_limits() -> None:
    assert metrics.wilson_interval(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="k"):
        metrics.wilson_interval(3, 2)


def test_the_best_balanced_accuracy_is_that_of_the_best_threshold() -> None:
    draw = np.random.default_rng(0)
    labels = draw.random(60) < 0.4
    scores = np.round(draw.normal(labels * 0.8), 1)
    cuts = [-np.inf, *np.unique(scores), np.inf]
    reference = max(metrics.balanced_accuracy(scores >= cut, labels) for cut in cuts)
    assert metrics.best_balanced_accuracy(scores, labels) == pytest.approx(reference)
    assert metrics.best_balanced_accuracy(-labels.astype(float), labels) == 0.5
    assert math.isnan(metrics.best_balanced_accuracy([1.0, 2.0], [True, True]))
