"""The classifier of questions: logistic regression on sentence vectors and n-grams, and the nearest examples.

`python -m agents.questions.fit` fits it to the examples. A head alone tells what a yes to a question about
the verdict says of the part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from agents.questions.learned.encoder import WIDTH, encode
from agents.questions.learned.examples import SIGNS, Sense, all_examples, digest
from agents.questions.learned.neighbours import NEAREST, Neighbours, votes
from agents.questions.learned.ngrams import ngrams
from agents.questions.learned.topics import help_topics
from anomaly_core.errors import WeightsDamaged
from anomaly_core.files import write_whole
from tools.records import Kind

FILE: Final = Path(__file__).with_name("classifier.npz")
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
SENSES: Final[tuple[Sense, ...]] = tuple(SIGNS.values())
RIDGE: Final = 0.1
"""Weight of the squared norm against the summed loss; by cross-validation on the examples, flat around it."""
SHARE: Final = 0.7
"""Weight of the nearest examples against the head, by writers left out (`benchmarks/kinds.py`)."""
ALIKE: Final = 0.65
"""Least cosine of a question and the nearest example for the question to be of a topic, by examples left out:
each by itself, and each with its whole topic."""
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Head:
    """A linear classifier. weights: (WIDTH + BUCKETS, classes). bias: (classes,)."""

    weights: Array
    bias: Array

    def probabilities(self, inputs: Array) -> Array:
        """Return the (n, classes) probabilities of (n, WIDTH + BUCKETS) inputs."""
        scores = inputs @ self.weights + self.bias
        scores -= scores.max(axis=1, keepdims=True)
        shares = np.exp(scores)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)


@dataclass(frozen=True, eq=False)
class OfKinds:
    """What tells kinds: a head, and the nearest examples."""

    head: Head
    near: Neighbours

    def probabilities(self, inputs: Array, share: float = SHARE) -> Array:
        """Return the (n, kinds) probabilities of (n, WIDTH + BUCKETS) inputs. share: of the nearest."""
        votes = self.near.shares(inputs[:, :WIDTH], inputs[:, WIDTH:], len(KINDS))
        return np.asarray((1 - share) * self.head.probabilities(inputs) + share * votes, np.float32)


@dataclass(frozen=True, eq=False)
class Classifier:
    """kind: over `KINDS`. sense: over `SENSES`. fitted_to: digest of the examples.

    topics: (examples,) uint8, n for the nth topic of help, 0 for none.
    """

    kind: OfKinds
    sense: Head
    topics: NDArray[np.uint8]
    fitted_to: str


def fit() -> Classifier:
    """Return the classifier of the examples; takes a minute."""
    examples = all_examples()
    inputs = inputs_of([example.in_full for example in examples])
    kinds = np.array([KINDS.index(example.kind) for example in examples])
    of_verdict = [number for number, example in enumerate(examples) if example.sense]
    senses = np.array([SENSES.index(one.sense) for one in examples if one.sense])
    names = [None, *help_topics()]
    topics = np.array([names.index(one.topic) for one in examples], np.uint8)
    sense = _fit(inputs[of_verdict], senses, len(SENSES))
    return Classifier(fit_kinds(inputs, kinds), sense, topics, digest())


def fit_kinds(inputs: Array, kinds: NDArray[np.int64]) -> OfKinds:
    """Return what tells the kinds of (n, WIDTH + BUCKETS) inputs. kinds: (n,), indices into `KINDS`."""
    return OfKinds(
        _fit(inputs, kinds, len(KINDS)), Neighbours.of(inputs[:, :WIDTH], inputs[:, WIDTH:], kinds)
    )


def save(classifier: Classifier, path: Path = FILE) -> None:
    """Write a classifier, its heads' weights as float16."""
    from io import BytesIO

    written, kind = BytesIO(), classifier.kind
    np.savez_compressed(
        written,
        kind=kind.head.weights.astype(np.float16),
        kind_bias=kind.head.bias,
        near_axes=kind.near.axes,
        near_vectors=kind.near.vectors,
        near_buckets=kind.near.buckets,
        near_counts=kind.near.counts,
        near_kinds=kind.near.kinds,
        topics=classifier.topics,
        sense=classifier.sense.weights.astype(np.float16),
        sense_bias=classifier.sense.bias,
        fitted_to=np.array(classifier.fitted_to),
    )
    write_whole(path, written.getvalue())


@cache
def load() -> Classifier:
    """Return the classifier that comes with the program. Raises WeightsDamaged where it cannot be read."""
    try:
        with np.load(FILE, allow_pickle=False) as kept:
            values = {name: kept[name] for name in kept.files}
        kind, sense = (
            Head(values[name].astype(np.float32), values[f"{name}_bias"].astype(np.float32))
            for name in ("kind", "sense")
        )
        near = Neighbours(*(values[f"near_{field.name}"] for field in fields(Neighbours)))
        return Classifier(OfKinds(kind, near), sense, values["topics"], str(values["fitted_to"]))
    except (OSError, KeyError, ValueError) as error:
        raise WeightsDamaged(f"{FILE} cannot be read ({error}): install the program again.") from error


def classify(texts: Sequence[str]) -> tuple[Array, Array]:
    """Return (n, kinds) and (n, senses) probabilities of texts."""
    inputs, classifier = inputs_of(texts), load()
    return classifier.kind.probabilities(inputs), classifier.sense.probabilities(inputs)


def nearest_topic(text: str, kind: Kind) -> tuple[str | None, float]:
    """Return which topic of help a question of a kind is of, or None, and how near its examples are."""
    classifier = load()
    near = classifier.kind.near
    alike = np.where(near.kinds == KINDS.index(kind), near.meant(encode([text])), 0)
    nearest = np.argsort(-alike, axis=1, kind="stable")[:, :NEAREST]
    likeness = np.take_along_axis(alike, nearest, axis=1)
    names = [None, *help_topics()]
    told = np.bincount(classifier.topics[nearest[0]], votes(likeness)[0], len(names))
    found = names[int(told.argmax())] if likeness[0, 0] >= ALIKE else None
    return found, float(likeness[0, 0]) if found is not None else 0.0


def inputs_of(texts: Sequence[str]) -> Array:
    """Return what the heads read of texts, (n, WIDTH + BUCKETS): sentence vectors, then n-grams."""
    return np.hstack([encode(texts), ngrams(texts)])


def _fit(inputs: Array, labels: NDArray[np.int64], classes: int) -> Head:
    """Minimise the summed cross-entropy and RIDGE / 2 times the squared weights, by L-BFGS."""
    from scipy.optimize import minimize

    wanted = np.eye(classes)[labels]
    shape = (inputs.shape[1], classes)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = flat[:-classes].reshape(shape), flat[-classes:]
        # Single precision for the products, of which there are hundreds.
        scores = (inputs @ weights.astype(np.float32)).astype(np.float64) + bias
        scores -= scores.max(axis=1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        error = np.exp(logs) - wanted
        slope = inputs.T @ error.astype(np.float32) + RIDGE * weights
        value = -float((wanted * logs).sum()) + 0.5 * RIDGE * float((weights**2).sum())
        return value, np.concatenate([slope.ravel(), error.sum(axis=0)])

    start = np.zeros(shape[0] * classes + classes)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return Head(found.x[:-classes].reshape(shape).astype(np.float32), found.x[-classes:].astype(np.float32))


def kind_of(question: str) -> Kind:
    """Return the kind of a question as a whole."""
    kinds, _ = classify([question])
    return KINDS[int(kinds[0].argmax())]
