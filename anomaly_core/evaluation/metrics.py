"""Metrics of detection and localisation, with confidence intervals.

`labels` and `predictions` are (n,), true or 1 for anomalous; `scores` are (n,), larger is more anomalous. A
metric that is undefined because a class is absent is nan. Unequal shapes and nan scores raise ValueError.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from statistics import NormalDist
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Metric = Callable[[Any, Any], float]

EXACT_PIXELS: Final = 2**23
"""Largest total number of pixels for which pixel metrics use every distinct score as a threshold."""
BINS: Final = 20_000
"""Number of thresholds, at equal quantiles of the scores, above `EXACT_PIXELS`."""


def auroc(scores: ArrayLike, labels: ArrayLike) -> float:
    """Area under the ROC curve: the probability that an anomalous image outscores a good one, ties half.

    Returns a value in [0, 1], nan with one class only.
    """
    s, y = _scored(scores, labels)
    positives, negatives = int(y.sum()), int((~y).sum())
    if not positives or not negatives:
        return math.nan
    rank_sum = float(rankdata(s)[y].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def f1_max(scores: ArrayLike, labels: ArrayLike) -> float:
    """The largest F1 over all thresholds; an upper bound, since the threshold depends on the labels.

    Returns a value in (0, 1], nan without an anomalous image.
    """
    hits, called = _curve(scores, labels)
    if not hits.size or hits[-1] == 0:
        return math.nan
    return float((2 * hits / (called + hits[-1])).max())


def pixel_auroc(maps: Sequence[NDArray[Any]], masks: Sequence[Bools | None]) -> float:
    """AUROC over all pixels of all images together.

    maps: (H, W) anomaly maps, of any sizes. masks: the same sizes, true on the defect; None for a good image.
    Exact up to `EXACT_PIXELS` pixels in all; above, within about 1 / BINS.
    Returns a value in [0, 1], nan where no pixel, or every pixel, is anomalous.
    """
    edges = _thresholds(maps)
    positive, negative = np.zeros(edges.size + 1), np.zeros(edges.size + 1)
    for values, mask in _pairs(maps, masks):
        bins = np.searchsorted(edges, values, side="right")
        positive += np.bincount(bins[mask], minlength=positive.size)
        negative += np.bincount(bins[~mask], minlength=negative.size)
    if positive.sum() == 0 or negative.sum() == 0:
        return math.nan
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / (positive.sum() * negative.sum()))


def aupro(maps: Sequence[NDArray[Any]], masks: Sequence[Bools | None], fpr_limit: float = 0.3) -> float:
    """Area under the per-region-overlap curve up to a false-positive rate, divided by that rate.

    Bergmann et al., "Uninformed Students", CVPR 2020, arXiv 1911.02357: the overlap is averaged over the
    8-connected regions of the ground truth, whatever their size; the false-positive rate is over the good
    pixels of all images. Arguments and exactness as in `pixel_auroc`.
    Returns a value in [0, 1], nan without an anomalous or without a good pixel.
    """
    if not 0 < fpr_limit <= 1:
        raise ValueError(f"fpr_limit must be in (0, 1], not {fpr_limit}")
    edges = _thresholds(maps)
    overlap, false = np.zeros(edges.size + 1), np.zeros(edges.size + 1)
    regions = 0
    for values, mask in _pairs(maps, masks):
        bins = np.searchsorted(edges, values, side="right")
        false += np.bincount(bins[~mask], minlength=false.size)
        if mask.any():
            count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
            share = 1.0 / np.maximum(np.bincount(labels.ravel(), minlength=count), 1)
            overlap += np.bincount(bins[mask], weights=share[labels[mask]], minlength=overlap.size)
            regions += count - 1
    if regions == 0 or false.sum() == 0:
        return math.nan
    # From the highest threshold down; the curve starts at (0, 0).
    fpr = np.concatenate([[0.0], np.cumsum(false[::-1]) / false.sum()])
    pro = np.concatenate([[0.0], np.cumsum(overlap[::-1]) / regions])
    inside = fpr <= fpr_limit
    x = np.append(fpr[inside], fpr_limit)
    # At equal rates the last overlap counts, so the limit itself is interpolated past a jump.
    last = int(inside.sum()) - 1
    if last + 1 < fpr.size:
        step = (fpr_limit - fpr[last]) / (fpr[last + 1] - fpr[last])
        at_limit = pro[last] + step * (pro[last + 1] - pro[last])
    else:
        at_limit = pro[-1]
    y = np.append(pro[inside], at_limit)
    return float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum() / fpr_limit)


def accuracy(predictions: ArrayLike, labels: ArrayLike) -> float:
    """Share of correct verdicts, in [0, 1]; nan without images."""
    p, y = _verdicts(predictions, labels)
    return float((p == y).mean()) if y.size else math.nan


def balanced_accuracy(predictions: ArrayLike, labels: ArrayLike) -> float:
    """Mean of the accuracy on good and on anomalous images, in [0, 1]; nan with one class only."""
    return 1.0 - (false_alarm_rate(predictions, labels) + miss_rate(predictions, labels)) / 2


def best_balanced_accuracy(scores: ArrayLike, labels: ArrayLike) -> float:
    """The largest balanced accuracy over all thresholds; an upper bound, as `f1_max`.

    Returns a value in [0.5, 1], nan with one class only.
    """
    s, y = _scored(scores, labels)
    positives, negatives = int(y.sum()), int((~y).sum())
    if not positives or not negatives:
        return math.nan
    hits, called = _curve(s, y)
    rates = hits / positives + 1 - (called - hits) / negatives
    return max(0.5, float(rates.max()) / 2)


def false_alarm_rate(predictions: ArrayLike, labels: ArrayLike) -> float:
    """Share of the good images judged anomalous, in [0, 1]; nan without a good image."""
    p, y = _verdicts(predictions, labels)
    return float(p[~y].mean()) if (~y).any() else math.nan


def miss_rate(predictions: ArrayLike, labels: ArrayLike) -> float:
    """Share of the anomalous images judged good, in [0, 1]; nan without an anomalous image."""
    p, y = _verdicts(predictions, labels)
    return float((~p[y]).mean()) if y.any() else math.nan


def wilson_interval(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a proportion k / n; (0, 1) where n is 0.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
    """
    if not 0 <= k <= n or not 0 < level < 1:
        raise ValueError(f"0 <= k <= n and 0 < level < 1 are needed, not k={k}, n={n}, level={level}")
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + level / 2)
    p, shrink = k / n, 1 + z * z / n
    middle = (p + z * z / (2 * n)) / shrink
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / shrink
    # At k = 0 and k = n the bound is exactly 0 or 1, free of rounding errors.
    return (0.0 if k == 0 else middle - half), (1.0 if k == n else middle + half)


def _scored(scores: ArrayLike, labels: ArrayLike) -> tuple[Floats, Bools]:
    s, y = np.asarray(scores, dtype=np.float64), np.asarray(labels)
    if s.ndim != 1 or s.shape != y.shape:
        raise ValueError(f"scores and labels must be (n,) of one length, not {s.shape} and {y.shape}")
    if np.isnan(s).any():
        raise ValueError("a score is nan")
    return s, _as_bool(y)


def _verdicts(predictions: ArrayLike, labels: ArrayLike) -> tuple[Bools, Bools]:
    p, y = np.asarray(predictions), np.asarray(labels)
    if p.ndim != 1 or p.shape != y.shape:
        raise ValueError(f"predictions and labels must be (n,) of one length, not {p.shape} and {y.shape}")
    return _as_bool(p), _as_bool(y)


def _as_bool(values: NDArray[Any]) -> Bools:
    if values.dtype != np.bool_ and not np.isin(values, (0, 1)).all():
        raise ValueError("labels and predictions must be booleans or 0 and 1")
    return values.astype(np.bool_)


def _curve(scores: ArrayLike, labels: ArrayLike) -> tuple[Floats, Floats]:
    """Return, at each distinct score from the highest, the anomalous images and all images at or above it."""
    s, y = _scored(scores, labels)
    order = np.argsort(-s, kind="stable")
    last = np.append(np.diff(s[order]) != 0, True) if s.size else np.zeros(0, np.bool_)
    hits = np.cumsum(y[order], dtype=np.float64)[last]
    return hits, (np.flatnonzero(last) + 1).astype(np.float64)


def _pairs(
    maps: Sequence[NDArray[Any]], masks: Sequence[Bools | None]
) -> Iterator[tuple[NDArray[Any], Bools]]:
    if len(maps) != len(masks):
        raise ValueError(f"{len(maps)} maps but {len(masks)} masks")
    for index, (values, mask) in enumerate(zip(maps, masks, strict=True)):
        full = np.zeros(values.shape, np.bool_) if mask is None else np.asarray(mask, dtype=np.bool_)
        if values.ndim != 2 or values.shape != full.shape:
            raise ValueError(f"map {index} is {values.shape}, its mask {full.shape}; both must be (H, W)")
        if np.isnan(values).any():
            raise ValueError(f"map {index} holds nan")
        yield values, full


def _thresholds(maps: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return rising thresholds; a score belongs to the bin above the last threshold that it reaches."""
    total = sum(values.size for values in maps)
    if total <= EXACT_PIXELS:
        return np.unique(np.concatenate([values.ravel() for values in maps])) if maps else np.zeros(0)
    step = -(-total // EXACT_PIXELS)
    sample = np.concatenate([values.ravel()[::step] for values in maps])
    return np.unique(np.quantile(sample, np.linspace(0, 1, BINS), method="higher"))
