"""A language model served by vLLM, unmodified: soft prompts go to it as prompt embeddings over HTTP."""

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
    """A served model behind the LanguageModel Protocol, for many threads at once.

    Its input is the sequence that the local backend would see, embedded here; only the transformer runs on
    the server. Nothing is asked of the server before the first call.

    Args:
        server: where it is served.
        text: its tokenizer and token embeddings.
        served_name: what the server calls the model, or a LoRA adapter of it; its first model if None.
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
        """C_emb: the width of its token embeddings."""
        return self.text.hidden_size

    def abilities(self) -> ServerAbilities:
        """Return what the server can do, asked once, at the first call that reaches it.

        Raises LanguageModelDown, and LanguageModelRefused where soft prompts cannot be sent.
        """
        with self._probing:
            if self._abilities is None:
                found = probe(self.server, hidden_size=self.hidden_size, served_name=self._served_name)
                if not found.prompt_embeddings:
                    raise LanguageModelRefused(f"{self.server.url} lacks {'; '.join(found.missing)}.")
                self._abilities = found
            return self._abilities

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """Return the natural log-probability of each choice as the assistant's whole next words.

        Exact: each token of each choice is scored by the server, in one request, as the local backend scores
        it; see `TransformersLanguageModel.choose` for what a choice is.

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
        """Yield pieces of the assistant's greedy reply as they are made.

        The reply ends where the local backend's would. Raises LanguageModelDown and LanguageModelRefused.
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
        # Read to its end, stop tokens and all, so that the connection serves the next call.
        events = self.server.stream("/completions", body)
        said = (token for event in events for token in _new_tokens(event, self.server.url))
        spoken = (token for token in said if token not in self.text.stops)
        return readable(spoken, self.text.builder.tokenizer, frozenset())

    def close(self) -> None:
        """Close the connections."""
        self.server.close()

    def _request(self, *, max_tokens: int) -> dict[str, Any]:
        found = self.abilities()
        name = self._served_name or found.models[0]
        return {"model": name, "max_tokens": max_tokens, "temperature": 0}

    def _require_room(self, tokens: int) -> int | None:
        """Tokens of the context that are left beyond `tokens`; None where the server does not say."""
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
    """Return the model behind a URL.

    base: folder, cache name or hub id of the model that is served, for its tokenizer and token embeddings.
    Raises ConfigError without it, WeightsMissing and WeightsDamaged.
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
