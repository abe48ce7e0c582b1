"""Crops at native resolution beside the whole input: what their map adds to the shipped decision, and costs.

    python benchmarks/tiles.py --data ROOT --out benchmarks/results/tiles.json

Each input is cut into crops that overlap by a quarter, rendered anew from the original at its own resolution.
A patch of a crop is compared with those of the same crop of the good images, seen as they are and upside
down, that lie within a margin. The crops' distances, merged on the input, give a second score; the log-scores
of both are added with weights that sum to 1 and calibrated as the shipped score. With `places`, the second
score looks only around that many peaks of the whole input's map: what a zoom would encode.

Ways differ in crops, encoders, margin, top share, places and weight. "by_others" takes for each set the way
of the best mean image AUROC over the other sets; "by_simulation" that which best separates small simulated
defects from the good images, over all products, without a test image. "best" is chosen on the judged sets and
shown as a bound. The plain method judges the same encoded images. No image is judged by its quality here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from decisions import figures, sets_of, some
from harness import apart, parser, spreads, write
from numpy.typing import NDArray
from sets import Pixels

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.checkpoint import load_shipped
from anomaly_core.config import DEFAULT_ENCODER, DetectorConfig
from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.encoding import Image
from anomaly_core.fitting import fused_prior
from anomaly_core.forecast import simulated_defects, without
from anomaly_core.imaging.frame import Frame
from anomaly_core.results import Array
from anomaly_core.scorers.few_shot import map_on_original
from anomaly_core.scoring.calibration import calibrate, log_of
from anomaly_core.scoring.scorer import FEW_SHOT, LAYOUT, Score

SETS: Final = ("screw", "capsule", "alien_toy", "juice_bottle")
OVERLAP: Final = 0.25
"""Share of a crop's side that the next crop covers, too."""
ENCODERS: Final = ("both", "first")
MARGINS: Final = (0.1, 0.25, 9.0)
"""Farthest that a patch may have moved, as a share of the input's mean side; 9: anywhere in the crop."""
TOP_SHARES: Final = (0.01, 0.003)
PLACES: Final = (0, 3)
"""Peaks of the whole input's map around which crops are looked at; 0: everywhere."""
PLACE_RADIUS: Final = 0.1
WEIGHTS: Final = (0.25, 0.5, 0.75, 1.0)
SHOWN: Final = (
    *("image_auroc", "balanced_accuracy", "best_balanced_accuracy", "kept"),
    *("false_alarm_rate", "escape_rate", "separation"),
)


@dataclass(frozen=True)
class Cut:
    """How an input is cut. count: crops a side. zoom: scale of a crop over the input's; None: native."""

    count: int
    zoom: float | None


INPUT: Final = Cut(1, 1.0)
"""The whole input itself: what margin and encoder give without crops."""
CUTS: Final = {
    "input": INPUT,
    "2x2 native": Cut(2, None),
    "3x3 native": Cut(3, None),
    "3x3 double": Cut(3, 2.0),
}


@dataclass(frozen=True)
class Way:
    """A way to score crops and to add their score."""

    cut: str
    encoder: str
    margin: float
    top_share: float
    places: int
    weight: float


def ways(cuts: Sequence[str]) -> list[Way]:
    return [Way(*each) for each in product(cuts, ENCODERS, MARGINS, TOP_SHARES, PLACES, WEIGHTS)]


# --- maps of crops --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Crop:
    """An encoded crop. corner: (x, y) on the input, 0 to 1. side: its length, likewise.

    shape: rows and columns of its patches. patches: (m, C). at: (m, 2) centres of the patches on the input,
    in mean sides of the input.
    """

    corner: tuple[float, float]
    side: float
    shape: tuple[int, int]
    patches: torch.Tensor
    at: torch.Tensor


Maps = Mapping[tuple[str, float], Array]
"""(n, h, w) distances to each of n good images, by encoder and margin."""


def crops_of(model: AnomalyGPT, image: EncodedImage, cut: Cut, *, mirrored: bool = False) -> list[Crop]:
    """Encode the crops of an image's input; mirrored: of the input upside down."""
    frame, pixels, stride = image.frame, image.pixels, model.encoder.stride
    height, width = frame.input_size
    zoom = max(1.0, frame.scale) if cut.zoom is None else cut.zoom
    side = 1 / (cut.count - (cut.count - 1) * OVERLAP)
    h, w = (max(2, round(length * side * zoom / stride)) * stride for length in (height, width))
    corners, shown = [], []
    for row, column in product(range(cut.count), repeat=2):
        x, y = (number * side * (1 - OVERLAP) for number in (column, row))
        to_input = np.diag([side * width / w, side * height / h, 1.0])
        to_input[:2, 2] = x * width, y * height
        rendered = Frame(frame.matrix @ to_input, (h, w), frame.original_size).render(pixels)
        corners.append((x, 1 - y - side if mirrored else y))
        shown.append(np.ascontiguousarray(rendered[::-1]) if mirrored else rendered)
    unit = np.array([height, width]) / np.sqrt(height * width)
    found = []
    views = image.views if cut == INPUT and not mirrored else model.input.views(shown)
    for (x, y), view in zip(corners, views, strict=True):
        rows, columns, _ = view.grid.shape
        cells = (np.mgrid[0:rows, 0:columns].reshape(2, -1).T + 0.5) / (rows, columns) * side + (y, x)
        at = torch.from_numpy((cells * unit).astype(np.float32))
        found.append(Crop((x, y), side, (rows, columns), view.grid.flatten(0, 1), at))
    return found


def maps_of(crops: Sequence[Crop], good: Sequence[Sequence[Crop]], first: int) -> Maps:
    """Return the merged maps of an image's crops.

    good: crops of each good image. first: channels of the first encoder.
    """
    rows, columns = (round(length / crops[0].side) for length in crops[0].shape)
    found = {way: np.zeros((len(good), rows, columns), np.float32) for way in product(ENCODERS, MARGINS)}
    total = np.zeros((rows, columns), np.float32)
    for crop in crops:
        (x, y), side = crop.corner, crop.side
        top, left = round(y * rows), round(x * columns)
        area = np.s_[top : round((y + side) * rows), left : round((x + side) * columns)]
        size = total[area].shape
        # Patches at a crop's border see less around them.
        trust = np.outer(*(1.02 - np.abs(np.linspace(-1, 1, length)) for length in size)).astype(np.float32)
        total[area] += trust
        for number, own in enumerate(good):
            same = [other for other in own if np.allclose(other.corner, crop.corner)]
            patches = torch.cat([other.patches for other in same])
            # Each encoder has half of a cosine.
            ones = crop.patches[:, :first] @ patches[:, :first].T
            cosines = {"both": ones + crop.patches[:, first:] @ patches[:, first:].T, "first": 2 * ones}
            moved = (crop.at[:, None] - torch.cat([other.at for other in same])).abs().amax(-1)
            for encoder, margin in found:
                nearest = cosines[encoder].masked_fill(moved > margin, -1.0).amax(1)
                values = (1 - nearest).clamp_min_(0).view(crop.shape).numpy()
                found[encoder, margin][number][area] += trust * cv2.resize(values, size[::-1])
    return {way: values / total for way, values in found.items()}


def around_peaks(values: Array, places: int, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which cells of a grid lie around the highest peaks of an (h, w) map."""
    left, mask = values.copy(), np.zeros(values.shape, np.uint8)
    reach = max(1, round(PLACE_RADIUS * values.size**0.5))
    for _ in range(places):
        y, x = np.unravel_index(int(left.argmax()), left.shape)
        near = np.s_[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
        left[near], mask[near] = -1, 1
    return np.asarray(cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_NEAREST) > 0)


# --- one draw of shots ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Seen:
    """An image's scores by a product, and the maps of its crops by cut; none where it is not comparable.

    own: number of the good image that it shows, which it is not compared with; None for a test image.
    """

    scores: Mapping[str, Score]
    foreign: bool
    comparable: bool
    maps: Mapping[str, Maps]
    own: int | None = None

    def crop_score(self, way: Way, count: int) -> float:
        """Return the log-score of the crops' map against the first `count` good images."""
        whole = self.scores[FEW_SHOT]
        if not self.maps:
            return whole.log_score
        kept = self.maps[way.cut][way.encoder, way.margin][:count]
        values = (kept if self.own is None else np.delete(kept, self.own, axis=0)).min(0)
        if way.places and whole.values is not None:
            values = np.where(around_peaks(whole.values.numpy(), way.places, values.shape), values, 0)
        highest = np.sort(values, axis=None)[::-1]
        return log_of(float(highest[: max(1, round(way.top_share * highest.size))].mean()))

    def mixed(self, way: Way | None, count: int) -> dict[str, Score]:
        """Return the scores, the few-shot one mixed with that of the crops; None: as shipped."""
        own = self.scores[FEW_SHOT]
        if way is None:
            return dict(self.scores)
        log_score = (1 - way.weight) * own.log_score + way.weight * self.crop_score(way, count)
        return {**self.scores, FEW_SHOT: replace(own, log_score=log_score)}


class Draw:
    """The products of one draw of shots, by their number, and its good images' crops."""

    def __init__(
        self, model: AnomalyGPT, images: Sequence[Pixels], shots: Sequence[int], cuts: Sequence[str]
    ) -> None:
        self.model, self.cuts = model, cuts
        self.seconds: dict[str, list[float]] = {name: [] for name in ("plain", *cuts)}
        self.products = {count: model.fit(images[:count]) for count in shots}
        self.last = self.products[max(shots)]
        framed = [model.framed(pixels, self.last) for pixels in images]
        self.crops = {
            name: [
                [crop for m in (False, True) for crop in crops_of(model, each, CUTS[name], mirrored=m)]
                for each in framed
            ]
            for name in cuts
        }
        self.good = [self.see(each, number) for number, each in enumerate(framed)]
        small = [defect for defect in simulated_defects(images) if defect.size == "small"]
        self.simulated = [self.see(defect.pixels, defect.index) for defect in small]

    def see(self, image: Image, own: int | None = None) -> dict[int, Seen]:
        """Score an image by the products that its own good image, if any, belongs to, and by its crops."""
        started = time.process_time()
        framed = self.model.framed(image, self.last)
        encode = time.process_time() - started
        maps: dict[str, Maps] = {}
        for name in self.cuts if framed.frame.aligned == self.last.aligned else ():
            started = time.process_time()
            crops = crops_of(self.model, framed, CUTS[name])
            maps[name] = maps_of(crops, self.crops[name], sum(self.model.encoder.channels[:2]))
            self.seconds[name].append(time.process_time() - started)
        seen = {}
        for count, learned in self.products.items():
            if own is not None and own >= count:
                continue
            part = learned if own is None else without(learned, own)
            started = time.process_time()
            found = self.model.inspect(framed, part)
            self.seconds["plain"].append(encode + time.process_time() - started)
            foreign = map_on_original(framed, found.scores[FEW_SHOT], part.states[FEW_SHOT])[1]
            scores = {name: replace(score, residuals=()) for name, score in found.scores.items()}
            seen[count] = Seen(scores, foreign, learned.comparable(framed), maps, own)
        return seen

    def figures(
        self, way: Way | None, count: int, tests: Sequence[Seen], labels: Sequence[bool]
    ) -> dict[str, float]:
        """Return the figures of the tests, and how simulated defects separate from the good images."""
        learned = self.products[count]
        good = np.array([learned.fused(seen[count].mixed(way, count)) for seen in self.good if count in seen])
        fusion = None if self.model.checkpoint is None else self.model.checkpoint.fusion
        judge = replace(learned, calibration=calibrate(good, prior=fused_prior(fusion)))
        verdicts = [
            judge.judge(each.mixed(way, count), foreign=each.foreign, comparable=each.comparable)
            for each in tests
        ]
        defects = [judge.fused(seen[count].mixed(way, count)) for seen in self.simulated if count in seen]
        return {
            **figures(verdicts, labels),
            "separation": float((np.array(defects)[:, None] > good).mean()) if defects else 0.5,
        }


def run(
    root: Path, name: str, cuts: Sequence[str], shots: Sequence[int], seed: int, most: int
) -> tuple[Rows, dict[str, float]]:
    """Return a draw's figures of each number of shots and way (None: plain), and the seconds an image."""
    torch.set_num_threads(1)
    (part,) = (part for part in sets_of(root) if part.name == name)
    config = DetectorConfig(scorers=(FEW_SHOT, LAYOUT))
    encoder = load_image_encoder(DEFAULT_ENCODER)
    model = AnomalyGPT(encoder, config, load_shipped(DEFAULT_ENCODER), judge_quality=False)
    tests = some(part.tests, most)
    labels, every = [test.anomalous for test in tests], [None, *ways(cuts)]
    draw = Draw(model, part.draw(max(shots), seed), shots, cuts)
    seen = [draw.see(test.pixels) for test in tests]
    rows = {
        count: {way: draw.figures(way, count, [each[count] for each in seen], labels) for way in every}
        for count in shots
    }
    return rows, {name: float(np.mean(spent)) for name, spent in draw.seconds.items() if spent}


# --- the choice of a way --------------------------------------------------------------------------

Rows = Mapping[int, Mapping[Way | None, Mapping[str, float]]]
"""Figures of one draw, by number of shots and way."""


def chosen(draws: Sequence[Rows], figure: str) -> Way | None:
    """Return the way of the highest mean of a figure over draws and numbers of shots."""
    rows = [row for draw in draws for row in draw.values()]
    return max(rows[0], key=lambda way: float(np.mean([row[way][figure] for row in rows])))


def compared(draws: Mapping[str, Sequence[Rows]], shots: Sequence[int]) -> dict[str, Any]:
    """Return the figures of the plain method and of each choice, by set and number of shots."""
    everything = [draw for each in draws.values() for draw in each]
    simulated, best = chosen(everything, "separation"), chosen(everything, "image_auroc")
    found: dict[str, Any] = {}
    for name, own in draws.items():
        others = [draw for other, each in draws.items() if other != name for draw in each]
        choices = {"plain": None, "by_simulation": simulated, "best": best}
        if others:
            choices["by_others"] = chosen(others, "image_auroc")
        found[name] = {
            choice: {
                "way": None if way is None else asdict(way),
                **{str(count): spreads([draw[count][way] for draw in own]) for count in shots},
            }
            for choice, way in choices.items()
        }
    return found


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder of the sets")
    options.add_argument("--sets", nargs="+", default=SETS)
    options.add_argument("--cuts", nargs="+", default=["input", "2x2 native"], choices=CUTS)
    options.add_argument("--shots", type=int, nargs="+", default=[4, 8])
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    options.add_argument("--most", type=int, default=16, help="test images of each label")
    options.add_argument("--workers", type=int, default=1, help="processes, over sets and seeds")
    given = options.parse_args()
    draws, seconds = dict[str, list[Rows]](), dict[str, dict[str, Any]]()
    jobs = list(product(given.sets, given.seeds))
    work = [(given.data, name, given.cuts, given.shots, seed, given.most) for name, seed in jobs]
    for (name, seed), (rows, spent) in zip(jobs, apart(run, work, given.workers), strict=True):
        draws.setdefault(name, []).append(rows)
        seconds.setdefault(name, {})[str(seed)] = spent
        print(f"{name}, seed {seed}: seconds an image {spent}", flush=True)
    found = compared(draws, given.shots)
    for (name, choices), count in product(found.items(), map(str, given.shots)):
        for choice, row in choices.items():
            words = ", ".join(f"{figure} {row[count][figure]['mean']:.3f}" for figure in SHOWN)
            print(f"{name}, {count} images, {choice}: {words}")
    write(given, {"sets": found, "seconds": seconds})


if __name__ == "__main__":
    main()
