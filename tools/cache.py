"""One pass over one image: decoded once, encoded once, its arrays kept here and never in a graph's state.

A graph's state is checkpointed, so it holds paths, hashes and small numbers. The arrays behind them
live in this cache; after a resume in another process a missing one is computed again from the file,
whose hash must still be the recorded one.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from anomaly_core.detector import Detector, Encoded
from anomaly_core.errors import LanguageModelError, UnreadableImage, WeightsError
from anomaly_core.imaging.reading import LoadedImage, load_image
from anomaly_core.inspection import AnomalyMap, Region, Verdict
from anomaly_core.layout.components import Component, find_components
from anomaly_core.product import ProductModel
from anomaly_core.soft_prompt.reader import AnomalyGPT


@dataclass(frozen=True)
class LanguageReading:
    """What the language model said of an image's map. margin: log p(Yes) - log p(No), or None: not asked.

    model: its name, where it answered. problem: why it did not answer although it should have, or "".
    """

    margin: float | None = None
    model: str | None = None
    problem: str = ""


@dataclass
class ImagePass:
    """The intermediate results for one file; each is made at first use and kept."""

    detector: Detector
    image: LoadedImage
    language: Callable[[], AnomalyGPT | None]
    _encoded: Encoded | None = None
    _closely: Encoded | None = None
    _maps: dict[tuple[str, bool], AnomalyMap] = field(default_factory=dict)
    _readings: dict[str, LanguageReading] = field(default_factory=dict)
    _decoded: dict[str, tuple[AnomalyMap, Verdict, list[Region]]] = field(default_factory=dict)
    _components: list[list[Component] | None] = field(default_factory=list)

    def encoded(self) -> Encoded:
        """Return the image's features, encoding it at first use."""
        if self._encoded is None:
            self._encoded = self.detector.encode(self.image.pixels)
        return self._encoded

    def components(self) -> list[Component] | None:
        """Return the pieces that stand out from the background, or None where there is none to tell."""
        if not self._components:
            self._components.append(find_components(self.image.pixels))
        return self._components[0]

    def anomaly_map(self, product: str, model: ProductModel) -> AnomalyMap:
        """Return the decoders' map and raw score; of a close look where the language model reads it.

        One that was to read it and did not answer has no part in the verdict, and so none in the map.
        """
        key = f"{product}@{model.version}"
        reading = self._readings.get(key)
        closely = (
            self._reader(product, model)[0] is not None if reading is None else reading.margin is not None
        )
        return self._map(key, model, closely=closely)

    def _map(self, key: str, model: ProductModel, *, closely: bool) -> AnomalyMap:
        if (key, closely) not in self._maps:
            encoded = self.encoded()
            if closely:
                encoded = self._closely = self._closely or self.detector.look_closely(
                    encoded, self.image.pixels
                )
            self._maps = {(key, closely): self.detector.decode(encoded, model)}
        return self._maps[key, closely]

    def reading(self, product: str, model: ProductModel) -> LanguageReading:
        """Return the language model's answer, where the product was enrolled with one; it is asked once.

        One that does not answer is no failure of the inspection: the reading says so.
        """
        key = f"{product}@{model.version}"
        if key not in self._readings:
            self._readings = {key: self._ask(product, model)}
        return self._readings[key]

    def _reader(self, product: str, model: ProductModel) -> tuple[AnomalyGPT | None, str]:
        """Return the language model that reads this product's maps, or None and why not.

        There is nothing to say, "", where the product was enrolled without one.
        """
        if model.language is None:
            return None, ""
        try:
            language = self.language()
        except (LanguageModelError, WeightsError) as error:
            return None, str(error)
        if language is None:
            return None, "no language model is set up (prompt_llm)"
        if language.name != model.language.model:
            return None, (
                f"{product} was enrolled with the language model {model.language.model}, "
                f"and {language.name} is set up"
            )
        return language, ""

    def _ask(self, product: str, model: ProductModel) -> LanguageReading:
        language, problem = self._reader(product, model)
        if language is None:
            return LanguageReading(problem=problem)
        values = self._map(f"{product}@{model.version}", model, closely=True).values
        try:
            margin = language.margin(values, model.even_odds, self.encoded().embedding)
        except LanguageModelError as error:
            return LanguageReading(problem=str(error))
        return LanguageReading(margin, language.lm.name)

    def decoded(self, product: str, model: ProductModel) -> tuple[AnomalyMap, Verdict, list[Region]]:
        """Return the anomaly map, the fused verdict and, for an anomalous image, its regions."""
        key = f"{product}@{model.version}"
        if key not in self._decoded:
            margin = self.reading(product, model).margin
            anomaly_map = self.anomaly_map(product, model)
            verdict = model.judge(anomaly_map.score, margin)
            regions: list[Region] = []
            if verdict.anomalous or verdict.uncertain:
                regions = model.regions(anomaly_map.values)
            self._decoded = {key: (anomaly_map, verdict, regions)}
        return self._decoded[key]


class PassCache:
    """The most recent passes, oldest dropped first, so that memory stays flat over any number of images."""

    def __init__(
        self,
        detector: Callable[[], Detector],
        language: Callable[[], AnomalyGPT | None] = lambda: None,
        *,
        size: int = 4,
        max_pixels: int,
    ) -> None:
        self._detector = detector
        self._language = language
        self._size = size
        self.max_pixels = max_pixels
        self._passes: OrderedDict[str, ImagePass] = OrderedDict()

    def open(self, path: str | Path) -> ImagePass:
        """Read the file anew and return its pass; equal bytes share one. Raises UnreadableImage."""
        image = load_image(Path(path), max_pixels=self.max_pixels)
        kept = self._passes.pop(image.sha256, None) or ImagePass(self._detector(), image, self._language)
        self._passes[image.sha256] = kept
        while len(self._passes) > self._size:
            self._passes.popitem(last=False)
        return kept

    def get(self, path: str | Path, sha256: str) -> ImagePass:
        """Return the pass of a file already opened; after a restart the file is read again.

        Raises UnreadableImage when the file has changed since.
        """
        kept = self._passes.get(sha256)
        if kept is not None:
            self._passes.move_to_end(sha256)
            return kept
        opened = self.open(path)
        if opened.image.sha256 != sha256:
            raise UnreadableImage(f"{path}: the file changed since it was inspected; inspect it again.")
        return opened

    def make_room(self, in_flight: int) -> None:
        """Keep a pass for each of so many inspections at the same time, and a few more."""
        self._size = max(self._size, in_flight + 1)

    def clear(self) -> None:
        """Forget every pass, so that the next look at a file is a first one."""
        self._passes.clear()


class Stopwatch:
    """Times one step in milliseconds: `with Stopwatch() as watch: ...; watch.ms`."""

    ms: float = 0.0

    def __enter__(self) -> Stopwatch:
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.ms = (time.perf_counter() - self._start) * 1000
