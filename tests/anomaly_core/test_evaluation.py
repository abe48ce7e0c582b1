"""Evaluation on a painted data set: its schema, and that no test image or label changes a verdict."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DetectorConfig
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.errors import ConfigError, NoImages
from anomaly_core.evaluation.datasets import open_dataset
from anomaly_core.evaluation.detection import NAMES, choose_shots, evaluate_detection, shrink_mask, spread


@pytest.fixture(scope="module")
def model() -> AnomalyGPT:
    return AnomalyGPT(TinyEncoder(), DetectorConfig(encoder="tiny", input_side=128))


def paint(path: Path, seed: int, *, blot: bool = False) -> None:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 128, 3)).astype(np.uint8)
    if blot:
        pixels[20:50, 60:90] = (250, 20, 20)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    category = tmp_path / "plate"
    for number in range(6):
        paint(category / "train" / "good" / f"{number:03}.png", number)
        paint(category / "test" / "good" / f"{number:03}.png", 50 + number)
    for number in range(4):
        paint(category / "test" / "blot" / f"{number:03}.png", 80 + number, blot=True)
        mask = np.zeros((96, 128), np.uint8)
        mask[20:50, 60:90] = 255
        folder = category / "ground_truth" / "blot"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(mask).save(folder / f"{number:03}_mask.png")
    return tmp_path


def test_the_object_has_the_documented_keys(model: AnomalyGPT, root: Path) -> None:
    result = evaluate_detection(model, root, "plate", shots=3, seeds=[0, 1])
    documented = {"category", "shots", "seeds", *NAMES, "ms_per_image", "encoder", "config"}
    assert documented <= set(result)
    assert set(result) - documented <= {"test_images"}
    assert sorted(NAMES) == [
        "accuracy", "aupro", "balanced_accuracy", "escape_rate", "f1_max", "false_alarm_rate", "image_auroc",
        "miss_rate", "oracle_balanced_accuracy", "pixel_auroc", "review_rate_anomalous", "review_rate_good",
    ]  # fmt: skip
    for name in NAMES:
        assert set(result[name]) == {"mean", "std", "values"}
        assert len(result[name]["values"]) == 2
        assert all(0 <= value <= 1 for value in result[name]["values"])
    assert (result["category"], result["shots"], result["seeds"]) == ("plate", 3, [0, 1])
    assert result["config"] == model.config.model_dump()
    assert result["encoder"] == model.encoder.name
    assert result["test_images"] == {"good": 6, "anomalous": 4}
    assert result["ms_per_image"] > 0


def test_a_loud_defect_is_told_from_good_parts(model: AnomalyGPT, root: Path) -> None:
    result = evaluate_detection(model, root, "plate", shots=4, seeds=[0])
    assert result["image_auroc"]["values"] == [1.0]
    assert result["miss_rate"]["values"] == [0.0]
    assert result["pixel_auroc"]["values"][0] > 0.95
    assert result["image_auroc"]["std"] == 0.0


def test_permuted_test_labels_leave_every_verdict_as_it_was(model: AnomalyGPT, root: Path) -> None:
    straight = evaluate_detection(model, root, "plate", shots=4, seeds=[0, 1])
    test = root / "plate" / "test"
    (root / "plate" / "ground_truth").rename(root / "plate" / "unused")
    (test / "good").rename(test / "was-good")
    (test / "blot").rename(test / "good")
    (test / "was-good").rename(test / "blot")
    swapped = evaluate_detection(model, root, "plate", shots=4, seeds=[0, 1])
    for index in range(2):
        # With equal verdicts, swapped labels turn each hit into a miss and each pass into a false alarm.
        before, after = (
            {name: r[name]["values"][index] for name in NAMES if r[name]} for r in (straight, swapped)
        )
        assert after["accuracy"] == pytest.approx(1 - before["accuracy"])
        assert after["false_alarm_rate"] == pytest.approx(1 - before["miss_rate"])
        assert after["miss_rate"] == pytest.approx(1 - before["false_alarm_rate"])
        assert after["image_auroc"] == pytest.approx(1 - before["image_auroc"])


def test_every_anomalous_image_fails_is_reviewed_or_escapes(model: AnomalyGPT, root: Path) -> None:
    result = evaluate_detection(model, root, "plate", shots=2, seeds=[0, 1])
    for index in range(2):
        value = {name: result[name]["values"][index] for name in NAMES}
        assert value["escape_rate"] + value["review_rate_anomalous"] == pytest.approx(value["miss_rate"])
        assert value["false_alarm_rate"] + value["review_rate_good"] <= 1
        assert value["oracle_balanced_accuracy"] >= value["balanced_accuracy"]


def test_other_test_images_change_no_rate_of_these(model: AnomalyGPT, root: Path) -> None:
    before = evaluate_detection(model, root, "plate", shots=4, seeds=[0])
    for number in range(5):
        paint(root / "plate" / "test" / "blot" / f"extra-{number}.png", 200 + number, blot=True)
    after = evaluate_detection(model, root, "plate", shots=4, seeds=[0])
    assert after["false_alarm_rate"] == before["false_alarm_rate"]


def test_the_same_twice(model: AnomalyGPT, root: Path) -> None:
    first, second = (evaluate_detection(model, root, "plate", shots=2, seeds=[3]) for _ in range(2))
    assert {k: v for k, v in first.items() if k != "ms_per_image"} == {
        k: v for k, v in second.items() if k != "ms_per_image"
    }


def test_shots_come_from_the_training_split_and_nest(root: Path) -> None:
    samples = open_dataset(root, "plate").samples
    few, more = choose_shots(samples, 2, 7), choose_shots(samples, 5, 7)
    assert more[:2] == few
    assert len({sample.path for sample in more}) == 5
    assert all(sample.split == "train" and sample.label == "good" for sample in more)
    draws = {tuple(sample.path.name for sample in choose_shots(samples, 2, seed)) for seed in range(10)}
    assert len(draws) > 1


def test_more_shots_than_images_is_refused(model: AnomalyGPT, root: Path) -> None:
    with pytest.raises(ConfigError, match=r"7 shots.*6 good"):
        evaluate_detection(model, root, "plate", shots=7, seeds=[0])
    with pytest.raises(ConfigError, match="one shot"):
        evaluate_detection(model, root, "plate", shots=0, seeds=[0])
    with pytest.raises(ConfigError, match="one seed"):
        evaluate_detection(model, root, "plate", shots=1, seeds=[])


def test_a_test_split_of_one_kind_is_refused(model: AnomalyGPT, root: Path) -> None:
    for path in (root / "plate" / "test" / "blot").iterdir():
        path.unlink()
    with pytest.raises(NoImages, match="plate"):
        evaluate_detection(model, root, "plate", shots=1, seeds=[0])


def test_spread_is_the_sample_standard_deviation() -> None:
    assert spread([]) is None
    found = spread([0.2, 0.4, 0.9])
    assert found is not None
    assert found["mean"] == 0.5
    assert found["std"] == round(math.sqrt((0.09 + 0.01 + 0.16) / 2), 4)


def test_a_shrunk_mask_keeps_a_single_pixel() -> None:
    mask = np.zeros((64, 64), np.bool_)
    mask[33, 50] = True
    small = shrink_mask(mask, (8, 8))
    assert small.sum() == 1
    assert small[4, 6]
