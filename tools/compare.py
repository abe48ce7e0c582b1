"""Comparison of an image with another one: similarity, shift, brightness, and the largest differences."""

from __future__ import annotations

from typing import Final, Literal, TypedDict

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomaly_core.decoders.memory_bank import MemoryBank
from anomaly_core.decoders.patches import EncodedImage, as_array
from anomaly_core.imaging.registration import Aligned, align
from anomaly_core.results import cell_of
from tools.context import Part
from tools.detect import open_image, rounded_p
from tools.records import Record

Pixels = NDArray[np.uint8]

SMOOTHING: Final = 0.004
"""Blur before pixels are compared, as a share of the longer side, since registration is not exact."""


class Difference(Record):
    """The point of largest difference between two images. x, y: pixels of the first image."""

    x: int
    y: int
    cell: str
    value: float


class ComparisonRecord(Record):
    """Comparison of an image with another one; differences are the image's value minus the other's."""

    id: str
    other: str
    other_kind: Literal["template", "image"]
    similarity: float = Field(description="cosine of the image embeddings, in [-1, 1]")
    agreement: float = Field(description="correlation after registration, in [-1, 1]")
    shift: tuple[float, float] | None = Field(description="(dx, dy) pixels; null without registration")
    brightness: float = Field(description="difference of the mean grey levels")
    contrast_ratio: float = Field(description="ratio of the grey levels' standard deviations")
    colour: float = Field(description="distance of the mean colours, CIELAB")
    features: Difference = Field(description="largest cosine distance to the other image's nearest patch")
    levels: Difference | None = Field(
        description="largest difference in grey level at one place, without that of brightness; null without "
        "registration"
    )
    p_value: float = Field(description="of the image, against the product's good parts")
    other_p_value: float | None = Field(description="of the other image; null for a template")

    @property
    def text(self) -> str:
        """The comparison in one sentence."""
        kind = "the nearest good part" if self.other_kind == "template" else "the other image"
        parts = [f"similarity {self.similarity:.2f} to {kind} {self.other}"]
        if self.shift is not None:
            dx, dy = self.shift
            parts.append(f"lies {dx:+.1f} px across and {dy:+.1f} px down from it")
        else:
            parts.append("the two do not lie on each other point by point")
        parts.append(
            f"{abs(self.brightness):.1f} grey levels {'darker' if self.brightness < 0 else 'brighter'}"
        )
        parts.append(
            f"contrast {self.contrast_ratio:.2f} times, mean colour {self.colour:.1f} CIELAB units apart"
        )
        parts.append(
            f"its patch least like any there is at the {self.features.cell}, ({self.features.x}, "
            f"{self.features.y}), distance {self.features.value:.3f}"
        )
        if self.levels is not None:
            parts.append(
                f"most different in grey at the {self.levels.cell}, ({self.levels.x}, {self.levels.y}), "
                f"by {self.levels.value:.0f} levels"
            )
        if self.other_p_value is not None:
            parts.append(f"p-value {self.p_value:.3g} here and {self.other_p_value:.3g} there")
        return "; ".join(parts)


def compare(part: Part, other: str | None = None) -> ComparisonRecord:
    """Compare an image with another one, or with the nearest good part; all differences are measured.

    other: path of an image, or None for the nearest good part. Raises UnreadableImage.
    """
    encoded, context = part.encoded, part.context
    other_p_value: float | None = None
    if other is None:
        hit = context.templates.nearest(part.product, encoded.embedding, 1)[0]
        shown, name = hit.file_name, f"template:{hit.sha256[:12]}"
        beside = part.detector.framed(part.template(hit), part.model)
    else:
        opened = open_image(context, other)
        second = Part(context, other, opened.sha256, part.product)
        shown, name = other, f"image:{opened.sha256[:12]}"
        beside = second.encoded
        other_p_value = rounded_p(second.inspection.verdict.p_value)
    return ComparisonRecord(
        id=f"comparison:{name}",
        other=shown,
        other_kind="template" if other is None else "image",
        p_value=rounded_p(part.inspection.verdict.p_value),
        other_p_value=other_p_value,
        **_measure(encoded, beside),
    )


class _Measured(TypedDict):
    similarity: float
    agreement: float
    shift: tuple[float, float] | None
    brightness: float
    contrast_ratio: float
    colour: float
    features: Difference
    levels: Difference | None


def _measure(encoded: EncodedImage, other_encoded: EncodedImage) -> _Measured:
    """Measure the differences of an image to another one."""
    pixels, other = encoded.pixels, other_encoded.pixels
    aligned = align(pixels, encoded.frame, other, other_encoded.frame)
    # Registered images are compared where they overlap, others as a whole.
    one, two = (pixels[aligned.shown], aligned.pixels[aligned.shown]) if aligned.matches else (pixels, other)
    grey, other_grey = _grey(one), _grey(two)
    values = as_array(MemoryBank(other_encoded.grid.flatten(0, 1)).distances(encoded.grid))
    shift = (round(aligned.shift[0], 1), round(aligned.shift[1], 1))
    return {
        "similarity": round(float(encoded.embedding @ other_encoded.embedding), 4),
        "agreement": round(aligned.agreement, 4),
        "shift": shift if aligned.matches else None,
        "brightness": round(float(grey.mean() - other_grey.mean()), 2),
        "contrast_ratio": round(float(grey.std() / max(float(other_grey.std()), 1e-3)), 3),
        "colour": round(float(np.linalg.norm(_mean_lab(one) - _mean_lab(two))), 2),
        "features": _peak(encoded.frame.to_original(values), digits=4),
        "levels": _peak(_level_difference(pixels, aligned), digits=1) if aligned.matches else None,
    }


def _level_difference(pixels: Pixels, aligned: Aligned) -> NDArray[np.float32]:
    """Return the (H, W) absolute difference in grey level at each place, without the mean difference."""
    difference = _grey(pixels) - _grey(aligned.pixels)
    difference = (difference - difference[aligned.shown].mean()) * aligned.shown
    sigma = max(SMOOTHING * max(difference.shape), 0.8)
    return np.abs(np.asarray(cv2.GaussianBlur(difference, (0, 0), sigma), dtype=np.float32))


def _peak(values: NDArray[np.float32], *, digits: int) -> Difference:
    height, width = values.shape
    y, x = (int(v) for v in np.unravel_index(int(values.argmax()), values.shape))
    cell = cell_of(x + 0.5, y + 0.5, width, height)
    return Difference(x=x, y=y, cell=cell, value=round(float(values[y, x]), digits))


def _grey(pixels: Pixels) -> NDArray[np.float32]:
    """Return the luma of (..., 3) RGB, ITU-R BT.601."""
    return np.asarray(pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32))


def _mean_lab(pixels: Pixels) -> NDArray[np.float32]:
    mean = pixels.reshape(-1, 3).mean(axis=0, dtype=np.float64).astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(mean[None, None], cv2.COLOR_RGB2LAB)[0, 0], dtype=np.float32)
