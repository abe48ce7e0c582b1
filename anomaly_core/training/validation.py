"""Validation metrics of training, on held-out simulated samples."""

from __future__ import annotations

import numpy as np
import torch

from anomaly_core.decoders.patches import top_share_mean
from anomaly_core.decoders.text_aligned import TextAlignedDecoder, mean_of_taps, upsample
from anomaly_core.evaluation.metrics import auroc, balanced_accuracy, pixel_auroc
from anomaly_core.language.inspection_dialogue import cell_scores, yes_margin
from anomaly_core.language.transformers_lm import TransformersLanguageModel
from anomaly_core.soft_prompt.learner import TOP_SHARE, PromptLearner, unit_map
from anomaly_core.training.batch import on_original
from anomaly_core.training.cache import FeatureCache

# The size of maps and masks for pixel AUROC; full size would cost more than a training step.
_PIXELS = (56, 56)


@torch.no_grad()
def evaluate_held_out(
    features: FeatureCache,
    decoder: TextAlignedDecoder,
    learner: PromptLearner | None,
    lm: TransformersLanguageModel | None,
) -> dict[str, float]:
    """Return metrics of the held-out samples, each in [0, 1].

    image_auroc and pixel_auroc: of the decoder's map. few_shot_auroc: of the few-shot map. With a language
    model also yes_no_auroc (of log p(Yes) - log p(No) for the decoder's map), yes_no_few_shot_auroc (for the
    few-shot map), yes_no_balanced_accuracy (over both) and cell_accuracy (share of anomalous images whose
    likeliest cell for the few-shot map holds an anomaly).
    """
    decoder.eval()
    if learner is not None:
        learner.eval()
    if lm is not None:
        lm.model.eval()
    device = decoder.text.device
    labels, image_scores, shot_scores, maps, masks = [], [], [], [], []
    margins: tuple[list[float], list[float]] = ([], [])
    places: list[bool] = []
    for number in range(features.counts["held_out"]):
        example = features.load("held_out", number)
        per_tap = decoder([each[None].to(device) for each in example.inputs])
        fine = mean_of_taps(per_tap, _PIXELS)
        labels.append(example.anomalous)
        image_scores.append(float(top_share_mean(fine.flatten(), TOP_SHARE)))
        shot_scores.append(float(top_share_mean(example.few_shot.flatten(), TOP_SHARE)))
        maps.append(fine[0].cpu().numpy())
        masks.append(upsample(example.mask[None], _PIXELS)[0].numpy() > 0.5)
        if lm is None or learner is None:
            continue
        side = learner.config.map_size
        decoded = on_original(fine, example.sampling[None].to(device), side)
        shot = unit_map(upsample(example.few_shot[None].to(device), (side, side)), 1.0)
        embeddings = example.embedding.to(device).expand(2, -1) if learner.config.image_dim else None
        tokens = learner.read(torch.cat([decoded, shot])[:, None]) if learner.config.use_map else None
        prompts = learner.prompt(tokens, embeddings, batch=2)
        for margin, prompt in zip(margins, prompts, strict=True):
            margin.append(yes_margin(lm, prompt))
        if example.anomalous:
            scores = cell_scores(lm, prompts[1])
            places.append(max(scores, key=scores.__getitem__) in example.cells)
    figures = {
        "image_auroc": auroc(image_scores, labels),
        "pixel_auroc": pixel_auroc(maps, masks),
        "few_shot_auroc": auroc(shot_scores, labels),
    }
    if margins[0]:
        answers = np.array(margins[0] + margins[1]) > 0
        figures |= {
            "yes_no_auroc": auroc(margins[0], labels),
            "yes_no_few_shot_auroc": auroc(margins[1], labels),
            "yes_no_balanced_accuracy": balanced_accuracy(answers, labels * 2),
            "cell_accuracy": float(np.mean(places)),
        }
    return figures
