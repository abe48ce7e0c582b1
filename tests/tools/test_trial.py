"""A trial judges, and stores, bit by bit what a plain enrolment of the same images would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from boards import painter
from numpy.typing import NDArray
from PIL import Image
from plates import standing

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DetectorConfig
from anomaly_core.encoders.base import Features
from anomaly_core.encoders.fakes import TinyEncoder, TinyTextEncoder
from anomaly_core.imaging.reading import load_image
from tools.context import Context, Part
from tools.detect import detect, open_image, rounded_p
from tools.enrollment.enroll import enroll
from tools.enrollment.trial import JudgedImage, candidate, with_template

GOOD = 8
Paint = Callable[[str, int, bool], Path]


class Counting(TinyEncoder):
    """The tiny encoder, with the number of images that it encoded."""

    def __init__(self) -> None:
        super().__init__()
        self.images = 0

    def encode(self, batch: NDArray[np.uint8]) -> list[Features]:
        self.images += len(batch)
        return super().encode(batch)


@dataclass
class Shop:
    """A product with its images: the folder, what paints one, and the encoder."""

    folder: Path
    paint: Paint
    encoder: Counting = field(default_factory=Counting)

    def context(self, name: str) -> Context:
        """Return tools over a store of this name."""
        return Context(
            store=self.folder / name,
            model=lambda: AnomalyGPT(self.encoder, DetectorConfig(encoder="tiny", input_side=192)),
            text_encoder=TinyTextEncoder,
            max_pixels=4_000_000,
        )

    def good(self) -> list[Path]:
        """Return the images that the product is enrolled from."""
        return [self.paint(f"good-{seed}", seed, False) for seed in range(GOOD)]


def board_painter(folder: Path) -> Paint:
    paint = painter(folder)
    return lambda name, seed, bad: paint(name, seed, blot=(60, 60, 110, 110) if bad else None)


def part_painter(folder: Path) -> Paint:
    """Return what paints a part that is turned and shifted."""

    def paint(name: str, seed: int, bad: bool) -> Path:
        pixels = np.roll(standing(seed, angle=seed), (seed % 5, -(seed % 3)), axis=(0, 1))
        if bad:
            pixels[140:170, 140:170] = 20
        Image.fromarray(pixels).save(folder / f"{name}.png")
        return folder / f"{name}.png"

    return paint


@pytest.fixture(params=[board_painter, part_painter], ids=["fills the image", "is aligned"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    shop = Shop(tmp_path, request.param(tmp_path))
    enroll(shop.context("store"), "thing", shop.good(), keep_all=True, foretell=False)
    return shop


def stored(context: Context) -> dict[str, object]:
    """Return what a store holds of the product, but for the time of its enrolment."""
    snapshot = context.store.snapshot()
    (info,) = context.templates.products()
    files = {key: snapshot.read(key) for key in snapshot.keys("products/") if not key.endswith("info.json")}
    return {**files, "floor": info.similarity_floor, "damaged": info.damaged_floor, "meta": info.meta}


def verdicts(context: Context, paths: Sequence[Path]) -> list[tuple[str, float]]:
    parts = [Part(context, str(path), open_image(context, str(path)).sha256, "thing") for path in paths]
    return [(one.decision, one.p_value) for one in map(detect, parts)]


def test_it_is_the_enrolment_of_the_same_images(shop: Shop) -> None:
    further = shop.paint("further", 20, False)
    past = [shop.paint(f"past-{seed}", seed, seed > 31) for seed in range(30, 33)]
    plain, context = shop.context("plain"), shop.context("store")
    enroll(plain, "thing", [*shop.good(), further], keep_all=True, foretell=False)
    assert context.product("thing").aligned is (shop.paint.__qualname__.startswith("part_painter"))
    told = dict(zip([path.name for path in past], verdicts(context, past), strict=True))
    # Nothing of it depends on what was remembered before.
    for final in (False, True):
        with with_template(context, "thing", load_image(further)) as made:
            assert made is not None
            judged = [made.judge(path) for path in past]
            flips = made.flips([JudgedImage(path.name, path) for path in past])
            assert [(one.decision, rounded_p(one.p_value)) for one in judged] == verdicts(plain, past)
            assert all(flip.p_before == told[flip.name][1] for flip in flips)
            if final:
                with context.store.transaction("learn") as tx:
                    made.put(tx)
    assert {one.decision for one in judged} > {"fail"}
    assert stored(context) == stored(plain)


def test_what_a_trial_encoded_the_next_one_does_not(shop: Shop) -> None:
    further = shop.paint("further", 20, False)
    past = [JudgedImage("past", shop.paint("past", 30, True))]
    context, counts = shop.context("store"), []
    for _ in range(2):
        start = shop.encoder.images
        with candidate(context, "thing", [further]) as made:
            made.flips(past)
        counts.append(shop.encoder.images - start)
    first, again = counts
    # Each good image, its flips and its other recordings; and what is encoded of other objects.
    assert first > 7 * (GOOD + 1)
    assert again == 0


def test_the_same_input_is_encoded_once_for_both_enrolments(shop: Shop) -> None:
    context, past = shop.context("store"), JudgedImage("past", shop.paint("past", 30, False))
    with candidate(context, "thing") as made:
        start = shop.encoder.images
        made.flips([past])
        assert shop.encoder.images - start == 1
