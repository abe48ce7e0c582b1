"""Names -> language models, and the real embedded one."""

import math

import pytest
import torch
from transformers import LlamaConfig, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from anomaly_core.errors import WeightsMissing
from anomaly_core.language.base import LanguageModel, Message
from anomaly_core.language.fakes import byte_tokenizer, tiny_language_model
from anomaly_core.language.inspection_dialogue import YES_NO, inspection_messages
from anomaly_core.language.registry import load_language_model
from anomaly_core.language.transformers_lm import TransformersLanguageModel
from anomaly_core.soft_prompt.learner import PromptLearner, PromptLearnerConfig
from anomaly_core.weights.resolve import cached


@pytest.mark.parametrize("name", ["scripted", "tiny"])
def test_the_fakes_keep_the_protocol(name: str) -> None:
    lm = load_language_model(name)
    assert isinstance(lm, LanguageModel)
    assert "scripted" in lm.name or "fake" in lm.name
    soft = torch.zeros(3, lm.hidden_size)
    found = lm.choose(inspection_messages(soft), YES_NO)
    assert sum(math.exp(value) for value in found) == pytest.approx(1.0)
    assert all(isinstance(piece, str) for piece in lm.generate([Message("user", "Q")], max_new_tokens=3))


def test_an_unknown_name_says_what_is_known() -> None:
    with pytest.raises(WeightsMissing, match="smollm2"):
        load_language_model("no-such-model")


def test_vicunas_width_takes_the_papers_prompt() -> None:
    """One layer of Vicuna-7B's width and heads, over bytes."""
    config = LlamaConfig(
        vocab_size=259,
        hidden_size=4096,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=32,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=2,
    )
    lm = tiny_language_model(config=config, chat_template=None)
    learner = PromptLearner(PromptLearnerConfig(hidden_size=4096, image_dim=1024, channels=(4, 4, 4, 4, 4)))
    with torch.no_grad():
        soft = learner(torch.rand(2, 1, 224, 224), torch.rand(2, 1024))[0]
    assert len(lm.choose(inspection_messages(soft), YES_NO)) == 2


def test_the_text_side_of_a_vision_language_model() -> None:
    """A soft prompt goes through Qwen2.5-VL's language model as through any other."""
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": 259,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 1e4},
            "bos_token_id": 0,
            "eos_token_id": 2,
            "pad_token_id": 2,
        },
        vision_config={
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_heads": 2,
            "out_hidden_size": 32,
        },
        image_token_id=3,
        video_token_id=4,
        vision_start_token_id=5,
        vision_end_token_id=6,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        lm = TransformersLanguageModel(
            Qwen2_5_VLForConditionalGeneration(config), byte_tokenizer(), "tiny-vl"
        )
    soft = torch.randn(4, 32, generator=torch.Generator().manual_seed(0))
    messages = inspection_messages(soft)
    choices = ["Yes, it is", "No"]
    prefix = lm.embed(messages)
    raw = []
    for choice in choices:
        ids = lm.builder.typed_ids(choice)
        rows = torch.cat([prefix, lm.embed_ids(torch.tensor(ids))])
        with torch.no_grad():
            logp = lm.model(inputs_embeds=rows[None]).logits[0].log_softmax(-1)
        raw.append(sum(float(logp[len(prefix) - 1 + i, token]) for i, token in enumerate(ids)))
    assert lm.choose(messages, choices) == pytest.approx(torch.tensor(raw).log_softmax(0).tolist(), abs=1e-4)


@pytest.mark.weights
def test_the_embedded_model_scores_as_whole_sequences_do() -> None:
    if cached("smollm2") is None:
        pytest.skip("smollm2 is not in the weight cache; get it with `iad weights pull smollm2`")
    lm = load_language_model("smollm2")
    assert isinstance(lm, TransformersLanguageModel)
    assert lm.embedding_std == pytest.approx(0.136, abs=0.001)
    soft = torch.randn(19, 576, generator=torch.Generator().manual_seed(0)) * 0.2
    begun = [
        *inspection_messages(soft),
        Message("assistant", "Yes, there is an anomaly in the image, at the"),
    ]
    cells = [" top of the image.", " top left of the image.", " center of the image."]
    prefix = lm.embed(begun[:-1])
    raw = []
    for cell in cells:
        ids = lm.builder.typed_ids(begun[-1].text + cell)
        rows = torch.cat([prefix, lm.embed_ids(torch.tensor(ids))])
        with torch.no_grad():
            logp = lm.model(inputs_embeds=rows[None], use_cache=False).logits[0].log_softmax(-1)
        raw.append(sum(float(logp[len(prefix) - 1 + i, token]) for i, token in enumerate(ids)))
    assert lm.choose(begun, cells) == pytest.approx(torch.tensor(raw).log_softmax(0).tolist(), abs=1e-4)
    assert "Paris" in "".join(lm.generate([Message("user", "What is the capital of France?")], 16))
