"""What the tools work with: models and memory, each loaded at first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anomaly_core.config import DetectorConfig
from anomaly_core.detector import Detector
from anomaly_core.encoders.base import TextEncoder
from anomaly_core.errors import ConfigError, StoreMissing
from anomaly_core.layout.model import LayoutModel
from anomaly_core.product import ProductModel
from anomaly_core.soft_prompt.reader import AnomalyGPT
from knowledge.catalogue.index import DomainIndex
from knowledge.products.corrections import FeedbackLog
from knowledge.products.examples import ExampleIndex
from knowledge.products.templates import TemplateIndex
from knowledge.store.store import Store
from tools.cache import PassCache
from tools.enrollment.references import reference_embeddings
from tools.records import FailureRecord, InspectionRecord
from tools.text_cache import RememberingTextEncoder

ReportWriter = Callable[[list[InspectionRecord | FailureRecord], Path], Path]


class Services:
    """The collaborators of every tool.

    store: the store's folder. detector, language and text_encoder: factories, called once, when first needed.
    out: where pictures go, or None for none. write_report: how a report is written.
    """

    def __init__(
        self,
        *,
        store: Path,
        detector: Callable[[], Detector],
        language: Callable[[], AnomalyGPT | None],
        text_encoder: Callable[[], TextEncoder],
        write_report: ReportWriter,
        config: DetectorConfig,
        max_pixels: int,
    ) -> None:
        self.store_path = store
        self.config = config
        self.write_report = write_report
        self._make_detector = detector
        self._make_language = language
        self._make_text_encoder = text_encoder
        self._models: dict[tuple[str, int], ProductModel] = {}
        self.passes = PassCache(lambda: self.detector, lambda: self.language, max_pixels=max_pixels)

    @cached_property
    def detector(self) -> Detector:
        """The encoder and decoder."""
        return self._make_detector()

    @cached_property
    def strangers(self) -> NDArray[np.float32]:
        """Drawn objects as the encoder sees them, (kinds, designs, D)."""
        return reference_embeddings(self.detector)

    @cached_property
    def language(self) -> AnomalyGPT | None:
        """The prompt-learned language model, or None where none was asked for."""
        return self._make_language()

    @cached_property
    def text_encoder(self) -> TextEncoder:
        """The encoder of notes and questions."""
        return RememberingTextEncoder(self._make_text_encoder())

    @cached_property
    def store(self) -> Store:
        """The store, made if it is not there yet; commands that only read call `require_store` first."""
        return Store.open(self.store_path, create=True)

    @cached_property
    def templates(self) -> TemplateIndex:
        """Enrolled products and their normal templates."""
        return TemplateIndex(self.store)

    @cached_property
    def domain(self) -> DomainIndex:
        """Notes about products and defects."""
        return DomainIndex(self.store, lambda: self.text_encoder)

    @cached_property
    def examples(self) -> ExampleIndex:
        """Defects that people confirmed."""
        return ExampleIndex(self.store)

    @cached_property
    def feedback(self) -> FeedbackLog:
        """What people said of verdicts."""
        return FeedbackLog(self.store)

    def require_store(self) -> None:
        """Raise StoreMissing when nothing was ever enrolled here."""
        if "store" not in self.__dict__ and not (self.store_path / "CURRENT").exists():
            raise StoreMissing(
                f"{self.store_path}: no store here; make one with `iad enroll PRODUCT PATH...`."
            )

    def layout_model(self, product: str) -> LayoutModel | None:
        """Return how the product's components lie, or None where its good images show no layout."""
        meta = next((info.meta for info in self.templates.products() if info.name == product), {})
        layout = meta.get("layout")
        return LayoutModel.from_meta(layout) if isinstance(layout, dict) else None

    def product_model(self, product: str) -> ProductModel:
        """Return the product's memory bank and calibration; kept until the store changes."""
        version = self.store.snapshot().version
        key = (product, version)
        if key not in self._models:
            arrays, meta = self.templates.load(product)
            made_by = meta.get("made_by", "an earlier version of this program")
            if made_by != self.detector.made_by:
                raise ConfigError(
                    f"{self.store_path}: {product} was enrolled with {made_by}, and this run uses "
                    f"{self.detector.made_by}; set encoder, input_size and checkpoint as they were, or "
                    f"enrol it again with `iad enroll {product} PATH...`."
                )
            # Models of an older version of the store are of no more use; a few products stay ready.
            self._models = {k: m for k, m in list(self._models.items())[-7:] if k[1] == version}
            self._models[key] = ProductModel.from_parts(arrays, meta, version=str(version))
        return self._models[key]
