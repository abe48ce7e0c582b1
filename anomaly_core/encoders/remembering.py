"""An image encoder that remembers what it encoded: the same pixels in the same company are encoded once."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomaly_core.encoders.base import Features, ImageEncoder

MOST_BYTES: Final = 512 << 20
"""Bytes of features that are remembered; of an image of 640 x 480 the default encoder has 2 to 4 million."""


class RememberingEncoder:
    """ImageEncoder that returns another one's features, and keeps those asked for last. Thread-safe.

    A whole batch is remembered, not its images: the last bits of an image's features may depend on the others
    that share its forward pass. Whoever changes a tensor that it returned changes what is remembered.
    """

    def __init__(self, encoder: ImageEncoder, most_bytes: int = MOST_BYTES) -> None:
        self._encoder = encoder
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, list[Features]] = OrderedDict()
        self.name, self.stride, self.channels = encoder.name, encoder.stride, encoder.channels
        self.embedding_dim = encoder.embedding_dim

    def encode(self, batch: NDArray[np.uint8]) -> list[Features]:
        """Encode (B, H, W, 3) uint8 RGB images; see `ImageEncoder.encode`."""
        key = _key(batch)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return list(self._known[key])
        found = self._encoder.encode(batch)
        with self._lock:
            if key not in self._known:
                self._known[key] = list(found)
                self._bytes += _size(found)
            while self._bytes > self._most_bytes:
                _, dropped = self._known.popitem(last=False)
                self._bytes -= _size(dropped)
        return found


def _key(batch: NDArray[np.uint8]) -> bytes:
    digest = hashlib.sha256(f"{batch.dtype} {batch.shape} ".encode())
    digest.update(np.ascontiguousarray(batch).data)
    return digest.digest()


def _size(features: list[Features]) -> int:
    """Return the bytes of several images' features."""
    return sum(each.nbytes for one in features for each in (*one.taps, one.embedding))
