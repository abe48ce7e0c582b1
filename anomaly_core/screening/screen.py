"""Screening: which of the images that a product is to be learned from are no good part's image, and why.

Masks first, then near-duplicates, then images of another size, light or sharpness or partly in view, then
other objects, then parts with an anomaly, by their leave-one-out score. Each is an outlier among the images
themselves; no image is compared with a fixed limit alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import torch

from anomaly_core.decoders.patches import top_share_mean
from anomaly_core.imaging.frame import Frame
from anomaly_core.results import Array, cell_of
from anomaly_core.scoring.calibration import log_of
from anomaly_core.screening.duplicates import near_duplicates
from anomaly_core.screening.outliers import LEAST_IMAGES, locally_anomalous, p_values, robust_z
from anomaly_core.screening.traits import Traits

Kind = Literal["mask", "duplicate", "size", "light", "blur", "view", "foreign", "defect"]

LEAST_FOR_DUPLICATES: Final = 3
LEAST_FOR_DEFECTS: Final = 6
"""Fewer images do not show how much good ones vary."""
SIZE_PRIOR: Final = 0.02
SIZE_LIMIT: Final = (6.0, 0.15)
"""Robust standard deviations, and log-ratio, both of which an odd image lies beyond. The limits of size,
light, sharpness and distance, and their priors, were chosen on procedural products, textile and ELPV."""
LIGHT_PRIOR: Final = 0.1
LIGHT_LIMIT: Final = (3.8, 0.25)
SHARPNESS_PRIOR: Final = 0.15
SHARPNESS_LIMIT: Final = (4.0, 0.5)
DISTANCE_PRIOR: Final = 0.3
DISTANCE_LIMIT: Final = (5.0, 1.0)
LEAST_DISTANCE: Final = 0.02
"""Distances below it are equal: parts of a series differ so by light and pose, other objects by .2 or more.
Set by hand."""
WHITE_PRIOR: Final = 0.05
WHITE_LIMIT: Final = (4.0, 0.25)
"""Robust standard deviations, and share of the pixels. Set by hand."""
COVERAGE_PRIOR: Final = 0.15
COVERAGE_LIMIT: Final = (5.0, 0.6)
"""Set by what good images and half-emptied ones of capsule, screw, a toy, ELPV and magnetic_tile measure."""
TOP_SHARE: Final = 0.01
"""Share of an image's patches, the most anomalous ones, that its score is the mean of."""
DEFECT_LIMITS: Final = (0.0003, 0.005)
"""`p_values` below which a part is anomalous, and is perhaps so: see `docs/research/experiments.md`."""

ALONE: Final = 40.0
"""Degrees to all other parts from which one is the only one at its turn: lit from one side, its rims are
bright and dark where no other's are. Set by three drawn parts, whose good ones that were taken for defective
lie 44, 50 and 85 degrees from the others."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One image to screen. embedding: (D,) unit length. grid: (h, w, C) patches of its frame."""

    traits: Traits
    embedding: Array
    grid: torch.Tensor
    frame: Frame


@dataclass(frozen=True)
class Oddity:
    """One image that is odd among the others.

    reason: a phrase. of: the image that it repeats. certain: to be left out, not only to be looked at.
    """

    index: int
    kind: Kind
    reason: str
    of: int | None = None
    certain: bool = True


@dataclass(frozen=True)
class Screened:
    """The result of screening. left_out: indices. kept_all: groups kept, since too few would remain."""

    oddities: tuple[Oddity, ...]
    left_out: frozenset[int]
    kept_all: tuple[str, ...] = ()


def screen(samples: Sequence[Sample]) -> Screened:
    """Find the odd ones of the images.

    Masks are left out where most images are none; near-duplicates and the other odd ones as long as half of
    the images that are no masks remain.
    """
    masks = [n for n, sample in enumerate(samples) if sample.traits.flat]
    if 2 * len(masks) > len(samples) or len(samples) < LEAST_FOR_DUPLICATES:
        masks = []
    oddities = [Oddity(n, "mask", "a few flat grey levels, as a mask or label image has") for n in masks]
    rest = [n for n in range(len(samples)) if n not in masks]
    most = len(rest) // 2
    left_out, kept_all = set(masks), []
    repeated = _duplicates(samples, rest)
    oddities += repeated
    if len(repeated) <= most:
        left_out |= {odd.index for odd in repeated}
        most -= len(repeated)
    elif repeated:
        kept_all.append("near-duplicates")
    again = {odd.index for odd in repeated}
    unique = [n for n in rest if n not in again]
    odd = [] if len(unique) < LEAST_IMAGES else _odd(samples, unique)
    oddities += odd
    certain = {each.index for each in odd if each.certain}
    if len(certain) <= most:
        left_out |= certain
    else:
        kept_all.append("odd images")
    return Screened(tuple(oddities), frozenset(left_out), tuple(kept_all))


def _duplicates(samples: Sequence[Sample], rest: Sequence[int]) -> list[Oddity]:
    if len(rest) < LEAST_FOR_DUPLICATES:
        return []
    embeddings = np.stack([samples[n].embedding for n in rest])
    found = near_duplicates([samples[n].traits for n in rest], embeddings @ embeddings.T)
    reason = "the same part again: only noise, encoding, light or a small shift differs"
    return [Oddity(rest[n], "duplicate", reason, rest[of]) for n, of in found.items()]


def _odd(samples: Sequence[Sample], candidates: Sequence[int]) -> list[Oddity]:
    """Return the odd ones, one kind after the other, each without those that the kinds before it found."""
    found: list[Oddity] = []
    for find in (_other_size, _over_exposed, _cut_off, _other_light, _blurred, _foreign, _defective):
        left = [n for n in candidates if n not in {odd.index for odd in found}]
        if len(left) < LEAST_IMAGES:
            break
        found += find(samples, left)
    return found


def _beyond(values: Sequence[float], prior: float, limit: tuple[float, float]) -> list[tuple[int, float]]:
    """Return (position, deviation) of the values beyond both limits."""
    array = np.asarray(values, dtype=np.float64)
    z = robust_z(array, prior)
    found = []
    for n in range(len(array)):
        deviation = float(array[n] - np.median(np.delete(array, n)))
        if abs(z[n]) > limit[0] and abs(deviation) > limit[1]:
            found.append((n, deviation))
    return found


def _is_alone(values: Sequence[float], position: int, deviation: float) -> bool:
    """Return whether no other value lies on the same side, at least half as far from the median."""
    middle = values[position] - deviation
    others = (value - middle for n, value in enumerate(values) if n != position)
    return not any(2 * other / deviation > 1 for other in others)


def _other_size(samples: Sequence[Sample], left: Sequence[int]) -> list[Oddity]:
    sizes = [samples[n].traits.size for n in left]
    values = [0.5 * math.log(height * width) for height, width in sizes]
    usual = sorted(sizes)[len(sizes) // 2]
    return [
        Oddity(left[n], "size", f"{sizes[n][1]} x {sizes[n][0]} pixels, the others {usual[1]} x {usual[0]}")
        for n, _ in _beyond(values, SIZE_PRIOR, SIZE_LIMIT)
    ]


def _other_light(samples: Sequence[Sample], left: Sequence[int]) -> list[Oddity]:
    """Return the images in another light; one of several such is a variety, such as a darker juice."""
    levels = [math.log(samples[n].traits.quality.level + 1) for n in left]
    found = [(n, d) for n, d in _beyond(levels, LIGHT_PRIOR, LIGHT_LIMIT) if _is_alone(levels, n, d)]
    return [
        Oddity(
            left[n], "light", f"{abs(math.expm1(d)):.0%} {'darker' if d < 0 else 'brighter'} than the others"
        )
        for n, d in found
    ]


def _blurred(samples: Sequence[Sample], left: Sequence[int]) -> list[Oddity]:
    found = _beyond([samples[n].traits.quality.sharpness / 2 for n in left], SHARPNESS_PRIOR, SHARPNESS_LIMIT)
    return [
        Oddity(left[n], "blur", f"{math.exp(-d):.1f} times less fine contrast than the others: out of focus")
        for n, d in found
        if d < 0
    ]


def _over_exposed(samples: Sequence[Sample], left: Sequence[int]) -> list[Oddity]:
    shares = [samples[n].traits.quality.white for n in left]
    return [
        Oddity(left[n], "light", f"over-exposed: {shares[n]:.0%} of the pixels are white")
        for n, d in _beyond(shares, WHITE_PRIOR, WHITE_LIMIT)
        if d > 0
    ]


def _cut_off(samples: Sequence[Sample], left: Sequence[int]) -> list[Oddity]:
    values = [samples[n].traits.quality.coverage for n in left]
    found = _beyond(values, COVERAGE_PRIOR, COVERAGE_LIMIT)
    return [
        Oddity(
            left[n], "view", f"only partly in view: one half has {math.exp(values[n]):.0%} of the contrast"
        )
        for n, d in found
        if d < 0
    ]


def _foreign(samples: Sequence[Sample], left: Sequence[int]) -> list[Oddity]:
    embeddings = np.stack([samples[n].embedding for n in left])
    cosines = embeddings @ embeddings.T
    medians = [float(np.median(np.delete(row, n))) for n, row in enumerate(cosines)]
    distances = [math.log(max(1 - each, LEAST_DISTANCE)) for each in medians]
    return [
        Oddity(left[n], "foreign", f"unlike the others: similarity {medians[n]:.2f}, another object or scene")
        for n, d in _beyond(distances, DISTANCE_PRIOR, DISTANCE_LIMIT)
        if d > 0
    ]


def _defective(samples: Sequence[Sample], left: Sequence[int]) -> list[Oddity]:
    """Return the parts that are anomalous against the others.

    Aligned images and whole ones don't compare: those that are fewer are not judged.
    """
    aligned = 2 * sum(samples[n].frame.aligned for n in left) > len(left)
    left = [n for n in left if samples[n].frame.aligned == aligned]
    if len(left) < LEAST_FOR_DEFECTS:
        return []
    found_maps = locally_anomalous([samples[n].grid for n in left])
    maps = [_on_original(samples[n].frame, values) for n, values in zip(left, found_maps, strict=True)]
    log_scores = np.array([log_of(float(top_share_mean(each.flatten(), TOP_SHARE))) for each in maps])
    found = []
    for n, p_value in enumerate(p_values(log_scores)):
        if p_value >= DEFECT_LIMITS[1]:
            continue
        times = math.exp(log_scores[n] - np.median(np.delete(log_scores, n)))
        where = f"{times:.1f} times as anomalous as the others, {_place(samples[left[n]].frame, maps[n])}"
        alone = _alone_at_its_turn([samples[each].frame for each in left], n)
        certain = bool(p_value < DEFECT_LIMITS[0]) and not alone
        reason = f"anomalous: {where}" if certain else f"perhaps anomalous, look at it: {where}"
        reason += "; the only one at its turn, where light may fall otherwise" if alone else ""
        found.append(Oddity(left[n], "defect", reason, certain=certain))
    return found


def _on_original(frame: Frame, values: torch.Tensor) -> torch.Tensor:
    """Return (h, w) values over the input with 0 beyond the original, where the input is made up."""
    return values.masked_fill(torch.from_numpy(~frame.inside(*values.shape)), 0.0)


def _alone_at_its_turn(frames: Sequence[Frame], index: int) -> bool:
    """Return whether an aligned part lies at another turn than those of all other images do."""
    if not frames[index].aligned:
        return False
    turns = np.array([np.arctan2(frame.matrix[1, 0], frame.matrix[0, 0]) for frame in frames])
    apart = (np.delete(turns, index) - turns[index] + np.pi) % (2 * np.pi) - np.pi
    return bool(np.degrees(np.abs(apart)).min() > ALONE)


def _place(frame: Frame, values: torch.Tensor) -> str:
    """Return the cell of the original image that the highest of (h, w) values over the input lies in."""
    rows, columns = values.shape
    row, column = divmod(int(values.argmax()), columns)
    height, width = frame.input_size
    x, y = frame.matrix @ [(column + 0.5) * width / columns, (row + 0.5) * height / rows, 1]
    return cell_of(x, y, frame.original_size[1], frame.original_size[0])
