"""The question set: made from procedural images, and the one that is kept in the repository."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from harness import covered_cells
from PIL import Image
from question_set import FACTS, HERE, OTHER_PRODUCTS, make_set, touched_cells, write_set

from agents.answers.kinds import ENTRIES
from agents.answers.multiple_choice import kind_of_choice
from agents.answers.options import split_options
from agents.questions.understanding import understand
from anomaly_core.results import CELLS
from anomaly_core.simulation.procedural import ProceduralProduct

KEPT = json.loads((HERE / "questions.json").read_text(encoding="utf-8"))
QUESTIONS = [put for image in KEPT["images"] for put in image["questions"]]
TYPES = {
    "Anomaly Detection",
    "Defect Classification",
    "Defect Localization",
    "Defect Description",
    "Defect Analysis",
    "Object Classification",
    "Object Analysis",
}
MMAD = Path(__file__).parents[2].parent / "shared" / "data" / "mmad" / "domain_knowledge.json"
PROCEDURAL_FACTS = {
    "plate": {
        "product": "plate",
        "notes": "none",
        "defects": {
            "blot": {"look": "A bright square.", "effect": "Paint does not hold."},
            "scratch": {"look": "A long line.", "effect": "It rusts."},
        },
        "other_defects": {},
        "objects": [{"ask": "What is it made of?", "right": "Steel", "wrong": ["Wood", "Glass", "Wool"]}],
    }
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A procedural product in MVTec's layout, one kind of its defects in a corner, the other across."""
    root = tmp_path_factory.mktemp("procedural") / "plate"
    product = ProceduralProduct("metal plate", 5)
    for index in range(4):
        save(root / "train" / "good" / f"{index}.png", product.image(index, side=96))
        save(root / "test" / "good" / f"{index}.png", product.image(10 + index, side=96))
        for number, (defect, corners) in enumerate(
            {"blot": ((70, 4), (90, 20)), "scratch": ((5, 40), (60, 52))}.items()
        ):
            pixels = product.image(20 + 10 * number + index, side=96).copy()
            mask = np.zeros((96, 96, 3), np.uint8)
            cv2.rectangle(mask, *corners, (255, 255, 255), -1)
            pixels[mask > 0] = 250
            save(root / "test" / defect / f"{index}.png", pixels)
            save(root / "ground_truth" / defect / f"{index}_mask.png", mask)
    return root


def save(path: Path, pixels: np.ndarray[Any, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture(scope="module")
def made(folder: Path) -> dict[str, Any]:
    return make_set({"plate": folder}, PROCEDURAL_FACTS, seed=3, per_label=3, per_type=4)


def test_a_set_has_every_type_in_both_wordings(made: dict[str, Any], folder: Path) -> None:
    counts = Counter((put["type"], put["wording"]) for one in made["images"] for put in one["questions"])
    assert set(counts) == {(kind, wording) for kind in TYPES for wording in ("choice", "open")}
    assert all(count == 4 for (kind, _), count in counts.items() if kind != "Defect Localization")
    assert counts["Defect Localization", "choice"] == counts["Defect Localization", "open"] == 6
    for one in made["images"]:
        assert (folder / one["file"]).is_file()
    assert len(made["enrolled"]["plate"]) == 4
    assert all(name.startswith("train/good/") for name in made["enrolled"]["plate"])


def test_the_right_place_is_covered_and_no_wrong_one_is_touched(made: dict[str, Any]) -> None:
    asked = 0
    for one in made["images"]:
        # The blot lies in a corner, the scratch over two columns of the middle row.
        expected = {"blot": ["top right"], "scratch": ["left", "center"], "good": []}[one["label"]]
        assert one["cells"] == expected
        for put in one["questions"]:
            if put["type"] == "Defect Localization" and put["wording"] == "choice":
                asked += 1
                options = {letter: text.lower() for letter, text in put["options"].items()}
                assert options.pop(put["answer"]) == one["main"]
                assert not set(options.values()) & set(expected)
    assert asked == 6


def test_the_same_seed_gives_the_same_set(folder: Path, made: dict[str, Any], tmp_path: Path) -> None:
    again = make_set({"plate": folder}, PROCEDURAL_FACTS, seed=3, per_label=3, per_type=4)
    assert again == made
    write_set(again, tmp_path / "set.json")
    assert json.loads((tmp_path / "set.json").read_text()) == made
    assert make_set({"plate": folder}, PROCEDURAL_FACTS, seed=4, per_label=3, per_type=4) != made


def test_another_set_has_other_images(folder: Path, made: dict[str, Any]) -> None:
    taken = frozenset(f"plate/{one['file']}" for one in made["images"])
    other = make_set({"plate": folder}, PROCEDURAL_FACTS, seed=3, per_label=3, per_type=4, exclude=taken)
    assert other["images"]
    assert not taken & {f"plate/{one['file']}" for one in other["images"]}


def test_a_place_next_to_the_mask_is_no_wrong_place() -> None:
    mask = np.zeros((90, 90), np.bool_)
    mask[10:20, 10:30] = True  # it ends where the middle column begins
    assert covered_cells(mask) == {"top left": 200}
    assert touched_cells(mask) == {"top left", "top"}
    mask[10:20, 29] = False
    assert touched_cells(mask) == {"top left"}


def test_the_kept_set_is_large_balanced_and_whole() -> None:
    counts = Counter((put["type"], put["wording"]) for put in QUESTIONS)
    assert set(counts) == {(kind, wording) for kind in TYPES for wording in ("choice", "open")}
    assert len(QUESTIONS) >= 100
    assert max(counts.values()) <= 2 * min(counts.values())
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    for image in KEPT["images"]:
        assert image["set"] in facts
        assert not Path(image["file"]).is_absolute()
        assert set(image["cells"]) <= set(CELLS)
        assert bool(image["cells"]) == bool(image["main"])
        for put in image["questions"]:
            assert put["text"].endswith("?") or put["wording"] == "open"
            if put["wording"] == "choice":
                assert put["answer"] in put["options"]
                assert len(set(put["options"].values())) == len(put["options"]) >= 2
            else:
                assert "options" not in put


def test_a_right_letter_is_no_habit() -> None:
    letters = Counter(put["answer"] for put in QUESTIONS if len(put.get("options", {})) == 4)
    assert set(letters) == set("ABCD")
    assert max(letters.values()) < 2 * min(letters.values())


def test_the_product_reads_the_questions_as_what_they_are() -> None:
    read: dict[str, set[str]] = {}
    for put in QUESTIONS:
        if put["wording"] == "choice":
            text = "\n".join([put["text"], *(f"{key}: {text}" for key, text in put["options"].items())])
            assert split_options(text) == (put["text"], put["options"])
            assert kind_of_choice(put["text"], put["options"]) == put["type"], put
        elif put["type"] in ("Anomaly Detection", "Defect Classification", "Defect Analysis"):
            kinds = read.setdefault(
                put["text"], {ENTRIES[one.kind].task for one in understand(put["text"]).intents}
            )
            assert put["type"] in kinds, put


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def runs(texts: list[str], length: int) -> set[tuple[str, ...]]:
    return {
        tuple(words[start : start + length])
        for words in map(words_of, texts)
        for start in range(len(words) - length + 1)
    }


def test_no_sentence_of_the_notes_is_in_the_set() -> None:
    if not MMAD.is_file():
        pytest.skip("MMAD's notes are not at hand")
    notes = json.loads(MMAD.read_text(encoding="utf-8"))
    texts = [text for classes in notes.values() for entry in classes.values() for text in entry.values()]
    ours = [text for put in QUESTIONS for text in (put["text"], *put.get("options", {}).values())]
    common = runs(ours, 6) & runs(texts, 6)
    assert not common
    assert runs([texts[0]], 6) & runs(texts, 6)  # the comparison finds what is there


def test_wrong_products_are_not_those_that_are_asked_for() -> None:
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    assert not {about["product"] for about in facts.values()} & set(OTHER_PRODUCTS)
