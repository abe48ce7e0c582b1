"""Image -> frame -> features: what every scorer reads, with flips as test-time augmentation."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from anomaly_core.config import DetectorConfig
from anomaly_core.decoders.patches import EncodedImage, View, patch_grid
from anomaly_core.encoders.base import ImageEncoder
from anomaly_core.errors import ConfigError
from anomaly_core.imaging.augment import flips
from anomaly_core.imaging.frame import Frame, frame_of, whole_frame_of
from anomaly_core.imaging.reading import LoadedImage

Pixels = NDArray[np.uint8]
Image = Pixels | LoadedImage | EncodedImage


class FramedEncoder:
    """An image encoder behind the frame that the configuration asks for. Thread-safe."""

    def __init__(self, encoder: ImageEncoder, config: DetectorConfig) -> None:
        self._encoder = encoder
        self._config = config
        self._lock = threading.Lock()

    def encode_batch(self, images: Sequence[Image]) -> list[EncodedImage]:
        """Frame and encode images; inputs of equal size share one forward pass."""
        found: dict[int, EncodedImage] = {n: i for n, i in enumerate(images) if isinstance(i, EncodedImage)}
        pixels = {n: pixels_of(i) for n, i in enumerate(images) if not isinstance(i, EncodedImage)}
        frames = {n: self.frame(p) for n, p in pixels.items()}
        for size in sorted({frame.input_size for frame in frames.values()}):
            group = [n for n, frame in frames.items() if frame.input_size == size]
            views = self.views([frames[n].render(pixels[n]) for n in group])
            found |= {n: EncodedImage(pixels[n], frames[n], (v,)) for n, v in zip(group, views, strict=True)}
        return [found[n] for n in range(len(images))]

    def frame(self, pixels: Pixels) -> Frame:
        """Return the frame of the encoder input on an (H, W, 3) image."""
        make = frame_of if self._config.align else whole_frame_of
        return make(pixels, self._config.input_side, self._encoder.stride)

    def augment(self, image: EncodedImage) -> EncodedImage:
        """Return the image with all four `flips` encoded (test-time augmentation).

        A patch's features depend on the position of the patch grid; the mean map of four views depends on it
        less. It takes three more forward passes, so only images that the language model scores are augmented.
        """
        others = flips(image.frame.render(image.pixels))[len(image.views) :]
        return replace(image, views=(*image.views, *self.views(others))) if others else image

    def views(self, rendered: Sequence[Pixels]) -> list[View]:
        """Encode (H, W, 3) encoder inputs of one size."""
        with self._lock:
            features = self._encoder.encode(np.stack(rendered)) if rendered else []
        return [View(each, patch_grid(each, self._config.few_shot)) for each in features]


def pixels_of(image: Pixels | LoadedImage) -> Pixels:
    """Return an image's (H, W, 3) uint8 RGB pixels. Raises ConfigError for an array of another kind."""
    pixels = image.pixels if isinstance(image, LoadedImage) else image
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ConfigError(f"an image is (H, W, 3) uint8 RGB, not {pixels.shape} {pixels.dtype}.")
    return pixels
