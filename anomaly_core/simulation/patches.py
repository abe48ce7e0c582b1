"""Patches of simulated anomalies: random size, shape and place, and blending into the image.

As in Natural Synthetic Anomalies (Schlueter et al., ECCV 2022, arXiv 2109.15222) and CutPaste with its scars
(Li et al., CVPR 2021, arXiv 2104.04015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.config import SimulationConfig

Pixels = NDArray[np.uint8]
Bools = NDArray[np.bool_]
MARGIN: Final = 4
"""Pixels of source and target around a patch, for the boundary of the Poisson equation."""

MIN_SIDE: Final = 4
"""Least side of a patch in pixels; OpenCV cannot clone one of less than 3."""


@dataclass(frozen=True)
class Patch:
    """Source and target area of a patch, as (row, column) slices, and its (h, w) bool shape in the target."""

    origin: tuple[slice, slice]
    target: tuple[slice, slice]
    shape: Bools


def draw_patch(
    size: tuple[int, int],
    source_size: tuple[int, int],
    rng: np.random.Generator,
    config: SimulationConfig,
    *,
    textured: bool,
) -> Patch:
    """Draw a patch; size, source_size: (height, width) of the image and of the source."""
    height, width = (max(MIN_SIDE, round(_side(rng, config) * side)) for side in size)
    if config.method == "scar":
        shape = _scar(size, rng, config)
        height, width = shape.shape
    else:
        shape = _shape(height, width, rng, config)
    factor = rng.uniform(*(config.resize if textured else config.object_resize))
    # The origin has the target's size before scaling, capped at the source's.
    rows, columns = (
        min(max(round(side / factor), 2), limit)
        for side, limit in zip((height, width), source_size, strict=True)
    )
    y, x = int(rng.integers(source_size[0] - rows + 1)), int(rng.integers(source_size[1] - columns + 1))
    v, u = int(rng.integers(size[0] - height + 1)), int(rng.integers(size[1] - width + 1))
    return Patch(
        (slice(y, y + rows), slice(x, x + columns)), (slice(v, v + height), slice(u, u + width)), shape
    )


def _side(rng: np.random.Generator, config: SimulationConfig) -> float:
    """Draw a share of the image's side from the truncated Gamma(2) distribution."""
    for _ in range(100):
        side = float(rng.gamma(2.0, config.gamma_scale))
        if config.min_size <= side <= config.max_size:
            return side
    # Bounds far in the tail: a uniform draw instead of an endless loop.
    return float(rng.uniform(config.min_size, config.max_size))


def _shape(height: int, width: int, rng: np.random.Generator, config: SimulationConfig) -> Bools:
    kind = config.shapes[int(rng.integers(len(config.shapes)))]
    canvas = np.zeros((height, width), np.uint8)
    if kind == "rectangle":
        canvas[:] = 1
    elif kind == "ellipse":
        centre, axes = ((width - 1) / 2, (height - 1) / 2), (width, height)
        cv2.ellipse(canvas, (centre, axes, 0.0), 1, cv2.FILLED)
    else:
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 10))))
        radius = rng.uniform(0.5, 1.0, angles.size)
        x = (width - 1) / 2 * (1 + radius * np.cos(angles))
        y = (height - 1) / 2 * (1 + radius * np.sin(angles))
        cv2.fillPoly(canvas, [np.stack([x, y], axis=1).round().astype(np.int32)], 1)
    if min(cv2.boundingRect(canvas)[2:]) < MIN_SIDE:  # a sliver
        canvas[:] = 1
    return canvas > 0


def _scar(size: tuple[int, int], rng: np.random.Generator, config: SimulationConfig) -> Bools:
    """Draw a thin straight bar at a random angle, cut to its bounding box."""
    length = max(_side(rng, config) * min(size), 8.0)
    thickness = max(length * rng.uniform(0.05, 0.2), 2.0)
    points = cv2.boxPoints(((0.0, 0.0), (length, thickness), float(rng.uniform(0, 180))))
    points = np.round(points - points.min(axis=0)).astype(np.int32)
    columns, rows = (int(v) + 1 for v in points.max(axis=0))
    canvas = np.zeros((rows, columns), np.uint8)
    cv2.fillPoly(canvas, [points], 1)
    return canvas[: size[0], : size[1]] > 0


def on_object(
    patch: Patch, foreground: Bools | None, source_foreground: Bools | None, config: SimulationConfig
) -> bool:
    """Return whether enough of the patch lies on the object, in source and target."""
    if foreground is not None and foreground[patch.target][patch.shape].mean() < config.min_foreground:
        return False
    return source_foreground is None or source_foreground[patch.origin].mean() >= config.min_foreground


def render(
    image: Pixels,
    source: Pixels,
    patch: Patch,
    rng: np.random.Generator,
    config: SimulationConfig,
    *,
    textured: bool,
) -> Pixels:
    """Return the (h, w, 3) target area with the patch in it."""
    height, width = patch.shape.shape
    if config.method != "nsa":
        pasted = cv2.resize(source[patch.origin], (width, height), interpolation=cv2.INTER_LINEAR)
        # CutPaste's colour jitter, without which a patch of an even surface would be invisible.
        gain, shift = rng.uniform(0.8, 1.2), rng.uniform(-25, 25)
        return np.asarray(np.clip(pasted.astype(np.float32) * gain + shift, 0, 255), dtype=np.uint8)
    cloned = _seamless(image, source, patch, config)
    if not textured or config.tone == 0:
        return cloned
    distance = cv2.distanceTransform(np.pad(patch.shape, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    fade = np.minimum(distance / (0.5 * distance.max()), 1.0)[..., None]
    shift = rng.uniform(-config.tone, config.tone) * float(cloned[patch.shape].mean())
    return np.asarray(np.clip(cloned + shift * fade, 0, 255), dtype=np.uint8)


def _seamless(image: Pixels, source: Pixels, patch: Patch, config: SimulationConfig) -> Pixels:
    """Return the (h, w, 3) target area with the patch cloned in.

    OpenCV fails where a clone reaches the edge of its destination, and takes gradients across the edge of the
    patch, so both are cut with a margin, replicated beyond the image's border.
    """
    height, width = patch.shape.shape
    rows, columns = patch.origin
    margin_y = max(1, round(MARGIN * (rows.stop - rows.start) / height))
    margin_x = max(1, round(MARGIN * (columns.stop - columns.start) / width))
    size = (width + 2 * MARGIN, height + 2 * MARGIN)
    cut = _with_margin(source, patch.origin, margin_y, margin_x)
    patch_pixels = cv2.resize(cut, size, interpolation=cv2.INTER_LINEAR)
    target = _with_margin(image, patch.target, MARGIN, MARGIN)
    mask = np.zeros((size[1], size[0]), np.uint8)
    mask[MARGIN:-MARGIN, MARGIN:-MARGIN][patch.shape] = 255
    x, y, w, h = cv2.boundingRect(mask)
    flag = cv2.NORMAL_CLONE if config.blend == "normal" else cv2.MIXED_CLONE
    cloned = cv2.seamlessClone(patch_pixels, target, mask, (x + w // 2, y + h // 2), flag)
    return np.asarray(cloned[MARGIN:-MARGIN, MARGIN:-MARGIN], dtype=np.uint8)


def _with_margin(pixels: Pixels, area: tuple[slice, slice], margin_y: int, margin_x: int) -> Pixels:
    rows = np.clip(np.arange(area[0].start - margin_y, area[0].stop + margin_y), 0, pixels.shape[0] - 1)
    columns = np.clip(np.arange(area[1].start - margin_x, area[1].stop + margin_x), 0, pixels.shape[1] - 1)
    return np.ascontiguousarray(pixels[np.ix_(rows, columns)])
