"""An untrained checkpoint of the tiny parts, and a language model that always answers alike."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from anomaly_core.checkpoint import CheckpointConfig, save_checkpoint
from anomaly_core.config import DataConfig, TrainingConfig
from anomaly_core.decoders.text_aligned import TextAlignedDecoder, text_vectors
from anomaly_core.encoders.fakes import TinyEncoder, TinyTextEncoder
from anomaly_core.errors import LanguageModelDown
from anomaly_core.language.base import Message
from anomaly_core.scoring.calibration import Prior
from anomaly_core.scoring.fusion import Fusion, write_fusion
from anomaly_core.soft_prompt.learner import PromptLearner, PromptLearnerConfig

FUSION = Fusion(text_weight=0.05, language_weight=0.1, prior=Prior())


def write_tiny_checkpoint(folder: Path) -> None:
    """Write config, weights of one seed, and FUSION."""
    torch.manual_seed(0)
    text = text_vectors(TinyTextEncoder())
    prompt = PromptLearnerConfig(hidden_size=32, channels=(2, 2, 2, 2, 4))
    config = CheckpointConfig(
        encoder=TinyEncoder().name,
        channels=(sum(TinyEncoder.channels),),
        text_encoder="tiny",
        text_dim=text.shape[1],
        language_model="tiny",
        prompt=prompt,
        training=TrainingConfig(
            encoder="tiny", text_encoder="tiny", language_model="tiny", data=DataConfig(input_side=64)
        ),
        results={},
    )
    decoder = TextAlignedDecoder(config.channels, text)
    save_checkpoint(folder, config, decoder, PromptLearner(prompt))
    write_fusion(folder, FUSION)


class Answers:
    """A language model that gives the same log-odds, `margin`, or with None does not answer."""

    name, hidden_size = "answers", 32

    def __init__(self, margin: float | None) -> None:
        self.margin = margin
        self.asked = 0

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        assert tuple(choices) == ("Yes", "No")
        assert messages[-1].soft_prompt is not None
        self.asked += 1
        if self.margin is None:
            raise LanguageModelDown("answers: does not answer.")
        no = -math.log1p(math.exp(self.margin))
        return [no + self.margin, no]

    def generate(self, messages: Sequence[Message], max_new_tokens: int = 128) -> Iterator[str]:
        yield ""
