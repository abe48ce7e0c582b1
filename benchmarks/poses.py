"""Compact parts at any turn: the image as a whole, the parts in one pose, and with their pixels compared.

    python benchmarks/poses.py --seeds 0 1 2 --out FILE

Four procedural products, moved and turned at random: a ring with a tab, a gear with a keyway and a cap with a
printed arrow on a plain belt, and a flange with six holes, a mark and a number on a rough one. Eight good
images each are enrolled; twelve others and twelve with a defect are judged by `AnomalyGPT.inspect`. Half of
the defects are of what a good part has elsewhere, too: a missing tab, keyway, arrow, hole or stroke of the
number, or a missing tooth; the others are a stain or a scratch. Nothing was set on these. "pixels" is what
ships; the two others go without the scorer that compares pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import cv2
import numpy as np
from harness import parser, spreads, write
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DEFAULT_SCORERS, DetectorConfig
from anomaly_core.evaluation import metrics
from anomaly_core.scoring.scorer import PIXEL_RANGE

Pixels = NDArray[np.uint8]
SIDE: Final = 640
LARGER: Final = 2
"""Drawn so many times larger and averaged."""
SHOTS, TESTS = 8, 12
WITHOUT_PIXELS: Final = tuple(name for name in DEFAULT_SCORERS if name != PIXEL_RANGE)
BELT, METAL, DARK = (188, 186, 180), (92, 94, 98), (40, 42, 44)


class Canvas:
    """A picture of one part about its centre, turned by an angle. Lengths are in pixels of the result."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.image = np.full((SIDE * LARGER, SIDE * LARGER, 3), BELT, np.uint8)
        self.turn = float(rng.uniform(0, 2 * math.pi))
        self.centre = SIDE / 2 + rng.uniform(-25, 25, 2)

    def at(self, radius: float, angle: float) -> tuple[int, int]:
        """Return the point at a radius and an angle in radians from the part's own direction."""
        x, y = self.centre + radius * np.array([math.cos(angle + self.turn), math.sin(angle + self.turn)])
        return round(x * LARGER), round(y * LARGER)

    def disc(self, radius: float, colour: tuple[int, int, int]) -> None:
        cv2.circle(self.image, self.at(0, 0), round(radius * LARGER), colour, -1, cv2.LINE_AA)

    def area(self, points: Sequence[tuple[float, float]], colour: tuple[int, int, int]) -> None:
        """Fill a polygon; points: (radius, angle)."""
        corners = np.array([self.at(*point) for point in points])
        cv2.fillPoly(self.image, [corners], colour, cv2.LINE_AA)

    def line(self, one: tuple[float, float], other: tuple[float, float], width: float) -> None:
        start, end = self.at(*one), self.at(*other)
        cv2.line(self.image, start, end, (170, 172, 176), round(width * LARGER), cv2.LINE_AA)

    def photograph(self) -> Pixels:
        """Return the picture as a camera takes it: blurred, unevenly lit, with noise."""
        even = cv2.resize(self.image, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float64)
        small = cv2.GaussianBlur(even, (0, 0), 0.8)
        fall = self.rng.normal(0, 0.02, 2)
        y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
        light = (1 + fall[0] * x + fall[1] * y + self.rng.normal(0, 0.01))[..., None]
        noisy: Pixels = np.clip(small * light + self.rng.normal(0, 2, small.shape), 0, 255).astype(np.uint8)
        return noisy


def ring(canvas: Canvas, lacks: bool) -> None:
    canvas.disc(190, METAL)
    canvas.disc(140, BELT)
    if not lacks:
        canvas.area([(185, -0.08), (225, -0.07), (225, 0.07), (185, 0.08)], METAL)


def gear(canvas: Canvas, lacks: bool) -> None:
    tooth = int(canvas.rng.integers(20)) if lacks and canvas.rng.random() < 0.5 else None
    points = []
    for n in range(20):
        middle, outer = 2 * math.pi * n / 20, 185.0 if n == tooth else 225.0
        points += [
            (185.0, middle - 0.1),
            (outer, middle - 0.06),
            (outer, middle + 0.06),
            (185.0, middle + 0.1),
        ]
    canvas.area(points, METAL)
    canvas.disc(45, BELT)
    if not lacks or tooth is not None:
        canvas.area([(40, -0.25), (66, -0.16), (66, 0.16), (40, 0.25)], BELT)


def cap(canvas: Canvas, lacks: bool) -> None:
    canvas.disc(210, METAL)
    canvas.disc(180, (104, 106, 110))
    for n in range(3):
        canvas.area([(150.0, 2.1 * n - 0.1), (150.0, 2.1 * n + 0.1), (125.0, 2.1 * n)], DARK)
    if not lacks:
        canvas.area([(90, 0.0), (45, 0.5), (55, 0.0), (45, -0.5)], (200, 200, 60))


def flange(canvas: Canvas, lacks: bool) -> None:
    noise = canvas.rng.normal(0, 1, canvas.image.shape[:2])
    rough = cv2.GaussianBlur(noise, (0, 0), 2 * LARGER)
    canvas.image[:] = np.clip(70 + 36 * LARGER * rough, 0, 255).astype(np.uint8)[..., None]
    canvas.disc(215, (160, 162, 166))
    for radius in range(205, 70, -9):  # the marks of the lathe
        canvas.disc(radius, (154, 156, 160) if radius % 2 else (160, 162, 166))
    canvas.disc(62, DARK)
    lost = int(canvas.rng.integers(6)) if lacks and canvas.rng.random() < 0.5 else None
    for n in range(6):
        x, y = canvas.at(165, math.pi * n / 3 + 0.3)
        if n != lost:
            cv2.circle(canvas.image, (x, y), 17 * LARGER, DARK, -1, cv2.LINE_AA)
    canvas.area([(185.0, -0.07), (185.0, 0.07), (155.0, 0.0)], DARK)
    strokes = [((150, -0.62), (178, -0.62)), ((150, -0.62), (150, -0.5)), ((178, -0.62), (178, -0.5)),
               ((150, -0.5), (178, -0.5)), ((164, -0.62), (164, -0.5))]  # fmt: skip
    # The number is an eight, and wrongly a zero.
    for one, other in strokes[: len(strokes) - (lacks and lost is None)]:
        start, end = canvas.at(*one), canvas.at(*other)
        cv2.line(canvas.image, start, end, DARK, 4 * LARGER, cv2.LINE_AA)


def defect(canvas: Canvas) -> None:
    """Draw a stain or a scratch on the part."""
    angle, radius = float(canvas.rng.uniform(0, 6.28)), float(canvas.rng.uniform(150, 175))
    if canvas.rng.random() < 0.5:
        x, y = canvas.at(radius, angle)
        cv2.circle(canvas.image, (x, y), 7 * LARGER, (60, 62, 70), -1, cv2.LINE_AA)
    else:
        canvas.line((radius, angle), (radius + 8, angle + 0.2), 2)


PARTS: Final[Mapping[str, Callable[[Canvas, bool], None]]] = {
    "cap": cap,
    "gear": gear,
    "ring": ring,
    "flange": flange,
}
WAYS: Final[Mapping[str, DetectorConfig]] = {
    "whole": DetectorConfig(align=False, scorers=WITHOUT_PIXELS),
    "one pose": DetectorConfig(scorers=WITHOUT_PIXELS),
    "pixels": DetectorConfig(),
}


def drawn(name: str, seed: int, *, lacks: bool = False, damaged: bool = False) -> Pixels:
    """Return the photograph of a part."""
    canvas = Canvas(np.random.default_rng([seed, list(PARTS).index(name)]))
    PARTS[name](canvas, lacks)
    if damaged:
        defect(canvas)
    return canvas.photograph()


def run(model: AnomalyGPT, name: str, seed: int) -> dict[str, float]:
    """Return the figures of one draw."""
    start = 1000 * seed
    product = model.fit([drawn(name, start + n) for n in range(SHOTS)])
    good = [drawn(name, start + 100 + n) for n in range(TESTS)]
    bad = [drawn(name, start + 200 + n, lacks=n % 2 == 0, damaged=n % 2 == 1) for n in range(TESTS)]
    verdicts = [model.inspect(image, product).verdict for image in good + bad]
    labels = np.arange(2 * TESTS) >= TESTS
    decisions = np.array([verdict.decision for verdict in verdicts])
    return {
        "image_auroc": metrics.auroc([-verdict.log_p for verdict in verdicts], labels),
        "found": float((decisions[labels] == "fail").mean()),
        "passed": float((decisions[labels] == "pass").mean()),
        "false_alarms": float((decisions[~labels] == "fail").mean()),
        "review_good": float((decisions[~labels] == "review").mean()),
    }


def main() -> None:
    options = parser(__doc__, out="poses.json")
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options.add_argument("--parts", choices=tuple(PARTS), nargs="+", default=list(PARTS))
    options.add_argument("--ways", choices=tuple(WAYS), nargs="+", default=list(WAYS))
    given = options.parse_args()
    found: dict[str, Any] = {}
    for way in given.ways:
        model = AnomalyGPT.from_pretrained("shipped", config=WAYS[way])
        for name in given.parts:
            row = spreads([run(model, name, seed) for seed in given.seeds])
            found.setdefault(name, {})[way] = row
            words = ", ".join(f"{key} {value['mean']:.3f}" for key, value in row.items())
            print(f"{name}, {way}: {words}", flush=True)
    write(given, {"products": found})


if __name__ == "__main__":
    main()
