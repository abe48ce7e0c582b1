"""Readers of inspection datasets: labelled samples and their masks.

Layouts, recognised by `open_dataset`:

    MVTec AD     ROOT/C/train/good, ROOT/C/test/<good|defect>, ROOT/C/ground_truth/<defect>/<stem>_mask.png
    MVTec LOCO   the same with ROOT/C/validation/good and ground_truth/<defect>/<stem>/000.png, 001.png, ...
    VisA         ROOT/split_csv/1cls.csv with object, split, label, image, mask
    CrackForest  ROOT/image/NNN.jpg, ROOT/groundTruth/NNN.mat
    MMAD         ROOT/mmad.json, keyed by image path
    ELPV         ROOT/labels.csv or ROOT/data/labels.csv: path, probability, mono or poly
    folders      ROOT/good and one folder a defect
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from scipy.io import loadmat

from anomaly_core.errors import ConfigError, NoImages, UnreadableImage
from anomaly_core.imaging.reading import EXTENSIONS

GOOD: Final = "good"
Split = Literal["train", "test"]
CRACK: Final = 2
"""CrackForest's value of a crack in `Segmentation`; 1 is road."""
ELPV_LABELS: Final = (
    (0.0, GOOD),
    (0.34, "possibly defective"),
    (0.67, "probably defective"),
    (1.0, "defective"),
)
"""Upper bound of the probability of a defect, and the label: annotators gave 0, 1/3, 2/3 or 1."""


@dataclass(frozen=True)
class Question:
    """One multiple-choice question of MMAD. answer: the letter of the correct option."""

    type: str
    text: str
    options: dict[str, str]
    answer: str


@dataclass(frozen=True)
class Sample:
    """One labelled image.

    label: "good", or the defect's name. masks: files whose union is the defect; empty where unknown.
    questions, similar_templates, random_templates: of MMAD, else empty; the templates are normal images.
    """

    path: Path
    label: str
    split: Split
    category: str
    masks: tuple[Path, ...] = ()
    questions: tuple[Question, ...] = ()
    similar_templates: tuple[Path, ...] = ()
    random_templates: tuple[Path, ...] = ()

    @property
    def anomalous(self) -> bool:
        """Whether the label is anything but "good"."""
        return self.label != GOOD


@dataclass(frozen=True)
class Dataset:
    """All samples of a dataset, in a fixed order. unlabelled: images without a label."""

    root: Path
    layout: str
    samples: tuple[Sample, ...]
    unlabelled: tuple[Path, ...] = ()

    @property
    def categories(self) -> list[str]:
        """Names of the categories, sorted."""
        return sorted({sample.category for sample in self.samples})

    def select(
        self, *, category: str | None = None, split: Split | None = None, anomalous: bool | None = None
    ) -> list[Sample]:
        """Return the samples that meet every given condition."""
        return [
            s
            for s in self.samples
            if (category is None or s.category == category)
            and (split is None or s.split == split)
            and (anomalous is None or s.anomalous == anomalous)
        ]


def open_dataset(root: str | Path, category: str | None = None) -> Dataset:
    """Recognise the layout of a folder, or of a path to MMAD's JSON, and list its samples.

    category: keep this one only; the root may also be the category's folder.
    Raises ConfigError for an unknown layout or category, NoImages for a layout without images.
    """
    root = Path(root)
    if not root.exists():
        raise ConfigError(f"{root}: no such file or folder; give the folder that holds the dataset")
    dataset = next((reader(root) for fits, reader in _LAYOUTS if fits(root)), None)
    if dataset is None:
        raise ConfigError(
            f"{root}: not a dataset layout that can be read; expected ROOT/C/train/good (MVTec), "
            "split_csv/1cls.csv (VisA), groundTruth (CrackForest), mmad.json, labels.csv (ELPV) or "
            "a folder good"
        )
    if not dataset.samples:
        raise NoImages(f"{root}: the layout of {dataset.layout}, but it holds no images; check the download")
    if category is not None:
        if category not in dataset.categories:
            names = ", ".join(dataset.categories)
            raise ConfigError(f"{root}: no category {category!r}; it holds: {names}")
        dataset = replace(dataset, samples=tuple(dataset.select(category=category)))
    return dataset


def load_mask(sample: Sample) -> NDArray[np.bool_] | None:
    """Return the (H, W) bool mask of a sample, true on the defect, or None where it has no mask.

    Any value above 0 in any channel is defect (MVTec LOCO and VisA store the defect's type in the value).
    Raises UnreadableImage for a file that cannot be read, or of another size than the other masks.
    """
    union: NDArray[np.bool_] | None = None
    for path in sample.masks:
        mask = _mat_mask(path) if path.suffix == ".mat" else _image_mask(path)
        if union is not None and union.shape != mask.shape:
            raise UnreadableImage(f"{path}: size {mask.shape}, but another mask of it has {union.shape}")
        union = mask if union is None else union | mask
    return union


def _image_mask(path: Path) -> NDArray[np.bool_]:
    try:
        with Image.open(path) as image:
            bands = image.convert("RGB") if image.mode in ("RGBA", "LA", "PA") else image
            values = np.asarray(bands)
    except FileNotFoundError as error:
        raise UnreadableImage(f"{path}: the mask is missing; check the download") from error
    except (OSError, UnidentifiedImageError) as error:
        raise UnreadableImage(f"{path}: not a readable mask image ({error}); copy it again") from error
    return np.asarray(values > 0 if values.ndim == 2 else (values > 0).any(axis=2), dtype=np.bool_)


def _mat_mask(path: Path) -> NDArray[np.bool_]:
    try:
        values = loadmat(path)["groundTruth"]["Segmentation"][0, 0]
    except FileNotFoundError as error:
        raise UnreadableImage(f"{path}: the mask is missing; check the download") from error
    except (OSError, ValueError, TypeError, KeyError, IndexError, NotImplementedError) as error:
        message = f"{path}: no groundTruth.Segmentation in it ({error}); copy it again"
        raise UnreadableImage(message) from error
    return np.asarray(values == CRACK, dtype=np.bool_)


def _images(folder: Path) -> list[Path]:
    """Return the image files directly in a folder, sorted; none where there is no folder."""
    if not folder.is_dir():
        return []
    files = (p for p in folder.iterdir() if p.suffix.lower() in EXTENSIONS and p.is_file())
    return sorted(p for p in files if not p.name.startswith("."))


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def _with_split(samples: Iterable[Sample]) -> Iterator[Sample]:
    """Split a dataset that has no split: every other good image of a category, from the first, is for
    training, all others for testing."""
    seen: dict[str, int] = {}
    for sample in samples:
        if sample.anomalous:
            yield replace(sample, split="test")
            continue
        seen[sample.category] = seen.get(sample.category, 0) + 1
        yield replace(sample, split="train" if seen[sample.category] % 2 else "test")


# --- MVTec AD and MVTec LOCO ---------------------------------------------------------------------


def _mvtec_categories(root: Path) -> list[Path]:
    own = [root] if (root / "train" / GOOD).is_dir() else []
    return own or [child for child in _folders(root) if (child / "train" / GOOD).is_dir()]


def _read_mvtec(root: Path) -> Dataset:
    samples = []
    for folder in _mvtec_categories(root):
        name = folder.resolve().name
        for part in ("train", "validation"):  # LOCO's validation images are good ones, kept from the test
            samples += [Sample(p, GOOD, "train", name) for p in _images(folder / part / GOOD)]
        for defect in _folders(folder / "test"):
            truth = folder / "ground_truth" / defect.name
            bad = defect.name != GOOD
            samples += [
                Sample(p, defect.name, "test", name, _mvtec_masks(truth, p.stem) if bad else ())
                for p in _images(defect)
            ]
    return Dataset(root, "MVTec", tuple(samples))


def _mvtec_masks(truth: Path, stem: str) -> tuple[Path, ...]:
    for candidate in (truth / f"{stem}_mask.png", truth / f"{stem}.png"):
        if candidate.is_file():
            return (candidate,)
    return tuple(_images(truth / stem))


# --- VisA ----------------------------------------------------------------------------------------


def _read_visa(root: Path) -> Dataset:
    table = root / "split_csv" / "1cls.csv"
    samples = []
    for line, row in enumerate(_rows(table), start=2):
        try:
            split, label = row["split"], row["label"]
            path, mask, name = root / row["image"], row["mask"], row["object"]
        except (KeyError, TypeError) as error:
            raise ConfigError(f"{table}: columns object, split, label, image, mask are needed") from error
        if split not in ("train", "test") or label not in ("normal", "anomaly"):
            raise ConfigError(
                f"{table}:{line}: split {split!r}, label {label!r}; expected train or test, normal or anomaly"
            )
        part: Split = "train" if split == "train" else "test"
        bad = label == "anomaly"
        masks = (root / mask,) if bad and mask else ()
        samples.append(Sample(path, "anomaly" if bad else GOOD, part, name, masks))
    return Dataset(root, "VisA", tuple(samples))


def _rows(table: Path) -> list[dict[str, str]]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            return list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{table}: cannot be read as CSV ({error}); copy it again") from error


# --- CrackForest ---------------------------------------------------------------------------------


def _read_crackforest(root: Path) -> Dataset:
    """118 images have a ground truth. Of the others, 201 to 208 show no crack and are good; the rest, mostly
    cracked, are unlabelled."""
    samples, unlabelled = [], []
    name = root.resolve().name
    for path in _images(root / "image"):
        truth = root / "groundTruth" / f"{path.stem}.mat"
        if truth.is_file():
            samples.append(Sample(path, "crack", "test", name, (truth,)))
        elif "201" <= path.stem <= "208":
            samples.append(Sample(path, GOOD, "train", name))
        else:
            unlabelled.append(path)
    return Dataset(root, "CrackForest", tuple(_with_split(samples)), tuple(unlabelled))


# --- ELPV ----------------------------------------------------------------------------------------


def _elpv_table(root: Path) -> Path | None:
    return next((t for t in (root / "labels.csv", root / "data" / "labels.csv") if t.is_file()), None)


def _read_elpv(root: Path) -> Dataset:
    table = _elpv_table(root) or root / "labels.csv"
    samples = []
    try:
        lines = table.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{table}: cannot be read ({error}); copy it again") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            path, probability, kind = line.split()
            label = next(text for upper, text in ELPV_LABELS if 0 <= float(probability) <= upper)
        except (ValueError, StopIteration) as error:
            message = f"{table}:{number}: expected `path probability mono|poly`, got {line!r}"
            raise ConfigError(message) from error
        samples.append(Sample(table.parent / path, label, "test", kind))
    return Dataset(root, "ELPV", tuple(_with_split(samples)))


# --- MMAD ----------------------------------------------------------------------------------------


def _mmad_json(root: Path) -> Path:
    return root if root.suffix == ".json" else root / "mmad.json"


def _read_mmad(root: Path) -> Dataset:
    return read_mmad(_mmad_json(root), _mmad_json(root).parent)


def read_mmad(table: Path, root: Path) -> Dataset:
    """Read MMAD's JSON, with paths relative to `root`. Raises ConfigError for another format."""
    try:
        content: dict[str, Any] = json.loads(table.read_text(encoding="utf-8"))
        samples = tuple(_mmad_sample(root, key, entry) for key, entry in content.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        message = f"{table}: not MMAD's format ({error!r}); expected image paths with conversations"
        raise ConfigError(message) from error
    return Dataset(root, "MMAD", samples)


def _mmad_sample(folder: Path, key: str, entry: dict[str, Any]) -> Sample:
    """Return the sample of an entry; key: DATASET/CLASS/.../LABEL/FILE."""
    parts = key.split("/")
    mask = entry.get("mask_path")
    bases = [folder.joinpath(*parts[:depth]) for depth in (3, 2)]
    # Relative to the first three parts of the key; some unpacked copies lie one folder higher.
    masks: tuple[Path, ...] = ()
    if mask and GOOD not in parts:
        masks = (next((base / mask for base in bases if (base / mask).is_file()), bases[0] / mask),)
    questions = tuple(
        Question(q["type"], q["Question"], dict(q["Options"]), q["Answer"]) for q in entry["conversation"]
    )
    return Sample(
        path=folder / key,
        label=GOOD if GOOD in parts else parts[-2],
        split="test",
        category=parts[1],
        masks=masks,
        questions=questions,
        similar_templates=tuple(folder / p for p in entry.get("similar_templates", ())),
        random_templates=tuple(folder / p for p in entry.get("random_templates", ())),
    )


# --- plain folders -------------------------------------------------------------------------------


def _read_folders(root: Path) -> Dataset:
    name = root.resolve().name
    samples = [Sample(p, f.name, "test", name) for f in _folders(root) for p in _images(f)]
    return Dataset(root, "folders", tuple(_with_split(samples)))


_LAYOUTS: Final[tuple[tuple[Callable[[Path], bool], Callable[[Path], Dataset]], ...]] = (
    (lambda root: _mmad_json(root).is_file(), _read_mmad),
    (lambda root: (root / "split_csv" / "1cls.csv").is_file(), _read_visa),
    (lambda root: (root / "groundTruth").is_dir() and (root / "image").is_dir(), _read_crackforest),
    (lambda root: _elpv_table(root) is not None, _read_elpv),
    (lambda root: bool(_mvtec_categories(root)), _read_mvtec),
    (lambda root: (root / GOOD).is_dir(), _read_folders),
)
