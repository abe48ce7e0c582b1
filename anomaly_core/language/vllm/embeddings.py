"""Encoding of prompt embeddings for vLLM, and checked reading of its log-probabilities."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import torch

from anomaly_core.errors import LanguageModelRefused

_ID_PREFIX = "token_id:"


def encode_embeddings(embeddings: torch.Tensor) -> str:
    """Return (n, hidden) floats as the base64 of a torch file, for `prompt_embeds`.

    vLLM would accept NaN and generate nonsense, so values are checked here.
    Raises LanguageModelRefused for another shape or type, no row, NaN or infinity.
    """
    if embeddings.ndim != 2 or not embeddings.shape[0] or not embeddings.is_floating_point():
        raise LanguageModelRefused(
            f"prompt embeddings must be (n, hidden) floats with n of 1 or more, not "
            f"{tuple(embeddings.shape)} {embeddings.dtype}."
        )
    if not bool(torch.isfinite(embeddings).all()):
        raise LanguageModelRefused("the prompt embeddings hold NaN or infinity; check map and checkpoint.")
    # Cloned: a slice would be saved with its whole storage.
    buffer = io.BytesIO()
    torch.save(embeddings.detach().cpu().contiguous().clone(), buffer)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def read_scores(answer: Mapping[str, Any], count: int) -> list[dict[int, float]]:
    """Return {token id: natural log-probability} of the first token of each of `count` completions.

    Raises LanguageModelRefused for an answer without the log-probabilities of `logprob_token_ids`.
    """
    try:
        choices = sorted(answer["choices"], key=lambda choice: int(choice["index"]))
        rows = [
            {
                int(token.removeprefix(_ID_PREFIX)): float(value)
                for token, value in choice["logprobs"]["top_logprobs"][0].items()
                if token.startswith(_ID_PREFIX)
            }
            for choice in choices
        ]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise LanguageModelRefused(
            "the server's answer holds no log-probabilities that can be read; use vLLM 0.32."
        ) from error
    if len(rows) != count:
        raise LanguageModelRefused(f"the server answered {len(rows)} of {count} prompts.")
    return rows
