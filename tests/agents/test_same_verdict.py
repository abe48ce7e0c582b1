"""`iad eval detection` and `iad inspect` give the same verdict on each image, painted and photographed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agents.app import Application
from agents.settings import Settings
from anomaly_core.evaluation.detection import judge_dataset
from tools.records import InspectionRecord

DATA = Path(__file__).parents[2].parent / "shared" / "data"
PHOTOGRAPHS = ("alien_toy/alien_toy", "magnetic_tile/magnetic_tile", "mvtec/screw")


def agree(settings: Settings, root: Path, category: str, shots: int) -> list[str]:
    """Assert that both give the same decision and p-value on each test image; return the decisions."""
    with Application(settings) as app:
        judged = judge_dataset(app.tools.model, root, category, shots=shots, seeds=[0])
        (run,) = judged.runs
        app.enroll(category, [sample.path for sample in run.shots])
        records = list(app.inspect([sample.path for sample in judged.samples], product=category))
    assert len(records) == len(judged.samples) > 0
    for record, verdict in zip(records, run.verdicts, strict=True):
        assert isinstance(record, InspectionRecord), record
        assert record.decision == verdict.decision, record.image
        assert record.p_value == pytest.approx(verdict.p_value, abs=5e-5), record.image
    return [verdict.decision for verdict in run.verdicts]


def paint(path: Path, seed: int, *, parts: int = 3, blot: bool = False) -> None:
    """Paint squares on a plain ground: components whose layout is learned."""
    pixels = np.random.default_rng(seed).integers(100, 112, (192, 192, 3)).astype(np.uint8)
    for number in range(parts):
        pixels[70:110, 20 + 60 * number : 50 + 60 * number] = (200, 60, 30)
    if blot:
        pixels[130:170, 120:170] = (250, 20, 20)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def test_painted(tmp_path: Path) -> None:
    for number in range(6):
        paint(tmp_path / "plate" / "train" / "good" / f"{number}.png", number)
        paint(tmp_path / "plate" / "test" / "good" / f"{number}.png", 50 + number)
        paint(tmp_path / "plate" / "test" / "blot" / f"{number}.png", 80 + number, blot=True)
        paint(tmp_path / "plate" / "test" / "missing" / f"{number}.png", 90 + number, parts=2)
    settings = Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny", threads=1)
    assert {"pass", "fail"} <= set(agree(settings, tmp_path, "plate", shots=4))


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("folder", PHOTOGRAPHS)
def test_photographs(folder: str, tmp_path: Path) -> None:
    if not (DATA / folder).is_dir():
        pytest.skip(f"{DATA / folder} is missing")
    category = Path(folder).name
    kinds = [("train", "good"), ("test", "good"), *(("test", d) for d in defects(DATA / folder))]
    for split, kind in kinds:
        (tmp_path / category / split / kind).mkdir(parents=True)
        for path in sorted((DATA / folder / split / kind).iterdir())[: 2 if split == "test" else 4]:
            (tmp_path / category / split / kind / path.name).symlink_to(path)
    # The quicker encoder: whichever it is, both take the same way.
    settings = Settings(store=tmp_path / "store", encoder="efficientnet-lite0")
    agree(settings, tmp_path, category, shots=4)


def defects(folder: Path) -> list[str]:
    """Return a kind of defect of a dataset."""
    return sorted(path.name for path in (folder / "test").iterdir() if path.name != "good")[:1]
