"""Painted defects are found where they were painted, in pixels of the original image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from anomaly_core.config import DetectorConfig
from anomaly_core.detector import Detector, Fitted
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.errors import NoImages
from anomaly_core.imaging.augment import symmetries
from anomaly_core.imaging.reading import load_image
from anomaly_core.inspection import Region, cell_of
from anomaly_core.product import ProductModel
from anomaly_core.scoring.regions import find_regions
from anomaly_core.weights.resolve import cached

SIZES = ((200, 300), (200, 800), (800, 200), (640, 480))
"""(height, width)"""


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(TinyEncoder(), DetectorConfig(encoder="tiny", input_side=448))


def textured(seed: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).integers(-8, 9, (*size, 3))
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    weave = 16 * np.sin(rows / 3.0) + 16 * np.cos(columns / 4.0)
    return np.clip(120 + weave[..., None] + noise, 0, 255).astype(np.uint8)


def with_square(pixels: NDArray[np.uint8], box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    x0, y0, x1, y1 = box
    marked = pixels.copy()
    marked[y0:y1, x0:x1] = (250, 30, 20)
    return marked


def strongest(detector: Detector, model: ProductModel, pixels: NDArray[np.uint8]) -> Region:
    values = detector.decode(detector.encode(pixels), model).values
    assert values.shape == pixels.shape[:2]
    threshold = model.region_threshold(values)
    found = find_regions(values, threshold=threshold, scale=model.pixel_threshold)
    assert found[0].score == max(region.score for region in found)
    return found[0]


def overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> float:
    """Intersection over union."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return shared / (areas - shared)


def assert_found(region: Region, box: tuple[int, int, int, int], size: tuple[int, int]) -> None:
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    # A patch that the square touches is anomalous as a whole: the box is wider by up to a patch a side.
    assert overlap(region.bbox, box) > 0.2, (region.bbox, box)
    # The map's resolution is a patch: the centroid of its blob may lie a little beside a small square.
    assert box[0] - 2 <= region.centroid[0] < box[2] + 2, region.centroid
    assert box[1] - 2 <= region.centroid[1] < box[3] + 2, region.centroid
    assert region.cell == cell_of(*middle, size[1], size[0])


@pytest.fixture(scope="module")
def fitted(detector: Detector) -> dict[tuple[int, int], Fitted]:
    return {size: detector.fit([textured(seed, size) for seed in range(4)]) for size in SIZES}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("at", [(0.15, 0.2), (0.5, 0.5), (0.85, 0.8), (0.2, 0.85)])
def test_a_painted_square_is_found_where_it_was_painted(
    detector: Detector,
    fitted: dict[tuple[int, int], Fitted],
    size: tuple[int, int],
    at: tuple[float, float],
) -> None:
    model = fitted[size].model
    x, y = round(at[0] * size[1]) - 20, round(at[1] * size[0]) - 20
    box = (x, y, x + 40, y + 40)
    marked = with_square(textured(9, size), box)
    anomaly_map = detector.decode(detector.encode(marked), model)
    assert model.judge(anomaly_map.score).anomalous
    region = strongest(detector, model, marked)
    assert_found(region, box, size)


@pytest.mark.parametrize("size", SIZES)
def test_a_new_good_image_is_normal(
    detector: Detector, fitted: dict[tuple[int, int], Fitted], size: tuple[int, int]
) -> None:
    model = fitted[size].model
    verdicts = [
        model.judge(detector.decode(detector.encode(textured(seed, size)), model).score)
        for seed in range(20, 26)
    ]
    assert sum(v.anomalous for v in verdicts) <= 1


def test_a_close_look_sees_the_same_in_a_mirrored_image(detector: Detector) -> None:
    size = (320, 320)  # the encoder's own: resizing is not the same mirrored
    model = detector.fit([textured(seed, size) for seed in range(2)]).model
    pixels = with_square(textured(9, size), (37, 21, 77, 61))
    found = []
    for view in symmetries(pixels):
        once = detector.encode(view)
        closely = detector.look_closely(once, view)
        assert len(once.views) == 1
        assert len(closely.views) == 4
        assert detector.look_closely(closely, view) == closely
        found.append((detector.decode(once, model), detector.decode(closely, model)))
    once, closely = found[0]
    assert not np.allclose(symmetries(found[1][0].values)[1], once.values, atol=1e-4)
    for number, (_, turned) in enumerate(found):
        assert np.allclose(symmetries(turned.values)[number], closely.values, atol=1e-5)
        assert turned.score == pytest.approx(closely.score)
    # It is the mean of what single looks at the four views see.
    singles = [symmetries(each.values)[number] for number, (each, _) in enumerate(found)]
    assert np.allclose(np.mean(singles, axis=0), closely.values, atol=1e-5)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_square_is_found_in_the_upright_frame_of_an_exif_rotated_file(
    detector: Detector, fitted: dict[tuple[int, int], Fitted], tmp_path: Path, orientation: int
) -> None:
    size = (200, 300)
    box = (230, 20, 270, 60)
    upright = Image.fromarray(with_square(textured(9, size), box))
    # The stored picture is what the orientation undoes; 5 and 7 are their own inverses, 6 and 8 each other's.
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "part.png", exif=exif)
    pixels = load_image(tmp_path / "part.png").pixels
    np.testing.assert_array_equal(pixels, np.asarray(upright))
    region = strongest(detector, fitted[size].model, pixels)
    assert_found(region, box, size)


@pytest.mark.parametrize("shots", [1, 3])
def test_an_enrolled_image_scores_about_zero(detector: Detector, shots: int) -> None:
    images = [textured(seed, (200, 300)) for seed in range(shots)]
    model = detector.fit(images).model
    for pixels in images:
        anomaly_map = detector.decode(detector.encode(pixels), model)
        assert anomaly_map.score < 1e-5
        assert float(anomaly_map.values.max()) < 1e-5
        assert not model.judge(anomaly_map.score).anomalous


@pytest.mark.parametrize("shift", [-6, 6])
def test_a_constant_exposure_shift_moves_no_region(
    detector: Detector, fitted: dict[tuple[int, int], Fitted], shift: int
) -> None:
    size, box = (200, 300), (200, 120, 240, 160)
    marked = with_square(textured(9, size), box)
    shifted = np.clip(marked.astype(int) + shift, 0, 255).astype(np.uint8)
    before = strongest(detector, fitted[size].model, marked)
    after = strongest(detector, fitted[size].model, shifted)
    assert before.cell == after.cell
    assert overlap(before.bbox, after.bbox) > 0.8


def test_a_stored_model_answers_the_same(detector: Detector, fitted: dict[tuple[int, int], Fitted]) -> None:
    model = fitted[(200, 300)].model
    again = ProductModel.from_parts(*model.to_parts(), version="7")
    assert again.version == "7"
    assert (again.calibration, again.pixel_threshold) == (model.calibration, model.pixel_threshold)
    encoded = detector.encode(with_square(textured(9, (200, 300)), (20, 20, 60, 60)))
    # The bank is kept in half precision: distances move by about its epsilon, 0.001.
    np.testing.assert_allclose(
        detector.decode(encoded, again).values, detector.decode(encoded, model).values, atol=2e-3
    )
    twice = ProductModel.from_parts(*again.to_parts(), version="7")
    np.testing.assert_array_equal(
        detector.decode(encoded, twice).values, detector.decode(encoded, again).values
    )


def test_fit_returns_embeddings_of_images_and_of_changed_views(detector: Detector) -> None:
    images = [textured(seed, (96, 128)) for seed in range(3)]
    steps: list[tuple[int, int]] = []
    fitted = detector.fit(images, progress=lambda _, done, total: steps.append((done, total)))
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert len(fitted.embeddings) == 3
    assert fitted.view_embeddings.shape[1] == detector.encoder.embedding_dim
    assert len(fitted.view_embeddings) >= 3
    for pixels, embedding in zip(images, fitted.embeddings, strict=True):
        np.testing.assert_array_equal(embedding, detector.encode(pixels).embedding)
        assert float(np.linalg.norm(embedding)) == pytest.approx(1.0, abs=1e-5)


def test_learning_is_the_same_twice(detector: Detector) -> None:
    images = [textured(seed, (96, 128)) for seed in range(3)]
    first, second = (detector.fit(images).model.to_parts() for _ in range(2))
    assert first[1] == second[1]
    np.testing.assert_array_equal(first[0]["bank"], second[0]["bank"])


def test_nothing_is_learned_from_no_image(detector: Detector) -> None:
    with pytest.raises(NoImages, match="at least one"):
        detector.fit([])


def test_symmetries_are_the_four_that_keep_the_axes() -> None:
    pixels = textured(0, (32, 48))
    views = symmetries(pixels)
    expected = [pixels, pixels[::-1, ::-1], pixels[:, ::-1], pixels[::-1]]
    assert len(views) == 4
    for view, wanted in zip(views, expected, strict=True):
        np.testing.assert_array_equal(view, wanted)


def screw(seed: int, *, beside: bool = False) -> NDArray[np.uint8]:
    pixels = np.full((240, 320, 3), 215, np.uint8)
    grain = np.random.default_rng(seed).integers(-4, 5, (24, 200, 3))
    pixels[108:132, 60:260] = np.clip(90 + grain, 0, 255)
    pixels[94:146, 60:90] = 60
    if beside:
        pixels[20:36, 270:286] = 50
    return pixels


def test_a_foreign_object_beside_an_aligned_part_is_found(detector: Detector) -> None:
    model = detector.fit([screw(seed) for seed in range(4)]).model
    pixels = screw(9, beside=True)
    anomaly_map = detector.decode(detector.encode(pixels), model)
    assert model.judge(anomaly_map.score).anomalous
    first = strongest(detector, model, pixels)
    assert overlap(first.bbox, (270, 20, 286, 36)) > 0.5
    assert first.cell == "top right"


def test_what_good_images_have_beside_the_part_is_no_anomaly(detector: Detector) -> None:
    model = detector.fit([screw(seed, beside=True) for seed in range(4)]).model
    assert model.cluttered
    anomaly_map = detector.decode(detector.encode(screw(9, beside=True)), model)
    assert not model.judge(anomaly_map.score).anomalous
    assert not ProductModel.from_parts(*model.to_parts()).judge(anomaly_map.score).anomalous


@pytest.mark.weights
def test_a_square_is_found_by_the_real_encoder() -> None:
    if cached("efficientnet-lite0") is None:
        pytest.skip("efficientnet-lite0 is not in the cache: iad weights pull efficientnet-lite0")
    detector = Detector(load_image_encoder("efficientnet-lite0"), DetectorConfig())
    size, box = (200, 800), (600, 90, 640, 130)
    model = detector.fit([textured(seed, size) for seed in range(2)]).model
    region = strongest(detector, model, with_square(textured(9, size), box))
    assert region.cell == "right"
    assert box[0] <= region.centroid[0] < box[2]
    assert box[1] <= region.centroid[1] < box[3]
    assert not model.judge(detector.decode(detector.encode(textured(0, size)), model).score).anomalous
