"""Places: how well the regions of failed images lie on the defects, by the shipped rule and older ones.

    python benchmarks/places.py --data ROOT --shots 4 --seeds 0 1

ROOT holds sets with masks: mvtec/screw, magnetic_tile, mvtec_loco/juice_bottle; one that is missing is left
out. `--simulated` measures simulated anomalies on good images of the sets instead, on which the constants of
the rule were chosen. Only anomalous images that the decision fails count, and all regions that an inspection
shows. Of each rule: *first*: share of images whose first region lies on the defect, that is its strongest
pixel or its centroid lies in the mask, dilated by 1 % of the image's longer side. *sound*: share of all
regions that touch no such mask. *area*: median of the regions' pixels over the mask's; *factor*: median of
that ratio or its inverse, whichever is above 1. *iou*: mean intersection over union of all
regions and the mask. *regions*: mean number an image. The rule "height" is the shipped one without the good
images' range of colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice, product
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from decisions import MVTEC, model_of, some
from harness import apart, parser, write
from sets import METHODS, Labelled, Mask, Set, mvtec_set, pixels_of, with_anomalies

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DEFAULT_ENCODER, DetectorConfig
from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.inspection import Inspection
from anomaly_core.product import ProductModel
from anomaly_core.results import Array, Region
from anomaly_core.scoring.regions import find_regions
from anomaly_core.scoring.scorer import FEW_SHOT, LAYOUT, PIXEL_RANGE, TEXT_ALIGNED

MASKED: Final = ("screw", "magnetic_tile", "juice_bottle")
TOLERANCE: Final = 0.01
"""Radius by which a mask is dilated, as a share of the image's longer side."""
SIMULATED: Final = 36
"""Good images that simulated anomalies are made from, beside those of the shots."""


def older(values: Array, product: ProductModel) -> list[Region]:
    """Return the regions as they were: half-way from median to peak, at least the limit of a normal pixel."""
    shown = values[::4, ::4][values[::4, ::4] > 0]
    base, peak = float(np.median(shown)) if shown.size else 0.0, float(values.max())
    threshold = min(max(product.pixel_threshold, (base + peak) / 2), 0.8 * peak)
    return find_regions(values, threshold=threshold, scale=product.pixel_threshold)


def place(regions: Sequence[Region], values: Array, mask: Mask) -> dict[str, float]:
    """Return the figures of one image. regions: at least one. values: (H, W) map. mask: not empty."""
    radius = max(1, round(TOLERANCE * max(mask.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    near = cv2.dilate(mask.astype(np.uint8), kernel) > 0
    first = regions[0]
    x, y = (round(value) for value in first.centroid)
    peak = np.unravel_index(int(np.where(first.mask, values, -1).argmax()), mask.shape)
    union = np.logical_or.reduce([region.mask for region in regions])
    return {
        "first": float(near[y, x] or near[peak]),
        "regions": float(len(regions)),
        "sound": float(sum(not near[region.mask].any() for region in regions)),
        "area": float(union.sum() / mask.sum()),
        "iou": float((union & mask).sum() / (union | mask).sum()),
    }


def summary(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the figures over all images, see above; none for no image."""
    if not rows:
        return {"images": 0}
    ratios = np.log([row["area"] for row in rows])
    regions = sum(row["regions"] for row in rows)
    return {
        "images": len(rows),
        "first": float(np.mean([row["first"] for row in rows])),
        "sound": sum(row["sound"] for row in rows) / regions,
        "regions": regions / len(rows),
        "iou": float(np.mean([row["iou"] for row in rows])),
        "area": float(np.exp(np.median(ratios))),
        "factor": float(np.exp(np.median(np.abs(ratios)))),
    }


def both(found: Inspection, product: ProductModel, mask: Mask) -> dict[str, dict[str, float]]:
    """Return one failed image's figures by either rule; layout findings come first in both."""
    values = found.anomaly_map.values
    mapped = product.regions(found.image, found.scores)
    # A part clearly normal to the map has regions of the layout alone.
    of_layout = list(found.regions)
    from_map = {region.bbox for region in mapped}
    shows_map = bool(of_layout) and of_layout[-1].bbox in from_map
    layout = of_layout[: len(of_layout) - len(mapped)] if shows_map else of_layout
    earlier = [*layout, *(older(values, product) if shows_map or not layout else [])]
    by_height = product.regions(found.image, {FEW_SHOT: found.scores[FEW_SHOT]})
    plain = [*layout, *(by_height if shows_map or not layout else [])]
    return {
        "older": place(earlier, values, mask),
        "height": place(plain, values, mask),
        "shipped": place(of_layout or mapped, values, mask),
    }


def simulated(part: Set, seed: int) -> Set:
    """Return the set of a product's good images, a third each with nsa, cut-paste and scar anomalies."""
    rng = np.random.default_rng(seed)
    images = [pixels_of(part.pool[i]) for i in rng.permutation(len(part.pool))[: SIMULATED + 12]]
    made = [with_anomalies(part.name, images, SIMULATED // 12, rng, method, 0.4) for method in METHODS]
    return Set(part.name, made[0].pool, [test for each in made for test in each.of(True)])


def tests_of(part: Set, most: int) -> list[Labelled]:
    return [test for test in some(part.tests, most) if test.anomalous and test.truth is not None]


@lru_cache(maxsize=1)
def set_of(root: Path, name: str, simulate: bool) -> Set:
    part = mvtec_set(root / MVTEC[name], name)
    return simulated(part, 0) if simulate else part


@lru_cache(maxsize=1)
def encoded(part: Set, model: AnomalyGPT, most: int) -> list[tuple[EncodedImage, Mask]]:
    """Return the test images that have a mask, with it."""
    pairs = [(model.encode(test.pixels), test.mask) for test in tests_of(part, most)]
    return [(image, mask) for image, mask in pairs if mask is not None and mask.any()]


def run(
    root: Path,
    name: str,
    simulate: bool,
    config: DetectorConfig,
    device: str,
    shots: int,
    seed: int,
    most: int,
) -> list[dict[str, dict[str, float]]]:
    """Return both rules' figures of each failed image, for one draw of shots."""
    part, model = set_of(root, name, simulate), model_of("shipped", config, device)
    learned, rows = model.fit(part.draw(shots, seed)), []
    for image, mask in encoded(part, model, most):
        found = model.inspect(image, learned)
        if found.verdict.anomalous:
            rows.append(both(found, learned, mask))
    return rows


def main() -> None:
    options = parser(__doc__, out="places.json")
    options.add_argument("--data", type=Path, required=True, help="folder of the sets")
    options.add_argument("--shots", type=int, default=4)
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    options.add_argument("--most", type=int, default=40, help="anomalous test images of a set")
    options.add_argument("--sets", nargs="+", default=MASKED, help="names of the sets")
    options.add_argument("--simulated", action="store_true", help="anomalies simulated on good images")
    options.add_argument("--encoder", default=DEFAULT_ENCODER)
    options.add_argument("--device", default="cpu", help="torch device of the image encoder")
    options.add_argument("--workers", type=int, default=1, help="processes, over sets and seeds")
    given = options.parse_args()
    config = DetectorConfig(encoder=given.encoder, scorers=(FEW_SHOT, TEXT_ALIGNED, LAYOUT, PIXEL_RANGE))
    names = [name for name in given.sets if (given.data / MVTEC[name]).is_dir()]
    jobs = [
        (given.data, name, given.simulated, config, given.device, given.shots, seed, given.most)
        for name, seed in product(names, given.seeds)
    ]
    done, found = apart(run, jobs, given.workers), dict[str, Any]()
    for name in names:
        rows = [row for drawn in islice(done, len(given.seeds)) for row in drawn]
        found[name] = {"tests": len(tests_of(set_of(given.data, name, given.simulated), given.most))}
        for rule in ("older", "height", "shipped"):
            found[name][rule] = summary([row[rule] for row in rows])
            words = ", ".join(f"{figure} {value:.2f}" for figure, value in found[name][rule].items())
            print(name, rule, words, flush=True)
    write(given, {"encoder": load_image_encoder(given.encoder).name, "sets": found})


if __name__ == "__main__":
    main()
