"""The similarity floor: other objects are refused, the product's own images are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge.products.novelty import REJECTED_SHARE, SHARE, similarity_floor
from knowledge.vectors import unit_rows

DATA = Path(__file__).parents[3] / "shared" / "data"
Vectors = NDArray[np.float32]


def cluster(rng: np.random.Generator, n: int, spread: float, dimension: int = 128) -> Vectors:
    """n unit vectors about the first axis; two of them lie about `spread` apart in cosine distance."""
    noise = rng.standard_normal((n, dimension)) * np.sqrt(spread / dimension)
    noise[:, 0] += 1
    return unit_rows(noise.astype(np.float32))


def test_unit_rows_are_of_length_one_and_refuse_what_has_no_direction() -> None:
    rows = unit_rows(np.array([[3, 4], [0, 2]], dtype=np.float32))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 1]])
    for bad in ([[0.0, 0.0]], [[np.nan, 1.0]], [[np.inf, 1.0]]):
        with pytest.raises(ValueError, match="zero or not finite"):
            unit_rows(np.array(bad, dtype=np.float32))


@pytest.mark.parametrize("spread", [0.02, 0.1, 0.4])
def test_at_most_the_stated_share_of_held_out_templates_is_refused(spread: float) -> None:
    templates = cluster(np.random.default_rng(0), 200, spread)
    similarities = templates @ templates.T
    np.fill_diagonal(similarities, -1)
    refused = (similarities.max(axis=1) < similarity_floor(templates, None)).mean()
    assert refused <= REJECTED_SHARE


def test_a_wider_product_gets_a_lower_floor() -> None:
    rng = np.random.default_rng(0)
    floors = [similarity_floor(cluster(rng, 8, spread), None) for spread in (0.001, 0.03, 0.1, 0.5)]
    assert floors == sorted(floors, reverse=True)
    assert len(set(floors)) == 4
    two = cluster(rng, 2, 0.01)
    assert similarity_floor(two, cluster(rng, 10, 0.01)) > similarity_floor(two, cluster(rng, 10, 0.1))


def test_one_template_repeated_still_accepts_its_neighbours() -> None:
    one = cluster(np.random.default_rng(0), 1, 0.05)
    assert 0.9 < similarity_floor(np.repeat(one, 4, axis=0), None) < 0.96


def test_one_odd_view_does_not_decide() -> None:
    rng = np.random.default_rng(0)
    two, views = cluster(rng, 2, 0.01), cluster(rng, 20, 0.01)
    odd = views.copy()
    odd[0] = -two[0]
    assert similarity_floor(two, odd) == pytest.approx(similarity_floor(two, views), abs=0.01)


def kinds(*distances: float) -> Vectors:
    """One design of each kind, at these cosine distances from the first axis; (kinds, 1, 128)."""
    rows = np.zeros((len(distances), 128), dtype=np.float32)
    for row, distance in enumerate(distances):
        rows[row, 0] = 1 - distance
        rows[row, row + 1] = np.sqrt(1 - rows[row, 0] ** 2)
    return rows[:, None]


def test_one_template_reaches_half_way_to_the_second_nearest_kind_of_reference() -> None:
    one = np.eye(1, 128, dtype=np.float32)
    for nearest, second in ((0.2, 0.4), (0.01, 0.4), (0.3, 0.8)):
        floor = similarity_floor(one, None, kinds(0.9, second, nearest))
        assert floor == pytest.approx(1 - SHARE * second, abs=1e-5)


def test_several_templates_reach_between_their_spread_and_the_references() -> None:
    templates = cluster(np.random.default_rng(0), 8, 0.02)
    near, far = (similarity_floor(templates, None, kinds(d, d + 0.01)) for d in (0.2, 0.8))
    assert far < near < 1 - 0.02


def test_designs_of_one_kind_count_once() -> None:
    one = np.eye(1, 128, dtype=np.float32)
    twice = np.concatenate([kinds(0.1, 0.4), kinds(0.12, 0.5)], axis=1)
    assert similarity_floor(one, None, twice) == pytest.approx(1 - SHARE * 0.4, abs=1e-5)


@pytest.mark.weights
@pytest.mark.parametrize("model", ["efficientnet-lite0", "dinov2-small"])
def test_one_screw_tells_screws_good_and_defective_from_tiles_and_roads(model: str) -> None:
    from anomaly_core.encoders.base import encode_one
    from anomaly_core.encoders.registry import load_image_encoder
    from anomaly_core.imaging.frame import whole_frame
    from anomaly_core.imaging.reading import load_image
    from anomaly_core.weights.resolve import cached

    if cached(model) is None:
        pytest.skip(f"{model} is not in the weight cache")
    folders = {
        "template": DATA / "mvtec/screw/train/good",
        "good": DATA / "mvtec/screw/test/good",
        "defect": DATA / "mvtec/screw/test/manipulated_front",
        "tile": DATA / "magnetic_tile/magnetic_tile/test/good",
    }
    if not all(folder.is_dir() for folder in folders.values()):
        pytest.skip("the screw and magnetic tile images are not there")
    encoder = load_image_encoder(model)

    def embed(pixels: NDArray[np.uint8]) -> Vectors:
        frame = whole_frame(pixels.shape[:2], 224, encoder.stride)
        return encode_one(encoder, np.ascontiguousarray(frame.render(pixels))).embedding.numpy()

    def pixels(name: str, count: int) -> list[NDArray[np.uint8]]:
        files = sorted(folders[name].iterdir())
        return [load_image(file).pixels for file in files[:: len(files) // count][:count]]

    first = pixels("template", 1)[0]
    views = [np.rot90(first, turns) for turns in (1, 2, 3)]
    views += [first[:, ::-1], first[60:-60, 60:-60], first[:-100, 100:]]
    template = unit_rows(embed(first)[None])
    floor = similarity_floor(template, unit_rows(np.stack([embed(np.ascontiguousarray(v)) for v in views])))
    similarity = {
        name: np.array([float(template[0] @ embed(p)) for p in pixels(name, 3)])
        for name in ("good", "defect", "tile")
    }
    assert (similarity["good"] >= floor).mean() > 0.6
    assert (similarity["defect"] >= floor).mean() > 0.6
    assert (similarity["tile"] < floor).all()
