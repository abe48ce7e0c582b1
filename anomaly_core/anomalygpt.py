"""AnomalyGPT: learns a product from good images and inspects other images of it (arXiv 2308.15366).

    image -> frame -> encoder -> scorers (few-shot, text-aligned, soft prompt, layout) -> calibrated verdict

Commands, graphs, servers, evaluation and benchmarks all call `AnomalyGPT.inspect`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from anomaly_core.checkpoint import Checkpoint, load_checkpoint, load_shipped, shipped_encoders
from anomaly_core.config import DetectorConfig
from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.encoders.base import ImageEncoder
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.encoding import FramedEncoder, Image, Pixels
from anomaly_core.errors import ConfigError, LanguageModelError, NoImages, WeightsMissing
from anomaly_core.fitting import fit_product, recalibrate
from anomaly_core.good_images import Progress, encode_good_images
from anomaly_core.imaging.frame import Frame
from anomaly_core.imaging.zones import Zone
from anomaly_core.inspection import Inspection, described_regions, marked
from anomaly_core.language.base import LanguageModel
from anomaly_core.product import ProductModel
from anomaly_core.results import AnomalyMap, LanguageAnswer
from anomaly_core.scorers.few_shot import FewShotScorer, map_on_original
from anomaly_core.scorers.layout import LayoutScorer
from anomaly_core.scorers.pixel_range import PixelRangeScorer
from anomaly_core.scorers.soft_prompt import SoftPromptScorer
from anomaly_core.scorers.text_aligned import TextAlignedScorer
from anomaly_core.scoring.scorer import FEW_SHOT, SCORERS, SOFT_PROMPT, TEXT_ALIGNED, Score, Scorer

CALIBRATION_VERSION: Final = 7
"""Part of the fingerprint; raised whenever stored scores or calibrations change their meaning."""
MOST_LANGUAGE_IMAGES: Final = 24
"""Most good images that the language model scores at enrolment."""
_ALONE: Final = {one.name: one for one in (LayoutScorer, PixelRangeScorer)}


class AnomalyGPT:
    """A frozen encoder, its scorers, and the prompt-learned language model. Thread-safe.

    Args:
        encoder: the image encoder.
        config: the detector's configuration; its `encoder` is what the products say that they need.
        checkpoint: trained for this encoder; ignored where it has no fusion.json, which holds its weights.
        soft_prompt: returns the language model's scorer, or None; called once, at first use, so that a model
            that cannot be loaded does not fail an inspection.
        judge_quality: whether products learn limits of an image's quality.

    Raises ConfigError for a checkpoint that was trained for another encoder, or an unknown scorer.
    """

    def __init__(
        self,
        encoder: ImageEncoder,
        config: DetectorConfig | None = None,
        checkpoint: Checkpoint | None = None,
        soft_prompt: Callable[[], SoftPromptScorer | None] | None = None,
        *,
        judge_quality: bool = True,
    ) -> None:
        if checkpoint is not None and checkpoint.config.encoder != encoder.name:
            raise ConfigError(
                f"{checkpoint.folder}: trained for the encoder {checkpoint.config.encoder}, not "
                f"{encoder.name}; set checkpoint to one trained for it (`iad train`), or to none."
            )
        self.config = config or DetectorConfig()
        self.encoder = encoder
        self.input = FramedEncoder(encoder, self.config)
        """Image -> frame -> features."""
        self.checkpoint = checkpoint
        self._fusion = None if checkpoint is None else checkpoint.fusion
        self._scorers = [s for name in self.config.scorers if (s := self._scorer(name)) is not None]
        self._make_soft_prompt = soft_prompt if SOFT_PROMPT in self.config.scorers else None
        self._soft_prompt: SoftPromptScorer | None = None
        self._judge_quality = judge_quality
        self._lock = threading.RLock()

    @classmethod
    def from_pretrained(
        cls,
        checkpoint: str | Path | None = "shipped",
        *,
        encoder: str | None = None,
        language_model: str | LanguageModel | None = None,
        device: str = "cpu",
        config: DetectorConfig | None = None,
    ) -> AnomalyGPT:
        """Load encoder, decoder, prompt learner and language model.

        Args:
            checkpoint: "shipped" for the encoder's own, a checkpoint's folder, or None for none.
            encoder: name, folder or hub id; the default encoder if None.
            language_model: URL of a server of the checkpoint's language model, a loaded model, or None to
                load the checkpoint's language model in this process.
            device, config: a torch device, and the detector's configuration.

        Raises WeightsMissing, WeightsDamaged, ConfigError.
        """
        named = {} if encoder is None else {"encoder": encoder}
        config = (config or DetectorConfig()).model_copy(update=named)
        image_encoder = load_image_encoder(config.encoder, device=device)
        if checkpoint is None:
            return cls(image_encoder, config)
        trained = load_shipped(config.encoder) if checkpoint == "shipped" else load_checkpoint(checkpoint)
        if trained is None:
            raise ConfigError(
                f"no checkpoint ships for the encoder {config.encoder}, only for "
                f"{', '.join(shipped_encoders())}; train one with `iad train`, or give checkpoint=None."
            )
        where = "local" if language_model is None else language_model
        return cls(image_encoder, config, trained, lambda: SoftPromptScorer.load(trained, where, device))

    @property
    def name(self) -> str:
        """The decoders in use, such as "few-shot+text-aligned"."""
        return "few-shot" if self._fusion is None else "few-shot+text-aligned"

    @property
    def fingerprint(self) -> str:
        """Identity of encoder, input, scorers and calibration; products of another one are rejected."""
        config = self.config
        framed = f"{self.encoder.name}, input_size {config.input_side}{'' if config.align else ' whole'}"
        scorers = ", ".join(s.fingerprint for s in self._scorers)
        return f"{framed}, {scorers}, calibration {CALIBRATION_VERSION}"

    def encode(self, image: Image) -> EncodedImage:
        """Frame and encode one image, in one forward pass."""
        return self.input.encode_batch([image])[0]

    def encode_batch(self, images: Sequence[Image]) -> list[EncodedImage]:
        """Frame and encode images; inputs of equal size share one forward pass."""
        return self.input.encode_batch(images)

    def fit(
        self, images: Sequence[Image], progress: Progress | None = None, *, zones: Sequence[Zone] = ()
    ) -> ProductModel:
        """Learn a product from images of good parts, each scored against the others.

        Where the language model is missing or does not answer, the product is learned without it, as its
        notes say. progress: called with ("encoding good parts", done, total). zones: of the product. Raises
        NoImages for no image.
        """
        if not images:
            raise NoImages("a product is learned from at least one good image.")
        try:
            return self._fit(images, progress, zones, self.soft_prompt_scorer(), ())
        except (LanguageModelError, WeightsMissing) as error:
            note = f"enrolled without the language model, which will not be asked about it: {error}"
        return self._fit(images, progress, zones, None, (note,))

    def calibrate(
        self, product: ProductModel, images: Sequence[Image], progress: Progress | None = None
    ) -> ProductModel:
        """Return the product with its calibration narrowed by further images of good parts.

        They enter no memory bank. Raises NoImages for no image, or none that can be compared with it;
        ConfigError for a product of another fingerprint.
        """
        self.check(product)
        further = []
        for number, image in enumerate(images):
            encoded = self.framed(image, product)
            if product.comparable(encoded):
                further.append({n: s.log_score for n, s in self._scores(encoded, product).items()})
            if progress is not None:
                progress("scoring good parts", number + 1, len(images))
        if not further:
            raise NoImages("a calibration needs a further image of a good part whose pose is clear.")
        return recalibrate(product, self._fusion, further)

    def inspect(
        self,
        image: Image,
        product: ProductModel,
        *,
        alpha: float | None = None,
        review: float | None = None,
        ask: bool = False,
    ) -> Inspection:
        """Judge one image of a product.

        Args:
            image: (H, W, 3) uint8 RGB, a loaded image, or the result of `encode`.
            product: the result of `fit`.
            alpha, review: false-alarm rates, see `Verdict`; the product's where None.
            ask: always ask the language model, not only where its answer could change the decision.

        Where the language model does not answer, the verdict is that of the maps, and the inspection's
        `language` names the problem. Raises ConfigError for a product of another fingerprint.
        """
        self.check(product)
        start = time.perf_counter()
        encoded = self.framed(image, product)
        problems, comparable = product.problems(encoded), product.comparable(encoded)
        encoded_at = time.perf_counter()
        language, llm_ms, scored = LanguageAnswer(), 0.0, encoded
        scores = self._scores(scored, product)
        values, foreign = map_on_original(scored, scores[FEW_SHOT], product.states[FEW_SHOT])
        if (product.language_model is not None and comparable) and (
            ask or product.answer_can_change_decision(scores, foreign=foreign, alpha=alpha, review=review)
        ):
            asked_at = time.perf_counter()
            language, answered = self._ask(encoded, product)
            if answered is not None:
                scored, scores = answered
                values, foreign = map_on_original(scored, scores[FEW_SHOT], product.states[FEW_SHOT])
            llm_ms = 1000 * (time.perf_counter() - asked_at)
        verdict = product.judge(
            scores, foreign=foreign, problems=problems, comparable=comparable, alpha=alpha, review=review
        )
        fused = product.fused_verdict(scores, foreign=foreign, alpha=alpha, review=review)
        stands_out = comparable and (fused.anomalous or fused.uncertain)
        shown = product.regions(scored, scores) if stands_out else []
        wrong = product.findings(scores, alpha, review) if comparable else []
        regions = described_regions(scored, wrong, shown)
        values = marked(values, wrong, product.pixel_threshold)
        decode_ms = 1000 * (time.perf_counter() - encoded_at) - llm_ms
        return Inspection(
            verdict=verdict,
            anomaly_map=AnomalyMap(values, float(np.exp(product.fused(scores, foreign=foreign)))),
            regions=regions,
            scores=scores,
            language=language,
            image=scored,
            quality=None if product.quality is None else encoded.quality,
            timings_ms={"encode": 1000 * (encoded_at - start), "decode": decode_ms, "llm": llm_ms},
        )

    def check(self, product: ProductModel, name: str = "the product") -> None:
        """Raise ConfigError for a product that was fitted with another fingerprint."""
        if product.fingerprint != self.fingerprint:
            raise ConfigError(
                f"{name} was enrolled with {product.fingerprint}, and this run uses {self.fingerprint}; set "
                "encoder, input_size and checkpoint as they were, or enrol it again with `iad enroll`."
            )

    def inspect_batch(
        self,
        images: Sequence[Image],
        product: ProductModel,
        *,
        alpha: float | None = None,
        review: float | None = None,
    ) -> list[Inspection]:
        """Judge several images; inputs of equal size share one forward pass."""
        return [
            self.inspect(encoded, product, alpha=alpha, review=review)
            for encoded in self.input.encode_batch(images, align=product.aligned, pose=product.pose)
        ]

    def soft_prompt_scorer(self) -> SoftPromptScorer | None:
        """Return the language model's scorer, loaded at first use, or None where there is none.

        Raises WeightsMissing, LanguageModelError, ConfigError.
        """
        with self._lock:
            if self._soft_prompt is None and self._make_soft_prompt is not None:
                self._soft_prompt = self._make_soft_prompt()
            return self._soft_prompt

    def crop_model(self) -> AnomalyGPT:
        """Return a model for crops of images: the same encoder, the few-shot scorer alone, no alignment."""
        config = self.config.model_copy(update={"align": False, "scorers": (FEW_SHOT,)})
        return AnomalyGPT(self.encoder, config, judge_quality=False)

    def with_encoder(self, encoder: ImageEncoder) -> AnomalyGPT:
        """Return this model with another encoder of the same name and features."""
        judged, reader = self._judge_quality, self.soft_prompt_scorer
        return AnomalyGPT(encoder, self.config, self.checkpoint, reader, judge_quality=judged)

    def _scorer(self, name: str) -> Scorer | None:
        """Return the scorer of a name, or None where this model does not have it."""
        if name == FEW_SHOT:
            return FewShotScorer(self.config.few_shot)
        if name == TEXT_ALIGNED:
            if self.checkpoint is None or self._fusion is None:
                return None
            kind = self.checkpoint.config.training.data.decoder_input
            share = self.config.few_shot.top_share
            return TextAlignedScorer(self.checkpoint.decoder, kind, share, self.checkpoint.digest)
        if name == SOFT_PROMPT:
            return None  # `soft_prompt_scorer`, used last and only for products enrolled with it
        factory = _ALONE.get(name) or SCORERS.find(name)
        if factory is None:
            known = ", ".join([*DetectorConfig().scorers, *SCORERS.names()])
            raise ConfigError(f"scorers: no scorer is called {name!r}; known are {known}.")
        return factory()

    def _scores(self, image: EncodedImage, product: ProductModel) -> dict[str, Score]:
        """Return the scores of all scorers but the language model's, by name."""
        scores: dict[str, Score] = {}
        for scorer in self._scorers:
            state = product.states.get(scorer.name)
            found = None if state is None else scorer.score(image, state, scores)
            if found is not None:
                scores[scorer.name] = found
        return scores

    def _ask(
        self, image: EncodedImage, product: ProductModel
    ) -> tuple[LanguageAnswer, tuple[EncodedImage, dict[str, Score]] | None]:
        """Ask the language model that the product was enrolled with about an image's map.

        Returns the answer, and the augmented image with the scores of all scorers; None in their place where
        the language model did not answer.
        """
        try:
            scorer = self.soft_prompt_scorer()
            if scorer is None:
                return LanguageAnswer(problem="no language model is set up (prompt_llm)"), None
            if scorer.fingerprint != product.language_model:
                enrolled = f"enrolled with the language model {product.language_model}"
                problem = f"the product was {enrolled}, and {scorer.fingerprint} is set up"
                return LanguageAnswer(problem=problem), None
            augmented = self.input.augment(image)
            scores = self._scores(augmented, product)
            answer = scorer.score(augmented, product.states[SOFT_PROMPT], scores)
        except (LanguageModelError, WeightsMissing) as error:
            return LanguageAnswer(problem=str(error)), None
        return LanguageAnswer(answer.log_score, scorer.lm.name), (augmented, {**scores, SOFT_PROMPT: answer})

    def _fit(
        self,
        images: Sequence[Image],
        progress: Progress | None,
        zones: Sequence[Zone],
        language: SoftPromptScorer | None,
        notes: tuple[str, ...],
    ) -> ProductModel:
        good = encode_good_images(
            self.input,
            images,
            bank_limit=self.config.few_shot.bank_limit,
            most_augmented=MOST_LANGUAGE_IMAGES if language is not None else 0,
            judge_quality=self._judge_quality,
            progress=progress,
        )
        product = fit_product(
            replace(good, images=[replace(image, zones=tuple(zones)) for image in good.images]),
            [*self._scorers, *([] if language is None else [language])],
            self._fusion,
            config=self.config,
            fingerprint=self.fingerprint,
            notes=notes,
        )
        return replace(product, zones=tuple(zones))

    def frame(self, pixels: Pixels, product: ProductModel) -> Frame:
        """Return the frame of an (H, W, 3) image as the product's good images are framed."""
        return self.input.frame(pixels, align=product.aligned, pose=product.pose)

    def framed(self, image: Image, product: ProductModel) -> EncodedImage:
        """Encode an image as the product's good images are: framed, with no more noise, with its zones.

        One that is so already stays as it is.
        """
        (encoded,) = self.input.encode_batch([image], align=product.aligned, pose=product.pose)
        if product.quality is not None:
            encoded = self.input.with_less_noise(encoded, product.quality.noise)
        return encoded if encoded.zones == product.zones else replace(encoded, zones=product.zones)
