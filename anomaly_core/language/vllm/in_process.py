"""Language model on vLLM inside this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from anomaly_core.errors import ConfigError, LanguageModelRefused
from anomaly_core.language.base import Message
from anomaly_core.language.choice_scoring import normalised
from anomaly_core.language.decoding import STOPS, readable
from anomaly_core.language.vllm.text_side import TextSide
from anomaly_core.weights.resolve import resolve


class VllmLanguageModel:
    """LanguageModel on `vllm.LLM`. Not thread-safe.

    Args:
        engine: a `vllm.LLM` made with `enable_prompt_embeds=True`.
        text: its tokenizer and token embeddings.
        lora: a `vllm.lora.request.LoRARequest` for every call, or None.
    """

    def __init__(self, engine: Any, text: TextSide, *, lora: Any = None) -> None:
        self.engine = engine
        self.text = text
        self._lora = lora

    @classmethod
    def load(cls, model: str, **options: Any) -> VllmLanguageModel:
        """Load a folder, a name of the weight cache or a hub id; `options` go to `vllm.LLM`.

        Raises ConfigError without vLLM, WeightsMissing, WeightsDamaged.
        """
        text = TextSide.load(model)
        try:
            from vllm import LLM
        except ImportError as error:
            raise ConfigError(
                f"vllm:{model}: vLLM is not installed; see docs/operations/serving.md."
            ) from error
        found: Path | str = resolve(model)
        return cls(LLM(model=str(found), enable_prompt_embeds=True, **options), text)

    @property
    def name(self) -> str:
        """Stable identity of model and weights."""
        return self.text.name

    @property
    def hidden_size(self) -> int:
        """C_emb: the length of its token embeddings."""
        return self.text.hidden_size

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        """Return the natural log-probability of each choice as the assistant's reply.

        Raises LanguageModelRefused.
        """
        replies, steps, prompts = self.text.questions(messages, choices)
        wanted = sorted({token for step in steps for token in step.wanted})
        outputs = self._run(prompts, max_tokens=1, logprob_token_ids=wanted)
        found = [
            {int(token): float(value.logprob) for token, value in output.outputs[0].logprobs[0].items()}
            for output in outputs
        ]
        return normalised(replies, steps, found)

    def generate(self, messages: Sequence[Message], max_new_tokens: int = 128) -> Iterator[str]:
        """Yield the assistant's greedy reply, in one piece. Raises LanguageModelRefused."""
        (output,) = self._run(
            [self.text.embed(messages)],
            max_tokens=max_new_tokens,
            stop=list(STOPS),
            stop_token_ids=sorted(self.text.stops),
        )
        tokens = (int(token) for token in output.outputs[0].token_ids)
        yield from readable(tokens, self.text.builder.tokenizer, self.text.stops)

    def _run(self, prompts: Sequence[torch.Tensor], **sampling: Any) -> list[Any]:
        from vllm import SamplingParams

        if not all(bool(torch.isfinite(prompt).all()) for prompt in prompts):
            raise LanguageModelRefused(
                "the prompt embeddings hold NaN or infinity; check map and checkpoint."
            )
        try:
            outputs: list[Any] = self.engine.generate(
                [{"prompt_embeds": prompt} for prompt in prompts],
                SamplingParams(temperature=0.0, **sampling),
                lora_request=self._lora,
                use_tqdm=False,
            )
        except ValueError as error:  # vLLM's error for a request that it rejects
            raise LanguageModelRefused(f"{self.name}: {str(error).splitlines()[0]}") from error
        return outputs
