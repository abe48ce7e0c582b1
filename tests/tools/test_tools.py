"""Every tool: its name, its arguments, what it returns, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.messages import ToolMessage
from PIL import Image
from pydantic import BaseModel, ValidationError

from anomaly_core.config import DetectorConfig
from anomaly_core.detector import Detector
from anomaly_core.encoders.fakes import TinyEncoder, TinyTextEncoder
from anomaly_core.errors import NoImages, StoreMissing, UnknownProduct, UnreadableImage
from tools.classify.classify import UNKNOWN
from tools.context import Services
from tools.enrollment.enroll import enroll
from tools.records import FailureRecord, InspectionRecord
from tools.registry import Toolbox, build_tools

NAMES = [
    "open_image",
    "encode_image",
    "find_product",
    "decode_image",
    "ask_language_model",
    "detect_anomaly",
    "locate_anomalies",
    "draw_anomaly",
    "describe_region",
    "zoom_region",
    "compare_images",
    "count_components",
    "check_layout",
    "show_map",
    "classify_defect",
    "retrieve_templates",
    "retrieve_knowledge",
    "list_defects",
    "write_report",
]


def paint(path: Path, seed: int, *, blot: bool = False) -> Path:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    if blot:
        pixels[4:28, 66:90] = (250, 20, 20)
    Image.fromarray(pixels).save(path)
    return path


def make_services(store: Path) -> Services:
    config = DetectorConfig(encoder="tiny")

    def write(records: list[InspectionRecord | FailureRecord], out: Path) -> Path:
        out.write_text("\n".join(record.model_dump_json() for record in records))
        return out

    return Services(
        store=store,
        detector=lambda: Detector(TinyEncoder(), config),
        language=lambda: None,
        text_encoder=TinyTextEncoder,
        write_report=write,
        config=config,
        max_pixels=1_000_000,
    )


@pytest.fixture
def services(tmp_path: Path) -> Services:
    made = make_services(tmp_path / "store")
    enroll(made, "plate", [paint(tmp_path / f"good-{seed}.png", seed) for seed in range(4)])
    return made


@pytest.fixture
def toolbox(services: Services) -> Toolbox:
    return Toolbox(build_tools(services))


@pytest.fixture
def blot(toolbox: Toolbox, tmp_path: Path) -> dict[str, Any]:
    path = paint(tmp_path / "blot.png", 9, blot=True)
    return {"image": str(path), "sha256": toolbox.call("open_image", image=str(path)).sha256}


def test_the_names_are_these(services: Services) -> None:
    assert [tool.name for tool in build_tools(services)] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_tool_has_described_arguments_and_an_artifact(toolbox: Toolbox, name: str) -> None:
    tool = toolbox.tools[name]
    assert tool.response_format == "content_and_artifact"
    assert isinstance(tool.args_schema, type)
    assert issubclass(tool.args_schema, BaseModel)
    assert len(tool.description) > 20
    for field in tool.args_schema.model_fields.values():
        assert field.description


def test_the_tools_of_one_inspection(toolbox: Toolbox, blot: dict[str, Any], tmp_path: Path) -> None:
    assert toolbox.call("encode_image", **blot) == TinyEncoder().name
    assert toolbox.call("find_product", **blot, product="plate").inferred is False
    part = blot | {"product": "plate"}
    verdict = toolbox.call("detect_anomaly", **part)
    assert verdict.anomalous
    assert verdict.p_value < verdict.alpha
    regions = toolbox.call("locate_anomalies", **part)
    assert [region.id for region in regions] == [f"region-{n}" for n in range(1, len(regions) + 1)]
    assert regions[0].cell == "top right"
    files = toolbox.call("draw_anomaly", **part, out=str(tmp_path / "out"))
    with Image.open(str(files.mask)) as mask:
        assert mask.size == (96, 96)
    (template,) = toolbox.call("retrieve_templates", **part)
    assert template.file_name.startswith("good-")
    assert Path(template.path).is_file()


def test_the_content_is_a_sentence_for_a_model(toolbox: Toolbox, blot: dict[str, Any]) -> None:
    call = {"type": "tool_call", "id": "1", "name": "detect_anomaly", "args": blot | {"product": "plate"}}
    message = toolbox.tools["detect_anomaly"].invoke(call)
    assert isinstance(message, ToolMessage)
    assert str(message.content).startswith("anomalous")
    assert "p-value" in str(message.content)


def test_a_product_is_found_for_a_good_image(toolbox: Toolbox, tmp_path: Path) -> None:
    path = str(tmp_path / "good-0.png")
    sha256 = toolbox.call("open_image", image=path).sha256
    found = toolbox.call("find_product", image=path, sha256=sha256)
    assert (found.name, found.inferred) == ("plate", True)
    assert found.similarity == pytest.approx(1.0, abs=1e-5)


def test_an_unknown_product_is_an_error_that_names_it(toolbox: Toolbox, blot: dict[str, Any]) -> None:
    for name in ("find_product", "detect_anomaly", "locate_anomalies", "retrieve_templates"):
        with pytest.raises(UnknownProduct, match="sprocket"):
            toolbox.call(name, **blot, product="sprocket")


def test_an_image_like_no_product_is_an_error_with_a_mend(toolbox: Toolbox, tmp_path: Path) -> None:
    path = tmp_path / "other.png"
    stripes = np.zeros((96, 96, 3), np.uint8)
    stripes[::2] = (255, 0, 255)
    Image.fromarray(stripes).save(path)
    sha256 = toolbox.call("open_image", image=str(path)).sha256
    with pytest.raises(UnknownProduct, match=r"other\.png.*--product"):
        toolbox.call("find_product", image=str(path), sha256=sha256)


def test_a_file_changed_after_opening_is_refused(services: Services, blot: dict[str, Any]) -> None:
    paint(Path(blot["image"]), 33)
    restarted = Toolbox(build_tools(make_services(services.store_path)))
    with pytest.raises(UnreadableImage, match=r"blot\.png.*changed"):
        restarted.call("detect_anomaly", **blot, product="plate")


def test_an_unreadable_image_is_an_error(toolbox: Toolbox, tmp_path: Path) -> None:
    (tmp_path / "torn.png").write_bytes((tmp_path / "good-0.png").read_bytes()[:300])
    with pytest.raises(UnreadableImage, match=r"torn\.png"):
        toolbox.call("open_image", image=str(tmp_path / "torn.png"))


def test_no_store_is_an_error(tmp_path: Path) -> None:
    toolbox = Toolbox(build_tools(make_services(tmp_path / "none")))
    path = str(paint(tmp_path / "a.png", 0))
    sha256 = toolbox.call("open_image", image=path).sha256
    with pytest.raises(StoreMissing, match="iad enroll"):
        toolbox.call("find_product", image=path, sha256=sha256)
    with pytest.raises(StoreMissing, match="iad enroll"):
        toolbox.call("retrieve_knowledge", text="scratch")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("open_image", {}),
        ("retrieve_knowledge", {"text": "scratch", "k": 0}),
        ("retrieve_knowledge", {"text": "x" * 5000}),
        ("retrieve_templates", {"image": "a", "sha256": "b", "product": "plate", "k": 99}),
        ("write_report", {"records": [{"image": 3}], "out": "a.json"}),
    ],
)
def test_arguments_out_of_range_are_refused(toolbox: Toolbox, name: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        toolbox.call(name, **arguments)


def test_notes_are_found_and_name_the_defect(
    services: Services, toolbox: Toolbox, blot: dict[str, Any], tmp_path: Path
) -> None:
    part = blot | {"product": "plate", "description": "a bright red patch of paint"}
    assert toolbox.call("classify_defect", **part).name == UNKNOWN
    notes = tmp_path / "notes.json"
    described = {"stain": "A bright red patch of paint.", "crack": "A thin dark line."}
    notes.write_text(json.dumps({"plate": described}))
    services.domain.add([notes], product="plate")
    record = toolbox.call("classify_defect", **part)
    assert record.name == "stain"
    assert 0.5 < record.score + sum(other.score for other in record.alternatives) <= 1
    assert toolbox.call("list_defects", product="plate") == ["stain", "crack"]
    passages = toolbox.call("retrieve_knowledge", text="red patch of paint", product="plate")
    assert passages[0].defect == "stain"
    assert passages[0].file.endswith("notes.json")


def test_enrolling_counts_equal_files_once(services: Services, tmp_path: Path) -> None:
    first = tmp_path / "good-0.png"
    copy = tmp_path / "copy.png"
    copy.write_bytes(first.read_bytes())
    summary = enroll(services, "single", [first, copy, first])
    assert summary.templates == 1
    assert "four or more" in summary.note
    assert enroll(services, "pair", [first, tmp_path / "good-1.png"]).note == ""
    with pytest.raises(NoImages, match=r"absent\.png"):
        enroll(services, "none", [tmp_path / "absent.png"])
