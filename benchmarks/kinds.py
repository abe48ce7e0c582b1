"""How well kinds are told of questions whose writer none of the examples is by.

    python benchmarks/kinds.py
    python benchmarks/kinds.py --examination

Examples were written in batches by several writers, a commit or two each, and so are known by `git blame`:
it takes a full clone. Each batch of at least LEAST is left out in turn and judged by the classifier of the
others; so is the development half of asking.json (questions that ask one thing), without the examples that
are near-copies of a question in it. Printed for each share of the nearest examples against the linear head.

--examination: how well the shipped classifier does on the questions of asking/examination, whose writer none
of the examples is by, and which nobody looked at while anything was changed for them.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import parser, write

from agents.questions.learned.classifier import KINDS, SENSES, classify, fit_kinds, inputs_of
from agents.questions.learned.encoder import WIDTH
from agents.questions.learned.examples import FOLDER, LANGUAGES, read_examples

LEAST = 500
"""Examples of a batch that is left out: those of fewer are of one or two kinds."""
COPY = 0.8
"""Cosine of n-grams from which an example is a near-copy of a question."""
SHARES = (0.0, 0.25, 0.3, 0.4, 0.5, 1.0)
SAME = ("465519f", "fa6c333")
"""Two commits of one batch."""


def writers() -> list[str]:
    """Return the commit of each example, in the order of `read_examples`."""
    found: list[str] = []
    for language in LANGUAGES:
        command = ["git", "blame", "-s", "--abbrev=7", f"{language}.txt"]
        blamed = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=True).stdout
        for line in blamed.splitlines():
            commit, text = line.split(")", 1)
            if text.strip() and not text.strip().startswith("["):
                found.append(commit.lstrip("^")[:7])
    return [SAME[0] if each == SAME[1] else each for each in found]


def asked() -> tuple[list[str], list[list[str]], list[str]]:
    """Return the texts, right kinds and languages of the development half's questions that ask one thing."""
    whole = json.loads((Path(__file__).parent / "asking.json").read_text(encoding="utf-8"))
    single = [each for each in whole if each["half"] == "development" and len(each["kinds"]) == 1]
    return (
        [each["text"] for each in single],
        [each["kinds"][0].split("|") for each in single],
        [each["language"] for each in single],
    )


def right(chances: np.ndarray, kinds: Sequence[Sequence[str]]) -> np.ndarray:
    """Return (n,) whether the likeliest of (n, kinds) probabilities is among the right kinds."""
    best = chances.argmax(axis=1)
    return np.array([KINDS[one] in each for one, each in zip(best, kinds, strict=True)])


def examination() -> dict[str, Any]:
    """Return how often the shipped classifier is right, by language and by kind."""
    put = read_examples(Path(__file__).parent / "asking" / "examination")
    chances, senses = classify([each.in_full for each in put])
    told = right(chances, [[each.kind] for each in put])
    sense = [
        SENSES[one] == each.sense for one, each in zip(senses.argmax(axis=1), put, strict=True) if each.sense
    ]

    def share(of: Sequence[bool]) -> float:
        return round(float(told[np.array(of)].mean()), 3)

    return {
        "questions": len(put),
        "right": round(float(told.mean()), 4),
        "sense_right": round(float(np.mean(sense)), 4),
        "by_language": {one: share([each.language == one for each in put]) for one in LANGUAGES},
        "by_kind": {one: share([each.kind == one for each in put]) for one in KINDS},
    }


def main() -> None:
    options = parser(__doc__, out="kinds.json")
    options.add_argument("--examination", action="store_true", help="of the shipped classifier alone")
    given = options.parse_args()
    if given.examination:
        found = examination()
        print(json.dumps(found, indent=1))
        if given.out == options.get_default("out"):
            given.out = given.out.with_name("kinds_examination.json")
        return write(given, found)
    examples, by = read_examples(), np.array(writers())
    inputs = inputs_of([each.in_full for each in examples])
    labels = np.array([KINDS.index(each.kind) for each in examples])
    texts, wanted, spoken = asked()
    put = inputs_of(texts)
    copies = (inputs[:, WIDTH:] @ put[:, WIDTH:].T).max(axis=1) >= COPY
    batches = [name for name, count in Counter(by[~copies].tolist()).items() if count >= LEAST]
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    counts: dict[str, int] = {}
    for name in [*batches, "development half"]:
        theirs = (by == name) & ~copies if name in batches else np.zeros(len(by), bool)
        seen = by != name if name in batches else ~copies
        kinds = fit_kinds(inputs[seen], labels[seen])
        tested = inputs[theirs] if name in batches else put
        due = [[KINDS[one]] for one in labels[theirs]] if name in batches else wanted
        languages = np.array([examples[i].language for i in np.flatnonzero(theirs)] or spoken)
        row: dict[str, dict[str, Any]] = {}
        for share in SHARES:
            told = right(kinds.probabilities(tested, share), due)
            row[str(share)] = {
                "right": round(float(told.mean()), 4),
                "by_language": {one: round(float(told[languages == one].mean()), 3) for one in LANGUAGES},
            }
        rows[name], counts[name] = row, len(due)
        print(name, len(due), {share: each["right"] for share, each in row.items()}, flush=True)
    for given_share in map(str, SHARES):
        shares = np.array([row[given_share]["right"] for row in rows.values()])
        gains = shares - np.array([row["0.0"]["right"] for row in rows.values()])
        print(
            f"share {given_share}: mean {shares.mean():.4f}, gain {gains.mean():.4f}, {gains.std(ddof=1):.4f}"
        )
    write(given, {"questions": counts, "shares": rows})


if __name__ == "__main__":
    main()
