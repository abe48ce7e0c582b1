"""Figures to watch while training, on held-out simulated pairs: never the loss alone."""

from __future__ import annotations

import numpy as np
import torch

from anomaly_core.decoder.text_aligned import TextAlignedDecoder, mean_of_taps, upsample
from anomaly_core.language.inspection import YES_NO, inspection_messages
from anomaly_core.language.transformers_lm import TransformersLanguageModel
from anomaly_core.metrics import auroc, balanced_accuracy, pixel_auroc
from anomaly_core.prompt_learner import PromptLearner
from anomaly_core.training_batch import learner_output
from anomaly_core.training_cache import FeatureCache

# Every pixel of every mask would cost more than a training step.
_PIXELS = (56, 56)


@torch.no_grad()
def watch(
    features: FeatureCache,
    decoder: TextAlignedDecoder,
    learner: PromptLearner | None,
    lm: TransformersLanguageModel | None,
) -> dict[str, float]:
    """Return held-out figures, each in [0, 1].

    image_auroc and pixel_auroc: of the decoder's map, its maximum a image's score. few_shot_auroc: of
    the few-shot map's maximum. With a language model also yes_no_auroc (log p(Yes) - log p(No), from the
    decoder's map), yes_no_few_shot_auroc (from the few-shot map) and yes_no_balanced_accuracy (of both).
    """
    decoder.eval()
    if learner is not None:
        learner.eval()
    if lm is not None:
        lm.model.eval()
    device = decoder.text.device
    labels, image_scores, shot_scores, maps, masks = [], [], [], [], []
    margins: tuple[list[float], list[float]] = ([], [])
    for number in range(features.counts["held_out"]):
        example = features.load("held_out", number)
        per_tap = decoder([tap[None].to(device) for tap in example.taps])
        fine = mean_of_taps(per_tap, _PIXELS)
        labels.append(example.anomalous)
        image_scores.append(float(fine.max()))
        shot_scores.append(float(example.few_shot.max()))
        maps.append(fine[0].cpu().numpy())
        masks.append(upsample(example.mask[None], _PIXELS)[0].numpy() > 0.5)
        if lm is None or learner is None:
            continue
        size = (learner.config.map_size, learner.config.map_size)
        both = torch.cat([mean_of_taps(per_tap, size), upsample(example.few_shot[None].to(device), size)])
        embeddings = example.embedding.to(device).expand(2, -1)
        prompts = learner_output(learner, both[:, None], embeddings)
        for margin, prompt in zip(margins, prompts, strict=True):
            yes, no = lm.choose(inspection_messages(prompt), YES_NO)
            margin.append(yes - no)
    figures = {
        "image_auroc": auroc(image_scores, labels),
        "pixel_auroc": pixel_auroc(maps, masks),
        "few_shot_auroc": auroc(shot_scores, labels),
    }
    if margins[0]:
        said = np.array(margins[0] + margins[1]) > 0
        figures |= {
            "yes_no_auroc": auroc(margins[0], labels),
            "yes_no_few_shot_auroc": auroc(margins[1], labels),
            "yes_no_balanced_accuracy": balanced_accuracy(said, labels * 2),
        }
    return figures
