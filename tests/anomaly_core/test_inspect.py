"""Painted defects are found where they were painted, in pixels of the original image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DetectorConfig
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.errors import ConfigError, NoImages, WeightsDamaged, WeightsMissing
from anomaly_core.imaging.augment import flips
from anomaly_core.imaging.reading import load_image
from anomaly_core.product import ProductModel
from anomaly_core.results import Region, cell_of
from anomaly_core.scorers.few_shot import FEW_SHOT_PRIOR, MOST_BETWEEN
from anomaly_core.scoring.calibration import calibrate
from anomaly_core.scoring.scorer import FEW_SHOT
from anomaly_core.weights.resolve import cached

SIZES = ((200, 300), (200, 800), (800, 200), (640, 480))
"""(height, width)"""


@pytest.fixture(scope="module")
def model() -> AnomalyGPT:
    return AnomalyGPT(TinyEncoder(), DetectorConfig(encoder="tiny", input_side=448))


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


def strongest(model: AnomalyGPT, product: ProductModel, pixels: NDArray[np.uint8]) -> Region:
    inspection = model.inspect(pixels, product)
    assert inspection.anomaly_map.values.shape == pixels.shape[:2]
    found = product.regions(inspection.image, inspection.scores)
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
def fitted(model: AnomalyGPT) -> dict[tuple[int, int], ProductModel]:
    return {size: model.fit([textured(seed, size) for seed in range(4)]) for size in SIZES}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("at", [(0.15, 0.2), (0.5, 0.5), (0.85, 0.8), (0.2, 0.85)])
def test_a_painted_square_is_found_where_it_was_painted(
    model: AnomalyGPT,
    fitted: dict[tuple[int, int], ProductModel],
    size: tuple[int, int],
    at: tuple[float, float],
) -> None:
    x, y = round(at[0] * size[1]) - 20, round(at[1] * size[0]) - 20
    box = (x, y, x + 40, y + 40)
    marked = with_square(textured(9, size), box)
    assert model.inspect(marked, fitted[size]).verdict.anomalous
    region = strongest(model, fitted[size], marked)
    assert_found(region, box, size)


@pytest.mark.parametrize("size", SIZES)
def test_a_new_good_image_is_normal(
    model: AnomalyGPT, fitted: dict[tuple[int, int], ProductModel], size: tuple[int, int]
) -> None:
    found = model.inspect_batch([textured(seed, size) for seed in range(20, 26)], fitted[size])
    verdicts = [each.verdict for each in found]
    assert sum(v.anomalous for v in verdicts) <= 1


def test_augmentation_sees_the_same_in_a_mirrored_image(model: AnomalyGPT) -> None:
    size = (320, 320)  # the encoder's own: resizing is not the same mirrored
    product = model.fit([textured(seed, size) for seed in range(2)])
    pixels = with_square(textured(9, size), (37, 21, 77, 61))
    found = []
    for view in flips(pixels):
        once = model.encode(view)
        closely = model.input.augment(once)
        assert len(once.views) == 1
        assert len(closely.views) == 4
        assert model.input.augment(closely) is closely
        found.append([model.inspect(each, product).anomaly_map for each in (once, closely)])
    once_map, close_map = found[0]
    assert not np.allclose(flips(found[1][0].values)[1], once_map.values, atol=1e-4)
    for number, (_, turned) in enumerate(found):
        assert np.allclose(flips(turned.values)[number], close_map.values, atol=1e-5)
        assert turned.score == pytest.approx(close_map.score)
    # It is the mean of what single passes over the four views see.
    singles = [flips(each.values)[number] for number, (each, _) in enumerate(found)]
    assert np.allclose(np.mean(singles, axis=0), close_map.values, atol=1e-5)


def test_a_batch_gives_what_single_images_give(model: AnomalyGPT) -> None:
    sizes = [(200, 300), (96, 128), (200, 300), (128, 96)]
    images = [textured(seed, size) for seed, size in enumerate(sizes)]
    batch = model.encode_batch(images)
    for pixels, encoded in zip(images, batch, strict=True):
        single = model.encode(pixels)
        np.testing.assert_array_equal(encoded.pixels, pixels)
        np.testing.assert_allclose(encoded.embedding, single.embedding, atol=1e-6)
        np.testing.assert_allclose(encoded.grid.numpy(), single.grid.numpy(), atol=1e-6)
    product = model.fit(images[:2])
    for pixels, found in zip(images, model.inspect_batch(images, product), strict=True):
        assert found.verdict.log_p == pytest.approx(model.inspect(pixels, product).verdict.log_p, abs=1e-4)


def test_rates_act_at_the_call(model: AnomalyGPT, fitted: dict[tuple[int, int], ProductModel]) -> None:
    product, pixels = fitted[(200, 300)], textured(30, (200, 300))
    p_value = model.inspect(pixels, product).verdict.p_value
    assert model.inspect(pixels, product).verdict.alpha == DetectorConfig().alpha
    for alpha, review, decision in (
        (p_value * 1.01, 0.9, "fail"),
        (p_value * 0.5, p_value * 1.01, "review"),
        (p_value * 0.5, p_value * 0.9, "pass"),
    ):
        found = model.inspect(pixels, product, alpha=alpha, review=review).verdict
        assert (found.decision, found.alpha, found.p_value) == (decision, alpha, p_value)
    with pytest.raises(ConfigError, match="alpha"):
        model.inspect(pixels, product, alpha=1.5)


def test_a_product_of_another_fingerprint_is_refused(model: AnomalyGPT) -> None:
    other = AnomalyGPT(TinyEncoder(), DetectorConfig(encoder="tiny", input_side=96))
    product = other.fit([textured(seed, (96, 128)) for seed in range(2)])
    with pytest.raises(ConfigError, match=r"input_size 96.*input_size 448.*enrol it again"):
        model.inspect(textured(3, (96, 128)), product)


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((40, 40), np.uint8), np.zeros((40, 40, 3), np.float32), np.zeros((40, 40, 4), np.uint8)],
)
def test_an_array_that_is_no_rgb_image_is_refused(model: AnomalyGPT, wrong: NDArray[Any]) -> None:
    with pytest.raises(ConfigError, match="uint8 RGB"):
        model.encode(wrong)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_square_is_found_in_the_upright_frame_of_an_exif_rotated_file(
    model: AnomalyGPT, fitted: dict[tuple[int, int], ProductModel], tmp_path: Path, orientation: int
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
    region = strongest(model, fitted[size], pixels)
    assert_found(region, box, size)


@pytest.mark.parametrize("shots", [1, 3])
def test_an_enrolled_image_scores_about_zero(model: AnomalyGPT, shots: int) -> None:
    images = [textured(seed, (200, 300)) for seed in range(shots)]
    product = model.fit(images)
    for pixels in images:
        found = model.inspect(pixels, product)
        # The bank is kept in half precision.
        assert found.anomaly_map.score < 1e-3
        assert float(found.anomaly_map.values.max()) < 1e-3
        assert not found.verdict.anomalous


@pytest.mark.parametrize("shift", [-6, 6])
def test_a_constant_exposure_shift_moves_no_region(
    model: AnomalyGPT, fitted: dict[tuple[int, int], ProductModel], shift: int
) -> None:
    size, box = (200, 300), (200, 120, 240, 160)
    marked = with_square(textured(9, size), box)
    shifted = np.clip(marked.astype(int) + shift, 0, 255).astype(np.uint8)
    before = strongest(model, fitted[size], marked)
    after = strongest(model, fitted[size], shifted)
    assert before.cell == after.cell
    assert overlap(before.bbox, after.bbox) > 0.8


def test_a_saved_product_answers_the_same(
    model: AnomalyGPT, fitted: dict[tuple[int, int], ProductModel], tmp_path: Path
) -> None:
    product = fitted[(200, 300)]
    product.save_pretrained(tmp_path / "plate")
    again = ProductModel.from_pretrained(tmp_path / "plate")
    assert (again.calibration, again.pixel_threshold) == (product.calibration, product.pixel_threshold)
    assert (again.fingerprint, again.alpha, again.review) == (product.fingerprint, 0.05, 0.2)
    pixels = with_square(textured(9, (200, 300)), (20, 20, 60, 60))
    before, after = model.inspect(pixels, product), model.inspect(pixels, again)
    np.testing.assert_array_equal(after.anomaly_map.values, before.anomaly_map.values)
    assert after.verdict == before.verdict
    np.testing.assert_array_equal(again.embeddings, product.embeddings)
    np.testing.assert_array_equal(again.view_embeddings, product.view_embeddings)


def test_parts_more_alike_than_two_recordings_of_one_are_judged_by_recordings(model: AnomalyGPT) -> None:
    clean = [np.full((128, 160, 3), 150 + seed, np.uint8) for seed in range(4)]
    for pixels in clean:
        pixels[40:80, 50:90] = (60, 60, 70)
    noise = np.random.default_rng(9).integers(0, 3, clean[0].shape).astype(np.uint8)
    product = model.fit(clean)
    alone = calibrate(product.good_fused, prior=FEW_SHOT_PRIOR)
    assert product.calibration.spread == MOST_BETWEEN > 1.5 * alone.spread
    for pixels in clean:
        again = model.inspect(pixels + noise, product)
        assert again.verdict.p_value > 10 * alone.p_value(product.fused(again.scores))


def test_a_folder_without_a_product_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="plate"):
        ProductModel.from_pretrained(tmp_path / "plate")
    (tmp_path / "product.safetensors").write_bytes(b"nothing")
    (tmp_path / "product.json").write_text("{}")
    with pytest.raises(WeightsDamaged, match="enrol the product again"):
        ProductModel.from_pretrained(tmp_path)


def test_fit_returns_embeddings_of_images_and_of_changed_views(model: AnomalyGPT) -> None:
    images = [textured(seed, (96, 128)) for seed in range(3)]
    steps: list[tuple[int, int]] = []
    product = model.fit(images, progress=lambda _, done, total: steps.append((done, total)))
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert len(product.embeddings) == 3
    assert product.view_embeddings.shape[1] == model.encoder.embedding_dim
    assert len(product.view_embeddings) >= 3
    for pixels, embedding in zip(images, product.embeddings, strict=True):
        np.testing.assert_array_equal(embedding, model.encode(pixels).embedding)
        assert float(np.linalg.norm(embedding)) == pytest.approx(1.0, abs=1e-5)


def test_learning_is_the_same_twice(model: AnomalyGPT) -> None:
    images = [textured(seed, (96, 128)) for seed in range(3)]
    first, second = (model.fit(images).to_parts() for _ in range(2))
    assert first[1] == second[1]
    assert set(first[0]) == set(second[0])
    for name, array in first[0].items():
        np.testing.assert_array_equal(array, second[0][name])


def test_nothing_is_learned_from_no_image(model: AnomalyGPT) -> None:
    with pytest.raises(NoImages, match="at least one"):
        model.fit([])


def test_symmetries_are_the_four_that_keep_the_axes() -> None:
    pixels = textured(0, (32, 48))
    views = flips(pixels)
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


def test_a_foreign_object_beside_an_aligned_part_is_found(model: AnomalyGPT) -> None:
    product = model.fit([screw(seed) for seed in range(4)])
    pixels = screw(9, beside=True)
    assert model.inspect(pixels, product).verdict.anomalous
    first = strongest(model, product, pixels)
    assert overlap(first.bbox, (270, 20, 286, 36)) > 0.5
    assert first.cell == "top right"


def test_what_good_images_have_beside_the_part_is_no_anomaly(model: AnomalyGPT) -> None:
    product = model.fit([screw(seed, beside=True) for seed in range(4)])
    assert product.states[FEW_SHOT].meta["cluttered"]
    pixels = screw(9, beside=True)
    assert not model.inspect(pixels, product).verdict.anomalous
    assert not model.inspect(pixels, ProductModel.from_parts(*product.to_parts())).verdict.anomalous


@pytest.mark.weights
def test_a_square_is_found_by_the_real_encoder() -> None:
    if cached("efficientnet-lite0") is None:
        pytest.skip("efficientnet-lite0 is not in the cache: iad weights pull efficientnet-lite0")
    model = AnomalyGPT(load_image_encoder("efficientnet-lite0"))
    size, box = (200, 800), (600, 90, 640, 130)
    product = model.fit([textured(seed, size) for seed in range(2)])
    region = strongest(model, product, with_square(textured(9, size), box))
    assert region.cell == "right"
    assert box[0] <= region.centroid[0] < box[2]
    assert box[1] <= region.centroid[1] < box[3]
    assert not model.inspect(textured(0, size), product).verdict.anomalous


def test_further_good_images_narrow_the_calibration(model: AnomalyGPT) -> None:
    """The bank stays, the location moves to the further images, and a single shot's guess gives way."""
    for shots in (1, 3):
        product = model.fit([textured(seed, (200, 300)) for seed in range(shots)])
        further = [textured(50 + seed, (200, 300)) for seed in range(12)]
        narrowed = model.calibrate(product, further)
        assert np.array_equal(narrowed.bank.patches, product.bank.patches)
        assert narrowed.calibration.degrees > product.calibration.degrees
        scores = [product.fused(model.inspect(image, product).scores) for image in further]
        before, after = (abs(np.mean(scores) - p.calibration.location) for p in (product, narrowed))
        assert after <= before
        assert after < 0.02 or shots == 3
    with pytest.raises(NoImages):
        model.calibrate(product, [])
