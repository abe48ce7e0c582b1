"""Scenes of several parts, composed from photographs: good ones, and ones with a logical anomaly.

A product is a layout: which kind of part lies at which place, on which ground. Each image of it has its own
light, shadow, noise, pose of the camera and jitter of every part. Nothing is taken from the test of any
reported set but the good screws' photographs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.foreground import foreground_mask
from anomaly_core.imaging.reading import load_image
from anomaly_core.simulation.procedural import ProceduralProduct

Pixels = NDArray[np.uint8]
ANOMALIES = ("removed", "doubled", "moved", "swapped")
HEIGHT, WIDTH = 384, 512


@dataclass(frozen=True)
class Part:
    """A cut-out: (h, w, 3) uint8 and its (h, w) float32 mask in [0, 1]."""

    pixels: Pixels
    mask: NDArray[np.float32]


@dataclass(frozen=True)
class Placed:
    """A part in a scene: kind, place of its middle and diameter in pixels, angle in degrees."""

    kind: int
    x: float
    y: float
    size: float
    angle: float


@dataclass(frozen=True)
class Product:
    """kinds: the photographs of each kind, one drawn an image. ground: texture or None. loose: no places."""

    name: str
    kinds: Sequence[Sequence[Part]]
    slots: Sequence[Placed]
    ground: NDArray[np.float32] | None
    tone: float
    loose: bool
    free_angle: bool

    def image(self, rng: np.random.Generator, anomaly: str | None = None) -> Pixels:
        """Return one photograph, (HEIGHT, WIDTH, 3) uint8 RGB."""
        placed = self._poses(rng)
        if anomaly is not None:
            placed = _spoil(placed, anomaly, rng)
        return _render(self, placed, rng)

    def _poses(self, rng: np.random.Generator) -> list[Placed]:
        if self.loose:
            placed: list[Placed] = []
            for slot in sorted(self.slots, key=lambda s: -s.size):
                x, y = _free_place(placed, slot.size, rng)
                placed.append(replace(slot, x=x, y=y, angle=float(rng.uniform(0, 360))))
            return placed
        shift, tilt = rng.normal(0, 0.01 * WIDTH, 2), math.radians(rng.normal(0, 0.7))
        placed = []
        for slot in self.slots:
            x, y = slot.x - WIDTH / 2, slot.y - HEIGHT / 2
            x, y = x * math.cos(tilt) - y * math.sin(tilt), x * math.sin(tilt) + y * math.cos(tilt)
            jitter = rng.normal(0, 0.008 * WIDTH, 2) + shift
            own = rng.uniform(0, 360) if self.free_angle else slot.angle + rng.normal(0, 4)
            placed.append(
                replace(
                    slot,
                    x=float(x + WIDTH / 2 + jitter[0]),
                    y=float(y + HEIGHT / 2 + jitter[1]),
                    angle=float(own + math.degrees(tilt)),
                    size=float(slot.size * rng.normal(1, 0.01)),
                )
            )
        return placed


def _spoil(placed: list[Placed], anomaly: str, rng: np.random.Generator) -> list[Placed]:
    index = int(rng.integers(len(placed)))
    chosen, others = placed[index], [p for i, p in enumerate(placed) if i != index]
    if anomaly == "removed":
        return others
    if anomaly == "doubled":
        x, y = _free_place(placed, chosen.size, rng)
        return [*placed, replace(chosen, x=x, y=y)]
    if anomaly == "moved":
        far = replace(chosen, size=2 * 0.15 * WIDTH)  # at least this far from where it was
        x, y = _free_place(others, chosen.size, rng, away=far)
        return [*others, replace(chosen, x=x, y=y)]
    if anomaly == "swapped":
        others_of_kind = [i for i, p in enumerate(placed) if p.kind != chosen.kind]
        other = placed[int(rng.choice(others_of_kind))]
        swapped = {id(chosen): other, id(other): chosen}
        return [replace(p, x=swapped[id(p)].x, y=swapped[id(p)].y) if id(p) in swapped else p for p in placed]
    raise ValueError(f"no anomaly {anomaly!r}")


def _free_place(
    placed: Sequence[Placed], size: float, rng: np.random.Generator, away: Placed | None = None
) -> tuple[float, float]:
    """A place where a part of this size touches no other; the least crowded of many, if none is free."""
    best, most = (WIDTH / 2, HEIGHT / 2), -math.inf
    margin = size / 2 + 14
    for _ in range(400):
        x, y = rng.uniform(margin, WIDTH - margin), rng.uniform(margin, HEIGHT - margin)
        room = min((math.hypot(x - p.x, y - p.y) - (p.size + size) / 2 for p in placed), default=math.inf)
        if away is not None:
            room = min(room, math.hypot(x - away.x, y - away.y) - away.size / 2)
        if room > most:
            best, most = (float(x), float(y)), room
        if room > 10:
            break
    return best


def _render(product: Product, placed: Sequence[Placed], rng: np.random.Generator) -> Pixels:
    canvas = np.full((HEIGHT, WIDTH, 3), product.tone, np.float32)
    if product.ground is not None:
        top = int(rng.integers(product.ground.shape[0] - HEIGHT + 1))
        left = int(rng.integers(product.ground.shape[1] - WIDTH + 1))
        canvas += product.ground[top : top + HEIGHT, left : left + WIDTH, None]
    for item in placed:
        photographs = product.kinds[item.kind]
        _paste(canvas, photographs[int(rng.integers(len(photographs)))], item)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    slope = rng.normal(0, 0.05, 2)
    light = rng.normal(1, 0.05) + slope[0] * (x / WIDTH - 0.5) + slope[1] * (y / HEIGHT - 0.5)
    lit = cv2.GaussianBlur(canvas * light[..., None], (0, 0), float(rng.uniform(0.4, 0.9)))
    return np.asarray(np.clip(lit + rng.normal(0, 2.5, canvas.shape), 0, 255), np.uint8)


def _paste(canvas: NDArray[np.float32], part: Part, item: Placed) -> None:
    """Lay a part on the canvas, with a soft shadow to the lower right."""
    h, w = part.mask.shape
    scale = item.size / math.hypot(h, w)
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), item.angle, scale)
    matrix[:, 2] += (item.x - w / 2, item.y - h / 2)
    size = (WIDTH, HEIGHT)
    pixels, mask = part.pixels.astype(np.float32), part.mask
    if scale < 1:  # area-averaged first, so that shrinking makes no moire
        small = (max(round(w * scale), 2), max(round(h * scale), 2))
        pixels, mask = (
            np.asarray(cv2.resize(each, small, interpolation=cv2.INTER_AREA), np.float32)
            for each in (pixels, mask)
        )
        matrix = cv2.getRotationMatrix2D((small[0] / 2, small[1] / 2), item.angle, 1.0)
        matrix[:, 2] += (item.x - small[0] / 2, item.y - small[1] / 2)
    laid = cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR)
    shadow = cv2.GaussianBlur(np.roll(alpha, (2, 2), axis=(0, 1)), (0, 0), 3)
    canvas *= 1 - 0.2 * shadow[..., None]
    canvas *= 1 - alpha[..., None]
    canvas += laid * alpha[..., None]


def coins() -> list[list[Part]]:
    """The 24 coins of scikit-image's photograph (Pompeii, Brooklyn Museum), one kind each."""
    from skimage import data

    grey = data.coins()
    level = cv2.GaussianBlur(grey, (0, 0), 25).astype(np.float32)
    binary = (cv2.GaussianBlur(grey, (0, 0), 1.5) > level + 8).astype(np.uint8)
    binary = cv2.morphologyEx(binary, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    binary = cv2.morphologyEx(binary, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))
    contours, _ = cv2.findContours(binary, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    found = []
    for contour in contours:
        w, h = cv2.boundingRect(contour)[2:]
        if not (30 < w < 80 and 30 < h < 80 and 0.8 < w / h < 1.25):
            continue
        mask = np.zeros(grey.shape, np.uint8)
        cv2.drawContours(mask, [cv2.convexHull(contour)], -1, 255, cv2.FILLED)
        found.append([_cut(np.repeat(grey[..., None], 3, axis=2), mask > 0)])
    return found


def screws(root: Path) -> list[list[Part]]:
    """Good screws, as one kind of many photographs; root: the folder that holds screw/."""
    parts = []
    for path in sorted((root / "screw/train/good").glob("*.png")):
        pixels = load_image(path).pixels
        mask = foreground_mask(pixels)
        if mask is not None:
            parts.append(_upright(_cut(pixels, mask)))
    return [parts]


def cells(folder: Path, count: int = 24) -> list[list[Part]]:
    """Solar cells of ELPV without a defect, mono and poly as two kinds; folder: that of `pull("elpv")`."""
    from anomaly_core.evaluation.datasets import GOOD, open_dataset

    kinds = []
    for kind in ("mono", "poly"):
        good = sorted(s.path for s in open_dataset(folder, kind).samples if s.label == GOOD)[:count]
        kinds.append([_whole(load_image(path).pixels) for path in good])
    return kinds


def procedural(seed: int) -> list[list[Part]]:
    """Nut, plate, capsule and gear of `anomaly_core.simulation.procedural`, a few photographs each."""
    kinds = []
    for number, kind in enumerate(("metal nut", "metal plate", "capsule", "gear")):
        parts: list[Part] = []
        for index in range(24):
            pixels = ProceduralProduct(kind, seed + number).image(index)
            mask = foreground_mask(pixels)
            if mask is not None:
                parts.append(_upright(_cut(pixels, mask)) if kind == "capsule" else _cut(pixels, mask))
        if len(parts) >= 4:
            kinds.append(parts)
    return kinds


def _whole(pixels: Pixels) -> Part:
    return Part(pixels, np.ones(pixels.shape[:2], np.float32))


def _cut(pixels: Pixels, mask: NDArray[np.bool_]) -> Part:
    rows, columns = np.nonzero(mask)
    box = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    soft = cv2.GaussianBlur(cv2.erode(mask.astype(np.uint8), np.ones((3, 3))).astype(np.float32), (0, 0), 0.8)
    return Part(np.ascontiguousarray(pixels[box]), np.ascontiguousarray(soft[box]))


def _upright(part: Part) -> Part:
    """Rotate an elongated part so that its long axis lies along x."""
    rows, columns = np.nonzero(part.mask > 0.5)
    (x, y), (w, h), angle = cv2.minAreaRect(np.stack([columns, rows], axis=1).astype(np.float32))
    angle, (w, h) = (angle, (w, h)) if w >= h else (angle + 90, (h, w))
    matrix = cv2.getRotationMatrix2D((x, y), angle, 1.0)
    size = (math.ceil(w) + 4, math.ceil(h) + 4)
    matrix[:, 2] += np.array((size[0] / 2 - x, size[1] / 2 - y))
    pixels = cv2.warpAffine(part.pixels, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpAffine(part.mask, matrix, size)
    return Part(np.asarray(pixels, np.uint8), np.asarray(mask, np.float32))


def grounds() -> dict[str, NDArray[np.float32] | None]:
    """Textures of scikit-image's photographs, zero in the mean, 7 grey levels strong, larger than a scene."""
    from skimage import data

    found: dict[str, NDArray[np.float32] | None] = {"plain": None}
    for name in ("gravel", "grass", "brick"):
        grey = getattr(data, name)().astype(np.float32)
        grey = np.tile(np.block([[grey, grey[:, ::-1]], [grey[::-1], grey[::-1, ::-1]]]), (1, 1))
        large = cv2.resize(grey, (WIDTH * 3, HEIGHT * 3), interpolation=cv2.INTER_AREA)
        smooth = large - cv2.GaussianBlur(large, (0, 0), 40)
        found[name] = np.asarray(7 * smooth / smooth.std(), dtype=np.float32)
    return found


def make_product(
    name: str,
    kinds: Sequence[Sequence[Part]],
    rng: np.random.Generator,
    ground: NDArray[np.float32] | None,
    *,
    sizes: Callable[[np.random.Generator], float],
    loose: bool = False,
    free_angle: bool = False,
) -> Product:
    """Design a layout: 4 to 7 parts of two or more kinds, on a grid of places."""
    count = int(rng.integers(4, 8))
    columns, rows = 4, 3
    chosen = rng.permutation(columns * rows)[:count]
    order = [int(k) for k in rng.permutation(len(kinds))[: max(2, min(4, len(kinds)))]]
    kind_sizes = {kind: sizes(rng) for kind in order}
    slots = []
    for number, cell in enumerate(chosen):
        kind = order[number % len(order)]
        x = (cell % columns + 0.5) / columns * (WIDTH - 40) + 20 + rng.uniform(-6, 6)
        y = (cell // columns + 0.5) / rows * (HEIGHT - 40) + 20 + rng.uniform(-6, 6)
        slots.append(Placed(kind, float(x), float(y), kind_sizes[kind], float(rng.choice([0, 30, 60, 90]))))
    tone = float(rng.uniform(90, 140))
    return Product(name, kinds, slots, ground, tone, loose, free_angle)
