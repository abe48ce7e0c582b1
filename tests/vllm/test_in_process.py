"""vLLM inside this process, on tiny models: soft prompts, LoRA, and an image before a soft prompt."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration
from transformers.models.qwen2_vl import image_processing_pil_qwen2_vl
from vllm import LLM, ModelRegistry
from vllm.lora.request import LoRARequest

from anomaly_core.errors import LanguageModelRefused
from anomaly_core.language.base import LanguageModel
from anomaly_core.language.fakes import byte_tokenizer
from anomaly_core.language.inspection_dialogue import YES_NO, inspection_messages
from anomaly_core.language.transformers_lm import TransformersLanguageModel
from anomaly_core.language.vllm.agreement import TOLERANCE, compare, fixed_soft_prompts
from anomaly_core.language.vllm.in_process import VllmLanguageModel
from anomaly_core.language.vllm.text_side import TextSide
from anomaly_core.soft_prompt.adapters import load_adapter

OPTIONS: dict[str, Any] = {"dtype": "float32", "max_model_len": 512, "enforce_eager": True}
TORCHVISION_USER = "transformers.models.qwen2_vl.image_processing_qwen2_vl"


def agree(title: str, local: LanguageModel, served: LanguageModel, softs: list[torch.Tensor]) -> None:
    """Print the largest difference, and assert that it and every greedy reply are within the tolerance."""
    agreements = compare(local, served, softs)
    largest = max(line.largest for line in agreements if line.largest is not None)
    print(f"{title}: {largest:.1e}")
    assert largest < TOLERANCE
    assert all(line.same == line.cases for line in agreements if line.same is not None)


def test_soft_prompts_and_lora(tiny: Path, tiny_lora: Path, local_tiny: TransformersLanguageModel) -> None:
    served = VllmLanguageModel.load(str(tiny), enable_lora=True, max_lora_rank=8, **OPTIONS)
    softs = fixed_soft_prompts(64, 1.0)
    request = LoRARequest("lora", 1, str(tiny_lora))
    adapted = VllmLanguageModel(served.engine, served.text, lora=request)
    agree("tiny model in process", local_tiny, served, softs)
    before = local_tiny.choose(inspection_messages(softs[0]), YES_NO)
    local = load_adapter(local_tiny, tiny_lora)
    assert local.choose(inspection_messages(softs[0]), YES_NO) != pytest.approx(before, abs=1e-3)
    agree("tiny model with LoRA in process", local, adapted, softs)
    with pytest.raises(LanguageModelRefused, match="NaN"):
        served.choose(inspection_messages(torch.full((2, 64), float("nan"))), YES_NO)
    del served, adapted
    gc.collect()


def tiny_vision_model() -> Qwen2_5_VLForConditionalGeneration:
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": 259,
            "hidden_size": 64,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "rope_parameters": {"rope_type": "default", "mrope_section": [4, 6, 6], "rope_theta": 1e4},
            "max_position_embeddings": 1024,
            "bos_token_id": 0,
            "eos_token_id": 2,
            "pad_token_id": 2,
        },
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 2,
            "out_hidden_size": 64,
            "fullatt_block_indexes": [1],
        },
        image_token_id=3,
        video_token_id=4,
        vision_start_token_id=5,
        vision_end_token_id=6,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Qwen2_5_VLForConditionalGeneration(config).eval()


@pytest.fixture
def without_torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let vLLM import Qwen2.5-VL: of a module that needs torchvision it takes one plain function."""
    monkeypatch.setitem(sys.modules, TORCHVISION_USER, image_processing_pil_qwen2_vl)
    from vllm.model_executor.models.qwen2_5_vl import Qwen2_5_VLForConditionalGeneration as Served

    ModelRegistry.register_model("Qwen2_5_VLForConditionalGeneration", Served)


@pytest.mark.usefixtures("without_torchvision")
def test_image_and_soft_prompt(tmp_path: Path) -> None:
    """Qwen2.5-VL's own vision tower embeds the image; its tokens stand before the soft prompt."""
    network = tiny_vision_model()
    network.save_pretrained(tmp_path)
    byte_tokenizer().save_pretrained(tmp_path)
    local = TransformersLanguageModel(network, byte_tokenizer(), "tiny-vl")
    draw = torch.Generator().manual_seed(0)
    patches, grid = torch.randn(64, 3 * 2 * 14 * 14, generator=draw), torch.tensor([[1, 8, 8]])
    with torch.no_grad():
        features = network.model.get_image_features(patches, grid)
    image = torch.cat(list(getattr(features, "pooler_output", features)))
    assert image.shape == (16, 64)
    engine = LLM(
        str(tmp_path),
        enable_prompt_embeds=True,
        limit_mm_per_prompt={"image": 0, "video": 0},
        **OPTIONS,
    )
    served = VllmLanguageModel(engine, TextSide.load(tmp_path))
    softs = [torch.cat([image, soft]) for soft in fixed_soft_prompts(64, 1.0, tokens=5)]
    agree("tiny Qwen2.5-VL, image and soft prompt", local, served, softs)
    # The image is seen: another one gives other scores.
    other = torch.cat([image.flip(0), softs[0][16:]])
    changed = served.choose(inspection_messages(other), YES_NO)
    assert changed != pytest.approx(served.choose(inspection_messages(softs[0]), YES_NO), abs=1e-4)
