"""A tiny random language model, a fake for tests: the real classes, no weights to download."""

from __future__ import annotations

from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig, PretrainedConfig, PreTrainedTokenizerFast

from anomaly_core.language.transformers_lm import TransformersLanguageModel

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_tokenizer(*, chat_template: str | None = CHATML) -> PreTrainedTokenizerFast:
    """Return a tokenizer whose tokens are the 256 bytes and three special ones: 259 in all."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    specials = ["<s>", "<|im_start|>", "<|im_end|>"]
    vocabulary = {token: i for i, token in enumerate(specials + alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="<|im_end|>",
        additional_special_tokens=["<|im_start|>"],
    )
    fast.chat_template = chat_template
    return fast


def tiny_language_model(
    *,
    seed: int = 0,
    config: PretrainedConfig | None = None,
    chat_template: str | None = CHATML,
    device: str = "cpu",
) -> TransformersLanguageModel:
    """Return a random two-layer Llama of width 32 over bytes, or a model of the given config.

    It knows nothing: it is a fake whose shapes, gradients and caches are real.
    """
    tokenizer = byte_tokenizer(chat_template=chat_template)
    settings: Any = config or LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=2,
    )
    # The global generator is put back as it was: making a fake must not change a caller's randomness.
    make: Any = AutoModelForCausalLM.from_config
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = make(settings, dtype=torch.float32).to(device)
    return TransformersLanguageModel(
        model, tokenizer, f"tiny-{settings.model_type}-{seed} (fake, random weights)"
    )
