"""Compare what computes the image encoder: seconds an image, and p-values, by torch and by other runtimes.

    python benchmarks/runtimes.py [--encoders NAME...] [--runtimes NAME...] [--threads N...] [--images N]

A product of eight photographs of good solar cells (package elpv-dataset) is enrolled by torch, and other
photographs, half of them defective, are inspected by each runtime in turn, image by image, so that a busy
machine slows all of them. `encode` is the encoder alone, `inspect` the whole judgement without the language
model; a share is the median over the images of a way's time by that of torch with the first of the threads.
OpenVINO's bfloat16 takes a processor that has it.
"""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass, field
from typing import Any, get_args

import cv2
import torch
from harness import installed, parser, write

from agents.demo import choose_cells
from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.checkpoint import load_shipped
from anomaly_core.config import DEFAULT_ENCODER, DetectorConfig, Runtime
from anomaly_core.encoders.base import encode_one
from anomaly_core.encoders.registry import SEPARATOR, load_image_encoder
from anomaly_core.imaging.reading import LoadedImage, load_image
from anomaly_core.product import ProductModel
from anomaly_core.results import Verdict
from anomaly_core.weights.resolve import pull

ENROLLED = 8


@dataclass
class Way:
    """A runtime with a number of threads, and what it found: seconds and a verdict an image."""

    model: AnomalyGPT
    threads: int
    encode: list[float] = field(default_factory=list)
    inspect: list[float] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    @classmethod
    def of(cls, encoder: str, runtime: Runtime, threads: int) -> Way:
        """Load the model. A runtime takes as many threads as torch has then."""
        torch.set_num_threads(threads)
        image_encoder = load_image_encoder(encoder, runtime=runtime)
        return cls(AnomalyGPT(image_encoder, DetectorConfig(encoder=encoder), load_shipped(encoder)), threads)

    def add(self, image: LoadedImage, product: ProductModel) -> None:
        """Encode an image, and inspect it."""
        torch.set_num_threads(self.threads)
        rendered = self.model.input.frame(image.pixels).render(image.pixels)
        start = time.perf_counter()
        encode_one(self.model.encoder, rendered)
        middle = time.perf_counter()
        self.verdicts.append(self.model.inspect(image, product).verdict)
        self.inspect.append(time.perf_counter() - middle)
        self.encode.append(middle - start)

    def beside(self, first: Way) -> dict[str, Any]:
        """Return the figures, all but the first image's, which warmed up."""
        mine, theirs = self.verdicts[1:], first.verdicts[1:]
        return {
            "encode_s": statistics.median(self.encode[1:]),
            "encode_share": share(self.encode[1:], first.encode[1:]),
            "inspect_s": statistics.median(self.inspect[1:]),
            "inspect_share": share(self.inspect[1:], first.inspect[1:]),
            "largest_p_difference": max(
                abs(a.p_value - b.p_value) for a, b in zip(mine, theirs, strict=True)
            ),
            "other_decisions": sum(a.decision != b.decision for a, b in zip(mine, theirs, strict=True)),
        }


def share(mine: list[float], theirs: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(mine, theirs, strict=True))


def main() -> None:
    options = parser(__doc__, out="runtimes.json")
    options.add_argument(
        "--encoders", nargs="+", default=[DEFAULT_ENCODER, *DEFAULT_ENCODER.split(SEPARATOR)]
    )
    options.add_argument("--runtimes", nargs="+", choices=get_args(Runtime), default=["onnx", "openvino"])
    options.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    options.add_argument("--images", type=int, default=40, help="inspected ones, half of them defective")
    given = options.parse_args()
    cv2.setNumThreads(1)
    result: dict[str, Any] = {"runtimes": installed("onnxruntime", "openvino"), "encoders": {}}
    for encoder in given.encoders:
        ways = {
            f"{runtime}, {threads}": Way.of(encoder, runtime, threads)
            for threads in given.threads
            for runtime in ("torch", *given.runtimes)
        }
        result["encoders"][encoder] = compared(ways, given.images)
        print(encoder, json.dumps(result["encoders"][encoder], indent=1), flush=True)
    write(given, result)


def compared(ways: dict[str, Way], count: int) -> dict[str, Any]:
    """Enrol by the first way, inspect by all."""
    first, *_ = turns = list(ways.values())
    cells = choose_cells(pull("elpv"), ENROLLED, count // 2, 0)
    torch.set_num_threads(first.threads)
    product = first.model.fit([load_image(path) for path in cells.enrolled])
    paths = [path for pair in zip(cells.good, cells.defective, strict=True) for path in pair]
    for path in [paths[0], *paths]:
        for way in turns:
            way.add(load_image(path), product)
        turns = [*turns[1:], turns[0]]
    return {name: way.beside(first) for name, way in ways.items()}


if __name__ == "__main__":
    main()
