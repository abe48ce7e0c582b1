"""Batches from cached samples: decoder maps, the prompt learner's input maps, learning-rate schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from anomaly_core.config import FewShotConfig
from anomaly_core.decoders.memory_bank import image_score
from anomaly_core.decoders.text_aligned import TextAlignedDecoder, upsample
from anomaly_core.results import CELLS
from anomaly_core.simulation.question_answers import mirrored
from anomaly_core.soft_prompt.learner import unit_map
from anomaly_core.training.cache import MASK_SIZE, Example
from anomaly_core.training.synthetic_maps import faded, soft_labels, synthetic_map

GRID = 3
"""Cells a side of the answers' grid."""
SURE = 0.98
"""Soft label of an image with a simulated anomaly, for the decoder's map."""
FAINTEST = 0.15
"""Least factor on the excess of a faded defect."""


def decoder_maps(
    decoder: TextAlignedDecoder, examples: Sequence[Example], device: torch.device
) -> list[torch.Tensor]:
    """Return the abnormal channel of each decoder input for a batch, (B, *MASK_SIZE) in [0, 1]."""
    rows = [decoder([each[None].to(device) for each in example.inputs]) for example in examples]
    return [
        torch.cat([upsample(maps[tap], MASK_SIZE) for maps in rows]) for tap in range(len(decoder.linears))
    ]


def on_original(maps: torch.Tensor, sampling: torch.Tensor, side: int) -> torch.Tensor:
    """Return maps (B, H, W) on the encoder input as (B, side, side) on the original image.

    sampling: (B, 2, 3), see `Frame.sampling`. Pixels outside the input are 0.
    """
    grid = F.affine_grid(sampling, [len(maps), 1, side, side], align_corners=False)
    return F.grid_sample(maps[:, None], grid, align_corners=False)[:, 0]


@dataclass(frozen=True)
class MapBatch:
    """A batch of the prompt learner's input maps.

    maps: (B, side, side) in [0, 1]. cells: the 3x3 cells of each map's anomalies. products: their names.
    cell_truth: (B, 9), image_truth: (B,), soft labels in [0, 1], 1 for anomalous.
    """

    maps: torch.Tensor
    cells: list[list[str]]
    products: list[str]
    cell_truth: torch.Tensor
    image_truth: torch.Tensor


def sample_maps(
    examples: Sequence[Example],
    decoded: torch.Tensor,
    side: int,
    rng: np.random.Generator,
    *,
    few_shot: float,
    synthetic: float,
    jitter: float,
) -> MapBatch:
    """Draw a map for each example, flipped at random.

    With probability `synthetic` a synthetic map, else with probability `few_shot` the few-shot map, a defect
    in it randomly faded, else the decoder's map `decoded`, (B, H, W) in [0, 1] on the encoder input.
    jitter: standard deviation of the log reference score, since few good images estimate it roughly.
    """
    sampling = torch.stack([example.sampling for example in examples]).to(decoded.device)
    shown = on_original(decoded, sampling, side)
    maps, cells, products, cell_truth, image_truth = [], [], [], [], []
    for example, row in zip(examples, shown, strict=True):
        sideways, upside_down = (bool(flip) for flip in rng.random(2) < 0.5)
        flips = [-1] * sideways + [-2] * upside_down
        places, product = mirrored(example.cells, sideways=sideways, upside_down=upside_down), example.product
        is_synthetic, is_few_shot = (bool(chosen) for chosen in rng.random(2) < (synthetic, few_shot))
        if is_synthetic:
            ratios, score = synthetic_map(rng, side)
            likely, present = soft_labels(ratios, score, GRID)
            places, product = [CELLS[int(likely.argmax())]] if present > 0.5 else [], "object"
            seen = unit_map(ratios, 1.0)
        elif is_few_shot:
            ratios = upsample(example.few_shot[None], (side, side))[0].flip(flips)
            if example.anomalous:
                ratios = faded(ratios, float(rng.uniform(FAINTEST, 1.0)))
            ratios = ratios * float(np.exp(rng.normal(0.0, jitter)))
            likely, present = soft_labels(ratios, image_score(ratios, FewShotConfig()), GRID)
            seen = unit_map(ratios, 1.0)
        else:
            seen = row.flip(flips)
            likely = torch.tensor([float(cell in places) for cell in CELLS])
            present = SURE if places else 1 - SURE
        maps.append(seen.to(decoded.device))
        cells.append(places)
        products.append(product)
        cell_truth.append(likely)
        image_truth.append(present)
    return MapBatch(
        torch.stack(maps),
        cells,
        products,
        torch.stack(cell_truth).to(decoded.device),
        torch.tensor(image_truth, device=decoded.device),
    )


def schedule(step: int, steps: int, warmup: float) -> float:
    """Return the factor on the learning rate: linear from 0 over the warm-up share, then linear to 0."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    return max(0.0, (steps - step) / max(1, steps - rising))


def draw_pairs(rng: np.random.Generator, samples: int, batch: int) -> NDArray[np.int64]:
    """Return (batch,) numbers of samples, alternately normal and anomalous."""
    halves = [np.arange(0, samples, 2), np.arange(1, samples, 2)]
    numbers = [int(rng.choice(halves[i % 2])) for i in range(batch)]
    return np.array(numbers, dtype=np.int64)
