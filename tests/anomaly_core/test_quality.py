"""Images that cannot be judged are reviewed with the reason; other recordings of a good part are not."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DetectorConfig
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.errors import ConfigError
from anomaly_core.imaging.noise import less_noise, noise_of
from anomaly_core.imaging.quality import QualityLimits, measure_quality, recordings
from anomaly_core.imaging.reading import load_image
from anomaly_core.product import NOT_ALIGNED, ProductModel
from anomaly_core.results import Verdict
from anomaly_core.scoring.scorer import FEW_SHOT
from anomaly_core.simulation.procedural import ProceduralProduct

Pixels = NDArray[np.uint8]
DATA = Path(__file__).parents[2].parent / "shared" / "data"
REAL = ("mvtec/screw", "mvtec/capsule", "alien_toy/alien_toy", "mvtec_loco/juice_bottle")


def scene(seed: int, scale: float = 1.0, shift: float = 0.0) -> Pixels:
    """A dark, marked bar with a heavy end on a light background."""
    rng = np.random.default_rng(seed)
    pixels = np.full((400, 500, 3), 190, np.uint8)
    centre, angle = np.array([250.0 + shift, 200.0]), float(rng.uniform(0, 360))
    for start, end, breadth, grey in ((-120, -50, 40, 60), (-50, 120, 18, 95), (-30, -20, 14, 140)):
        middle = centre + scale * (start + end) / 2 * _direction(angle)
        box = (tuple(map(float, middle)), (scale * (end - start), scale * 2 * breadth), angle)
        cv2.fillConvexPoly(pixels, np.rint(cv2.boxPoints(box)).astype(np.int32), (grey, grey, grey))
    noise = rng.normal(scale=2, size=pixels.shape)
    return np.clip(cv2.GaussianBlur(pixels, (0, 0), 0.7) + noise, 0, 255).astype(np.uint8)


def _direction(degrees: float) -> NDArray[np.float64]:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


def exposed(pixels: Pixels, gain: float) -> Pixels:
    return np.clip(pixels.astype(np.float32) * gain, 0, 255).astype(np.uint8)


def turned(pixels: Pixels, angle: float, shift: float) -> Pixels:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    matrix[:, 2] += shift
    moved = cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def mild(pixels: Pixels) -> dict[str, Pixels]:
    """Changes that an inspection has to bear."""
    height, width = pixels.shape[:2]
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 60])
    noise = np.random.default_rng(1).normal(scale=5, size=pixels.shape)
    return {
        "as it is": pixels,
        "darker": exposed(pixels, 0.9),
        "brighter": exposed(pixels, 1.1),
        "blurred": np.asarray(cv2.GaussianBlur(pixels, (0, 0), 1.5), np.uint8),
        "JPEG 60": np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8),
        "noise": np.clip(pixels + noise, 0, 255).astype(np.uint8),
        "turned": turned(pixels, 3, 0),
        "shifted": turned(pixels, 0, 10),
        "half": np.asarray(cv2.resize(pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA)),
        "shaded": np.clip(pixels * (1 - 0.15 * x), 0, 255).astype(np.uint8),
    }


@pytest.fixture(scope="module")
def model() -> AnomalyGPT:
    return AnomalyGPT(TinyEncoder(), DetectorConfig(encoder="tiny", input_side=224))


@pytest.fixture(scope="module")
def product(model: AnomalyGPT) -> ProductModel:
    return model.fit([scene(seed) for seed in range(4)])


def limits_of(good: list[Pixels], similarity: float = -1.0) -> QualityLimits:
    return QualityLimits.fit(
        [measure_quality(pixels) for pixels in good],
        [recordings(pixels) for pixels in good],
        similarity,
        [noise_of(pixels) for pixels in good],
    )


@pytest.mark.parametrize("shots", [1, 4])
def test_other_recordings_of_good_parts_have_no_problem(shots: int) -> None:
    limits = limits_of([scene(seed) for seed in range(shots)])
    for seed in range(50, 60):
        for name, pixels in mild(scene(seed)).items():
            assert limits.problems(measure_quality(pixels), 1.0) == (), (seed, name)


@pytest.mark.parametrize("shots", [1, 4])
def test_what_cannot_be_judged_is_named(shots: int) -> None:
    limits = limits_of([scene(seed) for seed in range(shots)])
    pixels = scene(9)
    blank = np.full_like(pixels, 190)
    for word, changed in {
        "out of focus": cv2.GaussianBlur(pixels, (0, 0), 4),
        "Over-exposed": exposed(pixels, 2),
        "too bright": exposed(pixels, 1.5),
        "too dark": exposed(pixels, 0.2),
        "negative": 255 - pixels,
        "No part was found": blank,
        "too small": scene(9, scale=1 / 3),
        "only partly in view": scene(9, shift=220),
    }.items():
        assert word in " ".join(limits.problems(measure_quality(np.asarray(changed)), 1.0)), word


@pytest.mark.parametrize("shots", [1, 4])
def test_a_grey_image_among_coloured_ones_is_named_and_the_other_way_round(shots: int) -> None:
    def tinted(seed: int, strength: float) -> Pixels:
        return np.clip(scene(seed) * (1 + strength * np.array([0.3, 0.0, -0.3])), 0, 255).astype(np.uint8)

    def grey(pixels: Pixels) -> Pixels:
        return np.asarray(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))

    coloured = limits_of([tinted(seed, 1.0) for seed in range(shots)])
    (problem,) = coloured.problems(measure_quality(grey(tinted(9, 1.0))), 1.0)
    assert problem.startswith("The image is grey, the product's good images are in colour: mean chroma 0.0")
    for strength in (0.6, 1.0, 1.4):
        assert coloured.problems(measure_quality(tinted(9, strength)), 1.0) == (), strength
    plain = limits_of([grey(scene(seed)) for seed in range(shots)])
    (problem,) = plain.problems(measure_quality(tinted(9, 1.0)), 1.0)
    assert problem.startswith("The image is in colour, the product's good images are grey: mean chroma ")
    for pixels in mild(grey(scene(9))).values():
        assert plain.problems(measure_quality(pixels), 1.0) == ()
    earlier = coloured.to_dict()
    del earlier["limits"]["colour"]
    assert QualityLimits.from_dict(earlier).problems(measure_quality(grey(tinted(9, 1.0))), 1.0) == ()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_image_that_shows_nothing_is_to_be_reviewed_and_has_no_place(
    model: AnomalyGPT, level: int
) -> None:
    fabric = ProceduralProduct("fabric", 3)
    product = model.fit([fabric.image(n, 300) for n in range(4)])
    assert not product.aligned
    blank = np.full_like(fabric.image(9, 300), level)
    noise = np.random.default_rng(0).normal(scale=0.8, size=blank.shape)
    for pixels in (blank, np.clip(blank + noise, 0, 255).astype(np.uint8)):
        found = model.inspect(pixels, product)
        assert (found.verdict.decision, found.regions) == ("review", ()) and found.verdict.problems


def test_a_grey_file_of_a_coloured_product_is_to_be_reviewed_but_a_pale_part_is_not(
    model: AnomalyGPT,
) -> None:
    fabric = ProceduralProduct("fabric", 3)
    tint = np.array([1.1, 1.0, 0.8])
    coloured = [np.clip(fabric.image(n, 300) * tint, 0, 255).astype(np.uint8) for n in range(5)]
    product = model.fit(coloured[:4])
    grey = np.asarray(cv2.cvtColor(cv2.cvtColor(coloured[4], cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))
    assert product.quality is not None
    assert product.quality.shows_no_part(measure_quality(grey))
    assert model.inspect(grey, product).verdict.decision == "review"
    pale = np.clip(0.97 * grey + 0.03 * coloured[4], 0, 255).astype(np.uint8)
    assert not product.quality.shows_no_part(measure_quality(pale))
    assert not product.quality.shows_no_part(measure_quality(coloured[4]))


@pytest.mark.parametrize("half", [np.s_[:, 250:], np.s_[:, :250], np.s_[200:], np.s_[:200]])
def test_half_a_texture_is_only_partly_in_view(half: tuple[slice, ...]) -> None:
    fabric = ProceduralProduct("fabric", 3)
    limits = limits_of([fabric.image(n, 500)[:400] for n in range(4)])
    pixels = fabric.image(9, 500)[:400].copy()
    assert limits.problems(measure_quality(pixels), 1.0) == ()
    noise = np.random.default_rng(0).normal(scale=2, size=pixels[half].shape)
    pixels[half] = np.clip(np.median(pixels) + noise, 0, 255)
    assert "only partly in view" in " ".join(limits.problems(measure_quality(pixels), 1.0))


def test_an_object_of_another_kind_is_named() -> None:
    limits = limits_of([scene(0)], similarity=0.8)
    (problem,) = limits.problems(measure_quality(scene(1)), 0.38)
    assert (
        problem
        == "Another object, no part, or a large defect: similarity 0.38, the good images allow at least 0.80."
    )


def test_limits_are_stored_and_a_product_without_them_is_refused(product: ProductModel) -> None:
    arrays, meta = product.to_parts()
    assert ProductModel.from_parts(arrays, meta).quality == product.quality
    for key in ("quality", "aligned"):
        with pytest.raises(ConfigError, match="another version"):
            ProductModel.from_parts(arrays, {k: v for k, v in meta.items() if k != key})


def test_a_problem_is_reviewed_and_a_low_p_value_still_fails() -> None:
    assert Verdict(np.log(0.9), 0.05, 0.2, ("The image is out of focus.",)).decision == "review"
    assert Verdict(np.log(0.01), 0.05, 0.2, ("The image is out of focus.",)).decision == "fail"
    assert Verdict(np.log(0.9), 0.05, 0.2).decision == "pass"


def test_an_inspection_tells_the_problems(model: AnomalyGPT, product: ProductModel) -> None:
    assert model.inspect(scene(20), product).verdict.problems == ()
    empty = model.inspect(np.full((400, 500, 3), 190, np.uint8), product)
    assert empty.verdict.decision == "review"
    assert any("No part was found" in problem for problem in empty.verdict.problems)


def test_a_part_that_cannot_be_aligned_is_reviewed_and_not_compared(
    model: AnomalyGPT, product: ProductModel
) -> None:
    assert product.aligned
    two = np.maximum(scene(3), 0)
    cv2.circle(two, (60, 60), 45, (60, 60, 60), -1)
    cv2.circle(two, (440, 340), 45, (60, 60, 60), -1)
    found = model.inspect(two, product)
    assert not found.image.frame.aligned
    assert found.verdict.decision == "review"
    assert NOT_ALIGNED in found.verdict.problems
    assert found.verdict.p_value >= found.verdict.alpha
    assert found.regions == ()


def test_a_product_with_an_unclear_pose_is_framed_whole(model: AnomalyGPT) -> None:
    round_part = np.full((400, 500, 3), 190, np.uint8)
    cv2.circle(round_part, (250, 200), 90, (60, 60, 60), -1)
    product = model.fit([scene(0), round_part])
    assert not product.aligned
    encoded = model.encode(scene(5))
    assert encoded.frame.aligned
    (framed,) = model.input.encode_batch([encoded], align=product.aligned)
    assert not framed.frame.aligned
    first, second = (model.inspect(image, product) for image in (encoded, scene(5)))
    assert not first.image.frame.aligned
    assert first.verdict == second.verdict
    assert NOT_ALIGNED not in first.verdict.problems


@pytest.mark.parametrize("folder", REAL)
def test_real_images(folder: str) -> None:
    if not (DATA / folder).is_dir():
        pytest.skip(f"no real images: {folder} is not beside the checkout")
    train = sorted((DATA / folder / "train/good").iterdir())
    limits = limits_of([load_image(path).pixels for path in train[:4]])
    for path in train[4:6]:
        pixels = load_image(path).pixels
        for name, changed in mild(pixels).items():
            assert limits.problems(measure_quality(changed), 1.0) == (), (path.name, name)
        sigma = 6 * max(pixels.shape) / 1000
        for changed in (255 - pixels, exposed(pixels, 0.2), cv2.GaussianBlur(pixels, (0, 0), sigma)):
            assert limits.problems(measure_quality(np.asarray(changed)), 1.0), path.name


def with_noise(pixels: Pixels, grey_levels: float) -> Pixels:
    noise = np.random.default_rng(5).normal(scale=grey_levels, size=pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("grey_levels", [5.0, 10.0])
def test_noise_is_measured_through_texture_and_edges_and_removed(grey_levels: float) -> None:
    clean = scene(3)
    noisy = with_noise(clean, grey_levels)
    of_grey = 0.669 * grey_levels  # three channels, weighed, each with its own
    assert noise_of(noisy) == pytest.approx(math.hypot(noise_of(clean), of_grey), rel=0.2)
    left = less_noise(noisy, noise_of(noisy)).astype(float) - clean
    assert left.std() < 0.75 * (noisy.astype(float) - clean).std()


def test_noise_above_that_of_the_good_images_is_removed_before_judging(
    model: AnomalyGPT, product: ProductModel
) -> None:
    assert product.quality is not None
    quiet, noisy = scene(60), with_noise(scene(60), 12.0)
    same, cleaned = (model.inspect(pixels, product) for pixels in (quiet, noisy))
    assert same.image.noise == 0
    assert cleaned.image.noise > product.quality.noise
    unlimited = replace(product, quality=replace(product.quality, noise=math.inf))
    as_it_is = model.inspect(noisy, unlimited)
    assert as_it_is.image.noise == 0
    assert cleaned.scores[FEW_SHOT].log_score != as_it_is.scores[FEW_SHOT].log_score


def test_a_product_of_an_earlier_version_judges_noise_as_it_is(product: ProductModel) -> None:
    assert product.quality is not None
    stored = product.quality.to_dict()
    assert QualityLimits.from_dict(stored) == product.quality
    del stored["noise"]
    assert QualityLimits.from_dict(stored).noise == math.inf
