"""Simulated anomalies: exact masks, seeds, borders, and the folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydantic import ValidationError

from anomaly_core.config import SimulationConfig
from anomaly_core.errors import ConfigError, NoImages
from anomaly_core.imaging.foreground import foreground_mask
from anomaly_core.results import CELLS
from anomaly_core.simulation.nsa import simulate, simulate_folder

METHODS = ("nsa", "cutpaste", "scar")


def texture(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    grain = np.random.default_rng(seed).normal(scale=30, size=(height, width, 3)).astype(np.float32)
    return np.clip(120 + 2 * cv2.GaussianBlur(grain, (0, 0), 1.5), 0, 255).astype(np.uint8)


def part(height: int = 240, width: int = 200, seed: int = 0) -> NDArray[np.uint8]:
    """A striped disc on a plain background."""
    rng = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), 200.0) + rng.normal(scale=1, size=(height, width, 3))
    rows, columns = np.mgrid[0:height, 0:width]
    disc = (rows - height / 2) ** 2 + (columns - width / 2) ** 2 < 60**2
    pixels[disc] = (80 + 40 * np.sin(columns / 4 + seed))[disc][:, None]
    return pixels.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(12))
def test_the_mask_is_exactly_the_changed_pixels(method: str, seed: int) -> None:
    image = texture(160 + 10 * seed, 300 - 15 * seed)
    before = image.copy()
    made = simulate(image, texture(120, 200, 1), rng=np.random.default_rng(seed),
                    config=SimulationConfig(method=method))  # type: ignore[arg-type]  # fmt: skip
    assert (image == before).all()
    assert made.pixels.dtype == np.uint8 and made.pixels.shape == image.shape
    assert (made.mask == (made.pixels != image).any(axis=2)).all()
    assert 9 <= made.mask.sum() < 0.3 * made.mask.size
    assert 1 <= len(made.anomalies) <= 2
    total = np.sum([region.mask for region in made.anomalies], axis=0)
    assert (total == made.mask).all()  # together the mask, and disjoint
    for region in made.anomalies:
        assert region.cell in CELLS
        x0, y0, x1, y1 = region.bbox
        assert region.mask[y0:y1, x0:x1].sum() == region.area_px == region.mask.sum()


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(method: Any) -> None:
    image, source = texture(150, 200), texture(150, 200, 1)
    config = SimulationConfig(method=method)
    one, two, other = (
        simulate(image, source, rng=np.random.default_rng(seed), config=config) for seed in (5, 5, 6)
    )
    assert one.pixels.tobytes() == two.pixels.tobytes()
    assert one.pixels.tobytes() != other.pixels.tobytes()


def test_the_image_may_be_its_own_source() -> None:
    image = part()
    made = simulate(image, image, rng=np.random.default_rng(0), foreground=foreground_mask(image))
    assert made.mask.any()


@pytest.mark.parametrize("blend", ["normal", "mixed"])
def test_patches_over_the_whole_image_do_not_fail_at_the_border(blend: Any) -> None:
    config = SimulationConfig(blend=blend, min_size=0.9, max_size=0.99, shapes=("rectangle",), max_patches=1)
    for seed in range(15):
        made = simulate(texture(40, 90), texture(60, 30, 2), rng=np.random.default_rng(seed), config=config)
        assert made.mask.any()


def test_the_thinnest_patches_do_not_fail() -> None:
    config = SimulationConfig(min_size=0.001, max_size=0.05, gamma_scale=0.01, min_visible=1)
    for seed in range(40):
        made = simulate(texture(16, 300), texture(16, 16, 2), rng=np.random.default_rng(seed), config=config)
        assert made.mask.any()


def test_anomalies_lie_on_the_object() -> None:
    image, source = part(seed=0), part(seed=3)
    objects = foreground_mask(image)
    assert objects is not None
    for seed in range(15):
        made = simulate(image, source, rng=np.random.default_rng(seed), foreground=objects,
                        source_foreground=foreground_mask(source))  # fmt: skip
        for region in made.anomalies:
            assert objects[region.mask].mean() >= 0.2


def test_seamless_patches_have_no_edge_where_plain_ones_have() -> None:
    """A dark source on a bright image: cut-paste leaves the jump, Poisson editing takes it away."""
    image, source = np.clip(texture(150, 150) + 60, 0, 255).astype(np.uint8), texture(150, 150, 1) // 4
    common = {"shapes": ("rectangle",), "min_visible": 1, "tone": 0.0}
    plain, seamless = (
        simulate(image, source, rng=np.random.default_rng(1),
                 config=SimulationConfig(method=method, **common))  # type: ignore[arg-type]
        for method in ("cutpaste", "nsa")
    )  # fmt: skip

    def shift(made: Any) -> float:
        return abs(float(made.pixels[made.mask].mean()) - float(image[made.mask].mean()))

    assert shift(plain) > 60
    assert shift(seamless) < 30


def test_no_patch_is_black() -> None:
    for seed in range(15):
        image = texture(200, 200)
        made = simulate(image, texture(200, 200, 1), rng=np.random.default_rng(seed))
        assert made.pixels[made.mask].mean() > 0.5 * image.mean()


def test_images_without_any_structure_are_refused() -> None:
    flat = np.full((80, 80, 3), 128, np.uint8)
    with pytest.raises(ConfigError, match="too alike"):
        simulate(flat, flat, rng=np.random.default_rng(0), config=SimulationConfig(tone=0))


@pytest.mark.parametrize("bad", [
    {"max_patches": 0}, {"min_size": 0.5, "max_size": 0.4}, {"resize": (2.0, 0.5)}, {"resize": (0.0, 1.0)},
    {"method": "paint"}, {"shapes": ()}, {"patches": 3},
])  # fmt: skip
def test_bad_configs_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SimulationConfig(**bad)


def sources(folder: Path, count: int = 3) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"{n}.png" for n in range(count)]
    for n, path in enumerate(paths):
        Image.fromarray(texture(90, 120, n)).save(path)
    return paths


def test_a_folder_is_written_whole_and_can_be_made_again(tmp_path: Path) -> None:
    paths = sources(tmp_path / "in")
    seen: list[tuple[int, int]] = []
    summary = simulate_folder(paths, tmp_path / "out", 4, 7, progress=lambda a, b: seen.append((a, b)),
                              product="road")  # fmt: skip
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [p.name for p in summary.images] == [f"{n:06d}.png" for n in range(4)]
    assert summary.skipped == ()
    records = [json.loads(line) for line in (summary.out / "annotations.jsonl").read_text().splitlines()]
    bad = [r for r in records if r["anomalous"]]
    good = [r for r in records if not r["anomalous"]]
    assert len(bad) == 4 and len(good) == 3
    for record in bad:
        pixels = np.asarray(Image.open(summary.out / record["image"]))
        mask = np.asarray(Image.open(summary.out / record["mask"])) > 0
        normal = np.asarray(Image.open(record["source"]))
        assert (mask == (pixels != normal).any(axis=2)).all()
        assert sum(a["area_px"] for a in record["anomalies"]) == mask.sum()
        assert record["conversation"][0]["answer"].startswith("Yes")
    assert all(r["conversation"][0]["answer"].startswith("No") and r["mask"] is None for r in good)
    manifest = json.loads((summary.out / "manifest.json").read_text())
    assert (manifest["seed"], manifest["config"]["method"]) == (7, "nsa")
    assert not list(summary.out.rglob("*.part"))

    before = {p: p.read_bytes() for p in summary.out.rglob("*") if p.is_file()}
    simulate_folder(paths, tmp_path / "out", 4, 7, product="road")
    assert before == {p: p.read_bytes() for p in summary.out.rglob("*") if p.is_file()}


def test_unreadable_images_are_skipped_and_reported(tmp_path: Path) -> None:
    paths = sources(tmp_path / "in")
    broken = tmp_path / "in" / "broken.png"
    broken.write_bytes(b"no image")
    summary = simulate_folder([broken, *paths], tmp_path / "out", 6, 0)
    assert len(summary.images) == 6
    assert [path for path, _ in summary.skipped] == [broken]
    assert "broken.png" in summary.skipped[0][1]
    with pytest.raises(NoImages, match="broken"):
        simulate_folder([broken], tmp_path / "other", 1, 0)


def test_another_simulation_is_not_mixed_in(tmp_path: Path) -> None:
    paths = sources(tmp_path / "in")
    simulate_folder(paths, tmp_path / "out", 1, 0)
    with pytest.raises(ConfigError, match="another simulation"):
        simulate_folder(paths, tmp_path / "out", 1, 1)
    with pytest.raises(ConfigError, match="at least 1"):
        simulate_folder(paths, tmp_path / "new", 0, 1)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    paths = sources(tmp_path / "in")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match=r"000000\.png.*writable"):
        simulate_folder(paths, tmp_path / "file", 1, 0)
