"""The application over painted parts: hostile files, damaged stores, restarts, many inspections."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import struct
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from agents.app import Application
from agents.settings import Settings
from anomaly_core.anomalygpt import CALIBRATION_VERSION
from anomaly_core.encoders.exported import ExportedEncoder
from anomaly_core.errors import ConfigError, NoImages, StoreDamaged, StoreMissing, StoreTooNew, UnknownProduct
from tools.records import FailureRecord, InspectionRecord


def settings(store: Path) -> Settings:
    return Settings(store=store, encoder="tiny", text_encoder="tiny", threads=1)


def painted(seed: int, *, blot: bool = False) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    if blot:
        pixels[4:28, 66:90] = (250, 20, 20)
    return Image.fromarray(pixels)


def good_in(folder: Path) -> list[Path]:
    paths = [folder / f"good-{seed}.png" for seed in range(4)]
    for seed, path in enumerate(paths):
        painted(seed).save(path)
    return paths


@pytest.fixture
def good(tmp_path: Path) -> list[Path]:
    return good_in(tmp_path)


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("enrolled")
    with Application(settings(folder / "store")) as application:
        application.enroll("plate", good_in(folder))
    return folder


@pytest.fixture
def app(enrolled: Path, tmp_path: Path) -> Application:
    shutil.copytree(enrolled, tmp_path, dirs_exist_ok=True)
    return Application(settings(tmp_path / "store"))


def inspected(app: Application, path: Path, **options: object) -> InspectionRecord:
    (record,) = app.inspect([path], **({"product": "plate"} | options))  # type: ignore[arg-type]
    assert isinstance(record, InspectionRecord), record
    return record


def steady(record: InspectionRecord) -> dict[str, object]:
    return record.model_dump(mode="json", exclude={"timings_ms"})


def bomb() -> bytes:
    """A PNG whose header claims 60000 x 60000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def test_a_mixed_batch_is_inspected_to_its_end(app: Application, tmp_path: Path) -> None:
    folder = tmp_path / "batch"
    folder.mkdir()
    picture = painted(9)
    whole = {
        name: folder / name
        for name in ("rgb.png", "grey16.png", "cmyk.jpg", "palette.png", "exif.jpg", "anim.gif")
    }
    picture.save(whole["rgb.png"])
    Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257).save(whole["grey16.png"])
    picture.convert("CMYK").save(whole["cmyk.jpg"])
    picture.quantize(32).save(whole["palette.png"])
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(whole["exif.jpg"], exif=exif)
    picture.save(whole["anim.gif"], save_all=True, append_images=[painted(10), painted(11)])
    broken = {
        name: folder / name
        for name in ("torn.png", "empty.png", "dot.png", "notes.png", "bomb.png", "absent.png")
    }
    broken["torn.png"].write_bytes(whole["rgb.png"].read_bytes()[:2000])
    broken["empty.png"].write_bytes(b"")
    picture.resize((1, 1)).save(broken["dot.png"])
    broken["notes.png"].write_text("these are notes")
    broken["bomb.png"].write_bytes(bomb())

    paths = [path for pair in zip(whole.values(), broken.values(), strict=True) for path in pair]
    records = list(app.inspect(paths, product="plate"))
    assert [record.image for record in records] == [str(path) for path in paths]
    for record in records:
        name = Path(record.image).name
        if name in whole:
            assert isinstance(record, InspectionRecord), record
        else:
            assert isinstance(record, FailureRecord), name
            assert record.error.kind == "UnreadableImage"
            assert name in record.error.message


@pytest.mark.parametrize(
    "name",
    [
        "-rf.png",
        "a b;$(touch x).png",
        "..png.png",
        "ünïcödé 漢字.png",
        "new\nline.png",
        "%s{0}[region-1].png",
    ],
)
def test_hostile_names_are_only_names(app: Application, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    painted(9, blot=True).save(path)
    out = tmp_path / "out"
    record = inspected(app, path, out=out)
    assert record.image == str(path)
    assert json.loads(record.model_dump_json())["image"] == str(path)
    for file in (record.files.heatmap, record.files.mask, record.files.overlay):
        assert file is not None
        assert Path(file).parent == out
        assert Path(file).is_file()


@pytest.mark.slow
def test_a_restart_answers_the_same(app: Application, tmp_path: Path) -> None:
    path = tmp_path / "blot.png"
    painted(9, blot=True).save(path)
    here = inspected(app, path)
    assert here.anomalous
    assert here.regions[0].cell == "top right"
    program = (
        "import sys; from pathlib import Path; from agents.app import Application; "
        "from agents.settings import Settings; "
        "app = Application(Settings(store=sys.argv[1], encoder='tiny', text_encoder='tiny', threads=1)); "
        "print(next(app.inspect([Path(sys.argv[2])], product='plate')).model_dump_json())"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "store"), str(path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert steady(InspectionRecord.model_validate_json(done.stdout)) == steady(here)


def test_enrolled_images_are_normal(app: Application, good: list[Path]) -> None:
    records = list(app.inspect(good))
    assert [isinstance(r, InspectionRecord) and not r.anomalous for r in records] == [True] * 4
    assert all(isinstance(r, InspectionRecord) and r.product.inferred for r in records)


def test_enrolling_goes_on_past_a_broken_file(app: Application, tmp_path: Path, good: list[Path]) -> None:
    torn = tmp_path / "torn.png"
    torn.write_bytes(good[0].read_bytes()[:100])
    summary = app.enroll("other", [torn, *good, good[0]])
    assert summary.templates == 4
    assert [failure.image for failure in summary.skipped] == [str(torn)]
    with pytest.raises(NoImages, match=r"torn\.png"):
        app.enroll("third", [torn])
    assert {product.name for product in app.products()} == {"plate", "other"}


def test_a_product_tells_whether_its_part_is_aligned(app: Application, tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    for number in range(4):
        part = Image.new("L", (160, 30), 70)
        ImageDraw.Draw(part).rectangle((0, 0, 40, 30), fill=110)
        canvas = Image.new("L", (224, 224), 220)
        turned = part.rotate(17 * number, expand=True, fillcolor=220)
        canvas.paste(turned, ((224 - turned.width) // 2, (224 - turned.height) // 2))
        noise = draw.integers(-3, 4, (224, 224, 1))
        pixels = np.clip(np.array(canvas.convert("RGB")).astype(int) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"bar{number}.png")
    app.enroll("bar", sorted(tmp_path.glob("bar*.png")))
    assert {product.name: product.aligned for product in app.products()} == {"plate": False, "bar": True}


def test_a_missing_store_names_the_command(tmp_path: Path, good: list[Path]) -> None:
    app = Application(settings(tmp_path / "nowhere"))
    for call in (lambda: list(app.inspect(good)), app.products, lambda: app.ask(good[0], "Is it ok?")):
        with pytest.raises(StoreMissing, match="iad enroll"):
            call()
    assert not (tmp_path / "nowhere").exists()


def test_an_unknown_product_is_refused_at_once(app: Application, good: list[Path]) -> None:
    with pytest.raises(UnknownProduct, match="sprocket"):
        list(app.inspect(good, product="sprocket"))


def test_a_newer_store_is_refused(app: Application, tmp_path: Path, good: list[Path]) -> None:
    current = tmp_path / "store" / "CURRENT"
    current.write_bytes(re.sub(rb'("schema":\s*)\d+', rb"\g<1>999", current.read_bytes()))
    with pytest.raises(StoreTooNew):
        list(Application(settings(tmp_path / "store")).inspect(good))


def test_a_flipped_byte_in_the_bank_is_named_with_the_mend(
    app: Application, tmp_path: Path, good: list[Path]
) -> None:
    snapshot = app.tools.store.snapshot()
    (key,) = (key for key in snapshot.keys("products/") if key.endswith("arrays.safetensors"))
    entry = snapshot.path(key)
    data = bytearray(entry.read_bytes())
    data[len(data) // 2] ^= 0x40
    entry.chmod(0o644)
    entry.write_bytes(bytes(data))
    with pytest.raises(StoreDamaged, match=r"arrays\.safetensors.*: "):
        list(Application(settings(tmp_path / "store")).inspect(good, product="plate"))


QUESTIONS = (
    "Is there a defect?",
    "Where is it?",
    "How many are there?",
    "What type is it?",
    "How sure are you?",
    "Describe it",
    "Why?",
    "Show me a good part",
    "What is this product?",
)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("blot", [True, False])
def test_answers_keep_to_the_verdict_and_cite_what_is_there(
    app: Application, tmp_path: Path, question: str, blot: bool
) -> None:
    path = tmp_path / "part.png"
    painted(9, blot=blot).save(path)
    record = app.ask(path, question, product="plate")
    assert record.anomalous is blot
    assert not record.answer.startswith("No, " if blot else "Yes, ")
    assert record.question == question
    assert record.thread
    known = {evidence.id for evidence in record.evidence}
    cited = re.findall(
        r"\[((?:score|region|template|knowledge|passage)[^\]]*)\]", record.answer + record.analysis
    )
    assert cited
    assert set(cited) <= known


@pytest.mark.slow
def test_memory_stays_flat_over_many_inspections(app: Application, tmp_path: Path) -> None:
    paths = []
    for seed in range(10):
        paths.append(tmp_path / f"new-{seed}.png")
        painted(100 + seed, blot=seed % 2 == 0).save(paths[-1])
    list(app.inspect(paths * 3, product="plate"))  # caches fill
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    try:
        list(app.inspect(paths * 2, product="plate"))
        before, _ = tracemalloc.get_traced_memory()
        list(app.inspect(paths * 15, product="plate"))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 64 << 10


def test_numbers_of_an_earlier_version_are_refused_by_name(
    app: Application, good: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anomaly_core.anomalygpt.CALIBRATION_VERSION", CALIBRATION_VERSION - 1)
    app.enroll("earlier", good)
    monkeypatch.undo()
    now = CALIBRATION_VERSION
    with pytest.raises(
        ConfigError, match=rf"earlier was enrolled.*calibration {now - 1}, .*calibration {now};.*`iad enroll`"
    ):
        list(app.inspect(good[:1], product="earlier"))


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_another_runtime_inspects_what_torch_enrolled(
    app: Application, tmp_path: Path, good: list[Path], runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IAD_CACHE", str(tmp_path / "cache"))
    painted(9, blot=True).save(tmp_path / "blot.png")
    other = Application(Settings.model_validate({**app.settings.model_dump(), "runtime": runtime}))
    assert isinstance(other.tools.model.encoder, ExportedEncoder)
    for path in (good[0], tmp_path / "blot.png"):
        found, expected = inspected(other, path), inspected(app, path)
        assert (found.decision, found.models.encoder) == (expected.decision, expected.models.encoder)
        assert found.p_value == pytest.approx(expected.p_value, abs=0.005)
