"""Each layout, on a tiny tree written for the test; then the real sets, where they are at hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from anomaly_core.errors import ConfigError, NoImages, UnreadableImage
from anomaly_core.evaluation.datasets import Sample, load_mask, open_dataset

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def picture(path: Path, width: int = 20, height: int = 16) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), (90, 90, 90)).save(path)
    return path


def mask(path: Path, *boxes: tuple[int, int, int, int], value: int = 255) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.zeros((16, 20), np.uint8)
    for x0, y0, x1, y1 in boxes:
        values[y0:y1, x0:x1] = value
    Image.fromarray(values).save(path)
    return path


def mvtec(root: Path, category: str) -> Path:
    folder = root / category
    for name in ("000", "001"):
        picture(folder / "train" / "good" / f"{name}.png")
    picture(folder / "test" / "good" / "000.png")
    picture(folder / "test" / "scratch" / "000.png")
    mask(folder / "ground_truth" / "scratch" / "000_mask.png", (2, 3, 6, 5))
    picture(folder / "test" / "dent" / "007.jpg")
    mask(folder / "ground_truth" / "dent" / "007.png", (0, 0, 1, 1), value=1)
    return folder


def test_mvtec_layout(tmp_path: Path) -> None:
    mvtec(tmp_path, "bolt")
    mvtec(tmp_path, "nut")
    data = open_dataset(tmp_path)
    assert (data.layout, data.categories) == ("MVTec", ["bolt", "nut"])
    bolt = open_dataset(tmp_path, "bolt")
    assert [s.path.name for s in bolt.select(split="train")] == ["000.png", "001.png"]
    assert [(s.label, s.anomalous) for s in bolt.select(split="test")] == [
        ("dent", True), ("good", False), ("scratch", True)]  # fmt: skip
    dent, good, scratch = (load_mask(s) for s in bolt.select(split="test"))
    assert good is None
    assert dent is not None and scratch is not None
    assert dent.sum() == 1  # a value of 1 is defect
    assert scratch.shape == (16, 20) and scratch[3:5, 2:6].all() and scratch.sum() == 8


def test_the_categorys_own_folder_is_a_root_too(tmp_path: Path) -> None:
    folder = mvtec(tmp_path, "bolt")
    assert open_dataset(folder).categories == ["bolt"]
    assert len(open_dataset(folder, "bolt").samples) == 5


def test_loco_unites_masks_and_keeps_validation_images_from_the_test(tmp_path: Path) -> None:
    folder = mvtec(tmp_path, "box")
    picture(folder / "validation" / "good" / "000.png")
    picture(folder / "test" / "logical_anomalies" / "003.png")
    mask(folder / "ground_truth" / "logical_anomalies" / "003" / "000.png", (0, 0, 2, 2), value=255)
    mask(folder / "ground_truth" / "logical_anomalies" / "003" / "001.png", (1, 1, 4, 3), value=246)
    data = open_dataset(tmp_path)
    assert len(data.select(split="train")) == 3
    sample = next(s for s in data.samples if s.label == "logical_anomalies")
    union = load_mask(sample)
    assert len(sample.masks) == 2
    assert union is not None and union.sum() == 4 + 6 - 1


def test_masks_of_one_image_that_differ_in_size_are_refused(tmp_path: Path) -> None:
    first = mask(tmp_path / "000.png", (0, 0, 2, 2))
    Image.new("L", (9, 9)).save(tmp_path / "001.png")
    with pytest.raises(UnreadableImage, match=r"001\.png"):
        load_mask(Sample(tmp_path / "x.png", "dent", "test", "box", (first, tmp_path / "001.png")))


def test_visa_layout(tmp_path: Path) -> None:
    (tmp_path / "split_csv").mkdir()
    (tmp_path / "split_csv" / "1cls.csv").write_text(
        "object,split,label,image,mask\n"
        "candle,train,normal,candle/Data/Images/Normal/0.JPG,\n"
        "candle,test,anomaly,candle/Data/Images/Anomaly/1.JPG,candle/Data/Masks/Anomaly/1.png\n"
        "pcb1,test,normal,pcb1/Data/Images/Normal/2.JPG,\n"
    )
    mask(tmp_path / "candle/Data/Masks/Anomaly/1.png", (0, 0, 3, 1), value=2)
    data = open_dataset(tmp_path)
    assert (data.layout, data.categories) == ("VisA", ["candle", "pcb1"])
    assert [(s.label, s.split) for s in data.samples] == [
        ("good", "train"), ("anomaly", "test"), ("good", "test")]  # fmt: skip
    found = load_mask(data.samples[1])
    assert found is not None and found.sum() == 3
    assert data.samples[1].path == tmp_path / "candle/Data/Images/Anomaly/1.JPG"


@pytest.mark.parametrize("text", ["object,image\ncandle,a.jpg\n",
                                  "object,split,label,image,mask\ncandle,val,normal,a.jpg,\n"])  # fmt: skip
def test_a_broken_visa_table_names_the_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "split_csv").mkdir()
    (tmp_path / "split_csv" / "1cls.csv").write_text(text)
    with pytest.raises(ConfigError, match=r"1cls\.csv"):
        open_dataset(tmp_path)


def test_crackforest_layout(tmp_path: Path) -> None:
    for number in ("001", "201", "202", "203", "301"):
        picture(tmp_path / "image" / f"{number}.jpg")
    truth = np.ones((16, 20), np.uint8)
    truth[4:6, 2:12] = 2
    (tmp_path / "groundTruth").mkdir()
    parts = {"Segmentation": truth, "Boundaries": truth}
    savemat(tmp_path / "groundTruth" / "001.mat", {"groundTruth": parts})
    data = open_dataset(tmp_path)
    assert [(s.path.stem, s.label, s.split) for s in data.samples] == [
        ("001", "crack", "test"), ("201", "good", "train"), ("202", "good", "test"), ("203", "good", "train")
    ]  # fmt: skip
    assert [p.stem for p in data.unlabelled] == ["301"]
    found = load_mask(data.samples[0])
    assert found is not None and found.sum() == 20 and found[4, 2]


def test_elpv_layout(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "labels.csv").write_text(
        "images/a.png  1.0                 mono\nimages/b.png  0.0   poly\n"
        "images/c.png  0.3333333333333333  poly\nimages/d.png  0.6666666666666666  mono\n\n"
    )
    data = open_dataset(tmp_path)
    assert (data.layout, data.categories) == ("ELPV", ["mono", "poly"])
    labels = [s.label for s in data.samples]
    assert labels == ["defective", "good", "possibly defective", "probably defective"]
    assert data.samples[0].path == tmp_path / "data" / "images" / "a.png"
    assert load_mask(data.samples[0]) is None


@pytest.mark.parametrize("line", ["images/a.png 1.5 mono", "images/a.png mono", "images/a.png x mono"])
def test_a_broken_elpv_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "labels.csv").write_text(f"images/b.png 0.0 mono\n{line}\n")
    with pytest.raises(ConfigError, match=r"labels\.csv:2"):
        open_dataset(tmp_path)


def mmad_entry(image: str, mask_path: str) -> dict[str, object]:
    return {
        "image_path": image,
        "conversation": [
            {"Question": "Is there any defect in the object?", "Answer": "A",
             "Options": {"A": "Yes.", "B": "No."}, "type": "Anomaly Detection", "annotation": True}
        ],
        "mask_path": mask_path,
        "similar_templates": ["MVTec-AD/bottle/train/good/001.png"],
        "random_templates": ["MVTec-AD/bottle/train/good/004.png"],
    }  # fmt: skip


@pytest.mark.parametrize("base", ["DS-MVTec/bottle/image", "DS-MVTec/bottle"])
def test_mmad_layout(tmp_path: Path, base: str) -> None:
    mask_path = "rbg_mask/broken_large/000_rbg_mask.png"
    (tmp_path / "mmad.json").write_text(json.dumps({
        "DS-MVTec/bottle/image/broken_large/000.png": mmad_entry("image/broken_large/000.png", mask_path),
        "DS-MVTec/bottle/image/good/001.png": mmad_entry("image/good/001.png", ""),
    }))  # fmt: skip
    colour = np.zeros((16, 20, 3), np.uint8)
    colour[2:4, 2:4, 2] = 200  # one region has one colour
    target = tmp_path / base / mask_path
    target.parent.mkdir(parents=True)
    Image.fromarray(colour).save(target)
    for root in (tmp_path, tmp_path / "mmad.json"):
        data = open_dataset(root)
        broken, good = data.samples
        assert (data.layout, broken.category, broken.label, good.label) == (
            "MMAD", "bottle", "broken_large", "good")  # fmt: skip
        assert broken.questions[0].options == {"A": "Yes.", "B": "No."}
        assert broken.questions[0].answer == "A"
        assert broken.similar_templates == (tmp_path / "MVTec-AD/bottle/train/good/001.png",)
        found = load_mask(broken)
        assert found is not None and found.sum() == 4
        assert load_mask(good) is None


@pytest.mark.parametrize("text", ["[]", "{", '{"a/b/c/d.png": {"image_path": "x"}}', '{"a": 3}'])
def test_a_broken_mmad_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "mmad.json").write_text(text)
    with pytest.raises(ConfigError, match=r"mmad\.json"):
        open_dataset(tmp_path)


def test_plain_folders(tmp_path: Path) -> None:
    root = tmp_path / "gear"
    for name in "abc":
        picture(root / "good" / f"{name}.png")
    picture(root / "rust" / "d.png")
    (root / "rust" / "notes.txt").write_text("not an image")
    data = open_dataset(root)
    assert data.layout == "folders"
    assert [(s.path.stem, s.label, s.split, s.category) for s in data.samples] == [
        ("a", "good", "train", "gear"), ("b", "good", "test", "gear"), ("c", "good", "train", "gear"),
        ("d", "rust", "test", "gear")]  # fmt: skip


def test_errors_name_the_path_and_the_mend(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        open_dataset(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="train/good"):
        open_dataset(tmp_path)
    (tmp_path / "good").mkdir()
    with pytest.raises(NoImages, match="no images"):
        open_dataset(tmp_path)
    picture(tmp_path / "good" / "a.png")
    with pytest.raises(ConfigError, match=tmp_path.name):
        open_dataset(tmp_path, "screw")


def test_masks_that_are_gone_or_broken_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match=r"m\.png.*missing"):
        load_mask(Sample(tmp_path / "a.png", "dent", "test", "x", (tmp_path / "m.png",)))
    (tmp_path / "m.png").write_bytes(b"not a png")
    with pytest.raises(UnreadableImage, match=r"m\.png"):
        load_mask(Sample(tmp_path / "a.png", "dent", "test", "x", (tmp_path / "m.png",)))
    (tmp_path / "m.mat").write_bytes(b"not a mat file at all, but long enough to be read as a header" * 9)
    with pytest.raises(UnreadableImage, match=r"m\.mat"):
        load_mask(Sample(tmp_path / "a.png", "crack", "test", "x", (tmp_path / "m.mat",)))


@pytest.mark.parametrize(("folder", "train", "good", "bad"), [
    ("mvtec/screw", 40, 41, 119), ("magnetic_tile", 120, 100, 388), ("crackforest", 4, 4, 118),
])  # fmt: skip
def test_real_sets_have_their_published_counts(folder: str, train: int, good: int, bad: int) -> None:
    if not (DATA / folder).is_dir():
        pytest.skip(f"no real images: {folder} is not beside the checkout")
    data = open_dataset(DATA / folder)
    assert len(data.select(split="train")) == train
    assert len(data.select(split="test", anomalous=False)) == good
    defects = data.select(split="test", anomalous=True)
    assert len(defects) == bad
    assert all(s.masks for s in defects)
    for sample in defects[::40]:
        found = load_mask(sample)
        with Image.open(sample.path) as image:
            assert found is not None and found.shape == (image.height, image.width)
        assert 0 < found.mean() < 0.8
