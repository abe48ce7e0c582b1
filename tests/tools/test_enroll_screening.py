"""Enrolment names and leaves out what is no further good part, and holds few pixels."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from toolbox import tiny_context

from anomaly_core.simulation.procedural import ProceduralProduct
from tools.context import Context
from tools.enrollment.enroll import EnrollSummary, enroll
from tools.enrollment.findings import named_masks, unread_kinds

Pixels = NDArray[np.uint8]
PRODUCT = ProceduralProduct("metal plate", 16)


def save(path: Path, pixels: Pixels, **options: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("good")
    return [save(folder / f"{n}.png", PRODUCT.image(n, 320)) for n in range(8)]


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return tiny_context(tmp_path / "store", input_side=192)


def named(summary: EnrollSummary) -> dict[str, str]:
    return {Path(finding.image).name: finding.kind for finding in summary.findings}


def test_different_parts_are_all_learned(context: Context, parts: list[Path]) -> None:
    summary = enroll(context, "plate", parts, foretell=False)
    assert (summary.findings, summary.templates) == ([], 8)


@pytest.mark.slow
def test_each_odd_image_is_named_and_left_out(context: Context, parts: list[Path], tmp_path: Path) -> None:
    pixels = np.asarray(Image.open(parts[0]).convert("RGB"))
    moved = cv2.warpAffine(pixels, np.array([[1.02, 0, -3], [0, 1.02, -2]], np.float32), (320, 320))
    noise = np.random.default_rng(0).normal(0, 3, pixels.shape)
    half = PRODUCT.image(22, 320)
    half[:, 160:] = np.median(half)
    bright = np.clip(PRODUCT.image(23, 320) * 1.8, 0, 255).astype(np.uint8)
    odd = [
        save(tmp_path / "half.png", half),
        save(tmp_path / "bright.png", bright),
        save(tmp_path / "small.png", np.ascontiguousarray(PRODUCT.image(20, 320)[::2, ::2])),
        save(tmp_path / "soft.png", np.asarray(cv2.GaussianBlur(PRODUCT.image(21, 320), (0, 0), 6))),
        save(tmp_path / "again.jpg", np.asarray(moved, np.uint8), quality=70),
        save(tmp_path / "frame.png", np.clip(pixels + noise, 0, 255).astype(np.uint8)),
        save(tmp_path / "blank.png", np.zeros((320, 320, 3), np.uint8)),
    ]
    expected = {
        "half.png": "view",
        "bright.png": "light",
        "small.png": "size",
        "soft.png": "blur",
        "again.jpg": "duplicate",
        "frame.png": "duplicate",
        "blank.png": "mask",
    }
    for path in odd:
        summary = enroll(context, "plate", [*parts, path], foretell=False)
        assert named(summary) == {path.name: expected[path.name]}
        assert summary.findings[0].left_out and summary.templates == 8


def test_keep_all_names_and_keeps(context: Context, parts: list[Path], tmp_path: Path) -> None:
    soft = save(tmp_path / "soft.png", np.asarray(cv2.GaussianBlur(PRODUCT.image(21, 320), (0, 0), 6)))
    summary = enroll(context, "plate", [*parts, soft], keep_all=True, foretell=False)
    assert named(summary) == {"soft.png": "blur"}
    assert not summary.findings[0].left_out and summary.templates == 9


def test_frames_of_one_part_are_said_and_kept_where_nothing_else_is_there(
    context: Context, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0)
    part = PRODUCT.image(0, 320).astype(np.float64)
    frames = [
        save(tmp_path / f"{n}.png", np.clip(part + noise.normal(0, 2, part.shape), 0, 255).astype(np.uint8))
        for n in range(8)
    ]
    summary = enroll(context, "plate", frames, foretell=False)
    assert list(named(summary).values()) == ["duplicate"] * 7
    assert summary.templates == 8 and "ATTENTION" in summary.note


def test_masks_are_known_by_name(tmp_path: Path) -> None:
    names = ["a.png", "a_GT.png", "b.png", "b_mask.png", "only_gt.png", "ground_truth/x.png"]
    found = named_masks([tmp_path / name for name in names])
    assert sorted(path.name for path in found) == ["a_GT.png", "b_mask.png", "x.png"]
    assert named_masks([tmp_path / "masks" / "x.png"]) == {}


def test_files_that_are_not_read_are_counted(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "linked").symlink_to(tmp_path / "real")
    for name in ("a.HEIC", "b.heic", "sub/c.nef", "notes.txt", "d.png", ".hidden.heic"):
        (folder / name).touch()
    found = {each.kind: (each.count, bool(each.remedy)) for each in unread_kinds([folder, folder])}
    assert found == {".heic": (2, True), ".nef": (1, True), "linked folder": (1, True), ".txt": (1, False)}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_an_unreadable_folder_is_counted(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (tmp_path / "a.heic").touch()
    closed.chmod(0)
    found = {each.kind: each.count for each in unread_kinds([tmp_path])}
    closed.chmod(0o700)
    assert found == {".heic": 1, "unreadable folder": 1}


_MEASURE = """
import resource, sys
from pathlib import Path
from toolbox import tiny_context
from tools.enrollment.enroll import enroll
folder = Path(sys.argv[1])
context = tiny_context(folder / "store", input_side=192)
context.images.max_pixels = 20_000_000
paths = sorted(folder.glob("*.jpg"))
enroll(context, "warm", paths[:2])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert enroll(context, "plate", paths, keep_all=True).templates == len(paths)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_number_and_size_of_images(tmp_path: Path) -> None:
    """Eight images of 12 megapixels: 36 MB of pixels each."""
    for n in range(8):
        large = cv2.resize(PRODUCT.image(n, 320), (4000, 3000), interpolation=cv2.INTER_CUBIC)
        save(tmp_path / f"{n}.jpg", np.asarray(large, np.uint8), quality=85)
    support = Path(__file__).parents[1] / "support"
    places = [str(support), str(support.parents[1])]
    code = f"import sys; sys.path[:0] = {places}\n{_MEASURE}"
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 120
