"""Five dialogues of ten questions each, which the embedded language model phrases; all answers are checked.

    python benchmarks/dialogues.py [--out FILE]

The questions are in dialogues.json, each with a regular expression, `about`, that an answer on topic matches;
it was written from the question alone. Parts are procedural, or come from the packages elpv-dataset and
conformal-clip-data. The checks here share no code with those of the dialogue: repetition is counted and
compressed, numbers are looked up in the evidence, and the verdict is compared with a list of phrases. First
`iad weights pull efficientnet-lite0 minilm smollm2 elpv textile`.
"""

from __future__ import annotations

import json
import re
import statistics
import tempfile
import time
import zlib
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from answer_checks import says_bad
from harness import parser, write
from numpy.typing import NDArray
from PIL import Image

from agents.app import Application
from agents.demo import choose_cells
from agents.graphs.printed import inspection_record
from agents.graphs.threads import Finished, Waiting
from agents.settings import Settings
from anomaly_core.simulation.procedural import ProceduralProduct
from anomaly_core.weights import resolve as weights
from tools.records import InspectionRecord

HERE = Path(__file__).parent
PLATE = """# metal plate

## scratch

A scratch is a thin bright line across the plate. It is caused by a worn gripper, or by plates that slide over
each other. Replace the pads of the gripper, and sort the plate out if the scratch can be felt.

## stain

A stain is a dark patch with a soft border. It comes from oil of the press. Clean the plate and
check it again.
"""
GEAR = """# gear

## spot

A spot is a round dark patch on the face of the gear. It comes from burnt oil in hardening. Wash the gear and
inspect it again.

## broken tooth

A broken tooth is a gap in the outline of the gear. It comes from a hit or from overload. A gear with a broken
tooth must not be used.
"""
OPPOSITE = {
    True: (
        "no anomal", "no defect", "is good", "is fine", "is ok", "judged good", "perfect", "flawless",
    ),
    False: (
        "there is an anomaly", "there are anomal", "is broken", "is defective", "is damaged", "has a defect",
        "judged anomalous", "not ok", "not fine",
    ),
}  # fmt: skip
"""Phrases that contradict a verdict, by whether it is anomalous."""


def main() -> None:
    given = parser(__doc__, out="dialogues.json").parse_args()
    dialogues = json.loads((HERE / "dialogues.json").read_text(encoding="utf-8"))
    answers: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        parts = scenes(Path(name))
        for dialogue in dialogues:
            good, images, notes = parts[dialogue["name"]]
            with ready(Path(name) / "stores" / dialogue["name"], dialogue["name"], good, notes) as app:
                for number, asked in enumerate(dialogue["questions"], start=1):
                    shown = hold(app, images[asked["image"]], asked)
                    answers.append({"dialogue": dialogue["name"], "number": number, **shown})
                    logged = {key: shown[key] for key in ("question", "draft", "shown", "wrong", "seconds")}
                    print(json.dumps(logged, indent=1), flush=True)
    result = {"summary": summary(answers), "answers": answers}
    write(given, result)
    print(json.dumps(result["summary"], indent=1))


def scenes(folder: Path) -> dict[str, tuple[list[Path], dict[str, Path], str]]:
    """For each dialogue: good images to enrol, its images by name, its notes."""
    cells = choose_cells(weights.pull("elpv"), 8, 12, 0)
    textile = weights.pull("textile")
    solar = files("agents").joinpath("solar_cell_notes.md").read_text(encoding="utf-8")
    fabric = {"defective": sorted((textile / "local").glob("*.jpg"))[0]}
    return {
        "solar cell": (cells.enrolled, {"good": cells.good[0], "defective": cells.defective[0]}, solar),
        "metal plate": (*procedural("metal plate", folder), PLATE),
        "capsule": (*procedural("capsule", folder), ""),
        "fabric": (sorted((textile / "nominal").glob("*.jpg"))[:8], fabric, ""),
        "gear": (*procedural("gear", folder), GEAR),
    }


def procedural(kind: str, folder: Path) -> tuple[list[Path], dict[str, Path]]:
    """Make eight good parts to enrol, another good one, and one with a defect."""
    product, paths = ProceduralProduct(kind, 1), []
    for index in range(10):
        pixels = product.image(index).copy()
        if index == 9:
            damage(kind, pixels)
        paths.append(folder / f"{kind}-{index}.png")
        Image.fromarray(pixels).save(paths[-1])
    return paths[:8], {"good": paths[8], "defective": paths[9]}


def damage(kind: str, pixels: NDArray[np.uint8]) -> None:
    """Draw a scratch on a plate, two spots on a gear."""
    if kind == "metal plate":
        cv2.line(pixels, (100, 150), (150, 165), (250, 240, 235), 2, cv2.LINE_AA)
    elif kind == "gear":
        cv2.circle(pixels, (100, 100), 7, (120, 20, 20), -1, cv2.LINE_AA)
        cv2.circle(pixels, (165, 150), 10, (20, 20, 30), -1, cv2.LINE_AA)


def ready(store: Path, product: str, good: list[Path], notes: str) -> Application:
    """An application with one product enrolled, whose embedded language model phrases the answers."""
    app = Application(Settings.from_environment(store=store / "store", threads=1, llm_url="embedded"))
    app.enroll(product, good)
    if notes:
        path = store / "notes.md"
        path.write_text(notes, encoding="utf-8")
        app.add_knowledge([path], product)
    return app


def hold(app: Application, image: Path, asked: dict[str, str]) -> dict[str, Any]:
    """Put one question; return what was shown, the model's draft, and what is wrong with what was shown."""
    start = time.perf_counter()
    *_, finished = app.conversations.ask(image, asked["question"], thread="T")
    seconds = time.perf_counter() - start
    assert isinstance(finished, Finished) and not isinstance(finished.final, Waiting)
    state = finished.final
    record = inspection_record(state, total_ms=1000 * seconds)
    return {
        "question": asked["question"],
        "shown": record.answer,
        "by_the_model": not state["violations"],
        "draft": state["draft"],
        "violations": state["violations"],
        "on_topic": re.search(asked["about"], record.answer, re.IGNORECASE) is not None,
        "wrong": faults(record),
        "seconds": round(seconds, 2),
        "model_seconds": round(record.timings_ms.llm / 1000, 2),
    }


def faults(record: InspectionRecord) -> list[str]:
    """What must never be shown, and is."""
    answer = record.answer
    unquoted = re.sub(r'"[^"]*"', "", answer)
    claims = re.sub(r"\[[^\[\]]*[A-Za-z][^\[\]]*\]", "", unquoted)
    found = []
    if len(re.findall(r"[A-Za-z]{2,}", answer)) < 4:
        found.append("empty")
    if repeats(answer):
        found.append("degenerate")
    if not answer.rstrip().endswith((".", "!", '"', "]", ")")):
        found.append("cut off")
    against = any(phrase in claims.lower() for phrase in OPPOSITE[record.anomalous])
    if against or says_bad(answer) is (not record.anomalous):
        found.append("contradiction")
    evidence = " ".join(item.text for item in record.evidence)
    known = {float(value) for value in figures(evidence)} | {float(len(record.regions))}
    known |= {float(value) / 100 for value in re.findall(r"(\d+)%", evidence)}
    if any(float(value) not in known for value in figures(claims)):
        found.append("number not measured")
    return found


def figures(text: str) -> list[str]:
    """The numbers of a text, as they are written; those in names such as region-1 are none."""
    return re.findall(r"(?<![\w.-])-?\d+(?:\.\d+)?(?:e-?\d+)?(?![\w-])", text)


def repeats(text: str) -> bool:
    """Whether a clause says four words three times, or the text packs to less than a quarter."""
    for clause in re.split(r"[.;\[\]]\s", text):
        words = re.findall(r"\w+", clause.lower())
        fours = Counter(tuple(words[i : i + 4]) for i in range(len(words) - 3))
        if fours and max(fours.values()) >= 3:
            return True
        if re.search(r"\b(\w+)( \1){2}", " ".join(words)):
            return True
    raw = text.encode()
    return len(raw) > 200 and len(zlib.compress(raw, 9)) < 0.25 * len(raw)


def summary(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures that docs/concepts/dialogue.md gives."""
    wrong = Counter(fault for each in answers for fault in each["wrong"])
    kinds = ("empty", "degenerate", "cut off", "contradiction", "number not measured")
    count = len(answers)
    return {
        "answers": count,
        "shown_and_wrong": {kind: wrong[kind] for kind in kinds},
        "on_topic": sum(each["on_topic"] for each in answers) / count,
        "by_the_model": sum(each["by_the_model"] for each in answers) / count,
        "violations": dict(Counter(each["violations"][0] for each in answers if each["violations"])),
        "median_seconds": statistics.median(each["seconds"] for each in answers),
        "longest_seconds": max(each["seconds"] for each in answers),
        "median_model_seconds": statistics.median(each["model_seconds"] for each in answers),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
