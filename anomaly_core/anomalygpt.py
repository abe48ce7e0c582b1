"""The front door: AnomalyGPT learns a product from good images, and inspects others (arXiv 2308.15366).

    image -> frame -> encoder -> scorers (few-shot, text-aligned, soft prompt, layout) -> calibrated verdict

Everything that judges an image calls `AnomalyGPT.inspect`: commands, graphs, servers, evaluation, benchmarks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomaly_core.checkpoint import SHIPPED, Checkpoint, load_checkpoint
from anomaly_core.config import DEFAULT_ENCODER, DetectorConfig
from anomaly_core.decoders.patches import EncodedImage, View, as_array, patch_grid
from anomaly_core.encoders.base import ImageEncoder
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.errors import ConfigError, LanguageModelError, NoImages, WeightsMissing
from anomaly_core.fitting import fit_product
from anomaly_core.imaging.augment import perturbations, symmetries
from anomaly_core.imaging.frame import Frame, frame_of, whole_frame_of
from anomaly_core.imaging.reading import LoadedImage
from anomaly_core.inspection import Inspection
from anomaly_core.language.base import LanguageModel
from anomaly_core.product import ProductModel
from anomaly_core.results import AnomalyMap, Array, Reading, Region
from anomaly_core.scorers.few_shot import FewShotScorer, map_on_original
from anomaly_core.scorers.layout import LayoutScorer
from anomaly_core.scorers.soft_prompt import SoftPromptScorer
from anomaly_core.scorers.text_aligned import TextAlignedScorer
from anomaly_core.scoring.measurement import describe_region
from anomaly_core.scoring.regions import region_of_box
from anomaly_core.scoring.scorer import (
    FEW_SHOT,
    LAYOUT,
    SCORERS,
    SOFT_PROMPT,
    TEXT_ALIGNED,
    Finding,
    Score,
    Scorer,
)

CALIBRATION_VERSION: Final = 4
"""Raised whenever what a product's numbers mean changes: those of an earlier version are refused by name."""
MOST_ASKED: Final = 24
"""Good images that the language model is asked about at enrolment."""

Pixels = NDArray[np.uint8]
Image = Pixels | LoadedImage | EncodedImage
Progress = Callable[[str, int, int], None]
MakeReader = Callable[[], SoftPromptScorer | None]


class AnomalyGPT:
    """A frozen encoder, the scorers over it, and the prompt-learned language model. Safe for many threads.

    Args:
        encoder: the image encoder.
        config: how images are seen and judged; its `encoder` is not read.
        checkpoint: a trained one for this encoder; without its fusion.json it is left aside, since nothing
            says how its map counts.
        reader: gives the language model's scorer, or None for none; called once, when first needed, so that
            a model that cannot be loaded costs an inspection nothing but its answer.

    Raises ConfigError for a checkpoint that was trained for another encoder, or an unknown scorer.
    """

    def __init__(
        self,
        encoder: ImageEncoder,
        config: DetectorConfig | None = None,
        checkpoint: Checkpoint | None = None,
        reader: MakeReader | None = None,
    ) -> None:
        if checkpoint is not None and checkpoint.config.encoder != encoder.name:
            raise ConfigError(
                f"{checkpoint.folder}: trained for the encoder {checkpoint.config.encoder}, not "
                f"{encoder.name}; set checkpoint to one trained for it (`iad train`), or to none."
            )
        self.encoder = encoder
        self.config = config or DetectorConfig()
        self.checkpoint = checkpoint
        self._fusion = None if checkpoint is None else checkpoint.fusion
        self._scorers = [s for name in self.config.scorers if (s := self._scorer(name)) is not None]
        self._make_reader = reader if SOFT_PROMPT in self.config.scorers else None
        self._reader: SoftPromptScorer | None = None
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
        """Load encoder, decoder, prompt learner and language model; weights that are missing are an error.

        Args:
            checkpoint: "shipped", a checkpoint's folder or hub id, or None for none.
            encoder: name, folder or hub id; the default encoder if None.
            language_model: where the checkpoint's own language model runs (a URL), a loaded one, or None
                for the one that it was trained for, here.
            device: a torch device.
            config: how images are seen and judged.

        Raises WeightsMissing, WeightsDamaged, ConfigError.
        """
        config = config or DetectorConfig(encoder=encoder or DEFAULT_ENCODER)
        image_encoder = load_image_encoder(encoder or config.encoder, device=device)
        if checkpoint is None:
            return cls(image_encoder, config)
        learned = load_checkpoint(SHIPPED if checkpoint == "shipped" else checkpoint)
        where = "local" if language_model is None else language_model
        return cls(image_encoder, config, learned, lambda: SoftPromptScorer.load(learned, where, device))

    @property
    def name(self) -> str:
        """Which decoders there are."""
        return "few-shot" if self._fusion is None else "few-shot+text-aligned"

    @property
    def fingerprint(self) -> str:
        """What a product's numbers hold for; a product enrolled otherwise must be enrolled again."""
        config = self.config
        seen = f"{self.encoder.name}, input_size {config.input_side}{'' if config.align else ' whole'}"
        return f"{seen}, {', '.join(s.fingerprint for s in self._scorers)}, calibration {CALIBRATION_VERSION}"

    def encode(self, image: Image) -> EncodedImage:
        """Frame and encode one image: the one forward pass that all else uses."""
        return self.encode_batch([image])[0]

    def encode_batch(self, images: Sequence[Image]) -> list[EncodedImage]:
        """Frame and encode images; those whose inputs have one size share a pass of the encoder."""
        found: dict[int, EncodedImage] = {n: i for n, i in enumerate(images) if isinstance(i, EncodedImage)}
        pixels = {n: pixels_of(i) for n, i in enumerate(images) if not isinstance(i, EncodedImage)}
        frames = {n: self.frame(p) for n, p in pixels.items()}
        for size in sorted({frame.input_size for frame in frames.values()}):
            group = [n for n, frame in frames.items() if frame.input_size == size]
            views = self._views([frames[n].render(pixels[n]) for n in group])
            found |= {n: EncodedImage(pixels[n], frames[n], (v,)) for n, v in zip(group, views, strict=True)}
        return [found[n] for n in range(len(images))]

    def frame(self, pixels: Pixels) -> Frame:
        """Return how the encoder's input lies on an (H, W, 3) image."""
        make = frame_of if self.config.align else whole_frame_of
        return make(pixels, self.config.input_side, self.encoder.stride)

    def augment(self, image: EncodedImage) -> EncodedImage:
        """Return the image encoded in its mirrored and turned views too (test-time augmentation).

        What the encoder says of a patch depends on where its grid happens to lie; the mean over four views
        depends on it less. It takes three passes more, so only what the language model reads is seen so.
        """
        others = symmetries(image.frame.render(image.pixels))[len(image.views) :]
        return replace(image, views=(*image.views, *self._views(others))) if others else image

    def fit(self, images: Sequence[Image], progress: Progress | None = None) -> ProductModel:
        """Learn a product from images of good parts: each is scored against the others.

        A product is learned without the language model too, where that is missing or does not answer; the
        model's notes say so. progress: told ("encoding good parts", done, total). Raises NoImages for none.
        """
        if not images:
            raise NoImages("a product is learned from at least one good image.")
        notes = []
        try:
            reader = self.reader()
            return self._fit(images, progress, reader, ())
        except (LanguageModelError, WeightsMissing) as error:
            notes.append(f"enrolled without the language model, which will not be asked about it: {error}")
        return self._fit(images, progress, None, tuple(notes))

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
            image: (H, W, 3) uint8 RGB, a loaded image, or what `encode` gave.
            product: what `fit` gave.
            alpha, review: false-alarm rates, see `Verdict`; the product's where None.
            ask: put every image to the language model, not only those whose decision it could change.

        A language model that does not answer is no failure: the reading says so, and the verdict is that
        of the maps. Raises ConfigError for a product of another fingerprint.
        """
        self.check(product)
        start = time.perf_counter()
        encoded = self.encode(image)
        encoded_at = time.perf_counter()
        reading, llm_ms, seen = Reading(), 0.0, encoded
        scores = self._scores(seen, product)
        values, foreign = map_on_original(seen, scores[FEW_SHOT], product.states[FEW_SHOT])
        if product.language_model is not None and (
            ask or product.hinges_on_reading(scores, foreign=foreign, alpha=alpha, review=review)
        ):
            asked_at = time.perf_counter()
            reading, asked = self._read(encoded, product)
            if asked is not None:
                seen, scores = asked
                values, foreign = map_on_original(seen, scores[FEW_SHOT], product.states[FEW_SHOT])
            llm_ms = 1000 * (time.perf_counter() - asked_at)
        verdict = product.judge(scores, foreign=foreign, alpha=alpha, review=review)
        mapped = product.fused_verdict(scores, foreign=foreign, alpha=alpha, review=review)
        shown = product.regions(values) if mapped.anomalous or mapped.uncertain else []
        regions = _described(seen, product.findings(scores, alpha), shown)
        decode_ms = 1000 * (time.perf_counter() - encoded_at) - llm_ms
        return Inspection(
            verdict=verdict,
            anomaly_map=AnomalyMap(values, float(np.exp(product.fused(scores, foreign=foreign)))),
            regions=regions,
            scores=scores,
            reading=reading,
            image=seen,
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
        """Judge several images; those whose inputs have one size share a pass of the encoder."""
        return [
            self.inspect(encoded, product, alpha=alpha, review=review)
            for encoded in self.encode_batch(images)
        ]

    def reader(self) -> SoftPromptScorer | None:
        """Return the language model's scorer, loaded at first use, or None for none.

        Raises WeightsMissing, LanguageModelError, ConfigError.
        """
        with self._lock:
            if self._reader is None and self._make_reader is not None:
                self._reader = self._make_reader()
            return self._reader

    def close_up(self) -> AnomalyGPT:
        """Return a model for parts of images, with the same encoder: few-shot map alone, not aligned."""
        config = self.config.model_copy(update={"align": False, "scorers": (FEW_SHOT,)})
        return AnomalyGPT(self.encoder, config)

    def _scorer(self, name: str) -> Scorer | None:
        """Return a scorer by its name, or None where this model has nothing for it."""
        if name == FEW_SHOT:
            return FewShotScorer(self.config.few_shot)
        if name == TEXT_ALIGNED:
            if self.checkpoint is None or self._fusion is None:
                return None
            kind = self.checkpoint.config.training.data.decoder_input
            share = self.config.few_shot.top_share
            return TextAlignedScorer(self.checkpoint.decoder, kind, share, self.checkpoint.digest)
        if name == SOFT_PROMPT:
            return None  # asked last, and only where a product was enrolled with it
        if name == LAYOUT:
            return LayoutScorer()
        factory = SCORERS.find(name)
        if factory is None:
            known = ", ".join([*DetectorConfig().scorers, *SCORERS.names()])
            raise ConfigError(f"scorers: no scorer is called {name!r}; known are {known}.")
        return factory()

    def _views(self, rendered: Sequence[Pixels]) -> list[View]:
        with self._lock:
            features = self.encoder.encode(np.stack(rendered)) if rendered else []
        return [View(each, patch_grid(each, self.config.few_shot)) for each in features]

    def _scores(self, image: EncodedImage, product: ProductModel) -> dict[str, Score]:
        """Return every scorer's score but the language model's."""
        scores: dict[str, Score] = {}
        for scorer in self._scorers:
            state = product.states.get(scorer.name)
            found = None if state is None else scorer.score(image, state, scores)
            if found is not None:
                scores[scorer.name] = found
        return scores

    def _read(
        self, image: EncodedImage, product: ProductModel
    ) -> tuple[Reading, tuple[EncodedImage, dict[str, Score]] | None]:
        """Put an image's map to the language model that the product was enrolled with.

        Returns its answer, and the image in the four views that it read, with their scores and its own; None
        where it did not answer, for then they have no part in the verdict.
        """
        try:
            reader = self.reader()
            if reader is None:
                return Reading(problem="no language model is set up (prompt_llm)"), None
            if reader.fingerprint != product.language_model:
                told = f"enrolled with the language model {product.language_model}"
                return Reading(problem=f"the product was {told}, and {reader.fingerprint} is set up"), None
            seen = self.augment(image)
            scores = self._scores(seen, product)
            answer = reader.score(seen, product.states[SOFT_PROMPT], scores)
        except (LanguageModelError, WeightsMissing) as error:
            return Reading(problem=str(error)), None
        return Reading(answer.log_score, reader.lm.name), (seen, {**scores, SOFT_PROMPT: answer})

    def _fit(
        self,
        images: Sequence[Image],
        progress: Progress | None,
        reader: SoftPromptScorer | None,
        notes: tuple[str, ...],
    ) -> ProductModel:
        good: list[EncodedImage] = []
        views: list[Array] = []
        for number, image in enumerate(images):
            encoded = self.augment(self.encode(image))
            grids = tuple(view.grid for view in encoded.views[1:])
            views += [as_array(view.features.embedding) for view in encoded.views[1:]]
            changed = perturbations(encoded.frame.render(encoded.pixels))
            views += [as_array(view.features.embedding) for view in self._views(changed)]
            # The language model reads the mean of all views, so what it is asked about is scored so too.
            close = len(images) == 1 or (reader is not None and number < MOST_ASKED)
            good.append(replace(encoded if close else encoded.first_view, reference_grids=grids))
            if progress is not None:
                progress("encoding good parts", number + 1, len(images))
        return fit_product(
            good,
            [*self._scorers, *([] if reader is None else [reader])],
            self._fusion,
            view_embeddings=np.stack(views),
            config=self.config,
            fingerprint=self.fingerprint,
            notes=notes,
        )


def pixels_of(image: Pixels | LoadedImage) -> Pixels:
    """Return an image's (H, W, 3) uint8 RGB pixels. Raises ConfigError for an array of another kind."""
    pixels = image.pixels if isinstance(image, LoadedImage) else image
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ConfigError(f"an image is (H, W, 3) uint8 RGB, not {pixels.shape} {pixels.dtype}.")
    return pixels


def _described(
    image: EncodedImage, wrong: Sequence[tuple[Finding, float]], shown: Sequence[Region]
) -> tuple[Region, ...]:
    """Return what scorers found wrong, then what the map shows, each described.

    A part that is missing where places do not count lies nowhere, and is no region.
    """
    found = [
        replace(region_of_box(finding.bbox, image.size, score=score), text=finding.text)
        for finding, score in wrong
        if finding.bbox is not None
    ]
    seen = [replace(region, text=describe_region(image.pixels, region).text) for region in shown]
    return (*found, *seen)
