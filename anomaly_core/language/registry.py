"""Loading of language models by name, folder, hub id or URL."""

from __future__ import annotations

from typing import Final

import torch

from anomaly_core.language.base import LanguageModel
from anomaly_core.language.fakes import ScriptedLanguageModel, tiny_language_model
from anomaly_core.registry import Registry
from anomaly_core.weights.pinned import PINNED

LANGUAGE_MODELS: Final[Registry[LanguageModel]] = Registry("language model", "iad.language_models")
"""Language models of other packages; a factory is called as `factory(device=...)`."""
SCRIPTED: Final = "scripted"
TINY: Final = "tiny"
IN_PROCESS_VLLM: Final = "vllm:"
"""Prefix of a folder, cache name or hub id for a model that runs on vLLM inside this process."""


def load_language_model(
    model: str,
    device: str = "cpu",
    *,
    dtype: torch.dtype | None = None,
    base: str | None = None,
    served_name: str | None = None,
    key: str | None = None,
    timeout_s: float = 30.0,
) -> LanguageModel:
    """Load a language model.

    Args:
        model: a registered name, a name of the weight cache ("smollm2"), a folder, a hub id, one of the fakes
            "scripted" and "tiny", the URL of a vLLM server ("http://host:8000/v1"), or "vllm:" before a
            folder, name or id.
        device: torch device of a local model.
        dtype: of a local model's weights; float32 on a CPU and bfloat16 elsewhere, unless given.
        base: folder, name or hub id of a served model, for its tokenizer and token embeddings.
        served_name: name of the model, or of a LoRA adapter, on the server; the first model's if None.
        key: the server's API key.
        timeout_s: time limit of a call to a server, in seconds.

    Raises WeightsMissing, WeightsDamaged, ConfigError (a URL without `base`, or vLLM is not installed).
    """
    if model == SCRIPTED:
        return ScriptedLanguageModel()
    if model == TINY:
        return tiny_language_model(device=device)
    registered = None if model in PINNED else LANGUAGE_MODELS.find(model)
    if registered is not None:
        return registered(device=device)
    # Imported late: each backend takes seconds to import, and only one is used.
    if model.startswith(("http://", "https://")):
        from anomaly_core.language.vllm.served_lm import load_served

        return load_served(model, base=base, served_name=served_name, key=key, timeout_s=timeout_s)
    if model.startswith(IN_PROCESS_VLLM):
        from anomaly_core.language.vllm.in_process import VllmLanguageModel

        return VllmLanguageModel.load(model.removeprefix(IN_PROCESS_VLLM))
    from anomaly_core.language.transformers_lm import TransformersLanguageModel
    from anomaly_core.weights.resolve import resolve

    return TransformersLanguageModel.load(resolve(model), device, dtype=dtype, name=model)
