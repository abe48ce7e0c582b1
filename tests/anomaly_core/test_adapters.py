"""Adapters that peft itself loads again."""

from pathlib import Path

import pytest
import torch
from peft import PeftModel, load_peft_weights

from anomaly_core.config import LoraSettings
from anomaly_core.errors import ConfigError
from anomaly_core.language.base import Message
from anomaly_core.language.fakes import tiny_language_model
from anomaly_core.soft_prompt.adapters import add_lora, load_adapter, save_lora, save_prompt_tuning
from anomaly_core.training.dialogue_loss import dialogue_loss

# Raised by peft's own use of an old name in transformers, where this file calls peft directly.
pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")

DIALOGUE = [Message("user", "Q"), Message("assistant", "No.")]


def test_lora_trains_only_its_layers_and_is_loaded_again(tmp_path: Path) -> None:
    lm = add_lora(tiny_language_model(), LoraSettings(r=2, alpha=4, dropout=0.0))
    trained = {n: p for n, p in lm.model.named_parameters() if p.requires_grad}
    assert trained
    assert all("lora_" in name for name in trained)
    before = float(dialogue_loss(lm, [DIALOGUE]).detach())
    optimiser = torch.optim.Adam(trained.values(), lr=0.01)
    for _ in range(20):
        optimiser.zero_grad()
        loss = dialogue_loss(lm, [DIALOGUE])
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < before
    save_lora(lm, tmp_path)
    again = load_adapter(tiny_language_model(), tmp_path)
    assert again.choose(DIALOGUE[:1], ["Yes", "No"]) == pytest.approx(
        lm.choose(DIALOGUE[:1], ["Yes", "No"]), abs=1e-5
    )
    assert not any(p.requires_grad for p in again.model.parameters())


def test_unknown_layers_and_missing_adapters_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no_such_layer"):
        add_lora(tiny_language_model(), LoraSettings(targets=("no_such_layer",)))
    with pytest.raises(ConfigError, match="no LoRA"):
        save_lora(tiny_language_model(), tmp_path)
    with pytest.raises(ConfigError, match="no PEFT adapter"):
        load_adapter(tiny_language_model(), tmp_path)


def test_base_tokens_become_a_prompt_that_peft_puts_first(tmp_path: Path) -> None:
    tokens = torch.randn(9, 32)
    save_prompt_tuning(tokens, tmp_path, base_model="tiny")
    assert torch.equal(load_peft_weights(str(tmp_path))["prompt_embeddings"], tokens)
    ids = torch.tensor([[5, 6, 7]])
    lm = tiny_language_model()
    with torch.no_grad():
        expected = lm.model(inputs_embeds=torch.cat([tokens, lm.embed_ids(ids[0])])[None]).logits[:, -1]
        found = PeftModel.from_pretrained(lm.model, str(tmp_path))(input_ids=ids).logits[:, -1]
    assert torch.allclose(found, expected, atol=1e-5)
    with pytest.raises(ConfigError, match="base tokens"):
        save_prompt_tuning(torch.randn(0, 32), tmp_path, base_model="tiny")
