"""Image cache: decoded pixels, features, inspection and nearest good part of recent images.

A graph's state is checkpointed and holds paths and hashes, but no arrays. In another process, arrays are
computed again from the file, whose hash must be the recorded one.
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
from anomaly_core.imaging.registration import Aligned
from anomaly_core.inspection import Inspection
from anomaly_core.product import ProductModel
from knowledge.products.record import TemplateHit

Rates = tuple[float | None, float | None]
"""(alpha, review), None for the product's."""


class CachedImage:
    """One image file with what is computed of it at first use. Thread-safe."""

    def __init__(self, loaded: LoadedImage) -> None:
        self.loaded = loaded
        self._lock = threading.RLock()
        self._encoded: dict[tuple[str, bool], EncodedImage] = {}
        self._framed: dict[tuple[str, str], EncodedImage] = {}
        self._inspections: dict[tuple[str, str, Rates], Inspection] = {}
        self._nearest: dict[tuple[str, str], tuple[TemplateHit, Aligned]] = {}
        self._in_range: dict[float, CachedImage] = {}

    def in_range(self, grey_range: float | None, max_pixels: int) -> CachedImage:
        """Return the entry of the file as read with a product's grey range; itself where that is its own.

        Raises UnreadableImage where the file has changed.
        """
        if None in (grey_range, self.loaded.grey_range) or grey_range == self.loaded.grey_range:
            return self
        assert grey_range is not None
        with self._lock:
            if grey_range not in self._in_range:
                again = read_again(self.loaded.path, self.loaded.sha256, max_pixels, grey_range)
                self._in_range[grey_range] = CachedImage(again)
            return self._in_range[grey_range]

    def encoded(self, model: AnomalyGPT, *, align: bool = True) -> EncodedImage:
        """Return the encoded image, aligned where its pose is clear, or whole; each is computed once.

        Where the pose is unclear, both are the same.
        """
        name = model.encoder.name
        with self._lock:
            if (name, align) not in self._encoded:
                known = self._encoded.get((name, True), self.loaded)
                (self._encoded[name, align],) = model.input.encode_batch([known], align=align)
            return self._encoded[name, align]

    def framed(self, model: AnomalyGPT, name: str, product: ProductModel) -> EncodedImage:
        """Return the image as it is inspected for a product; name: the product's. Only the last one is kept.

        See `AnomalyGPT.framed`.
        """
        key = (name, product.version)
        with self._lock:
            if key not in self._framed:
                # As it was encoded before the product was known, where it was.
                coder = model.encoder.name
                known = self._encoded.get((coder, product.aligned)) or self._encoded.get((coder, True))
                self._framed = {key: model.framed(known or self.loaded, product)}
            return self._framed[key]

    def inspection(
        self, model: AnomalyGPT, name: str, product: ProductModel, rates: Rates = (None, None)
    ) -> Inspection:
        """Return the inspection for a product; name: the product's. Only the last one is kept."""
        key = (name, product.version, rates)
        with self._lock:
            if key not in self._inspections:
                alpha, review = rates
                found = model.inspect(self.framed(model, name, product), product, alpha=alpha, review=review)
                self._inspections = {key: found}
            return self._inspections[key]

    def nearest(
        self, name: str, product: ProductModel, find: Callable[[], tuple[TemplateHit, Aligned]]
    ) -> tuple[TemplateHit, Aligned]:
        """Return the result of `find`, the nearest good part of a product laid on the image; name: its name.

        Only the last one is kept.
        """
        key = (name, product.version)
        with self._lock:
            if key not in self._nearest:
                self._nearest = {key: find()}
            return self._nearest[key]


def read_again(path: Path, sha256: str, max_pixels: int, grey_range: float | None = None) -> LoadedImage:
    """Read a file another time; see `load_image`. Raises UnreadableImage where it has changed."""
    image = load_image(path, max_pixels=max_pixels, grey_range=grey_range)
    check_unchanged(image, sha256)
    return image


def check_unchanged(image: LoadedImage, sha256: str) -> None:
    """Raise UnreadableImage where an image has not the hash that its file had before."""
    if image.sha256 != sha256:
        raise UnreadableImage(f"{image.path}: the file changed since it was read; give it again.")


class ImageCache:
    """The most recently used images, at most `size`. Thread-safe."""

    def __init__(self, *, size: int = 4, max_pixels: int) -> None:
        self._size = size
        self.max_pixels = max_pixels
        self._lock = threading.Lock()
        self._images: OrderedDict[str, CachedImage] = OrderedDict()
        self._ahead: dict[Path, LoadedImage] = {}

    def open(self, path: str | Path) -> CachedImage:
        """Read the file and return its entry; equal bytes share one. Raises UnreadableImage."""
        with self._lock:
            ahead = self._ahead.pop(Path(path), None)
        loaded = ahead or load_image(Path(path), max_pixels=self.max_pixels)
        with self._lock:
            kept = self._images.pop(loaded.sha256, None) or CachedImage(loaded)
            self._images[loaded.sha256] = kept
            while len(self._images) > self._size:
                self._images.popitem(last=False)
        return kept

    def get(self, path: str | Path, sha256: str) -> CachedImage:
        """Return the entry of a file that was opened, which is read again where it was dropped.

        Raises UnreadableImage where the file has changed since.
        """
        with self._lock:
            kept = self._images.get(sha256)
            if kept is not None:
                self._images.move_to_end(sha256)
                return kept
        opened = self.open(path)
        check_unchanged(opened.loaded, sha256)
        return opened

    def read_ahead(self, path: Path) -> bool:
        """Read a file for the next `open`, which meets its error, and measure it; return whether it could."""
        try:
            loaded = load_image(path, max_pixels=self.max_pixels)
        except UnreadableImage:
            return False
        _ = loaded.quality
        with self._lock:
            self._ahead[path] = loaded
        return True

    def drop_ahead(self) -> None:
        """Drop what was read ahead and not opened."""
        with self._lock:
            self._ahead.clear()

    def make_room(self, in_flight: int) -> None:
        """Raise `size`, if need be, to hold the images of this many concurrent inspections."""
        self._size = max(self._size, in_flight + 1)

    def clear(self) -> None:
        """Drop all images."""
        with self._lock:
            self._images.clear()
