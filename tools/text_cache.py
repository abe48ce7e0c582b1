"""Text encoder with a cache, since the same few phrases recur with every anomalous image."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

import torch

from anomaly_core.encoders.base import TextEncoder

SIZE: Final = 1024
"""Texts in the cache, about 1.5 kB each; the least recently used is dropped first."""


class CachedTextEncoder:
    """TextEncoder that caches the results of another one. Thread-safe, unlike transformers' tokenizers."""

    def __init__(self, encoder: TextEncoder, size: int = SIZE) -> None:
        self._encoder = encoder
        self._size = size
        self._lock = threading.Lock()
        self._known: OrderedDict[str, torch.Tensor] = OrderedDict()
        self.name = encoder.name
        self.embedding_dim = encoder.embedding_dim

    def encode_text(self, texts: list[str]) -> torch.Tensor:
        """Return (n, D) float32, L2-normalised rows."""
        with self._lock:
            if not texts or len(texts) > self._size:
                # So many texts are an index being built, and do not recur.
                return self._encoder.encode_text(texts)
            new = [text for text in dict.fromkeys(texts) if text not in self._known]
            found = dict(zip(new, self._encoder.encode_text(new), strict=True)) if new else {}
            rows = [found[text] if text in found else self._known[text] for text in texts]
            for text, row in zip(texts, rows, strict=True):
                self._known[text] = row
                self._known.move_to_end(text)
            while len(self._known) > self._size:
                self._known.popitem(last=False)
            return torch.stack(rows)
