"""Image quality: what an image's own pixels tell, against limits learned from the good images.

An image outside the limits isn't comparable with the good images: its decision is never "pass". Few good
images do not show how recordings of a line vary, so the limits also hold copies of them as they would be
under other light, focus, pose and resolution (`recordings`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.foreground import find_foreground

Pixels = NDArray[np.uint8]
Limit = tuple[float, float]
Recordings = Mapping[str, Pixels]

WORKING_SIDE: Final = 512
"""Longer side in pixels of the copy that is measured."""
WHITE: Final = 250
BLACK: Final = 5
HALF: Final = 0.425
"""Share of a side that counts as half: where a part is cut off there is an edge, which is left out."""
MOST_IMAGES: Final = 4
"""Good images that `recordings` are made of; the others only count as they are."""
SPREADS: Final = 3.0
"""Standard deviations of the good images by which a limit lies outside their range."""
NOISE_FACTOR: Final = 1.25
NOISE_MARGIN: Final = 0.1
"""The most noise that is left, from the good images' most: a factor of it, and grey levels beside."""
GREY: Final = 1.0
"""Mean chroma in grey levels below which an image is grey."""
GREY_FILE: Final = 0.05
"""Mean chroma up to which no colour camera took the image."""
BLANK: Final = 2.0
"""Standard deviation of the grey levels below which an image shows nothing."""
GREY_LIMIT: Final = 4.0
"""Upper limit of the chroma, noise with it, up to which good images are grey."""
MARGINS: Final[Mapping[str, float]] = {
    "sharpness": 0.25,
    "white": 0.05,
    "black": 0.05,
    "level": 6.0,
    "contrast": 0.3,
    "skewness": 0.4,
    "area": 0.35,
    "border": 0.015,
    "coverage": 0.3,
    "colour": 0.7,
}
"""Distance of a limit from the range of good images and copies, in the unit of `Quality`."""


@dataclass(frozen=True)
class Quality:
    """Measured quality of one image.

    sharpness: log of the energy of fine over that of coarse detail. white, black: shares of clipped pixels.
    level: mean grey level. contrast: log of the standard deviation of the grey levels. skewness: of the grey
    levels; a negative's has the other sign. area: log of the foreground's share of the image, border: share
    of the image's border that the foreground covers; both None without a foreground. coverage: log-ratio of
    the contrast of that half (left, right, upper or lower) that has least to the whole image's. colour: log
    of half a grey level plus the mean chroma, the largest less the smallest channel.
    """

    sharpness: float
    white: float
    black: float
    level: float
    contrast: float
    skewness: float
    area: float | None
    border: float | None
    coverage: float
    colour: float


@dataclass(frozen=True)
class QualityLimits:
    """The range of quality of a product's images, learned from its good ones.

    limits: (low, high) of each field of `Quality` by name. foreground: whether every image has one.
    similarity: least cosine of an image's embedding to the nearest of the good images and their views.
    noise: most noise of an encoder input in grey levels; above it, noise is removed before judging.
    """

    limits: Mapping[str, Limit]
    foreground: bool
    similarity: float
    noise: float = math.inf

    @classmethod
    def fit(
        cls, own: Sequence[Quality], changed: Sequence[Recordings], similarity: float, noise: Sequence[float]
    ) -> QualityLimits:
        """Learn the limits from good images, one or more, and other recordings. noise: of the good images."""
        copies = [measure_quality(copy) for copies in changed for copy in copies.values()]
        limits: dict[str, Limit] = {}
        foreground = all(each.area is not None for each in own)
        for name, margin in MARGINS.items():
            if name == "coverage" and foreground:
                continue  # a part in another pose covers other halves; its area and border are judged
            seen = [v for each in (*own, *copies) if (v := getattr(each, name)) is not None]
            if not seen:
                continue
            natural = [v for each in own if (v := getattr(each, name)) is not None]
            beyond = margin + SPREADS * (float(np.std(natural, ddof=1)) if len(natural) > 1 else 0.0)
            limits[name] = (min(seen) - beyond, max(seen) + beyond)
        return cls(limits, foreground, similarity, NOISE_FACTOR * max(noise) + NOISE_MARGIN)

    def problems(self, quality: Quality, similarity: float) -> tuple[str, ...]:
        """Return why an image isn't comparable with the good images, as sentences; none where it is.

        similarity: as the limit.
        """
        found = []
        if similarity < self.similarity:
            found.append(
                f"Another object, no part, or a large defect: similarity {similarity:.2f}, the good images "
                f"allow at least {self.similarity:.2f}."
            )
        if self.foreground and quality.area is None:
            found.append("No part was found: no object stands out from a plain background.")
        for name, (low, high) in self.limits.items():
            value = getattr(quality, name)
            if value is not None and not low <= value <= high:
                found += _sentences(name, value, low, high)
        return tuple(found)

    def shows_no_part(self, quality: Quality) -> bool:
        """Return whether there is nothing to compare: a blank image, or a grey file among coloured ones.

        What it lacks lies in the recording; its distances to good images tell of that alone.
        """
        least, _ = self.limits["contrast"]
        if math.exp(quality.contrast) - 1 < min(BLANK, math.exp(least) - 1):
            return True
        chroma, (colours, _) = math.exp(quality.colour) - 0.5, self.limits.get("colour", (-math.inf, 0.0))
        return chroma <= GREY_FILE < math.exp(colours) - 0.5

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON values; the inverse of `from_dict`."""
        return {
            "limits": {name: list(limit) for name, limit in self.limits.items()},
            "foreground": self.foreground,
            "similarity": self.similarity,
            "noise": None if math.isinf(self.noise) else self.noise,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> QualityLimits:
        """Return the limits of `to_dict`'s result. Raises KeyError, TypeError for anything else."""
        limits = {name: (float(low), float(high)) for name, (low, high) in values["limits"].items()}
        noise = values.get("noise")  # products of earlier versions have none
        known = math.inf if noise is None else float(noise)
        return cls(limits, bool(values["foreground"]), float(values["similarity"]), known)


def measure_quality(pixels: Pixels) -> Quality:
    """Measure an (H, W, 3) uint8 RGB image."""
    small = at_working_size(pixels)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.float32)
    sharp, smooth = (cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (0.8, 2.0))
    reduced = cv2.resize(smooth, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    fine = float(((sharp - smooth) ** 2).mean())
    coarse = float(((reduced - cv2.GaussianBlur(reduced, (0, 0), 2.0)) ** 2).mean())
    away = (smooth - smooth.mean()) / (float(smooth.std()) + 1.0)
    # Smooth, since noise of the camera has colours of its own.
    red, green, blue = cv2.split(cv2.GaussianBlur(small, (0, 0), 2.0))
    chroma = cv2.max(cv2.max(red, green), blue) - cv2.min(cv2.min(red, green), blue)
    found = find_foreground(small)
    objects = None if found is None else found.objects
    return Quality(
        sharpness=math.log((fine + 0.02) / (coarse + 0.02)),
        white=float((grey >= WHITE).mean()),
        black=float((grey <= BLACK).mean()),
        level=float(grey.mean()),
        contrast=math.log(float(grey.std()) + 1.0),
        skewness=float((away * away * away).mean()),  # NumPy's third power is slow
        area=None if objects is None else math.log(float(objects.mean())),
        border=None if objects is None else _border_share(objects),
        coverage=_coverage(smooth, grey),
        colour=math.log(float(chroma.mean()) + 0.5),
    )


def recordings(pixels: Pixels) -> Recordings:
    """Return the scene as other recordings would show it, at the working size, by the name of the change.

    Each change is somewhat larger than what the inspection has to bear: 20 % darker and brighter, light that
    falls off by 20 %, a blur of 2.5 pixels at 1000, half the resolution, noise, a shift by 2 % and 5 degrees.
    """
    small = at_working_size(pixels)
    height, width = small.shape[:2]
    longest = max(height, width)
    y, x = (np.mgrid[0:height, 0:width] / np.array([height, width])[:, None, None]).astype(np.float32)
    falling = 1 - 0.4 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)
    native = max(pixels.shape[:2])
    half = (max(round(pixels.shape[1] / 2), 8), max(round(pixels.shape[0] / 2), 8))
    deviation = 6 * min(1.0, longest / native)  # averaging pixels reduces noise
    noise = np.random.default_rng(0).normal(scale=deviation, size=small.shape)
    middle, shift = (width / 2, height / 2), 0.02 * longest
    left, right = (cv2.getRotationMatrix2D(middle, angle, 1.0) for angle in (5, -5))
    left[:, 2] += shift
    right[:, 2] -= shift
    changed = {
        "darker": small * 0.8,
        "brighter": small * 1.2,
        "falling right": small * (1 - 0.2 * x)[..., None],
        "falling down": small * (1 - 0.2 * y)[..., None],
        "falling outwards": small * falling[..., None],
        "blurred": cv2.GaussianBlur(small, (0, 0), max(0.0025, 1.7 / native) * longest),
        "half": at_working_size(np.asarray(cv2.resize(pixels, half, interpolation=cv2.INTER_AREA), np.uint8)),
        "noisy": small + noise,
        "turned left": cv2.warpAffine(small, left, (width, height), borderMode=cv2.BORDER_REPLICATE),
        "turned right": cv2.warpAffine(small, right, (width, height), borderMode=cv2.BORDER_REPLICATE),
    }
    return {name: np.clip(copy, 0, 255).astype(np.uint8) for name, copy in changed.items()}


def at_working_size(pixels: Pixels) -> Pixels:
    """Return the image with `WORKING_SIDE` pixels on its longer side."""
    height, width = pixels.shape[:2]
    scale = WORKING_SIDE / max(height, width)
    size = (max(round(width * scale), 8), max(round(height * scale), 8))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=method), dtype=np.uint8)


def _border_share(objects: NDArray[np.bool_]) -> float:
    edges = (objects[:2].any(0), objects[-2:].any(0), objects[:, :2].any(1), objects[:, -2:].any(1))
    return float(np.concatenate(edges).mean())


def _coverage(smooth: NDArray[Any], grey: NDArray[np.float32]) -> float:
    """Return the least log-ratio of a half's contrast to the whole image's, of structures, not of noise.

    smooth: the grey levels with noise blurred away.
    """
    structure = smooth - cv2.GaussianBlur(grey, (0, 0), 8.0)
    energy = structure**2 + 0.1
    rows, columns = (round(HALF * side) for side in grey.shape)
    halves = (energy[:rows], energy[-rows:], energy[:, :columns], energy[:, -columns:])
    return 0.5 * math.log(min(float(half.mean()) for half in halves) / float(energy.mean()))


def _sentences(name: str, value: float, low: float, high: float) -> list[str]:
    """Return the sentence on a value outside its limits; none for a side that is no fault."""
    below = value < low
    if name == "sharpness":
        what = f"sharpness {value:.1f} (log of fine over coarse detail)"
        limit = f"the good images allow at least {low:.1f}"
        return [f"The image is out of focus: {what}, {limit}."] if below else []
    if name in ("white", "black"):
        exposed = "Over-exposed" if name == "white" else "Under-exposed"
        share = f"{value:.0%} of the pixels are {name}, the good images allow at most {high:.0%}"
        return [] if below else [f"{exposed}: {share}."]
    if name == "level":
        what = f"mean grey level {value:.0f}, the good images allow {max(low, 0):.0f} to {min(high, 255):.0f}"
        return [f"The image is too {'dark' if below else 'bright'}: {what}."]
    if name == "contrast":
        what = f"standard deviation {math.exp(value):.0f} grey levels"
        limit = f"the good images allow {math.exp(low):.0f} to {math.exp(high):.0f}"
        return [f"The contrast is too {'low' if below else 'high'}: {what}, {limit}."]
    if name == "skewness":
        what = f"skewness {value:.1f}, the good images allow {low:.1f} to {high:.1f}"
        otherwise = "as in a negative, another scene or a large defect"
        return [f"The grey levels are distributed otherwise, {otherwise}: {what}."]
    if name == "area":
        what = f"it covers {math.exp(value):.1%} of the image"
        limit = f"the good images allow {math.exp(low):.1%} to {min(math.exp(high), 1):.1%}"
        return [f"The part is too {'small, or only partly in view' if below else 'large'}: {what}, {limit}."]
    if name == "coverage":
        what = f"the emptiest half has {math.exp(value):.0%} of the image's contrast"
        return (
            [f"The part is only partly in view: {what}, the good images allow at least {math.exp(low):.0%}."]
            if below
            else []
        )
    if name == "colour":
        return _colour(math.exp(value) - 0.5, math.exp(low) - 0.5, math.exp(high) - 0.5)
    share = f"it covers {value:.0%} of the image's border, the good images allow at most {high:.0%}"
    return [] if below else [f"The part is only partly in view: {share}."]


def _colour(chroma: float, low: float, high: float) -> list[str]:
    """Return the sentence on an image that is grey among coloured ones, or the other way round.

    Paler or stronger colours are none of the recording's faults: a discoloured part shows them too.
    """
    if chroma < min(low, GREY):
        what = f"mean chroma {chroma:.1f} grey levels, theirs at least {low:.1f}"
        return [f"The image is grey, the product's good images are in colour: {what}."]
    if chroma > high and high < GREY_LIMIT:
        what = f"mean chroma {chroma:.1f} grey levels, theirs at most {high:.1f}"
        return [f"The image is in colour, the product's good images are grey: {what}."]
    return []
