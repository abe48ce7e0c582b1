"""Log-probabilities of several replies, from the next-token log-probabilities that a server returns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from anomaly_core.errors import LanguageModelRefused

Tokens = tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """One request for next-token log-probabilities. prefix: reply tokens before. wanted: next ids."""

    prefix: Tokens
    wanted: Tokens


def plan_steps(replies: Sequence[Tokens]) -> list[Step]:
    """Return the steps whose log-probabilities sum to those of the replies, each once.

    Tokens that all replies begin with are left out, since they cancel in the normalisation.
    """
    shared = 0
    while all(len(reply) > shared and reply[shared] == replies[0][shared] for reply in replies):
        shared += 1
    wanted: dict[Tokens, dict[int, None]] = {}
    for reply in replies:
        for end in range(shared, len(reply)):
            wanted.setdefault(reply[:end], {})[reply[end]] = None
    return [Step(prefix, tuple(ids)) for prefix, ids in wanted.items()]


def normalised(
    replies: Sequence[Tokens], steps: Sequence[Step], found: Sequence[Mapping[int, float]]
) -> list[float]:
    """Return each reply's natural log-probability, normalised over the replies.

    found: for each step, the log-probability of each wanted id.
    Raises LanguageModelRefused where one is missing or not finite.
    """
    known = {
        (step.prefix, token): row.get(token)
        for step, row in zip(steps, found, strict=True)
        for token in step.wanted
    }
    if any(value is None for value in known.values()):
        raise LanguageModelRefused(
            "the server did not give the log-probabilities of the tokens that were asked for; use vLLM 0.32, "
            "and --logprobs-mode raw_logprobs, its default."
        )
    if not all(math.isfinite(value) for value in known.values() if value is not None):
        raise LanguageModelRefused("the log-probabilities are not finite; serve with another --dtype.")
    sums = [
        math.fsum(known.get((reply[:end], reply[end])) or 0.0 for end in range(len(reply)))
        for reply in replies
    ]
    top = max(sums)
    total = top + math.log(math.fsum(math.exp(value - top) for value in sums))
    return [value - total for value in sums]
