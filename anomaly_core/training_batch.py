"""From cached samples to a batch: draws, the decoder's maps, soft prompts, the learning rate's course."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.decoder.text_aligned import TextAlignedDecoder, upsample
from anomaly_core.prompt_learner import PromptLearner
from anomaly_core.training_cache import MASK_SIZE, Example


def decoder_maps(
    decoder: TextAlignedDecoder, examples: Sequence[Example], device: torch.device
) -> list[torch.Tensor]:
    """Return each tap's abnormal channel for a batch, (B, *MASK_SIZE); sizes of taps may differ."""
    rows = [decoder([tap[None].to(device) for tap in example.taps]) for example in examples]
    return [
        torch.cat([upsample(maps[tap], MASK_SIZE) for maps in rows]) for tap in range(len(decoder.linears))
    ]


def soft_prompts(
    learner: PromptLearner, examples: Sequence[Example], maps: torch.Tensor, few_shot: NDArray[np.bool_]
) -> torch.Tensor:
    """Return (B, n, C_emb): from the few-shot map where `few_shot` (B,) is true, else from `maps`.

    maps: (B, H, W) in [0, 1], the decoder's.
    """
    size = (learner.config.map_size, learner.config.map_size)
    chosen = upsample(maps, size)
    shots = torch.cat([upsample(example.few_shot[None].to(maps.device), size) for example in examples])
    picked = torch.as_tensor(few_shot, device=maps.device)[:, None, None]
    embeddings = torch.stack([example.embedding for example in examples]).to(maps.device)
    return learner_output(learner, torch.where(picked, shots, chosen)[:, None], embeddings)


def learner_output(learner: PromptLearner, maps: torch.Tensor, embeddings: torch.Tensor) -> torch.Tensor:
    """Call the prompt learner with those inputs that it takes."""
    config = learner.config
    prompts: torch.Tensor = learner(
        maps if config.use_map else None, embeddings if config.image_dim is not None else None
    )
    return prompts


def schedule(step: int, steps: int, warmup: float) -> float:
    """Factor of the learning rate: linear from 0 over the warm-up share, then linear to 0."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    return max(0.0, (steps - step) / max(1, steps - rising))


def draw_pairs(rng: np.random.Generator, samples: int, batch: int) -> NDArray[np.int64]:
    """Return (batch,) numbers of samples: normal and anomalous ones in turn."""
    halves = [np.arange(0, samples, 2), np.arange(1, samples, 2)]
    numbers = [int(rng.choice(halves[i % 2])) for i in range(batch)]
    return np.array(numbers, dtype=np.int64)
