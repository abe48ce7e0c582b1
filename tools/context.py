"""Collaborators of the tools: model, encoders, store and caches, each loaded at first use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.encoders.base import TextEncoder
from anomaly_core.encoders.remembering import RememberingEncoder
from anomaly_core.errors import ConfigError
from anomaly_core.imaging.reading import LoadedImage, load_image
from anomaly_core.imaging.registration import Aligned, align
from anomaly_core.inspection import Inspection
from anomaly_core.product import ProductModel
from knowledge.log.log import InspectionLog
from knowledge.products.corrections import FeedbackLog
from knowledge.products.examples import ExampleIndex
from knowledge.products.record import TemplateHit
from knowledge.products.templates import TemplateIndex
from knowledge.store.store import Store, require_store
from tools.cache import CachedImage, ImageCache, Rates
from tools.references import reference_embeddings
from tools.text_cache import CachedTextEncoder

if TYPE_CHECKING:
    from knowledge.catalogue.index import DomainIndex

T = TypeVar("T")


@dataclass(frozen=True)
class Origin:
    """Where an inspection is made, for the log."""

    lot: str | None = None
    station: str | None = None
    operator: str | None = None


_OPERATOR: ContextVar[str | None] = ContextVar("operator", default=None)


@contextmanager
def operated_by(name: str | None) -> Iterator[None]:
    """Log what the block does as this person's; None: as the settings' operator's.

    A context variable, since several people share one service and its models.
    """
    token = _OPERATOR.set(name)
    try:
        yield
    finally:
        _OPERATOR.reset(token)


class Context:
    """The collaborators of all tools. Thread-safe.

    store: the store's folder. model, text_encoder: factories, called once, at first use.
    other_model: factory of the model with another image encoder, called once a name; None where all products
        have that of `model`.
    rates: alpha and review of all verdicts, None for those of a product's enrolment.
    log: file of the log; None logs nothing. origin: of what is logged.
    """

    def __init__(
        self,
        *,
        store: Path,
        model: Callable[[], AnomalyGPT],
        text_encoder: Callable[[], TextEncoder],
        max_pixels: int,
        other_model: Callable[[str], AnomalyGPT] | None = None,
        rates: Rates = (None, None),
        log: Path | None = None,
        origin: Origin | None = None,
    ) -> None:
        self.store_path = store
        self.rates = rates
        self.log = None if log is None else InspectionLog(log)
        self._origin = origin or Origin()
        self._make_model = model
        self._make_other_model = other_model
        self._make_text_encoder = text_encoder
        self._lock = threading.RLock()
        self._made: dict[str, object] = {}
        self._versioned: dict[str, tuple[int, object]] = {}
        self.images = ImageCache(max_pixels=max_pixels)

    def _once(self, name: str, make: Callable[[], T]) -> T:
        with self._lock:
            if name not in self._made:
                self._made[name] = make()
            return cast("T", self._made[name])

    @property
    def origin(self) -> Origin:
        """Where what is logged now is made, and by whom; see `operated_by`."""
        operator = _OPERATOR.get()
        return self._origin if operator is None else replace(self._origin, operator=operator)

    @property
    def model(self) -> AnomalyGPT:
        """Encoder, scorers and language model of new products."""
        return self._once("model", self._make_model)

    def model_with(self, encoder: str) -> AnomalyGPT:
        """Return the model with an image encoder: name, folder or hub id. Raises WeightsMissing."""
        make = self._make_other_model
        if make is None or encoder == self.model.config.encoder:
            return self.model
        return self._once(f"model with {encoder}", lambda: make(encoder))

    def model_of(self, product: ProductModel) -> AnomalyGPT:
        """Return the model that a product was enrolled with. Raises WeightsMissing."""
        return self.model_with(product.encoder)

    def remembering(self, model: AnomalyGPT) -> AnomalyGPT:
        """Return a model whose encoder remembers what it encoded, for what encodes good images again."""
        return self._once(
            f"remembering {model.encoder.name}",
            lambda: model.with_encoder(RememberingEncoder(model.encoder)),
        )

    def search_models(self) -> tuple[list[AnomalyGPT], list[ConfigError]]:
        """Return the models of the enrolled products, and the errors of products of another version.

        Raises WeightsMissing.
        """
        found: dict[str, AnomalyGPT] = {}
        refused: list[ConfigError] = []
        for info in self.templates.products():
            own = info.encoder == self.model.encoder.name
            try:
                found[info.encoder] = self.model if own else self.model_of(self.product(info.name))
            except ConfigError as error:
                refused.append(error)
        return list(found.values()), refused

    def references(self, model: AnomalyGPT) -> NDArray[np.float32]:
        """Return a model's out-of-distribution references, (kinds, designs, D); see `tools.references`."""
        return self._once(f"references of {model.encoder.name}", lambda: reference_embeddings(model))

    @property
    def text_encoder(self) -> TextEncoder:
        """The text encoder of notes and questions."""
        return self._once("text_encoder", lambda: CachedTextEncoder(self._make_text_encoder()))

    @property
    def store(self) -> Store:
        """The store, made where missing; commands that only read call `require_store` first."""
        return self._once("store", lambda: Store.open(self.store_path, create=True))

    @property
    def templates(self) -> TemplateIndex:
        """Enrolled products and their normal templates."""
        return self._once("templates", lambda: TemplateIndex(self.store))

    @property
    def domain(self) -> DomainIndex:
        """Notes about products and defects."""
        from knowledge.catalogue.index import DomainIndex

        return self._once("domain", lambda: DomainIndex(self.store, lambda: self.text_encoder))

    @property
    def examples(self) -> ExampleIndex:
        """Confirmed examples of defects."""
        return self._once("examples", lambda: ExampleIndex(self.store))

    @property
    def feedback(self) -> FeedbackLog:
        """Human corrections of verdicts."""
        return self._once("feedback", lambda: FeedbackLog(self.store))

    def cached(self, name: str, version: int, make: Callable[[], T]) -> T:
        """Return `make()`, cached under a name for one version of the store."""
        with self._lock:
            if self._versioned.get(name, (None, None))[0] != version:
                self._versioned[name] = (version, make())
            return cast("T", self._versioned[name][1])

    def require_store(self) -> None:
        """Raise StoreMissing where there is no store."""
        if "store" not in self._made:
            require_store(self.store_path)

    def product(self, name: str) -> ProductModel:
        """Return an enrolled product, cached for one version of the store.

        Raises UnknownProduct, StoreDamaged, and ConfigError for one that was enrolled with another model.
        """
        version = self.store.snapshot().version

        def load() -> ProductModel:
            where = f"{self.store_path}: {name}"
            product = ProductModel.from_parts(*self.templates.load(name), version=str(version), name=where)
            self.model_of(product).check(product, where)
            return product

        return self.cached(f"product {name}", version, load)

    def read(self, path: Path, product: ProductModel) -> LoadedImage:
        """Read an image file as the product's images are read. Raises UnreadableImage."""
        return load_image(path, max_pixels=self.images.max_pixels, grey_range=product.grey_range)


@dataclass(frozen=True)
class Part:
    """An image as a product: the input of the tools.

    image: its path. sha256: of the file's bytes. product: name of the enrolled product.
    """

    context: Context
    image: str
    sha256: str
    product: str

    @property
    def cached(self) -> CachedImage:
        """The image's entry in the cache, read with the product's grey range. Raises UnreadableImage."""
        images = self.context.images
        found = images.get(self.image, self.sha256)
        return found.in_range(self.model.grey_range, images.max_pixels) if self.product else found

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB."""
        return self.cached.loaded.pixels

    @cached_property
    def model(self) -> ProductModel:
        """The enrolled product, as the store holds it at first use."""
        return self.context.product(self.product)

    @property
    def detector(self) -> AnomalyGPT:
        """The model that the product was enrolled with."""
        return self.context.model_of(self.model)

    @property
    def encoded(self) -> EncodedImage:
        """The encoded image, framed as the product's good images are and with its zones, if there is one."""
        if not self.product:
            return self.cached.encoded(self.context.model)
        return self.cached.framed(self.detector, self.product, self.model)

    def template(self, hit: TemplateHit) -> LoadedImage:
        """Return the image of one of the product's good parts. Raises UnreadableImage."""
        return self.context.read(hit.path, self.model)

    @property
    def nearest(self) -> tuple[TemplateHit, Aligned]:
        """The good part nearest to the image, and its registration to the image. Raises UnreadableImage."""
        return self.cached.nearest(self.product, self.model, self._find_nearest)

    def _find_nearest(self) -> tuple[TemplateHit, Aligned]:
        encoded = self.encoded
        hit = self.context.templates.nearest(self.product, encoded.embedding, 1)[0]
        other = self.template(hit).pixels
        return hit, align(self.pixels, encoded.frame, other, self.detector.frame(other, self.model))

    @property
    def inspection(self) -> Inspection:
        """The inspection of the image, computed at first use."""
        return self.cached.inspection(self.detector, self.product, self.model, self.context.rates)
