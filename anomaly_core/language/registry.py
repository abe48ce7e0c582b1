"""A model's name -> the language model behind it."""

from __future__ import annotations

from typing import Final

import torch

from anomaly_core.language.base import LanguageModel

SCRIPTED: Final = "scripted"
TINY: Final = "tiny"


def load_language_model(
    model: str, device: str = "cpu", *, dtype: torch.dtype | None = None
) -> LanguageModel:
    """Load a language model.

    Args:
        model: a name of the weight cache ("smollm2"), a folder, a hub id, or one of the fakes "scripted"
            and "tiny".
        device: a torch device.
        dtype: of the weights; float32 on a CPU and bfloat16 elsewhere, unless given.

    Raises WeightsMissing, WeightsDamaged.
    """
    # Imported late: the scripted model needs neither transformers nor its seconds of import.
    if model == SCRIPTED:
        from anomaly_core.language.scripted import ScriptedLanguageModel

        return ScriptedLanguageModel()
    if model == TINY:
        from anomaly_core.language.tiny import tiny_language_model

        return tiny_language_model(device=device)
    from anomaly_core.language.transformers_lm import TransformersLanguageModel
    from anomaly_core.weights import resolve

    return TransformersLanguageModel.load(resolve(model), device, dtype=dtype, name=model)
