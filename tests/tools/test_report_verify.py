"""Verification of a report: what was changed after it was written is named, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from reported import contents, part

from anomaly_core.errors import ConfigError
from tools.report.records import hash_of, sealed_part
from tools.report.verify import verify_report
from tools.report.write import write_report


@pytest.fixture
def report(tmp_path: Path) -> Path:
    parts = [part(tmp_path, "a.png"), part(tmp_path, "b.png", "review"), part(tmp_path, "c.png", "pass")]
    return write_report(contents(*parts), tmp_path / "r.json")


def changed(report: Path, change: Callable[[dict[str, Any]], object]) -> list[str]:
    held = json.loads(report.read_text())
    change(held)
    report.write_text(json.dumps(held))
    return verify_report(report).differences


def sealed_again(held: dict[str, Any]) -> None:
    """Compute all hashes anew, as a forger would."""
    held["parts"] = [sealed_part({k: v for k, v in one.items() if k != "hashes"}) for one in held["parts"]]
    held["hash"] = hash_of({key: value for key, value in held.items() if key != "hash"})


def test_a_report_as_it_was_written_has_no_difference(report: Path) -> None:
    found = verify_report(report)
    assert found.differences == []
    assert (found.parts, found.images, found.missing) == (3, 3, [])
    assert found.hash == json.loads(report.read_text())["hash"]


def test_a_changed_verdict_is_named(report: Path) -> None:
    found = changed(report, lambda held: held["parts"][0].update(decision="pass"))
    assert "part 1, a.png: decision was changed" in found
    assert any("the decision is pass, but the p-value 0.01" in one and "give fail" in one for one in found)
    assert any(one.startswith("the counts are") for one in found)
    assert any(one.startswith("the report's hash is") for one in found)


def test_a_verdict_that_was_forged_with_its_hashes_is_named(report: Path) -> None:
    def forge(held: dict[str, Any]) -> None:
        held["parts"][0]["decision"] = "pass"
        held["counts"] = {"fail": 0, "review": 1, "pass": 2}
        sealed_again(held)

    (found,) = changed(report, forge)
    assert "the decision is pass" in found


def test_a_review_whose_reason_was_ignored_is_named(tmp_path: Path) -> None:
    unclear = part(tmp_path, decision="review", p_value=0.6, reasons=["The image is out of focus."])
    report = write_report(contents(unclear), tmp_path / "r.json")
    assert verify_report(report).differences == []
    found = changed(report, lambda held: held["parts"][0].update(decision="pass"))
    assert any("and the reasons give review" in one for one in found)


def test_a_changed_number_is_named(report: Path) -> None:
    found = changed(report, lambda held: held["parts"][0]["regions"][0].update(length_mm=0.4))
    assert found[0] == "part 1, a.png: regions was changed"
    assert len(found) == 2


def test_a_changed_image_is_named_and_a_missing_one_is_no_difference(report: Path) -> None:
    Image.new("RGB", (160, 120), "red").save(report.parent / "b.png")
    (report.parent / "c.png").unlink()
    found = verify_report(report)
    assert len(found.differences) == 1
    assert found.differences[0].startswith("part 2, b.png: the image ")
    assert found.missing == [str(report.parent / "c.png")]


def test_a_removed_part_and_a_removed_field_are_found(report: Path) -> None:
    assert changed(report, lambda held: held["parts"][1].pop("lot"))[0] == "part 2, b.png: lot was removed"
    found = changed(report, lambda held: held["parts"].pop(2))
    assert any(one.startswith("the counts are") for one in found)


def test_a_p_value_that_was_rounded_to_its_rate_is_no_difference(tmp_path: Path) -> None:
    near = part(tmp_path, p_value=0.05, reasons=[], uncertain=True)
    assert verify_report(write_report(contents(near), tmp_path / "r.json")).differences == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "iad-report-1", "parts": [1], "hash": ""}', "\udcff"]
)
def test_what_is_no_report_is_said(text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(ConfigError, match=r"give the \.json file"):
        verify_report(path)


def test_a_missing_report_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"give the \.json file"):
        verify_report(tmp_path / "r.json")
