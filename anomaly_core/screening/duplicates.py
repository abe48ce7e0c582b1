"""Near-duplicates: images of one part that differ by noise, light, encoding, a small shift or scale alone.

Two images are registered by phase correlation (Kuglin and Hines, 1975) and refined to an affine map by
Gauss-Newton steps (Lucas and Kanade, 1981). What remains is compared with the noise of the difference itself,
and with what rounding and a small error of the registration leave at edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.screening.traits import Grey, Traits, blurred

MOST_RESIDUAL: Final = 1.4
"""Largest residual of a near-duplicate, see `residual`."""
NEIGHBOURS: Final = 10
"""Images, the most similar ones, that each image is compared with."""
MOST_SHIFT: Final = 0.1
"""Largest shift, as a share of the side."""
ASPECT: Final = 0.04
"""Largest difference of two duplicates' log aspect ratios."""
ROUNDING: Final = 0.6
"""Grey levels of the smoothed difference that rounding and encoding leave."""
EDGE_SHARE: Final = 0.08
"""Share of the local gradient, grey levels a pixel, that an error of registration leaves."""
NOISE_FACTOR: Final = 4.0
"""Largest smoothed difference, in standard deviations of smoothed noise, that noise explains."""
LEAST_AGREEMENT: Final = 0.8
"""Least correlation of two near-duplicates."""
SHADING: Final = 10.0
"""Standard deviation in pixels of the blur whose result, the shading, is no evidence that parts are one."""
SCALES: Final = (1.0, 1.03, 0.97, 1.06, 0.94)
"""Scales that registration starts from."""
STAGES: Final = ((4.0, 4), (1.5, 6))
"""Standard deviation in pixels of the smoothing, and steps, of each stage of the registration."""
SATURATED: Final = 245.0
"""Grey level from which pixels are not compared."""
UPPER: Final = 99.0
"""Percentile of the normalised difference that is the residual."""
MARGIN: Final = 6
SMOOTHING: Final = 1.5
"""Standard deviation in pixels of the smoothing of the difference, which parts survive and noise does not."""
_SMOOTHED_NOISE: Final = 1 / (2 * np.sqrt(np.pi) * SMOOTHING)
"""Standard deviation of unit white noise after smoothing."""


def near_duplicates(traits: Sequence[Traits], similarity: NDArray[np.float32]) -> dict[int, int]:
    """Return each near-duplicate's original: {index: smaller index}.

    similarity: (n, n) of the images' embeddings; each image is compared with the most similar ones.
    """
    first = list(range(len(traits)))

    def root(index: int) -> int:
        while first[index] != index:
            index = first[index]
        return index

    for index in range(len(traits)):
        order = np.argsort(-similarity[index], kind="stable")
        for other in [int(o) for o in order if o != index][:NEIGHBOURS]:
            one, two = root(index), root(other)
            if one != two and residual(traits[index], traits[other]) <= MOST_RESIDUAL:
                first[max(one, two)] = min(one, two)
    return {index: root(index) for index in range(len(traits)) if root(index) != index}


def residual(one: Traits, two: Traits) -> float:
    """Return what noise, encoding, light and a small shift leave unexplained of the difference of two images.

    Above 1: what they do not explain. Infinite where they cannot be registered.
    """
    ratios = [np.log(t.size[1] / t.size[0]) for t in (one, two)]
    if abs(ratios[0] - ratios[1]) > ASPECT:
        return float("inf")
    a, b = one.small.astype(np.float32), two.small.astype(np.float32)
    if a.shape != b.shape:
        if a.size > b.size:
            a, b = b, a
        b = np.asarray(cv2.resize(b, a.shape[::-1], interpolation=cv2.INTER_AREA), dtype=np.float32)
    if min(a.shape) < 4 * MARGIN:
        return float("inf")
    matrix = _registered(a, b)
    if matrix is None:
        return float("inf")
    size = a.shape[::-1]
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    moved = np.asarray(cv2.warpAffine(b, matrix, size, flags=flags), dtype=np.float32)
    ones = np.ones(b.shape, np.float32)
    shown = np.asarray(cv2.warpAffine(ones, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))
    inside = cv2.erode((shown > 0.99).astype(np.uint8), np.ones((2 * MARGIN + 1,) * 2, np.uint8)) > 0
    inside[:MARGIN] = inside[-MARGIN:] = inside[:, :MARGIN] = inside[:, -MARGIN:] = False
    if inside.mean() < 0.5:
        return float("inf")
    # Where the sensor is saturated, no gain relates the two.
    linear = inside & (a < SATURATED) & (moved < SATURATED)
    inside = linear if linear.mean() > 0.1 else inside
    # Light: gain and offset by least squares.
    x, y = moved[inside], a[inside]
    spread = float(x.var())
    gain = float(np.cov(x, y)[0, 1]) / spread if spread > 0 else 1.0
    difference = a - (gain * (moved - x.mean()) + y.mean())
    smooth = np.abs(cv2.GaussianBlur(difference, (0, 0), SMOOTHING))
    soft = cv2.GaussianBlur(a, (0, 0), SMOOTHING)
    gradient = np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)) / 8
    if _agreement(a, moved, inside) < LEAST_AGREEMENT:
        return float("inf")
    explained = (
        ROUNDING + EDGE_SHARE * gradient + NOISE_FACTOR * _SMOOTHED_NOISE * noise_of(difference, inside)
    )
    return float(np.percentile((smooth / explained)[inside], UPPER))


def _agreement(a: Grey, b: Grey, inside: NDArray[np.bool_]) -> float:
    """Return the correlation of two images, smoothed and without shading."""
    x, y = (_unshaded(blurred(v, SMOOTHING))[inside] for v in (a, b))
    norms = float(np.sqrt((x**2).sum() * (y**2).sum()))
    return float((x * y).sum()) / norms if norms > 0 else 0.0


def noise_of(difference: Grey, inside: NDArray[np.bool_]) -> float:
    """Return the standard deviation of white noise in an image, from its diagonal second differences.

    (Immerkaer, 1996; the median in place of the mean, since structure is rare at this scale.)
    """
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    high = np.abs(cv2.filter2D(difference, cv2.CV_32F, kernel))[inside]
    return float(np.median(high)) / 0.6745 / 6.0


def _registered(a: Grey, b: Grey) -> NDArray[np.float32] | None:
    """Return the (2, 3) map from a's to b's coordinates, or None where none is found.

    Shading stays where it is when a part moves, and would hold the two where they are: it is subtracted.
    """
    x, y = _unshaded(a), _unshaded(b)
    matrix = _start(x, y)
    for blur, count in STAGES:
        soft_x, soft_y = (blurred(v, blur) for v in (x, y))
        for _ in range(count):
            step = _step(soft_x, soft_y, matrix)
            if step is None:
                return None
            matrix = (np.vstack([matrix, [0, 0, 1]]) @ np.vstack([step, [0, 0, 1]]))[:2].astype(np.float32)
            if np.abs(matrix[:, :2] - np.eye(2)).max() > MOST_SHIFT:
                return None
    return matrix


def _step(x: Grey, y: Grey, matrix: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """Return the (2, 3) affine map after which `matrix` fits better: a Gauss-Newton step."""
    height, width = x.shape
    moved = _moved(y, matrix, (width, height))
    inner = (slice(height // 8, -height // 8), slice(width // 8, -width // 8))
    dx = cv2.Sobel(moved, cv2.CV_32F, 1, 0)[inner].ravel() / 8
    dy = cv2.Sobel(moved, cv2.CV_32F, 0, 1)[inner].ravel() / 8
    rows, columns = (np.asarray(v[inner].ravel(), np.float32) for v in np.mgrid[:height, :width])
    terms = np.stack([dx * columns, dx * rows, dx, dy * columns, dy * rows, dy, moved[inner].ravel()])
    normal = (terms @ terms.T).astype(np.float64)
    normal[np.diag_indices(7)] *= 1 + 1e-6
    try:
        found = np.linalg.solve(normal, (terms @ (x - moved)[inner].ravel()).astype(np.float64))
    except np.linalg.LinAlgError:  # a flat image
        return None
    return np.asarray(found[:6].reshape(2, 3) + np.eye(2, 3), dtype=np.float64)


def _start(x: Grey, y: Grey) -> NDArray[np.float32]:
    """Return the (2, 3) map to begin with: the best of all scales, with and without a shift.

    The shift is that of phase correlation, which may be off by a period of a pattern.
    """
    soft_x, soft_y = (blurred(v, 4.0) for v in (x, y))
    height, width = x.shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    candidates = []
    for scale in SCALES:
        offset = (1 - scale) * np.array([width / 2, height / 2])
        start = np.column_stack([scale * np.eye(2), offset]).astype(np.float32)
        candidates.append(start)
        # OpenCV 5 multiplies the window into its inputs where their size suits the transform: copies.
        (dx, dy), _ = cv2.phaseCorrelate(x.copy(), _moved(y, start, (width, height)), window)
        if max(abs(dx) / width, abs(dy) / height) <= MOST_SHIFT:
            shift = np.array([[0, 0, scale * dx], [0, 0, scale * dy]], np.float32)
            candidates.append(np.asarray(start + shift, dtype=np.float32))
    inner = (slice(height // 8, -height // 8), slice(width // 8, -width // 8))

    def agreement(start: NDArray[np.float32]) -> float:
        found = _moved(soft_y, start, (width, height))[inner]
        return float((soft_x[inner] * found).sum()) / (float(np.sqrt((found**2).sum())) + 1e-6)

    return max(candidates, key=agreement)


def _moved(image: Grey, matrix: NDArray[np.float32], size: tuple[int, int]) -> Grey:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, matrix, size, flags=flags), dtype=np.float32)


def _unshaded(grey: Grey) -> Grey:
    return np.asarray(grey - blurred(grey, SHADING), dtype=np.float32)
