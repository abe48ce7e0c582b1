"""Questions that people put about parts: what is understood of them, and whether the answers are right.

    python benchmarks/asking.py --half result [--data ROOT] [--llm URL --questions N]

asking.json and the catalogues in benchmarks/asking were written by somebody who had not read the code, from
pictures of five sets, in nine languages; one half of the questions is for development, the other for the
result. Understanding: kinds, all of a question, in order ("a|b": both are right); slots, each that the text
names, and each that it does not name; whether a yes or no was given as the verdict demands; language. With
--data (see decisions.py) the products are enrolled from eight good images each, their catalogues added, and
every question is asked, in a thread of its own where it has an image; an answer is right where it holds what
any right answer holds, given the verdict, and none of what it must not. With --llm all of it is put a second
time with a chat model: it decides every kind in the first part; answers are as the settings have them.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from argparse import Namespace
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import numpy as np
from decisions import MVTEC
from harness import parser, right_cells, write
from sets import mvtec_set

from agents.app import Application
from agents.chat_models.build import build_chat_model
from agents.questions.by_chat import ChatReader
from agents.questions.understanding import Reader, understand
from agents.settings import Settings
from agents.state import Turn
from anomaly_core.evaluation.datasets import load_mask, open_dataset
from anomaly_core.names import name_key
from tools.records import AnswerRecord, TextAnswerRecord, UnderstoodRecord

HERE: Final = Path(__file__).parent
SETS: Final = {
    "screw": "screw",
    "capsule": "capsule",
    "tile": "magnetic_tile",
    "toy": "alien_toy",
    "bottle": "juice_bottle",
}
"""Set of each product."""
SHOTS: Final = 8
PLACES: Final = {"centre": "center"}
SLOTS: Final = ("place", "type", "region", "limit", "scale_px_per_mm")
"""Slots that are compared. A file name as `image`, and periods, are checked by the answers."""
VERDICT: Final = re.compile(r"^(?:NG|OK)\b|\[(?:score|type|size|region-\d)")
"""A verdict, or the evidence of one, in an answer."""
Question = Mapping[str, Any]


def understood_of(
    question: Question, known: Sequence[str], reader: Reader | None = None
) -> tuple[list[UnderstoodRecord], str]:
    """Return what is understood of a question in its thread, and its language; known: names of defects."""
    turns: list[Turn] = []
    for number, text in enumerate(question["before"], start=1):
        first = understand(text, turns, (), 1, known)
        turns.append(
            Turn(
                number=number,
                image=1,
                question=text,
                kind=first.first.kind,
                region=first.first.region or 1,
                answer="",
                language=first.spoken,
            )
        )
    pictured = question["image"] is not None
    asked = understand(question["text"], turns, (), 1, known, pictured=pictured, reader=reader)
    return [one.printed() for one in asked.intents], asked.language


def kinds_right(expected: Sequence[str], found: Sequence[UnderstoodRecord]) -> bool:
    """Return whether all kinds are right, in order; expected: "a|b" where both are right."""
    if len(expected) != len(found):
        return False
    return all(one.kind in kinds.split("|") for kinds, one in zip(expected, found, strict=True))


def slots_right(expected: Sequence[Mapping[str, Any]], found: Sequence[UnderstoodRecord]) -> tuple[int, int]:
    """Return the slots that are right, and those that the text names or that were found, over all intents.

    A slot counts wherever among the intents it was put: what it belongs to is part of the kinds.
    """
    wanted = {
        (key, str(_plain(key, value))) for one in expected for key, value in one.items() if key in SLOTS
    }
    got = {
        (key, str(_plain(key, value)))
        for one in found
        for key in SLOTS
        if (value := getattr(one, key)) is not None
    }
    types = {value for key, value in got if key == "type"}
    right = 0
    for key, value in wanted:
        # The type that a text names in its own words is found under the catalogue's or the common name.
        right += bool(types) if key == "type" else (key, value) in got
    extra = len([1 for key, value in got if key != "type" and (key, value) not in wanted])
    extra += bool(types) and not any(key == "type" for key, _ in wanted)
    return right, len(wanted) + extra


def _plain(key: str, value: Any) -> Any:
    if key == "place":
        plain = PLACES.get(str(value), str(value))
        return plain.removesuffix(" edge").removesuffix(" half") if plain not in ("edge",) else plain
    if key == "limit":
        limit = value if isinstance(value, Mapping) else value.model_dump()
        return f"{float(limit['value']):g} {limit['unit']}"
    if key == "scale_px_per_mm":
        return f"{float(value):.3g}"
    return value


def answer_faults(question: Question, reply: AnswerRecord | TextAnswerRecord, data: Path) -> list[str]:
    """Return what is wrong with an answer, given its verdict."""
    expect, text, faults = question["expect"], reply.answer, []
    when, seen = question["affirmed_when"], reply if isinstance(reply, AnswerRecord) else None
    failed = seen is not None and seen.decision == "fail"
    judged = when is not None and seen is not None and seen.decision != "review"
    if judged and reply.affirmed is not (failed if when == "anomalous" else not failed):
        faults.append("affirmed")
    if reply.language != question["language"]:
        faults.append("language")
    named = seen.defect_type.name if seen is not None and seen.defect_type is not None else ""
    due = failed or not expect.get("needs_detection")
    if expect.get("needs_type"):
        wanted = expect.get("type") or expect["needs_type"]
        due = failed and (not isinstance(wanted, str) or name_key(named) == name_key(wanted))
    if due:
        for alternatives in expect.get("must_contain_any", []):
            if not any(each.lower() in text.lower() for each in alternatives):
                faults.append(f"lacks {alternatives[0]}")
    faults += [f"holds {each}" for each in expect.get("must_not_contain", []) if each.lower() in text.lower()]
    if expect.get("no_verdict") and (reply.affirmed is not None or VERDICT.search(text)):
        faults.append("verdict")
    if expect.get("place_from_mask") and failed and seen is not None:
        mask = _mask_of(data, question)
        if mask is not None and not {region.cell for region in seen.regions} & right_cells(mask):
            faults.append("place")
    return faults


def _mask_of(data: Path, question: Question) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
    name = SETS[question["product"]]
    path = (data / question["image"]).resolve()
    samples = open_dataset(data / MVTEC[name], name).samples
    sample = next((each for each in samples if each.path.resolve() == path), None)
    return None if sample is None else load_mask(sample)


def asked(question: Question, app: Application, data: Path) -> AnswerRecord | TextAnswerRecord:
    """Put a question in a thread of its own, after those that come before it; or without an image."""
    if question["image"] is None:
        return app.ask_without_image(question["text"], product=question["product"])
    image, thread = data / question["image"], f"asking {question['id']}"
    for text in question["before"]:
        app.ask(image, text, product=question["product"], thread=thread)
    return app.ask(image, question["text"], product=question["product"], thread=thread)


def prepared(app: Application, data: Path) -> None:
    """Enrol the products, and add their catalogues."""
    for product, name in SETS.items():
        part = mvtec_set(data / MVTEC[name], name)
        order = np.random.default_rng(0).permutation(len(part.pool))[:SHOTS]
        paths = [path for i in order if isinstance(path := part.pool[i], Path)]
        app.enroll(product, paths, keep_all=True)
        app.add_knowledge([HERE / "asking" / f"catalogue-{product}.md"], product)
        print(f"enrolled {product}", flush=True)


def known_names() -> list[str]:
    """Return the defects that the catalogues name."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((HERE / "asking").glob("*.md"))]
    return [name for text in texts for name in re.findall(r"^## (.+)$", text, re.MULTILINE)]


def spread(questions: Sequence[Question], most: int) -> list[Question]:
    """Return at most `most` questions, in turn one of each kind, drawn once."""
    by: dict[str, list[Question]] = defaultdict(list)
    for i in np.random.default_rng(0).permutation(len(questions)):
        by[questions[i]["kinds"][0].split("|")[0]].append(questions[i])
    rounds = zip_longest(*(by[kind] for kind in sorted(by)))
    return [question for row in rounds for question in row if question is not None][:most]


def main() -> None:
    options = parser(__doc__, out="asking.json")
    options.add_argument("--half", choices=("development", "result"), required=True)
    options.add_argument("--data", type=Path, help="folder of the sets; without it, only what is understood")
    options.add_argument("--encoder", default="efficientnet-lite0")
    options.add_argument("--llm", help="a chat model's URL, or local")
    options.add_argument("--questions", type=int, default=622, help="at most so many, spread over the kinds")
    options.add_argument("--wrong", action="store_true", help="print what is wrong")
    given = options.parse_args()
    halves = [q for q in json.loads((HERE / "asking.json").read_text()) if q["half"] == given.half]
    questions = spread(halves, given.questions) if given.questions < len(halves) else halves
    result = put(questions, given, None)
    if given.llm is not None:
        result["with_chat_model"] = put(questions, given, given.llm)
    print(json.dumps(result, indent=1))
    write(given, result)


def put(questions: Sequence[Question], given: Namespace, llm: str | None) -> dict[str, Any]:
    """Return how well questions are understood, and answered where there is data. llm: a chat model's URL."""
    settings = Settings.from_environment(encoder=given.encoder, llm_url=llm)
    model, known = build_chat_model(settings), known_names()
    reader = None if model is None else ChatReader(model)
    result = read(questions, known, reader, wrong=given.wrong)
    if given.data is not None:
        with tempfile.TemporaryDirectory() as name:
            there = settings.model_copy(update={"store": Path(name) / "store"})
            with Application(there) as app:
                prepared(app, given.data)
                result |= judged(questions, app, given.data, wrong=given.wrong)
    return result


def read(
    questions: Sequence[Question], known: Sequence[str], reader: Reader | None, *, wrong: bool
) -> dict[str, Any]:
    """Return the shares of kinds, slots and languages that are understood right, and the mean seconds."""
    count = Counter[str]()
    by: dict[str, Counter[str]] = defaultdict(Counter)
    start = time.perf_counter()
    for question in questions:
        found, language = understood_of(question, known, reader)
        right, slots = slots_right(question["slots"], found)
        kinds = kinds_right(question["kinds"], found)
        count.update(questions=1, kinds=kinds, language=language == question["language"])
        count.update(slots=slots, slots_right=right)
        for name in (question["language"], question["kinds"][0].split("|")[0]):
            by[name].update(questions=1, kinds=kinds)
        if wrong and not (kinds and right == slots and language == question["language"]):
            said = " ".join(f"{one.kind} {_slots(one)}" for one in found)
            print(f"{question['id']} {question['text']!r}\n    {question['kinds']} {question['slots']}")
            print(f"    <> {said} {language}", flush=True)
    return {
        "questions": count["questions"],
        "kinds_right": count["kinds"] / count["questions"],
        "language_right": count["language"] / count["questions"],
        "slots_right": count["slots_right"] / max(count["slots"], 1),
        "slots": count["slots"],
        "kinds_right_by": {name: row["kinds"] / row["questions"] for name, row in sorted(by.items())},
        "questions_by": {name: row["questions"] for name, row in sorted(by.items())},
        "seconds_each": (time.perf_counter() - start) / count["questions"],
    }


def judged(questions: Sequence[Question], app: Application, data: Path, *, wrong: bool) -> dict[str, Any]:
    """Return the shares of answers, and of yes and no, that are right, and the median time of an answer."""
    count, times = Counter[str](), []
    by: dict[str, Counter[str]] = defaultdict(Counter)
    for question in sorted(questions, key=lambda each: str(each["image"])):
        reply = asked(question, app, data)
        decision = reply.decision if isinstance(reply, AnswerRecord) else "no image"
        if isinstance(reply, AnswerRecord):
            times.append(reply.timings_ms.total)
        faults = answer_faults(question, reply, data)
        count.update(answers=1, right=not faults, faults=len(faults))
        if question["affirmed_when"] is not None and decision in ("pass", "fail"):
            count.update(yes_no=1, yes_no_right="affirmed" not in faults)
        for name in (question["language"], question["kinds"][0].split("|")[0]):
            by[name].update(answers=1, right=not faults)
        if wrong and faults:
            print(
                f"{question['id']} {decision} {question['text']!r}: {faults}\n    {reply.answer}",
                flush=True,
            )
    return {
        "answers": count["answers"],
        "answers_right": count["right"] / max(count["answers"], 1),
        "yes_no": count["yes_no"],
        "yes_no_right": count["yes_no_right"] / max(count["yes_no"], 1),
        "median_ms": float(np.median(times)),
        "answers_right_by": {name: row["right"] / row["answers"] for name, row in sorted(by.items())},
    }


def _slots(one: UnderstoodRecord) -> dict[str, Any]:
    return {key: value for key in SLOTS if (value := getattr(one, key)) is not None}


if __name__ == "__main__":
    main()
