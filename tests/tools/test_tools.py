"""Every tool: its name, its arguments, what it returns, and how it fails."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError
from toolbox import Toolbox, tiny_context

from anomaly_core.errors import ConfigError, NoImages, StoreMissing, UnknownProduct, UnreadableImage
from tools.classify.classify import UNKNOWN
from tools.context import Context, Part
from tools.enrollment.enroll import enroll
from tools.registry import TOOLS, PartTool, as_tool, call_tool, find_tool
from tools.retrieve import find_passages

NAMES = [
    "ask_language_model",
    "calculate",
    "check_layout",
    "compare_images",
    "count_components",
    "describe_region",
    "list_zones",
    "locate_anomalies",
    "locate_peak",
    "log_figures",
    "measure_part",
    "product_settings",
    "retrieve_knowledge",
    "retrieve_templates",
    "zoom_region",
]


def paint(path: Path, seed: int, *, blot: bool = False) -> Path:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    if blot:
        pixels[4:28, 66:90] = (250, 20, 20)
    Image.fromarray(pixels).save(path)
    return path


def make_context(store: Path) -> Context:
    return tiny_context(store, max_pixels=1_000_000)


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("enrolled")
    enroll(make_context(folder / "store"), "plate", [paint(folder / f"good-{n}.png", n) for n in range(4)])
    return folder


@pytest.fixture
def services(enrolled: Path, tmp_path: Path) -> Context:
    shutil.copytree(enrolled, tmp_path, dirs_exist_ok=True)
    return make_context(tmp_path / "store")


@pytest.fixture
def toolbox(services: Context) -> Toolbox:
    return Toolbox(services)


@pytest.fixture
def blot(toolbox: Toolbox, tmp_path: Path) -> dict[str, Any]:
    path = paint(tmp_path / "blot.png", 9, blot=True)
    return {"image": str(path), "sha256": toolbox.call("open_image", image=str(path)).sha256}


def test_the_names_are_these() -> None:
    assert TOOLS.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_tool_has_described_arguments_and_names_no_file(name: str) -> None:
    tool = as_tool(name)
    assert tool.name == name
    assert len(tool.description) > 20
    schema = tool.tool_call_schema.model_json_schema()  # type: ignore[union-attr]
    # Image and product come from the run: a model is not asked for them, nor for a folder.
    assert set(schema["properties"]) <= {"place", "text", "k", "expression"}
    for field in schema["properties"].values():
        assert field["description"]


def test_the_tools_of_one_inspection(toolbox: Toolbox, blot: dict[str, Any], tmp_path: Path) -> None:
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


def test_the_words_are_a_sentence_for_a_model(services: Context, blot: dict[str, Any]) -> None:
    part = Part(services, blot["image"], blot["sha256"], "plate")
    assert call_tool(part, "locate_anomalies", {})[0].startswith("region-1 at the top right: ")
    words, values = call_tool(part, "describe_region", {"place": "region-1"})
    assert values["stands_out"]
    assert words.startswith("region-1, at the top right: ")
    assert "p-value" in call_tool(part, "zoom_region", {"place": "top right"})[0]
    assert call_tool(part, "retrieve_templates", {})[0].startswith("good-")


def test_a_tool_of_another_package_is_one_line(services: Context, blot: dict[str, Any]) -> None:
    """Registered by name, it can be looked at like our own: this is the documentation's example."""

    def area(part: Part) -> int:
        """Return how many pixels all regions cover together."""
        return sum(region.area_px for region in part.inspection.regions)

    TOOLS.register("total_area", lambda: PartTool(area, "{} px".format))
    try:
        part = Part(services, blot["image"], blot["sha256"], "plate")
        assert call_tool(part, "total_area", {}) == (f"{area(part)} px", {})
        assert as_tool("total_area").description == "Return how many pixels all regions cover together."
    finally:
        del TOOLS._factories["total_area"]
    with pytest.raises(ConfigError, match="total_area"):
        find_tool("total_area")


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
    with pytest.raises(UnknownProduct, match=r"other\.png.*--product") as raised:
        toolbox.call("find_product", image=str(path), sha256=sha256)
    # Which may be why, in the words of the check before judging.
    assert "Beside the good images of plate: " in str(raised.value)


def test_an_image_that_may_be_a_damaged_part_is_judged_as_one_and_does_not_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge.products.templates.damaged_floor", lambda *_: -1.0)
    context = make_context(tmp_path / "store")
    enroll(context, "plate", [paint(tmp_path / f"good-{n}.png", n) for n in range(4)])
    toolbox = Toolbox(context)
    path = tmp_path / "other.png"
    stripes = np.zeros((96, 96, 3), np.uint8)
    stripes[::2] = (255, 0, 255)
    Image.fromarray(stripes).save(path)
    opened = {"image": str(path), "sha256": toolbox.call("open_image", image=str(path)).sha256}
    found = toolbox.call("find_product", **opened)
    assert (found.name, found.inferred) == ("plate", True)
    assert toolbox.call("detect_anomaly", **opened, product="plate").decision != "pass"


def test_a_file_changed_after_opening_is_refused(services: Context, blot: dict[str, Any]) -> None:
    paint(Path(blot["image"]), 33)
    restarted = Toolbox(make_context(services.store_path))
    with pytest.raises(UnreadableImage, match=r"blot\.png.*changed"):
        restarted.call("detect_anomaly", **blot, product="plate")


def test_an_unreadable_image_is_an_error(toolbox: Toolbox, tmp_path: Path) -> None:
    (tmp_path / "torn.png").write_bytes((tmp_path / "good-0.png").read_bytes()[:300])
    with pytest.raises(UnreadableImage, match=r"torn\.png"):
        toolbox.call("open_image", image=str(tmp_path / "torn.png"))


def test_no_store_is_an_error(tmp_path: Path) -> None:
    toolbox = Toolbox(make_context(tmp_path / "none"))
    path = str(paint(tmp_path / "a.png", 0))
    sha256 = toolbox.call("open_image", image=path).sha256
    with pytest.raises(StoreMissing, match="iad enroll"):
        toolbox.call("find_product", image=path, sha256=sha256)
    with pytest.raises(StoreMissing, match="iad enroll"):
        find_passages(toolbox.context, "scratch", None, 3)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("retrieve_knowledge", {"text": "scratch", "k": 0}),
        ("retrieve_knowledge", {"text": "x" * 5000}),
        ("retrieve_templates", {"k": 99}),
        ("zoom_region", {}),
        ("zoom_region", {"place": "x" * 200}),
        ("zoom_region", {"place": "left", "out": "/tmp"}),
        ("compare_images", {"other": "/etc/passwd"}),
        ("locate_anomalies", {"image": "/etc/passwd"}),
    ],
)
def test_arguments_out_of_range_or_not_a_models_are_refused(
    services: Context, blot: dict[str, Any], name: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        call_tool(Part(services, blot["image"], blot["sha256"], "plate"), name, arguments)


def test_notes_are_found_and_name_the_defect(
    services: Context, toolbox: Toolbox, blot: dict[str, Any], tmp_path: Path
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
    assert toolbox.call("list_defects", **blot, product="plate") == ["stain", "crack"]
    passages = toolbox.call("retrieve_knowledge", **blot, product="plate", text="red patch of paint")
    assert passages[0].defect == "stain"
    assert passages[0].file.endswith("notes.json")


def test_enrolling_counts_equal_files_once(services: Context, tmp_path: Path) -> None:
    first = tmp_path / "good-0.png"
    copy = tmp_path / "copy.png"
    copy.write_bytes(first.read_bytes())
    summary = enroll(services, "single", [first, copy, first])
    assert summary.templates == 1
    assert "four or more" in summary.note
    assert enroll(services, "pair", [first, tmp_path / "good-1.png"]).note == ""
    with pytest.raises(NoImages, match=r"absent\.png"):
        enroll(services, "none", [tmp_path / "absent.png"])
