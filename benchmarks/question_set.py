"""Make the question set: questions about real labelled images, with answers that masks and labels decide.

    python benchmarks/question_set.py --set screw=DIR --set magnetic_tile=DIR --set crackforest=DIR \
        --set elpv=DIR --out benchmarks/questions.json

DIR is a data set's own folder (for elpv, the one that package elpv-dataset unpacks to; left out, it is
fetched). The seven types are MMAD's (arXiv 2410.09453), each as multiple choice and in open words. Images
are named, not copied; what options say is in `question_facts.json`, in words of its own. The same folders
and seed give the same file. `--exclude FILE` leaves out the images of another set, for one to develop on.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from harness import covered_cells, parser
from numpy.typing import NDArray

from anomaly_core.evaluation.datasets import Sample, load_mask, open_dataset
from anomaly_core.results import CELLS
from anomaly_core.weights.resolve import pull
from tools.locations import box_of

HERE: Final = Path(__file__).parent
FACTS: Final = HERE / "question_facts.json"
LETTERS: Final = "ABCD"
Wording = Literal["choice", "open"]
ELPV_KIND: Final = "mono"

WORDINGS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = json.loads(
    (HERE / "question_wordings.json").read_text(encoding="utf-8")
)
"""How questions are put, by wording and type."""
DEFECT_TYPES: Final = (
    "Defect Classification",
    "Defect Localization",
    "Defect Description",
    "Defect Analysis",
)
OTHER_PRODUCTS: Final = ("zipper", "transistor", "toothbrush", "hazelnut", "bottle", "leather", "cable")
"""Objects that stand in the options beside the right one."""


@dataclass(frozen=True)
class Put:
    """One question. answer: the right letter of a choice, "" of an open question.

    defect: the type that an open question names, where it does.
    """

    type: str
    wording: Wording
    text: str
    options: dict[str, str] = field(default_factory=dict)
    answer: str = ""
    defect: str = ""


@dataclass(frozen=True)
class Pictured:
    """One image with its truth and its questions. file: below the set's folder.

    cells: those of the 3x3 grid that the mask covers; main: the one that it covers most; both empty where
    there is no mask.
    """

    set: str
    file: str
    label: str
    anomalous: bool
    cells: list[str]
    main: str
    questions: list[Put]


def touched_cells(mask: NDArray[np.bool_]) -> set[str]:
    """Return the cells that a mask covers, or meets within a pixel of their border."""
    height, width = mask.shape
    touched = set()
    for cell in CELLS:
        x0, y0, x1, y1 = box_of(cell, width, height)
        if mask[max(y0 - 1, 0) : y1 + 1, max(x0 - 1, 0) : x1 + 1].any():
            touched.add(cell)
    return touched


def make_questions(
    sample: Sample,
    facts: Mapping[str, Any],
    mask: NDArray[np.bool_] | None,
    wanted: Sequence[tuple[str, Wording]],
    draw: random.Random,
) -> list[Put]:
    """Return the wanted questions of one image: those that its label, mask and facts can answer."""
    found = (_choice if wording == "choice" else _open for _, wording in wanted)
    made = [make(kind, sample, facts, mask, draw) for make, (kind, _) in zip(found, wanted, strict=True)]
    return [put for put in made if put is not None]


def _choice(
    kind: str,
    sample: Sample,
    facts: Mapping[str, Any],
    mask: NDArray[np.bool_] | None,
    draw: random.Random,
) -> Put | None:
    text = draw.choice(WORDINGS["choice"][kind])
    if kind == "Anomaly Detection":
        yes = sample.anomalous is not ("free of" in text)
        return Put(
            kind, "choice", text.format(product=facts["product"]), {"A": "Yes.", "B": "No."}, "AB"[not yes]
        )
    right, wrong = "", [""]
    if kind == "Defect Localization":
        if mask is None:
            return None
        counts = covered_cells(mask)
        right = max(counts, key=lambda cell: counts[cell])
        wrong = [cell for cell in CELLS if cell not in touched_cells(mask)]
        right, wrong = right.capitalize(), [cell.capitalize() for cell in wrong]
    elif kind == "Defect Classification":
        others = [name for name in facts["defects"] if name != sample.label] + list(facts["other_defects"])
        right, wrong = plain(sample.label), [plain(name) for name in others]
    elif kind in ("Defect Description", "Defect Analysis"):
        key = "look" if kind == "Defect Description" else "effect"
        known = {**facts["defects"], **facts["other_defects"]}
        right = known[sample.label][key]
        wrong = [facet[key] for name, facet in known.items() if name != sample.label]
    elif kind == "Object Classification":
        right, wrong = facts["product"].capitalize(), [name.capitalize() for name in OTHER_PRODUCTS]
    else:
        asked = draw.choice(facts["objects"])
        text, right, wrong = asked["ask"], asked["right"], asked["wrong"]
    if not wrong:
        return None  # a mask that reaches every cell leaves no wrong place to offer
    texts = [right, *draw.sample(wrong, min(len(LETTERS) - 1, len(wrong)))]
    draw.shuffle(texts)
    options = dict(zip(LETTERS, texts, strict=False))
    answer = next(letter for letter, option in options.items() if option == right)
    return Put(kind, "choice", text.format(product=facts["product"]), options, answer)


def _open(
    kind: str,
    sample: Sample,
    facts: Mapping[str, Any],
    mask: NDArray[np.bool_] | None,
    draw: random.Random,
) -> Put | None:
    if kind in ("Defect Localization", "Defect Description") and mask is None:
        return None
    text = draw.choice(WORDINGS["open"][kind])
    named = sample.label if "{defect}" in text else ""
    return Put(kind, "open", text.format(product=facts["product"], defect=plain(sample.label)), defect=named)


def plain(label: str) -> str:
    """Return a label in plain words."""
    return label.replace("_", " ")


def wanted_types(anomalous: bool, described: bool) -> list[tuple[str, Wording]]:
    """Return the types that can be asked of an image. described: its defects are in the facts."""
    types = ["Anomaly Detection", "Object Classification", "Object Analysis"]
    types += DEFECT_TYPES if anomalous and described else ()
    return [(kind, wording) for kind in types for wording in ("choice", "open")]


def choose_images(samples: Sequence[Sample], per_label: int, good: int, draw: random.Random) -> list[Sample]:
    """Draw `per_label` test images of each defect and `good` good ones, in a fixed order."""
    by_label: dict[str, list[Sample]] = defaultdict(list)
    for sample in sorted(samples, key=lambda one: one.path):
        if sample.split == "test":
            by_label[sample.label].append(sample)
    chosen = []
    for _, found in sorted(by_label.items()):
        count = per_label if found[0].anomalous else good
        chosen += draw.sample(found, min(count, len(found)))
    return chosen


def usable(name: str, folder: Path) -> list[Sample]:
    """Return a set's samples. Of ELPV only cells that are surely good or surely defective."""
    if name != "elpv":
        return list(open_dataset(folder).samples)
    samples = open_dataset(folder, ELPV_KIND).samples
    return [one for one in samples if one.label in ("good", "defective")]


def make_set(
    folders: Mapping[str, Path],
    facts: Mapping[str, Any],
    *,
    seed: int,
    shots: int = 4,
    per_label: int = 6,
    per_type: int = 60,
    exclude: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Return the question set of these data sets.

    shots: good training images named for enrolment. per_label: images a defect; four times as many where a
    set has one type, twice as many where it has none that is described, and of good ones. per_type:
    questions kept of a type in a wording, drawn over all images; of places all are kept. exclude: "set/file"
    names of images to leave out.
    """
    draw = random.Random(seed)
    enrolled: dict[str, list[str]] = {}
    asked: list[tuple[str, Path, Sample, list[Put]]] = []
    for name, folder in folders.items():
        samples = usable(name, folder)
        train = sorted((one.path for one in samples if one.split == "train"), key=str)
        enrolled[name] = [path.relative_to(folder).as_posix() for path in draw.sample(train, shots)]
        known = facts[name]["defects"]
        left = [one for one in samples if f"{name}/{one.path.relative_to(folder).as_posix()}" not in exclude]
        count = per_label * {0: 2, 1: 4}.get(len(known), 1)
        for sample in choose_images(left, count, 2 * per_label, draw):
            mask = load_mask(sample) if sample.masks else None
            if mask is not None and not mask.any():
                continue  # an empty mask: the label is doubtful
            wanted = wanted_types(sample.anomalous, sample.label in known)
            asked.append((name, folder, sample, make_questions(sample, facts[name], mask, wanted, draw)))
    kept = _balanced([put for *_, questions in asked for put in questions], per_type, draw)
    images = []
    for name, folder, sample, questions in asked:
        mask = load_mask(sample) if sample.masks else None
        counts = {} if mask is None else covered_cells(mask)
        pictured = Pictured(
            set=name,
            file=sample.path.relative_to(folder).as_posix(),
            label=sample.label,
            anomalous=sample.anomalous,
            cells=[cell for cell in CELLS if cell in counts],
            main=max(counts, key=lambda cell: counts[cell]) if counts else "",
            questions=[put for put in questions if id(put) in kept],
        )
        if pictured.questions:
            images.append(pictured)
    return {"seed": seed, "enrolled": enrolled, "images": [_as_json(one) for one in images]}


def _balanced(questions: Sequence[Put], per_type: int, draw: random.Random) -> set[int]:
    """Return the identities of the questions to keep: `per_type` of each type and wording, all places."""
    groups: dict[tuple[str, str], list[Put]] = defaultdict(list)
    for put in questions:
        groups[put.type, put.wording].append(put)
    kept: set[int] = set()
    for (kind, _), found in groups.items():
        few = found if kind == "Defect Localization" else draw.sample(found, min(per_type, len(found)))
        kept |= {id(put) for put in few}
    return kept


def _as_json(pictured: Pictured) -> dict[str, Any]:
    entry = asdict(pictured)
    entry["questions"] = [{key: value for key, value in put.items() if value} for put in entry["questions"]]
    return entry


def write_set(content: Mapping[str, Any], out: Path) -> None:
    """Write a set as JSON, one question a line."""
    lines = [
        "{",
        f'"seed": {content["seed"]},',
        f'"enrolled": {json.dumps(content["enrolled"])},',
        '"images": [',
    ]
    for number, image in enumerate(content["images"], start=1):
        head = json.dumps({key: value for key, value in image.items() if key != "questions"})
        lines.append(head[:-1] + ', "questions": [')
        lines.append(",\n".join(f"  {json.dumps(put)}" for put in image["questions"]))
        lines.append("]}" + ("," if number < len(content["images"]) else ""))
    out.write_text("\n".join([*lines, "]", "}"]) + "\n", encoding="utf-8")


def read_folders(given: Sequence[str]) -> dict[str, Path]:
    """Return NAME=DIR arguments by name; elpv is fetched where it is not given."""
    folders = {name: Path(folder) for name, _, folder in (one.partition("=") for one in given)}
    folders.setdefault("elpv", pull("elpv"))
    return folders


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--set", action="append", default=[], metavar="NAME=DIR", dest="sets")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--exclude", type=Path)
    options.add_argument("--per-label", type=int, default=6)
    options.add_argument("--per-type", type=int, default=60)
    given = options.parse_args()
    taken = json.loads(given.exclude.read_text(encoding="utf-8"))["images"] if given.exclude else []
    content = make_set(
        read_folders(given.sets),
        json.loads(FACTS.read_text(encoding="utf-8")),
        seed=given.seed,
        per_label=given.per_label,
        per_type=given.per_type,
        exclude=frozenset(f"{one['set']}/{one['file']}" for one in taken),
    )
    write_set(content, given.out)
    asked = sum(len(one["questions"]) for one in content["images"])
    print(f"{asked} questions about {len(content['images'])} images")


if __name__ == "__main__":
    main()
