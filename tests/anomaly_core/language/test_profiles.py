"""Each family of the profiles as a user names it: a folder, loaded, with a prompt learner before it."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from paper import paper_prompt_learner
from sentencepiece import SentencePieceTrainer
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    PretrainedConfig,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Config,
    Qwen3Config,
)

from anomaly_core.language.chat_template import SoftSpan
from anomaly_core.language.fakes import CHATML, byte_tokenizer
from anomaly_core.language.inspection_dialogue import YES_NO, inspection_messages
from anomaly_core.language.registry import load_language_model
from anomaly_core.language.transformers_lm import TransformersLanguageModel
from anomaly_core.results import CELLS
from anomaly_core.soft_prompt.learner import PromptLearner, PromptLearnerConfig
from anomaly_core.training.dialogue_loss import dialogue_loss, word_embeddings

SHAPE = {
    "vocab_size": 259,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 2048,
    "bos_token_id": 0,
    "eos_token_id": 2,
    "pad_token_id": 2,
}
GROUPED = {**SHAPE, "hidden_size": 48, "num_key_value_heads": 2}
VISION = {"depth": 1, "hidden_size": 16, "intermediate_size": 32, "num_heads": 2, "out_hidden_size": 32}
ROPE = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 1e4}


def qwen_vl() -> Any:
    text = {**SHAPE, "hidden_size": 32, "num_key_value_heads": 2, "rope_parameters": ROPE}
    marks = {"image_token_id": 3, "video_token_id": 4, "vision_start_token_id": 5, "vision_end_token_id": 6}
    return Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(text_config=text, vision_config=VISION, **marks)
    )


def causal(config: PretrainedConfig) -> Callable[[], Any]:
    return lambda: AutoModelForCausalLM.from_config(config)


# The model, its C_emb, and its chat template; Vicuna's tokenizer has none.
FAMILIES: dict[str, tuple[Callable[[], Any], int, str | None]] = {
    "vicuna": (causal(LlamaConfig(**SHAPE, hidden_size=64, tie_word_embeddings=False)), 64, None),
    "qwen2": (causal(Qwen2Config(**GROUPED)), 48, CHATML),
    "qwen3": (causal(Qwen3Config(**GROUPED, head_dim=12)), 48, CHATML),
    "qwen2.5-vl": (qwen_vl, 32, CHATML),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for name, (model, _, template) in FAMILIES.items():
        made[name] = tmp_path_factory.mktemp(name)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model().save_pretrained(made[name])
        byte_tokenizer(chat_template=template).save_pretrained(made[name])
    return made


def load(folder: Path) -> TransformersLanguageModel:
    lm = load_language_model(str(folder))
    assert isinstance(lm, TransformersLanguageModel)
    return lm


@pytest.mark.parametrize("name", FAMILIES)
def test_the_prompt_learner_speaks_to_the_model(folders: dict[str, Path], name: str) -> None:
    lm = load(folders[name])
    assert lm.hidden_size == FAMILIES[name][1]
    torch.manual_seed(0)
    config = PromptLearnerConfig(
        hidden_size=lm.hidden_size, image_dim=24, channels=(2, 2, 2, 2, 4), embedding_std=lm.embedding_std
    )
    learner = PromptLearner(config)
    learner.name_cells(word_embeddings(lm, CELLS))
    maps, embeddings = torch.rand(2, 1, 224, 224), torch.rand(2, 24)
    with torch.no_grad():
        soft = learner(maps, embeddings)
    assert soft.shape == (2, config.tokens, lm.hidden_size) == (2, 20, lm.hidden_size)
    asked = [inspection_messages(one) for one in soft]
    scores = [lm.choose(messages, YES_NO) for messages in asked]
    assert all(sum(map(math.exp, pair)) == pytest.approx(1.0) for pair in scores)
    assert scores[0] != scores[1]  # the map and the embedding reach the answer
    dialogues = [inspection_messages(one, answer="No.") for one in learner(maps, embeddings)]
    dialogue_loss(lm, dialogues).backward()
    # A convolution's bias before a batch norm has no effect, so no gradient.
    silent = [n for n, p in learner.named_parameters() if p.grad is None or not p.grad.any()]
    assert [n for n in silent if not n.endswith(".bias")] == []
    assert all(p.grad is None for p in lm.model.parameters())


def shown(lm: TransformersLanguageModel) -> str:
    spans = lm.builder.build(inspection_messages(torch.zeros(1, lm.hidden_size)))
    decode = lm.builder.tokenizer.decode
    return "".join("[soft]" if isinstance(span, SoftSpan) else decode(span.ids) for span in spans)


def test_vicuna_is_asked_in_the_papers_form(folders: dict[str, Path]) -> None:
    assert shown(load(folders["vicuna"])) == (
        "<s>### System: You inspect industrial parts.\n"
        "### Human: <Img>[soft]</Img> Is there any anomaly in the image?\n### Assistant:"
    )


def test_vicunas_own_kind_of_tokenizer(folders: dict[str, Path], tmp_path: Path) -> None:
    """A `tokenizer.model` of SentencePiece and nothing else, as Vicuna's folder has it."""
    SentencePieceTrainer.train(
        sentence_iterator=iter(["Is there any anomaly in the image? No, there is none."] * 20),
        model_prefix=str(tmp_path / "tokenizer"),
        model_type="bpe",
        vocab_size=259 + 20,
        byte_fallback=True,
        minloglevel=2,
    )
    (tmp_path / "tokenizer.vocab").unlink()
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "LlamaTokenizer"}')
    config = LlamaConfig(**{**SHAPE, "vocab_size": 279}, hidden_size=64)
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    lm = load(tmp_path)
    assert shown(lm).startswith("<s>") and "### Human: <Img>[soft]</Img>" in shown(lm)
    soft = torch.zeros(1, lm.hidden_size)
    assert sum(map(math.exp, lm.choose(inspection_messages(soft), YES_NO))) == pytest.approx(1.0)


@pytest.mark.parametrize("hidden_size", [896, 2048, 4096, 5120])
def test_the_papers_prompt_learner_at_the_widths_of_real_models(hidden_size: int) -> None:
    """On the meta device: the shapes alone, no memory."""
    with torch.device("meta"):
        learner = PromptLearner(paper_prompt_learner(hidden_size))
        prompts = learner(torch.empty(2, 1, 224, 224), torch.empty(2, 1024))
    assert prompts.shape == (2, 1 + 9 + 9, hidden_size)
