"""Image -> frame -> features: what every scorer reads, with flips as test-time augmentation."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomaly_core.config import DetectorConfig
from anomaly_core.decoders.patches import EncodedImage, View, patch_grid
from anomaly_core.encoders.base import ImageEncoder
from anomaly_core.errors import ConfigError
from anomaly_core.imaging.augment import flips
from anomaly_core.imaging.frame import Frame, frame_of, whole_frame_of
from anomaly_core.imaging.noise import less_noise, noise_of
from anomaly_core.imaging.quality import Recordings
from anomaly_core.imaging.reading import LoadedImage
from anomaly_core.results import Array

STEADY_SHARE: Final = 0.75
"""Least share of other recordings of an aligned product's good images that are aligned."""
MOST_ENCODED: Final = 2
"""Good images whose other recordings are encoded."""
ENCODED: Final = ("brighter", "falling outwards", "blurred", "noisy")
"""The recordings that are encoded: those whose embeddings are the most distant."""
DISTANCE_MARGIN: Final = (1.25, 0.02)
"""Factor of the largest cosine distance of good images and other recordings, and addition to it."""

Pixels = NDArray[np.uint8]
Image = Pixels | LoadedImage | EncodedImage


class FramedEncoder:
    """An image encoder behind the frame that the configuration asks for. Thread-safe."""

    def __init__(self, encoder: ImageEncoder, config: DetectorConfig) -> None:
        self._encoder = encoder
        self._config = config
        self._lock = threading.Lock()

    def encode_batch(self, images: Sequence[Image], *, align: bool = True) -> list[EncodedImage]:
        """Frame and encode images; inputs of equal size share one forward pass.

        align: False frames all images whole, also those that were encoded aligned.
        """
        found: dict[int, EncodedImage] = {
            n: i
            for n, i in enumerate(images)
            if isinstance(i, EncodedImage) and (align or not i.frame.aligned)
        }
        pixels = {n: pixels_of(i) for n, i in enumerate(images) if n not in found}
        frames = {n: self.frame(p, align=align) for n, p in pixels.items()}
        for size in sorted({frame.input_size for frame in frames.values()}):
            group = [n for n, frame in frames.items() if frame.input_size == size]
            rendered = [frames[n].render(pixels[n]) for n in group]
            for n, shown, view in zip(group, rendered, self.views(rendered), strict=True):
                given = images[n]
                source = given if isinstance(given, LoadedImage) else pixels[n]
                found[n] = EncodedImage(source, frames[n], (view,), input_noise=noise_of(shown))
        return [found[n] for n in range(len(images))]

    def upright(self, image: EncodedImage, good: Array, axis: tuple[float, float]) -> EncodedImage:
        """Return an aligned image as it is or, where its part lies the other way than all good ones, turned.

        A defect may make the lighter end the heavier one: it is turned where that makes it more like a good
        image. A part that does lie the other way stays as it is. good: (n, D) embeddings of the good images.
        axis: see `ProductModel`.
        """
        if image.frame.direction @ np.array(axis) >= 0:
            return image
        frame = image.frame.turned()
        rendered = frame.render(image.pixels)
        views = tuple(self.views([rendered]))
        turned = replace(image, frame=frame, views=views, input_noise=noise_of(rendered))
        return max(image, turned, key=lambda one: float((good @ one.embedding).max()))

    def frame(self, pixels: Pixels, *, align: bool = True) -> Frame:
        """Return the frame of the encoder input on an (H, W, 3) image; align: False frames it whole."""
        make = frame_of if self._config.align and align else whole_frame_of
        return make(pixels, self._config.input_side, self._encoder.stride)

    def aligns(self, poses: Sequence[bool], changed: Sequence[Recordings]) -> bool:
        """Return whether a product of these good images is aligned: its pose is clear in all of them.

        The pose must also be clear in `STEADY_SHARE` of `changed`, other recordings of the first images: an
        image in which it isn't cannot be compared with aligned ones.
        """
        if not all(poses):
            return False
        steady = [self.frame(copy).aligned for copies in changed for copy in copies.values()]
        return sum(steady) >= STEADY_SHARE * len(steady)

    def similarity_floor(
        self, changed: Sequence[Recordings], embeddings: Array, views: Array, *, align: bool
    ) -> float:
        """Return the least cosine of an embedding to the nearest of a product's good images and views.

        It lies beyond the distances of each good image to the others and of `changed`, other recordings.
        embeddings: (n, D) of the good images. views: (n, v, D) of their augmented views.
        """
        known = np.concatenate([embeddings[:, None], views], axis=1)
        count, _, width = known.shape
        nearest = [
            float((np.delete(known, n, axis=0).reshape(-1, width) @ embeddings[n]).max())
            for n in range(count if count > 1 else 0)
        ]
        copies = [copies[name] for copies in changed[:MOST_ENCODED] for name in ENCODED]
        seen = np.stack([each.embedding for each in self.encode_batch(copies, align=align)])
        nearest += (seen @ known.reshape(-1, width).T).max(axis=1).tolist()
        factor, addition = DISTANCE_MARGIN
        return 1 - factor * (1 - min(nearest)) - addition

    def augment(self, image: EncodedImage) -> EncodedImage:
        """Return the image with all four `flips` encoded (test-time augmentation).

        A patch's features depend on the position of the patch grid; the mean map of four views depends on it
        less. It takes three more forward passes, so only images that the language model scores are augmented.
        """
        rendered = image.frame.render(image.pixels)
        others = flips(less_noise(rendered, image.noise) if image.noise else rendered)[len(image.views) :]
        return replace(image, views=(*image.views, *self.views(others))) if others else image

    def with_less_noise(self, image: EncodedImage, limit: float) -> EncodedImage:
        """Return the image, encoded anew without its noise where that is above the limit, in grey levels.

        What is measured and cleaned is the encoder's input, in which noise of a large image has averaged out.
        """
        noise = image.input_noise
        if noise <= limit or image.noise:
            return image
        cleaned = less_noise(image.frame.render(image.pixels), noise)
        return replace(image, views=tuple(self.views([cleaned])), noise=noise)

    def views(self, rendered: Sequence[Pixels]) -> list[View]:
        """Encode (H, W, 3) encoder inputs of one size."""
        with self._lock:
            features = self._encoder.encode(np.stack(rendered)) if rendered else []
        return [View(each, patch_grid(each, self._config.few_shot)) for each in features]


def pixels_of(image: Image) -> Pixels:
    """Return an image's (H, W, 3) uint8 RGB pixels. Raises ConfigError for an array of another kind."""
    pixels = image if isinstance(image, np.ndarray) else image.pixels
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ConfigError(f"an image is (H, W, 3) uint8 RGB, not {pixels.shape} {pixels.dtype}.")
    return pixels
