"""Simulated anomalies: patches of normal images blended into normal images, with exact masks.

"nsa" is Natural Synthetic Anomalies (Schlueter et al., ECCV 2022, arXiv 2109.15222): a patch made seamless
by Poisson image editing. "cutpaste" and "scar" paste with hard edges (CutPaste, Li et al., CVPR 2021,
arXiv 2104.04015).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from anomaly_core.config import SimulationConfig
from anomaly_core.errors import ConfigError, IadError, NoImages
from anomaly_core.files import write_whole
from anomaly_core.imaging.foreground import foreground_mask
from anomaly_core.imaging.reading import load_image
from anomaly_core.results import Region
from anomaly_core.scoring.regions import region_of_mask
from anomaly_core.simulation.patches import (
    MARGIN,
    Bools,
    Patch,
    Pixels,
    draw_patch,
    on_object,
    render,
)
from anomaly_core.simulation.question_answers import inspection_pairs


@dataclass(frozen=True)
class Simulated:
    """An image with simulated anomalies.

    pixels: (H, W, 3) uint8. mask: (H, W) bool, true exactly where pixels differ from the original.
    anomalies: one region a patch, disjoint, together the mask.
    """

    pixels: Pixels
    mask: Bools
    anomalies: tuple[Region, ...]

    @property
    def cells(self) -> list[str]:
        """The 3x3 cell of each anomaly."""
        return [region.cell for region in self.anomalies]


def simulate(
    image: Pixels,
    source: Pixels,
    *,
    rng: np.random.Generator,
    config: SimulationConfig | None = None,
    foreground: Bools | None = None,
    source_foreground: Bools | None = None,
) -> Simulated:
    """Blend patches of a normal source image into a normal image; equal arguments give equal bytes.

    image: (H, W, 3) uint8. source: (H', W', 3) uint8, may be the image itself. foreground,
    source_foreground: (H, W) and (H', W') bool masks of the object, None for a texture; the source's defaults
    to the image's where they are the same. Raises ConfigError where no draw changed the image visibly.
    """
    config = config or SimulationConfig()
    if source is image and source_foreground is None:
        source_foreground = foreground
    result, taken = image.copy(), np.zeros(image.shape[:2], np.bool_)
    anomalies: list[Region] = []
    wanted = int(rng.integers(1, config.max_patches + 1))
    visible = float(config.min_visible)
    if foreground is None:
        visible = max(visible, 4 * _spread(image))
    for _ in range(config.attempts):
        patch = draw_patch(image.shape[:2], source.shape[:2], rng, config, textured=foreground is None)
        if taken[patch.target].any() or not on_object(patch, foreground, source_foreground, config):
            continue
        changed = render(image, source, patch, rng, config, textured=foreground is None)
        mask = _write_patch(result, image, patch, changed, config.min_change, visible)
        if mask is None:
            continue
        # The patch's surroundings are taken too, so that two anomalies do not touch.
        y, x = patch.target
        taken[max(y.start - MARGIN, 0) : y.stop + MARGIN, max(x.start - MARGIN, 0) : x.stop + MARGIN] = True
        anomalies.append(region_of_mask(mask, score=1.0))
        if len(anomalies) == wanted:
            break
    if not anomalies:
        raise ConfigError(
            f"no visible anomaly in {config.attempts} draws: image and source are too alike; "
            "give other sources, larger patches or a lower min_visible"
        )
    union = np.logical_or.reduce([region.mask for region in anomalies])
    return Simulated(result, union, tuple(anomalies))


def _spread(image: Pixels) -> float:
    """Return the spread of a smoothed texture in grey levels: 1.48 x the median absolute detail."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    sigma = _sigma(image)
    detail = cv2.GaussianBlur(grey, (0, 0), sigma) - cv2.GaussianBlur(grey, (0, 0), 8 * sigma)
    return 1.48 * float(np.median(np.abs(detail)))


def _sigma(image: Pixels) -> float:
    """Return the standard deviation, in pixels, of the smoothing before a change is judged."""
    height, width, _ = image.shape
    return max(1.0, float(min(height, width)) / 250)


def _write_patch(
    result: Pixels, image: Pixels, patch: Patch, changed: Pixels, min_change: float, min_visible: float
) -> Bools | None:
    """Write one patch into result and return its (H, W) mask; None, result unchanged, if it is not visible.

    The change is judged after smoothing, since grain over grain differs in every pixel without being visible:
    by its absolute value for the extent of the mask, by its signed value for visibility.
    """
    original = image[patch.target]
    difference = changed.astype(np.float32) - original.astype(np.float32)
    extent = cv2.GaussianBlur(np.abs(difference).max(axis=2), (0, 0), _sigma(image))
    local = patch.shape & (extent > min_change)
    if local.sum() < max(9, 0.2 * patch.shape.sum()):
        return None
    visible = np.abs(cv2.GaussianBlur(difference, (0, 0), _sigma(image))).max(axis=2)
    if np.quantile(visible[local], 0.9) < min_visible:
        return None
    # Masked pixels that are equal by chance change by one grey level, so that mask and change agree.
    same = local & ~difference.any(axis=2)
    changed[same] = np.where(original[same] < 128, original[same] + 1, original[same] - 1)
    result[patch.target] = np.where(local[..., None], changed, original)
    mask = np.zeros(image.shape[:2], np.bool_)
    mask[patch.target] = local
    return mask


@dataclass(frozen=True)
class SimulationSummary:
    """The images that `simulate_folder` wrote, in order, and the skipped paths with their reasons."""

    out: Path
    images: tuple[Path, ...]
    skipped: tuple[tuple[Path, str], ...]


def simulate_folder(
    paths: Sequence[Path],
    out: Path,
    count: int,
    seed: int,
    config: SimulationConfig | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    product: str = "object",
) -> SimulationSummary:
    """Write `count` simulated anomalies made from normal images, with masks and question-answer texts.

    OUT/images/NNNNNN.png, OUT/masks/NNNNNN.png (255 = changed), OUT/annotations.jsonl (one object an image,
    and one for each normal image used) and, last, OUT/manifest.json with seed and config. Files are written
    atomically; equal arguments give equal files. progress(done, count) is called after each image. An image
    that cannot be read, or in which no anomaly becomes visible, is skipped.
    Raises NoImages where none is left, ConfigError where OUT holds a different simulation.
    """
    config = config or SimulationConfig()
    if count < 1:
        raise ConfigError(f"the number of pictures must be at least 1, not {count}")
    manifest = {"seed": seed, "count": count, "product": product, "config": config.model_dump(mode="json"),
                "paths": [str(path) for path in paths]}  # fmt: skip
    _refuse_other(out / "manifest.json", manifest)
    usable, skipped = list(dict.fromkeys(paths)), dict[Path, str]()
    images: list[Path] = []
    records: list[dict[str, object]] = []
    described: set[Path] = set()
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        made: tuple[Simulated, Path] | None = None
        while made is None:
            if not usable:
                reasons = "; ".join(skipped.values()) or "no path was given"
                raise NoImages(f"no image is left to simulate from: {reasons}")
            path = usable[number % len(usable)]
            other = usable[int(rng.integers(len(usable)))]
            made = _simulate_files(path, other, rng, config, usable, skipped)
        simulated, path = made
        name = f"{number:06d}.png"
        _write_png(out / "images" / name, simulated.pixels[..., ::-1])
        _write_png(out / "masks" / name, simulated.mask.astype(np.uint8) * 255)
        images.append(out / "images" / name)
        if path not in described:
            described.add(path)
            records.append(_record(str(path), None, path, None, product, rng))
        records.append(_record(f"images/{name}", f"masks/{name}", path, simulated, product, rng))
        if progress is not None:
            progress(number + 1, count)
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    write_whole(out / "annotations.jsonl", lines)
    listed = [{"path": str(path), "message": message} for path, message in skipped.items()]
    write_whole(out / "manifest.json", json.dumps({**manifest, "skipped": listed}, indent=2))
    return SimulationSummary(out, tuple(images), tuple(skipped.items()))


def _simulate_files(
    path: Path,
    other: Path,
    rng: np.random.Generator,
    config: SimulationConfig,
    usable: list[Path],
    skipped: dict[Path, str],
) -> tuple[Simulated, Path] | None:
    """Return one simulated image and its path, or None with the path at fault moved to `skipped`."""
    loaded: list[Pixels] = []
    at_fault = path
    try:
        for at_fault in (path, other):
            loaded.append(load_image(at_fault).pixels)
        at_fault = path
        image, source = loaded
        made = simulate(image, source, rng=rng, config=config, foreground=foreground_mask(image),
                        source_foreground=foreground_mask(source))  # fmt: skip
    except IadError as error:
        usable.remove(at_fault)
        skipped[at_fault] = str(error)
        return None
    return made, path


def _record(
    image: str,
    mask: str | None,
    source: Path,
    simulated: Simulated | None,
    product: str,
    rng: np.random.Generator,
) -> dict[str, object]:
    anomalies = simulated.anomalies if simulated else ()
    cells = [region.cell for region in anomalies]
    return {
        "image": image,
        "mask": mask,
        "source": str(source),
        "anomalous": bool(anomalies),
        "anomalies": [{"bbox": list(r.bbox), "cell": r.cell, "area_px": r.area_px} for r in anomalies],
        "conversation": [asdict(pair) for pair in inspection_pairs(product, cells, rng)],
    }


def _refuse_other(path: Path, manifest: dict[str, object]) -> None:
    """Raise ConfigError for a folder that holds a simulation with another manifest."""
    if not path.is_file():
        return
    try:
        old = json.loads(path.read_text(encoding="utf-8"))
        same = all(old[key] == json.loads(json.dumps(value)) for key, value in manifest.items())
    except (OSError, ValueError, KeyError, TypeError):
        same = False
    if not same:
        raise ConfigError(f"{path.parent}: holds another simulation; give an empty folder or remove this one")


def _write_png(path: Path, pixels: Pixels) -> None:
    """Write (H, W) or (H, W, 3) BGR pixels as PNG."""
    _, data = cv2.imencode(".png", pixels)
    write_whole(path, data.tobytes())
