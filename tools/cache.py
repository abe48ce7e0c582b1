"""The image cache: each image decoded once, encoded once and inspected once; no array in a graph's state.

A graph's state is checkpointed, so it holds paths, hashes and small numbers. The arrays behind them
live here; after a resume in another process a missing one is computed again from the file,
whose hash must still be the recorded one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.errors import UnreadableImage
from anomaly_core.imaging.reading import LoadedImage, load_image
from anomaly_core.inspection import Inspection
from anomaly_core.product import ProductModel

Rates = tuple[float | None, float | None]
"""alpha and review of a call, None for the product's own."""


class CachedImage:
    """One image file and what was computed of it; each is made at first use, by one thread, and kept."""

    def __init__(self, model: Callable[[], AnomalyGPT], loaded: LoadedImage) -> None:
        self.loaded = loaded
        self._model = model
        self._lock = threading.RLock()
        self._encoded: EncodedImage | None = None
        self._inspections: dict[tuple[str, str, Rates], Inspection] = {}

    @property
    def encoded(self) -> EncodedImage:
        """The encoded image."""
        with self._lock:
            if self._encoded is None:
                (self._encoded,) = self._model().encode_batch([self.loaded])
            return self._encoded

    def inspection(self, name: str, product: ProductModel, rates: Rates = (None, None)) -> Inspection:
        """Return the inspection of the image as a product; `name` is the product's."""
        key = (name, product.version, rates)
        with self._lock:
            if key not in self._inspections:
                alpha, review = rates
                found = self._model().inspect(self.encoded, product, alpha=alpha, review=review)
                self._inspections = {key: found}
            return self._inspections[key]


class ImageCache:
    """The most recent images, oldest dropped first, so that memory stays flat over any number of them."""

    def __init__(self, model: Callable[[], AnomalyGPT], *, size: int = 4, max_pixels: int) -> None:
        self._model = model
        self._size = size
        self.max_pixels = max_pixels
        self._lock = threading.Lock()
        self._images: OrderedDict[str, CachedImage] = OrderedDict()

    def open(self, path: str | Path) -> CachedImage:
        """Read the file anew and return its entry; equal bytes share one. Raises UnreadableImage."""
        loaded = load_image(Path(path), max_pixels=self.max_pixels)
        with self._lock:
            kept = self._images.pop(loaded.sha256, None) or CachedImage(self._model, loaded)
            self._images[loaded.sha256] = kept
            while len(self._images) > self._size:
                self._images.popitem(last=False)
        return kept

    def get(self, path: str | Path, sha256: str) -> CachedImage:
        """Return the entry of a file already opened; after a restart the file is read again.

        Raises UnreadableImage when the file has changed since.
        """
        with self._lock:
            kept = self._images.get(sha256)
            if kept is not None:
                self._images.move_to_end(sha256)
                return kept
        opened = self.open(path)
        if opened.loaded.sha256 != sha256:
            raise UnreadableImage(f"{path}: the file changed since it was inspected; inspect it again.")
        return opened

    def make_room(self, in_flight: int) -> None:
        """Keep an entry for each of so many inspections at the same time, and a few more."""
        self._size = max(self._size, in_flight + 1)

    def clear(self) -> None:
        """Forget every image, so that the next look at a file is a first one."""
        with self._lock:
            self._images.clear()
