"""Procedural products and textures: any number of normal images, for training.

Kind and seed determine a product's shape, colours and pattern; its images differ in pose, light and noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Canvas = NDArray[np.float32]
Drawer = Callable[[int, np.random.Generator, np.random.Generator], Canvas]


@dataclass(frozen=True)
class ProceduralProduct:
    """One product. kind: one of KINDS. seed: of its design."""

    kind: str
    seed: int

    @property
    def name(self) -> str:
        """The product's name in questions and file names."""
        return self.kind

    def image(self, index: int, side: int = 256) -> Pixels:
        """Return the index-th photograph, (side, side, 3) uint8; equal arguments give equal pixels."""
        design = np.random.default_rng([self.seed, 1])
        photo = np.random.default_rng([self.seed, 2, index])
        canvas = KINDS[self.kind](side, design, photo)
        return _photographed(canvas, photo)


def procedural_products(count: int, seed: int) -> list[ProceduralProduct]:
    """Return `count` products, cycling through the kinds."""
    kinds = list(KINDS)
    return [ProceduralProduct(kinds[i % len(kinds)], seed * 10_000 + i) for i in range(count)]


def _nut(side: int, design: np.random.Generator, photo: np.random.Generator) -> Canvas:
    corners = int(design.choice([4, 6, 6, 8]))
    radius = side * design.uniform(0.26, 0.36)
    hole = radius * design.uniform(0.35, 0.55)
    canvas, colour, centre, angle = _stage(side, design, photo)
    _polygon(canvas, _ring(centre, radius, corners, angle), colour)
    _disc(canvas, centre, radius * 0.82, colour * 0.9)
    _disc(canvas, centre, hole * 1.15, colour * 0.7)
    _disc(canvas, centre, hole, colour * 0.25)
    return canvas


def _plate(side: int, design: np.random.Generator, photo: np.random.Generator) -> Canvas:
    half = side * design.uniform(0.22, 0.38, 2)
    holes = design.uniform(-0.7, 0.7, (int(design.integers(2, 6)), 2)) * half
    radius = side * design.uniform(0.02, 0.045)
    canvas, colour, centre, angle = _stage(side, design, photo)
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    _polygon(canvas, corners @ rotation.T + centre, colour)
    _polygon(canvas, corners * 0.93 @ rotation.T + centre, colour * 1.06)
    for hole in holes @ rotation.T + centre:
        _disc(canvas, hole, radius, colour * 0.2)
    return canvas


def _capsule(side: int, design: np.random.Generator, photo: np.random.Generator) -> Canvas:
    length, width = side * design.uniform(0.2, 0.3), side * design.uniform(0.08, 0.15)
    second = design.uniform(0.2, 0.9, 3).astype(np.float32)
    canvas, colour, centre, angle = _stage(side, design, photo)
    axis = np.array([math.cos(angle), math.sin(angle)])
    for sign, tone in ((1.0, colour), (-1.0, second)):
        end = centre + sign * axis * length
        across = np.array([-axis[1], axis[0]]) * width
        _polygon(canvas, np.array([centre + across, end + across, end - across, centre - across]), tone)
        _disc(canvas, end, width, tone)
    shine = centre + np.array([-axis[1], axis[0]]) * width * 0.5
    for step in np.linspace(-0.9, 0.9, 60):
        _disc(canvas, shine + axis * length * step, width * 0.12, np.minimum(colour + 0.2, 1))
    return canvas


def _gear(side: int, design: np.random.Generator, photo: np.random.Generator) -> Canvas:
    teeth = int(design.integers(8, 20))
    radius = side * design.uniform(0.26, 0.36)
    depth = design.uniform(0.08, 0.2)
    canvas, colour, centre, angle = _stage(side, design, photo)
    angles = np.linspace(0, 2 * math.pi, 8 * teeth, endpoint=False)
    radii = radius * (1 - depth * (np.arange(8 * teeth) % 8 >= 4))
    outline = centre + radii[:, None] * np.stack([np.cos(angles + angle), np.sin(angles + angle)], -1)
    _polygon(canvas, outline, colour)
    _disc(canvas, centre, radius * 0.6, colour * 0.85)
    _disc(canvas, centre, radius * 0.2, colour * 0.2)
    return canvas


def _grid(side: int, design: np.random.Generator, photo: np.random.Generator) -> Canvas:
    pitch = side * design.uniform(0.06, 0.14)
    wire = design.uniform(0.18, 0.35)
    dark, light = np.sort(design.uniform(0.1, 0.9, 2))
    u, v = _rotated_grid(side, design.uniform(0, math.pi) + photo.normal(0, 0.02), photo.uniform(0, pitch, 2))
    near = np.minimum(np.abs((u / pitch) % 1 - 0.5), np.abs((v / pitch) % 1 - 0.5)) * 2
    return _coloured(np.where(near < wire, light, dark), design)


def _fabric(side: int, design: np.random.Generator, photo: np.random.Generator) -> Canvas:
    pitch = side * design.uniform(0.02, 0.06)
    u, v = _rotated_grid(side, design.uniform(0, math.pi) + photo.normal(0, 0.02), photo.uniform(0, pitch, 2))
    over = (np.floor(u / pitch) + np.floor(v / pitch)) % 2
    warp = np.abs(np.sin(math.pi * u / pitch))
    weft = np.abs(np.sin(math.pi * v / pitch))
    return _coloured(
        design.uniform(0.25, 0.5) + design.uniform(0.2, 0.4) * np.where(over > 0, warp, weft), design
    )


def _tiles(side: int, design: np.random.Generator, photo: np.random.Generator) -> Canvas:
    pitch = side * design.uniform(0.15, 0.3)
    u, v = _rotated_grid(side, design.uniform(-0.2, 0.2), photo.uniform(0, pitch, 2))
    row = np.floor(v / (pitch / 2))
    shifted = u + pitch / 2 * (row % 2)
    joint = np.minimum((shifted / pitch) % 1, 2 * ((v / pitch * 2) % 1) / 2) < 0.06
    tone = 0.5 + 0.06 * np.sin(37.0 * row + 11.0 * np.floor(shifted / pitch))
    return _coloured(np.where(joint, design.uniform(0.7, 0.9), tone), design)


def _grain(side: int, design: np.random.Generator, photo: np.random.Generator) -> Canvas:
    """Draw brushed metal, leather or wood: noise smoothed more along one direction."""
    along, across = design.uniform(0.004, 0.08), design.uniform(0.003, 0.012)
    noise = photo.normal(0, 1, (side, side)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), sigmaX=max(side * along, 0.6), sigmaY=max(side * across, 0.6))
    return _coloured(0.5 + design.uniform(0.05, 0.12) * smooth / smooth.std(), design)


KINDS: Final[dict[str, Drawer]] = {
    "metal nut": _nut,
    "fabric": _fabric,
    "metal plate": _plate,
    "grid": _grid,
    "capsule": _capsule,
    "brushed metal": _grain,
    "gear": _gear,
    "tiles": _tiles,
}


def _stage(
    side: int, design: np.random.Generator, photo: np.random.Generator
) -> tuple[Canvas, Canvas, NDArray[np.float64], float]:
    """Draw a plain background; return it with the object's colour, centre and angle."""
    background = np.float32(design.choice([0.06, 0.12, 0.85, 0.95, design.uniform(0.3, 0.6)]))
    canvas = np.full((side, side, 3), background, np.float32)
    colour = (design.uniform(0.4, 0.7) + design.uniform(-0.15, 0.15, 3)).astype(np.float32)
    centre = side / 2 + photo.normal(0, 0.03 * side, 2)
    upright = design.random() < 0.5
    angle = photo.normal(0, 0.05) if upright else photo.uniform(0, 2 * math.pi)
    return canvas, colour, centre, float(angle)


def _rotated_grid(
    side: int, angle: float, shift: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, x = np.mgrid[0:side, 0:side].astype(np.float64)
    return (
        x * math.cos(angle) + y * math.sin(angle) + shift[0],
        y * math.cos(angle) - x * math.sin(angle) + shift[1],
    )


def _coloured(tone: NDArray[np.floating], design: np.random.Generator) -> Canvas:
    tint = 1 + design.uniform(-0.25, 0.25, 3)
    return np.asarray(tone[..., None] * tint, dtype=np.float32)


def _ring(centre: NDArray[np.float64], radius: float, corners: int, angle: float) -> NDArray[np.float64]:
    angles = angle + np.arange(corners) * 2 * math.pi / corners
    return np.asarray(centre + radius * np.stack([np.cos(angles), np.sin(angles)], -1))


def _polygon(canvas: Canvas, points: NDArray[np.floating], colour: NDArray[np.floating]) -> None:
    fixed = np.round(points * 16).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], [float(c) for c in colour], lineType=cv2.LINE_AA, shift=4)


def _disc(canvas: Canvas, centre: NDArray[np.floating], radius: float, colour: NDArray[np.floating]) -> None:
    x, y = (int(v) for v in np.round(centre * 16))
    cv2.circle(canvas, (x, y), round(radius * 16), [float(c) for c in colour], -1, cv2.LINE_AA, 4)


def _photographed(canvas: Canvas, photo: np.random.Generator) -> Pixels:
    """Add uneven light, a little blur and sensor noise."""
    side = canvas.shape[0]
    y, x = np.mgrid[0:side, 0:side] / side - 0.5
    slope = photo.normal(0, 0.08, 2)
    light = photo.normal(1, 0.05) + slope[0] * x + slope[1] * y
    blurred = cv2.GaussianBlur(canvas * light[..., None].astype(np.float32), (0, 0), photo.uniform(0.4, 0.9))
    noisy = blurred + photo.normal(0, 0.012, canvas.shape)
    return np.asarray(np.clip(noisy * 255, 0, 255), dtype=np.uint8)
