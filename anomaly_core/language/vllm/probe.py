"""Probe of a model server: its models, context length, prompt embeddings and structured outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from anomaly_core.errors import LanguageModelRefused
from anomaly_core.language.vllm.client import ModelServer
from anomaly_core.language.vllm.embeddings import encode_embeddings, read_scores


@dataclass(frozen=True)
class ServerAbilities:
    """The result of a probe.

    models: names of base models. loras: names of adapters. context: tokens of input and reply together, None
    where unknown. prompt_embeddings: whether soft prompts are accepted. structured: whether replies can be
    limited to choices or a JSON schema; None where not tried. missing: each missing feature with its remedy.
    """

    models: tuple[str, ...]
    loras: tuple[str, ...]
    context: int | None
    prompt_embeddings: bool
    structured: bool | None
    missing: tuple[str, ...]


def probe(
    server: ModelServer, *, hidden_size: int, served_name: str | None = None, structured: bool = False
) -> ServerAbilities:
    """List the server's models, and try a soft prompt for one token.

    structured: also try a reply limited to choices; the first one can take a server twenty seconds.
    Raises LanguageModelDown, and LanguageModelRefused where it serves no model, or none of this name.
    """
    models, loras, context = _listed(server)
    name = served_name or (models[0] if models else None)
    if name is None:
        raise LanguageModelRefused(f"{server.url}: serves no model; start it with `iad llm serve`.")
    if name not in (*models, *loras):
        raise LanguageModelRefused(
            f"{server.url}: serves no model {name!r}; it serves {', '.join((*models, *loras))}."
        )
    missing = []
    embeddings = _refusal(
        server,
        {"prompt_embeds": encode_embeddings(torch.zeros(2, hidden_size)), "logprob_token_ids": [0]},
        name,
    )
    if embeddings is not None:
        missing.append(f"soft prompts: {embeddings}; start the server with --enable-prompt-embeds")
    limited = None
    if structured:
        refusal = _refusal(server, {"prompt": "a", "structured_outputs": {"choice": ["a", "b"]}}, name)
        limited = refusal is None
        if refusal is not None:
            missing.append(f"structured outputs: {refusal}; use vLLM 0.30 or newer")
    return ServerAbilities(models, loras, context, embeddings is None, limited, tuple(missing))


def _listed(server: ModelServer) -> tuple[tuple[str, ...], tuple[str, ...], int | None]:
    listing = server.get("/models")
    try:
        rows: list[dict[str, Any]] = listing["data"]
        # An adapter names its base model as its parent.
        models = tuple(str(row["id"]) for row in rows if not row.get("parent"))
        loras = tuple(str(row["id"]) for row in rows if row.get("parent"))
        contexts = [int(row["max_model_len"]) for row in rows if row.get("max_model_len")]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LanguageModelRefused(
            f"{server.url}: its list of models cannot be read; check the URL, which ends with /v1."
        ) from error
    return models, loras, min(contexts, default=None)


def _refusal(server: ModelServer, request: dict[str, Any], name: str) -> str | None:
    """Return why the server refuses a request for one token, or None where it does not."""
    body = {"model": name, "max_tokens": 1, "temperature": 0, **request}
    if "logprob_token_ids" in request:
        body |= {"logprobs": 1, "return_tokens_as_token_ids": True}
    try:
        answer = server.post("/completions", body)
        if "logprob_token_ids" in request and 0 not in read_scores(answer, 1)[0]:
            return "it does not give the log-probabilities of chosen tokens (vLLM 0.32 does)"
    except LanguageModelRefused as error:
        return str(error).removeprefix(f"{server.url}: ").rstrip(".")
    return None
