"""Compare what computes the image encoder: seconds an image, and p-values, by torch and by other runtimes.

    python benchmarks/runtimes.py [--encoders NAME...] [--runtimes NAME...] [--threads N...] [--images N]
        [--data ROOT] [--sets NAME...] [--own]

A product of eight photographs of good solar cells (package elpv-dataset) is enrolled by torch, and other
photographs, half of them defective, are inspected by each runtime in turn, image by image, so that a busy
machine slows all of them; with --data the same is done with MVTec AD's screws. `encode` is the encoder alone,
`inspect` the whole judgement without the language model; a share is the median over the images of a way's
time by that of torch with the first of the threads. With --own each image is also inspected for a product
that its runtime enrolled itself: the figures `own_`, which compare with torch, too. Beside what is shipped,
ways with fewer bits are measured, see benchmarks/precisions.py. Bfloat16 takes a processor that has it.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, cast, get_args

import cv2
import torch
from harness import installed, parser, write
from precisions import WAYS, load_reduced
from sets import Pixels, mvtec_set, pixels_of

from agents.demo import choose_cells
from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.checkpoint import load_shipped
from anomaly_core.config import DEFAULT_ENCODER, DetectorConfig, Runtime
from anomaly_core.encoders.base import encode_one
from anomaly_core.encoders.registry import SEPARATOR, load_image_encoder
from anomaly_core.product import ProductModel
from anomaly_core.results import Verdict
from anomaly_core.weights.resolve import pull

ENROLLED = 8


@dataclass
class Way:
    """A runtime with a number of threads, and what it found: seconds and a verdict an image.

    own: verdicts for a product that it enrolled itself.
    """

    model: AnomalyGPT
    threads: int
    encode: list[float] = field(default_factory=list)
    inspect: list[float] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    own: list[Verdict] = field(default_factory=list)

    @classmethod
    def of(cls, encoder: str, runtime: str, threads: int, data: Path | None) -> Way:
        """Load the model. A runtime takes as many threads as torch has then."""
        torch.set_num_threads(threads)
        if runtime in WAYS:
            image_encoder = load_reduced(encoder, runtime, data)
        else:
            image_encoder = load_image_encoder(encoder, runtime=cast("Runtime", runtime))
        return cls(AnomalyGPT(image_encoder, DetectorConfig(encoder=encoder), load_shipped(encoder)), threads)

    def enrolled(self, images: Sequence[Pixels]) -> ProductModel:
        """Learn a product."""
        torch.set_num_threads(self.threads)
        return self.model.fit(images)

    def add(self, image: Pixels, product: ProductModel, own: ProductModel | None) -> None:
        """Encode an image, and inspect it for a product of torch's and for its own, if it has one."""
        torch.set_num_threads(self.threads)
        rendered = self.model.input.frame(image).render(image)
        start = time.perf_counter()
        encode_one(self.model.encoder, rendered)
        middle = time.perf_counter()
        self.verdicts.append(self.model.inspect(image, product).verdict)
        self.inspect.append(time.perf_counter() - middle)
        if own is not None:
            self.own.append(self.model.inspect(image, own).verdict)
        self.encode.append(middle - start)

    def beside(self, first: Way) -> dict[str, Any]:
        """Return the figures, all but the first image's, which warmed up."""
        return {
            "encode_s": statistics.median(self.encode[1:]),
            "encode_share": share(self.encode[1:], first.encode[1:]),
            "inspect_s": statistics.median(self.inspect[1:]),
            "inspect_share": share(self.inspect[1:], first.inspect[1:]),
            **differences("", self.verdicts[1:], first.verdicts[1:]),
            **(differences("own_", self.own[1:], first.verdicts[1:]) if self.own else {}),
        }


def differences(name: str, mine: Sequence[Verdict], theirs: Sequence[Verdict]) -> dict[str, float]:
    """Return how far p-values are apart at most and in the median, and how many decisions are others."""
    apart = [abs(a.p_value - b.p_value) for a, b in zip(mine, theirs, strict=True)]
    return {
        f"{name}largest_p_difference": max(apart),
        f"{name}median_p_difference": statistics.median(apart),
        f"{name}other_decisions": sum(a.decision != b.decision for a, b in zip(mine, theirs, strict=True)),
    }


def share(mine: list[float], theirs: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(mine, theirs, strict=True))


def main() -> None:
    options = parser(__doc__, out="runtimes.json")
    options.add_argument(
        "--encoders", nargs="+", default=[DEFAULT_ENCODER, *DEFAULT_ENCODER.split(SEPARATOR)]
    )
    options.add_argument(
        "--runtimes", nargs="+", choices=[*get_args(Runtime), *WAYS], default=["onnx", "openvino"]
    )
    options.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    options.add_argument("--images", type=int, default=40, help="inspected ones, half of them defective")
    options.add_argument("--data", type=Path, help="folder of the sets, for screws and to calibrate int8 on")
    options.add_argument("--sets", nargs="+", default=["solar cells", "screws"])
    options.add_argument("--own", action="store_true", help="also enrol by each way itself")
    given = options.parse_args()
    cv2.setNumThreads(1)
    versions = installed("onnxruntime", "openvino", "nncf")
    result: dict[str, Any] = {"runtimes": versions, "sets": {}}
    for name, (enrolled, inspected) in products(given.data, given.images).items():
        if name not in given.sets:
            continue
        figures = result["sets"].setdefault(name, {})
        for encoder in given.encoders:
            ways = {
                f"{runtime}, {threads}": Way.of(encoder, runtime, threads, given.data)
                for threads in given.threads
                for runtime in ("torch", *given.runtimes)
            }
            figures[encoder] = compared(ways, enrolled, inspected, given.own)
            print(name, encoder, json.dumps(figures[encoder], indent=1), flush=True)
    write(given, result)


def products(data: Path | None, count: int) -> dict[str, tuple[list[Pixels], list[Pixels]]]:
    """Return by name the images that a product is enrolled with, and those that are inspected, of seed 0."""
    cells = choose_cells(pull("elpv"), ENROLLED, count // 2, 0)
    paths = [path for pair in zip(cells.good, cells.defective, strict=True) for path in pair]
    found = {
        "solar cells": ([pixels_of(path) for path in cells.enrolled], [pixels_of(path) for path in paths])
    }
    if data is not None:
        screws = mvtec_set(data / "mvtec", "screw")
        random = Random(0)
        kinds = [random.sample(screws.of(bad), count // 2) for bad in (False, True)]
        inspected = [test.pixels for pair in zip(*kinds, strict=True) for test in pair]
        found["screws"] = (screws.draw(ENROLLED, 0), inspected)
    return found


def compared(
    ways: dict[str, Way], enrolled: Sequence[Pixels], inspected: Sequence[Pixels], each_own: bool
) -> dict[str, Any]:
    """Enrol by the first way and, if asked, by each itself; inspect by all."""
    first, *_ = turns = list(ways.values())
    product = first.enrolled(enrolled)
    own = {id(way): way.enrolled(enrolled) for way in turns if each_own}
    for image in [inspected[0], *inspected]:
        for way in turns:
            way.add(image, product, own.get(id(way)))
        turns = [*turns[1:], turns[0]]
    return {name: way.beside(first) for name, way in ways.items()}


if __name__ == "__main__":
    main()
