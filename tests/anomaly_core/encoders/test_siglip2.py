"""SigLIP 2: the fixed-size models are SigLIP's class with Gemma's tokenizer; the others are refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from anomaly_core.encoders.base import encode_one
from anomaly_core.encoders.registry import load_image_encoder, load_text_encoder
from anomaly_core.errors import ConfigError

LENGTH = 8
SMALL = {"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 4, "intermediate_size": 64}
WORDS = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", *"abcdefghijklmnopqrstuvwxyz"]


@pytest.fixture(scope="module")
def model() -> transformers.SiglipModel:
    text = {**SMALL, "vocab_size": len(WORDS), "max_position_embeddings": LENGTH, "projection_size": 32}
    vision = {**SMALL, "image_size": 64, "patch_size": 16}
    torch.manual_seed(0)
    return transformers.SiglipModel(transformers.SiglipConfig(text_config=text, vision_config=vision)).eval()


@pytest.fixture(scope="module")
def folder(model: transformers.SiglipModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("siglip2")
    model.save_pretrained(made)
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    transformers.GemmaTokenizer(vocab=vocabulary, merges=[], padding_side="right").save_pretrained(made)
    return made


def test_both_towers_are_the_models_own(model: transformers.SiglipModel, folder: Path) -> None:
    ids = transformers.AutoTokenizer.from_pretrained(folder)(
        ["a bolt", "a scratched bolt"],
        padding="max_length",
        max_length=LENGTH,
        truncation=True,
        return_tensors="pt",
    )["input_ids"]
    with torch.no_grad():
        expected = torch.nn.functional.normalize(model.text_model(ids).pooler_output, dim=-1)
    text = load_text_encoder(str(folder))
    assert torch.allclose(text.encode_text(["a bolt", "a scratched bolt"]), expected, atol=1e-5)
    image = load_image_encoder(str(folder))
    features = encode_one(image, np.full((48, 80, 3), 90, np.uint8))
    assert [tap.shape for tap in features.taps] == [(32, 3, 5)] * 4
    assert image.embedding_dim == text.embedding_dim


def test_models_of_any_resolution_are_refused_by_name(tmp_path: Path) -> None:
    transformers.Siglip2Config().save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="'siglip2' is no known vision encoder"):
        load_image_encoder(str(tmp_path))
