"""The classifier of questions: multinomial logistic regression on their sentence vectors and n-grams.

`python -m agents.questions.classifier` fits it to the examples and writes `classifier.npz` beside this file;
the result is the same on every run. A second head of the same form tells what a yes to a question about the
verdict says of the part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from agents.questions.encoder import WIDTH, Vectors, encode
from agents.questions.examples import SIGNS, Sense, digest, read_examples
from agents.questions.ngrams import BUCKETS, ngrams
from anomaly_core.errors import WeightsDamaged
from anomaly_core.files import write_whole
from tools.records import Kind

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FILE: Final = Path(__file__).with_name("classifier.npz")
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
SENSES: Final[tuple[Sense, ...]] = tuple(SIGNS.values())
RIDGE: Final = 0.1
"""Weight of the squared norm against the summed loss; by cross-validation on the examples, flat around it."""
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Head:
    """A linear classifier. weights: (WIDTH + BUCKETS, classes). bias: (classes,)."""

    weights: Array
    bias: Array

    def probabilities(self, inputs: Inputs) -> Array:
        """Return the (n, classes) probabilities of n texts' inputs."""
        scores = inputs.times(self.weights) + self.bias
        scores -= scores.max(axis=1, keepdims=True)
        shares = np.exp(scores)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a head reads of n texts. vectors: (n, WIDTH). grams: (n, BUCKETS) sparse."""

    vectors: Vectors
    grams: csr_array

    @classmethod
    def of(cls, texts: Sequence[str]) -> Inputs:
        """Encode texts."""
        return cls(encode(texts), ngrams(texts))

    def times(self, weights: NDArray[Any]) -> NDArray[Any]:
        """Return the (n, classes) product of the inputs with (WIDTH + BUCKETS, classes) weights."""
        return np.asarray(self.vectors @ weights[:WIDTH] + self.grams @ weights[WIDTH:])

    def times_transposed(self, errors: NDArray[Any]) -> NDArray[Any]:
        """Return the (WIDTH + BUCKETS, classes) product of the transposed inputs with (n, classes)."""
        return np.vstack([self.vectors.T @ errors, self.grams.T @ errors])

    def __getitem__(self, rows: Sequence[int]) -> Inputs:
        """Return the inputs of some of the texts."""
        return Inputs(self.vectors[rows], self.grams[rows])


@dataclass(frozen=True, eq=False)
class Classifier:
    """kind: over `KINDS`. sense: over `SENSES`. fitted_to: digest of the examples."""

    kind: Head
    sense: Head
    fitted_to: str


def fit() -> Classifier:
    """Return the classifier of the examples; takes a minute."""
    examples = read_examples()
    inputs = Inputs.of([example.text for example in examples])
    kinds = np.array([KINDS.index(example.kind) for example in examples])
    of_verdict = [number for number, example in enumerate(examples) if example.sense]
    senses = np.array([SENSES.index(one.sense) for one in examples if one.sense])
    return Classifier(
        _fit(inputs, kinds, len(KINDS)), _fit(inputs[of_verdict], senses, len(SENSES)), digest()
    )


def save(classifier: Classifier, path: Path = FILE) -> None:
    """Write a classifier, its weights as float16."""
    from io import BytesIO

    written = BytesIO()
    np.savez_compressed(
        written,
        kind=classifier.kind.weights.astype(np.float16),
        kind_bias=classifier.kind.bias,
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
        return Classifier(kind, sense, str(values["fitted_to"]))
    except (OSError, KeyError, ValueError) as error:
        raise WeightsDamaged(f"{FILE} cannot be read ({error}): install the program again.") from error


def classify(texts: Sequence[str]) -> tuple[Array, Array]:
    """Return (n, kinds) and (n, senses) probabilities of texts."""
    inputs, classifier = Inputs.of(texts), load()
    return classifier.kind.probabilities(inputs), classifier.sense.probabilities(inputs)


def _fit(inputs: Inputs, labels: NDArray[np.int64], classes: int) -> Head:
    """Minimise the summed cross-entropy and RIDGE / 2 times the squared weights, by L-BFGS."""
    from scipy.optimize import minimize

    wanted = np.eye(classes)[labels]
    shape = (WIDTH + BUCKETS, classes)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = flat[:-classes].reshape(shape), flat[-classes:]
        scores = inputs.times(weights) + bias
        scores -= scores.max(axis=1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        error = np.exp(logs) - wanted
        slope = inputs.times_transposed(error) + RIDGE * weights
        value = -float((wanted * logs).sum()) + 0.5 * RIDGE * float((weights**2).sum())
        return value, np.concatenate([slope.ravel(), error.sum(axis=0)])

    start = np.zeros(shape[0] * classes + classes)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return Head(found.x[:-classes].reshape(shape).astype(np.float32), found.x[-classes:].astype(np.float32))


if __name__ == "__main__":
    save(fit())
