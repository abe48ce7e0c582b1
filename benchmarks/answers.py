"""Answer the question set through the product, with no chat model, and check every answer.

    python benchmarks/answers.py --set screw=DIR --set magnetic_tile=DIR --set crackforest=DIR --mmad FILE \
        --shots 1 4 --out benchmarks/results/answers.json

Products are enrolled from the good images that the set names, notes are added, and each question is asked in
a thread of its own, as `iad ask` does, the product found from the image. Right answers are decided by labels,
masks and notes (`answer_checks.py`), citations by the notes, contradictions by the measured verdict. MMAD's
notes (domain_knowledge.json) are about screw; the other products have notes of ours beside this file.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from answer_checks import Note, citation_problems, contradicts, is_right, named_cells, named_defects
from harness import ROOTS, parser, write
from question_set import DEFECT_TYPES, FACTS, HERE, read_folders

from agents.app import Application
from agents.settings import Settings
from anomaly_core.errors import UnknownProduct
from anomaly_core.evaluation.datasets import Sample, load_mask, open_dataset
from anomaly_core.evaluation.metrics import wilson_interval
from anomaly_core.imaging.reading import load_image
from tools.records import AnswerRecord

MOST_SHOWN = 12
"""Problems that are written out."""


@dataclass(frozen=True)
class Asked:
    """One asked question. verdict: whether the image was judged anomalous; None where no product was found.

    all_places: every cell that the answer names is covered, for an open question about the place.
    """

    set: str
    label: str
    anomalous: bool
    type: str
    wording: str
    verdict: bool | None
    right: bool
    all_places: bool
    problems: list[str]
    contradicts: bool
    file: str
    text: str
    answer: str


def asked_text(question: Mapping[str, Any]) -> str:
    """Return a question as it is typed, its options below it."""
    return "\n".join([question["text"], *(f"{k}: {v}" for k, v in question.get("options", {}).items())])


def ask_all(
    app: Application, content: Mapping[str, Any], folders: Mapping[str, Path], facts: Mapping[str, Any]
) -> list[Asked]:
    """Ask every question of a set; the products are enrolled and the notes added."""
    notes = {
        passage.id: Note(passage.product, passage.defect, passage.text)
        for about in facts.values()
        for passage in app.tools.domain.passages(about["product"])
    }
    samples: dict[str, dict[Path, Sample]] = {}
    for name in {image["set"] for image in content["images"]}:
        samples[name] = {one.path: one for one in open_dataset(folders[name]).samples}
    results = []
    for image in content["images"]:
        path = folders[image["set"]] / image["file"]
        sample = samples[image["set"]][path]
        mask = load_mask(sample) if sample.masks else None
        pixels = load_image(path).pixels
        for question in image["questions"]:
            try:
                record = app.ask(path, asked_text(question))
            except UnknownProduct as error:
                results.append(_unanswered(image, question, str(error)))
                continue
            about = facts[image["set"]]
            right = is_right(question, image, record, about, notes, pixels, mask)
            results.append(_judged(image, question, record, right, notes, about))
    return results


def _judged(
    image: Mapping[str, Any],
    question: Mapping[str, Any],
    record: AnswerRecord,
    right: bool,
    notes: Mapping[str, Note],
    about: Mapping[str, Any],
) -> Asked:
    defects = None
    if question["type"] in DEFECT_TYPES:
        found = [] if record.defect_type is None else [record.defect_type.name]
        defects = {*named_defects(record.answer), *found}
        if "defect" in question:
            defects = {question["defect"]}
        elif question["wording"] == "choice" and record.defect_type is not None:
            # The notes that options are weighed with are those of the likeliest types.
            defects |= {one.name for one in record.defect_type.alternatives[:1]}
        elif question["wording"] == "choice":
            defects |= set(about["defects"])
    cells = named_cells(record.answer)
    return Asked(
        set=image["set"],
        label=image["label"],
        anomalous=image["anomalous"],
        type=question["type"],
        wording=question["wording"],
        verdict=record.anomalous,
        right=right,
        all_places=bool(cells) and set(cells) <= set(image["cells"]),
        problems=citation_problems(record, notes, record.product.name, defects),
        contradicts=contradicts(record, question),
        file=image["file"],
        text=question["text"],
        answer=record.answer,
    )


def _unanswered(image: Mapping[str, Any], question: Mapping[str, Any], why: str) -> Asked:
    return Asked(
        image["set"], image["label"], image["anomalous"], question["type"], question["wording"], None,
        False, False, [], False, image["file"], question["text"], why,
    )  # fmt: skip


def summary(asked: Sequence[Asked]) -> dict[str, Any]:
    """Return what a run showed: accuracy by type, wording and set, places, citations, contradictions."""
    types: dict[str, dict[str, Any]] = defaultdict(dict)
    for kind in sorted({one.type for one in asked}):
        for wording in ("choice", "open"):
            types[kind][wording] = share(
                [one.right for one in asked if (one.type, one.wording) == (kind, wording)]
            )
    found = [one for one in asked if one.type == "Defect Localization" and one.anomalous and one.verdict]
    places: dict[str, Any] = {"both": share([one.right for one in found])}
    for wording in ("choice", "open"):
        mine = [one for one in found if one.wording == wording]
        places[wording] = share([one.right for one in mine])
        for name in sorted({one.set for one in mine}):
            places[f"{wording}, {name}"] = share([one.right for one in mine if one.set == name])
    places["open, every cell named"] = share([one.all_places for one in found if one.wording == "open"])
    answered = [one for one in asked if one.verdict is not None]
    problems = [f"{what}: {one.text} -> {one.answer}" for one in answered for what in one.problems]
    against = [f"{one.text} -> {one.answer}" for one in answered if one.contradicts]
    return {
        "questions": len(asked),
        "unanswered": len(asked) - len(answered),
        "types": dict(types),
        "localisation of correctly detected anomalies": places,
        "citations": {
            "answers": len(answered),
            "with a problem": sum(bool(one.problems) for one in answered),
            "problems": dict(Counter(what for one in answered for what in one.problems)),
            "shown": _shortened(problems),
        },
        "contradictions": {"count": len(against), "shown": _shortened(against)},
    }


def _shortened(lines: Sequence[str]) -> list[str]:
    """The first problems; quotations are cut, since the notes are not ours to copy."""
    return [re.sub(r'"[^"]*"', '"..."', line)[:400] for line in list(dict.fromkeys(lines))[:MOST_SHOWN]]


def share(values: Sequence[bool]) -> dict[str, Any]:
    """Return how many are true, with the share and its 95 % interval (Wilson's)."""
    if not values:
        return {"right": 0, "of": 0}
    low, high = wilson_interval(sum(values), len(values))
    return {
        "right": sum(values),
        "of": len(values),
        "share": round(sum(values) / len(values), 4),
        "interval": [round(low, 4), round(high, 4)],
    }


def run(
    content: Mapping[str, Any],
    folders: Mapping[str, Path],
    facts: Mapping[str, Any],
    mmad: Path | None,
    shots: int,
    **options: Any,
) -> list[Asked]:
    """Enrol the set's products in a new store, add their notes and ask everything.

    mmad: MMAD's notes, for the products whose facts name them. options: settings.
    """
    with (
        TemporaryDirectory(prefix="iad-answers-") as folder,
        Application(Settings(store=Path(folder) / "store", **options)) as app,
    ):
        for name in content["enrolled"]:
            about = facts[name]
            app.enroll(about["product"], [folders[name] / f for f in content["enrolled"][name][:shots]])
            if about["notes"] == "mmad" and mmad is not None:
                app.add_knowledge([mmad])
            elif about["notes"] != "mmad":
                app.add_knowledge([HERE / about["notes"]], product=about["product"])
        return ask_all(app, content, folders, facts)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--set", action="append", default=[], metavar="NAME=DIR", dest="sets")
    options.add_argument("--questions", type=Path, default=HERE / "questions.json")
    options.add_argument("--mmad", type=Path, required=True, help=ROOTS["mmad"])
    options.add_argument("--shots", type=int, nargs="+", default=[4])
    options.add_argument("--wrong", type=Path, help="where to write what was wrong, for looking into it")
    given = options.parse_args()
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    content = json.loads(given.questions.read_text(encoding="utf-8"))
    folders = read_folders(given.sets)
    given.sets = " ".join(sorted(folders))  # results name no folder
    results: dict[str, Any] = {}
    wrong = []
    for shots in given.shots:
        start = time.perf_counter()
        asked = run(content, folders, facts, given.mmad, shots, threads=1)
        found = summary(asked)
        results[f"shots {shots}"] = {**found, "seconds": round(time.perf_counter() - start)}
        wrong += [
            {"shots": shots, **vars(one)} for one in asked if not one.right or one.problems or one.contradicts
        ]
        print(shots, json.dumps(found["localisation of correctly detected anomalies"]), flush=True)
    write(given, results)
    if given.wrong is not None:
        given.wrong.write_text(json.dumps(wrong, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
