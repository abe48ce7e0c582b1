"""Fitting of a product: each scorer's state, and the calibrations from leave-one-out scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from anomaly_core.config import DetectorConfig
from anomaly_core.good_images import GoodImages
from anomaly_core.product import ProductModel
from anomaly_core.scorers.few_shot import FEW_SHOT_PRIOR
from anomaly_core.scoring.calibration import Prior, calibrate
from anomaly_core.scoring.fusion import Fusion
from anomaly_core.scoring.scorer import FEW_SHOT, SOFT_PROMPT, TEXT_ALIGNED, Fit, Scorer


def fit_product(
    good: GoodImages,
    scorers: Sequence[Scorer],
    fusion: Fusion | None,
    *,
    config: DetectorConfig,
    fingerprint: str,
    notes: tuple[str, ...] = (),
) -> ProductModel:
    """Fit the scorers in order, and calibrate their scores of the good images.

    fusion: weights of the fused score, or None for the few-shot score alone. The other
    arguments are stored in the product, see `ProductModel`. Raises what a scorer raises.
    """
    images = good.images
    fits: dict[str, Fit] = {}
    for scorer in scorers:
        found = scorer.fit(images, fits)
        if found is not None:
            fits[scorer.name] = found
    weights, prior = {FEW_SHOT: 1.0}, fused_prior(fusion)
    if fusion is not None:
        weights |= {TEXT_ALIGNED: fusion.text_weight, SOFT_PROMPT: fusion.language_weight}
    weights = {name: weight for name, weight in weights.items() if name in fits}
    one_shot, least = len(images) == 1, fits[FEW_SHOT].least_spread
    language = None
    if SOFT_PROMPT in fits:
        # The mean over all views of a single image would hide how much the views differ.
        log_scores = _fused(fits, weights, with_language=True, augmented=not one_shot)
        language = calibrate(log_scores, one_shot=one_shot, prior=prior, least_spread=least)
    return ProductModel(
        states={name: fit.state for name, fit in fits.items()},
        weights=weights,
        calibration=calibrate(_fused(fits, weights), one_shot=one_shot, prior=prior, least_spread=least),
        language_calibration=language,
        independent={
            name: calibrate([each.log_score for each in fit.good], one_shot=one_shot, prior=fit.prior)
            for name, fit in fits.items()
            if name not in weights
        },
        alpha=config.alpha,
        review=config.review,
        embeddings=np.stack([each.embedding for each in images]),
        view_embeddings=good.view_embeddings,
        good_scores={name: [s.log_score for s in fit.good or fit.augmented] for name, fit in fits.items()},
        aligned=good.aligned,
        pose=good.pose,
        quality=good.quality,
        encoder=config.encoder,
        fingerprint=fingerprint,
        notes=notes,
    )


def fused_prior(fusion: Fusion | None) -> Prior:
    """Return the prior of the fused score."""
    return FEW_SHOT_PRIOR if fusion is None else fusion.prior


def recalibrate(
    product: ProductModel, fusion: Fusion | None, further: Sequence[Mapping[str, float]]
) -> ProductModel:
    """Return the product with its calibration narrowed by good images that it was not learned from.

    further: each image's log-scores by scorer, in one view. The language model's calibration moves with that
    of the maps; those of independent scorers stay.
    """
    prior = fused_prior(fusion)
    weights = {name: weight for name, weight in product.weights.items() if name != SOFT_PROMPT}
    fused = [sum(weight * each[name] for name, weight in weights.items()) for each in further]
    found = calibrate(product.good_fused, one_shot=len(product.embeddings) == 1, prior=prior, further=fused)
    language = product.language_calibration
    if language is not None:
        moved = language.location + found.location - product.calibration.location
        language = replace(found, location=moved)
    return replace(product, calibration=found, language_calibration=language)


def _fused(
    fits: Mapping[str, Fit],
    weights: Mapping[str, float],
    *,
    with_language: bool = False,
    augmented: bool = False,
) -> NDArray[np.float64]:
    """Return the good images' fused log-scores, (n,), of one view or of all views (`augmented`)."""
    total = np.zeros(1)
    for name, weight in weights.items():
        if name == SOFT_PROMPT and not with_language:
            continue
        scores = fits[name].augmented if augmented or name == SOFT_PROMPT else fits[name].good
        total = total + weight * np.array([each.log_score for each in scores])
    return total
