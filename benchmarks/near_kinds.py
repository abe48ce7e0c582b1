"""When the two likeliest kinds of a question are too near each other to choose silently.

    python benchmarks/near_kinds.py

The examples that the classifier is fitted to are left out in turn, a fifth of them at a time (leaving one out
at a time would take a fit for each of ten thousand), and judged by the classifier of the others. Over ratios
of the second kind's probability to the first one's: how often an answer would offer the second kind, how
often the first was wrong then, and how many of the mistakes an offer reaches.
"""

from __future__ import annotations

import numpy as np
from harness import parser, write

from agents.questions.intents import NEAR
from agents.questions.learned.classifier import KINDS, fit_kinds, inputs_of
from agents.questions.learned.examples import read_examples

FOLDS = 5
RATIOS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def held_out(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, kinds) probabilities of the examples, each by a classifier of others, and (n,) kinds."""
    examples = read_examples()
    inputs = inputs_of([example.in_full for example in examples])
    labels = np.array([KINDS.index(example.kind) for example in examples])
    folds = np.random.default_rng(seed).permutation(len(examples)) % FOLDS
    chances = np.zeros((len(examples), len(KINDS)), np.float32)
    for fold in range(FOLDS):
        seen = folds != fold
        chances[~seen] = fit_kinds(inputs[seen], labels[seen]).probabilities(inputs[~seen])
        print(f"fold {fold + 1} of {FOLDS}", flush=True)
    return chances, labels


def main() -> None:
    given = parser(__doc__, out="near_kinds.json").parse_args()
    chances, labels = held_out()
    order = np.argsort(-chances, axis=1)
    first, second = (np.take_along_axis(chances, order[:, [rank]], axis=1)[:, 0] for rank in (0, 1))
    wrong = (order[:, 0] != labels) & (first >= NEAR)
    helped = wrong & (order[:, 1] == labels)
    rows = {}
    for ratio in RATIOS:
        offered = (second >= ratio * first) & (first >= NEAR)
        rows[str(ratio)] = {
            "offered": round(float(offered.mean()), 4),
            "first_wrong_where_offered": round(float(wrong[offered].mean()), 4),
            "second_right_where_offered": round(float(helped[offered].mean()), 4),
            "mistakes_reached": round(float(helped[offered].sum() / max(helped.sum(), 1)), 4),
        }
        print(ratio, rows[str(ratio)])
    write(given, {"examples": len(labels), "wrong": round(float(wrong.mean()), 4), "ratios": rows})


if __name__ == "__main__":
    main()
