"""The text-aligned scorer: a checkpoint's decoder, which compares patches with two text vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import torch

from anomaly_core.decoders.inputs import DecoderInput, decoder_inputs
from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.decoders.text_aligned import TextAlignedDecoder, log_odds
from anomaly_core.imaging.augment import undo_flip
from anomaly_core.scoring.scorer import FEW_SHOT, TEXT_ALIGNED, Fit, Score, State


class TextAlignedScorer:
    """Scorer of the log-odds of an anomaly in the text-aligned map; see `Scorer`. It is not fitted.

    decoder_input: the decoder's input in training. top_share: share of the patches, the highest, whose mean
    gives the image's log-odds. digest: of the checkpoint.
    """

    name: Final = TEXT_ALIGNED

    def __init__(
        self, decoder: TextAlignedDecoder, decoder_input: DecoderInput, top_share: float, digest: str
    ) -> None:
        self.decoder = decoder
        self.decoder_input = decoder_input
        self.top_share = top_share
        self.fingerprint = f"{self.name} {digest}"

    def fit(self, images: Sequence[EncodedImage], earlier: Mapping[str, Fit]) -> Fit:
        """Score the good images, with the residuals of their few-shot scores."""
        few_shot = earlier[FEW_SHOT]
        if len(images) == 1:
            views = [images[0].with_view(number) for number in range(len(images[0].views))]
        else:
            views = [image.first_view for image in images]
        good = [self._score(each, found) for each, found in zip(views, few_shot.good, strict=True)]
        with_views = [image for image in images if len(image.views) > 1]
        augmented = [
            self._score(each, found) for each, found in zip(with_views, few_shot.augmented, strict=True)
        ]
        return Fit(State(), good, augmented)

    def score(self, image: EncodedImage, state: State, earlier: Mapping[str, Score]) -> Score:
        """Score an image; the map is the mean over its views."""
        return self._score(image, earlier[FEW_SHOT])

    def _score(self, image: EncodedImage, few_shot: Score) -> Score:
        maps = []
        for number, (view, residual) in enumerate(zip(image.views, few_shot.residuals, strict=True)):
            inputs = decoder_inputs(self.decoder_input, view.features, residual)
            with torch.no_grad():
                values = self.decoder.patch_map([each[None] for each in inputs])[0]
            maps.append(undo_flip(values, number))
        values = image.judged(torch.stack(maps).mean(0))
        return Score(log_odds(values, self.top_share), values)
