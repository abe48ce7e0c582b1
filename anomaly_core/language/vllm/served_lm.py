"""Language model on a vLLM server; soft prompts are sent as prompt embeddings over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

from anomaly_core.errors import ConfigError, LanguageModelRefused
from anomaly_core.language.base import Message
from anomaly_core.language.choice_scoring import normalised
from anomaly_core.language.decoding import STOPS, readable
from anomaly_core.language.vllm.client import ModelServer
from anomaly_core.language.vllm.embeddings import encode_embeddings, read_scores
from anomaly_core.language.vllm.probe import ServerAbilities, probe
from anomaly_core.language.vllm.text_side import TextSide


class ServedLanguageModel:
    """LanguageModel on a server. Thread-safe; the server is contacted at the first call.

    The input is embedded here, as by the local backend; only the transformer runs on the server.

    Args:
        server: the server.
        text: the model's tokenizer and token embeddings.
        served_name: name of the model, or of a LoRA adapter, on the server; the first model's if None.
    """

    def __init__(self, server: ModelServer, text: TextSide, *, served_name: str | None = None) -> None:
        self.server = server
        self.text = text
        self._served_name = served_name
        self._abilities: ServerAbilities | None = None
        self._probing = threading.Lock()

    @property
    def name(self) -> str:
        """Stable identity of model and weights."""
        return self.text.name

    @property
    def hidden_size(self) -> int:
        """C_emb: the length of its token embeddings."""
        return self.text.hidden_size

    def abilities(self) -> ServerAbilities:
        """Return the server's abilities, probed once.

        Raises LanguageModelDown, and LanguageModelRefused where it does not accept soft prompts.
        """
        with self._probing:
            if self._abilities is None:
                found = probe(self.server, hidden_size=self.hidden_size, served_name=self._served_name)
                if not found.prompt_embeddings:
                    raise LanguageModelRefused(f"{self.server.url} lacks {'; '.join(found.missing)}.")
                self._abilities = found
            return self._abilities

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """Return the natural log-probability of each choice; see `TransformersLanguageModel.choose`.

        Each token of each choice is scored by the server, in one request.
        Raises LanguageModelDown and LanguageModelRefused.
        """
        replies, steps, prompts = self.text.questions(messages, choices)
        self._require_room(max(len(prompt) for prompt in prompts) + 1)
        wanted = sorted({token for step in steps for token in step.wanted})
        answer = self.server.post(
            "/completions",
            {
                **self._request(max_tokens=1),
                "prompt_embeds": [encode_embeddings(prompt) for prompt in prompts],
                "logprobs": 1,
                "logprob_token_ids": wanted,
                "return_tokens_as_token_ids": True,
            },
        )
        return normalised(replies, steps, read_scores(answer, len(steps)))

    def generate(self, messages: Sequence[Message], max_new_tokens: int = 128) -> Iterator[str]:
        """Yield pieces of the assistant's greedy reply, which ends as on the local backend.

        Raises LanguageModelDown and LanguageModelRefused.
        """
        prompt = self.text.embed(messages)
        room = self._require_room(len(prompt) + 1)
        limit = max_new_tokens if room is None else min(max_new_tokens, room + 1)
        body = {
            **self._request(max_tokens=limit),
            "prompt_embeds": encode_embeddings(prompt),
            "stop": list(STOPS),
            "stop_token_ids": sorted(self.text.stops),
            "return_token_ids": True,
        }
        # Read to its end, stop tokens included, so that the connection can be reused.
        events = self.server.stream("/completions", body)
        tokens = (token for event in events for token in _new_tokens(event, self.server.url))
        reply = (token for token in tokens if token not in self.text.stops)
        return readable(reply, self.text.builder.tokenizer, frozenset())

    def close(self) -> None:
        """Close the connections."""
        self.server.close()

    def _request(self, *, max_tokens: int) -> dict[str, Any]:
        found = self.abilities()
        name = self._served_name or found.models[0]
        return {"model": name, "max_tokens": max_tokens, "temperature": 0}

    def _require_room(self, tokens: int) -> int | None:
        """Return the context left beyond `tokens`, in tokens; None where the context is unknown."""
        context = self.abilities().context
        if context is None:
            return None
        if tokens > context:
            raise LanguageModelRefused(
                f"the dialogue has {tokens - 1} tokens, {self.name} reads {context} as it is served; start a "
                "new thread, or serve with a larger --max-model-len."
            )
        return context - tokens


def load_served(
    url: str,
    *,
    base: str | None,
    served_name: str | None = None,
    key: str | None = None,
    timeout_s: float = 30.0,
) -> ServedLanguageModel:
    """Return the model at a URL.

    base: folder, cache name or hub id of the served model, for its tokenizer and token embeddings.
    Raises ConfigError without it, WeightsMissing, WeightsDamaged.
    """
    if base is None:
        raise ConfigError(
            f"{url}: name the model that is served there as well (a folder, a cache name or a hub id), since "
            "its tokenizer and token embeddings are needed here."
        )
    return ServedLanguageModel(
        ModelServer(url, key=key, timeout_s=timeout_s), TextSide.load(base), served_name=served_name
    )


def _new_tokens(event: dict[str, Any], url: str) -> list[int]:
    try:
        return [int(token) for choice in event["choices"] for token in choice.get("token_ids") or ()]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LanguageModelRefused(
            f"{url}: the stream holds no token ids; use vLLM 0.30 or newer."
        ) from error
