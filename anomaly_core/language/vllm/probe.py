"""What a model server can do, learned by asking it once: models, context, prompt embeddings, structure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from anomaly_core.errors import LanguageModelRefused
from anomaly_core.language.vllm.client import ModelServer
from anomaly_core.language.vllm.embeddings import encode_embeddings, read_scores


@dataclass(frozen=True)
class ServerAbilities:
    """What the probe found.

    models: names of base models. loras: names of adapters. context: tokens of input and reply together, None
    where the server does not say. prompt_embeddings: soft prompts can be sent. structured: replies can be
    limited to choices or a JSON schema; None where this was not tried. missing: a line with its mend for each
    thing that it lacks.
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
    """Ask the server what it serves, and try a soft prompt for one token.

    structured: also try a reply limited to choices; a server's first one can take it twenty seconds.
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
    embeddings = _refused(
        server,
        {"prompt_embeds": encode_embeddings(torch.zeros(2, hidden_size)), "logprob_token_ids": [0]},
        name,
    )
    if embeddings is not None:
        missing.append(f"soft prompts: {embeddings}; start the server with --enable-prompt-embeds")
    limited = None
    if structured:
        refusal = _refused(server, {"prompt": "a", "structured_outputs": {"choice": ["a", "b"]}}, name)
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


def _refused(server: ModelServer, request: dict[str, Any], name: str) -> str | None:
    """Why a request for one token is refused, or None where it is not."""
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
