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
from anomaly_core.imaging.pose import Pose, small_picture
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

    def encode_batch(
        self, images: Sequence[Image], *, align: bool = True, pose: Pose | None = None
    ) -> list[EncodedImage]:
        """Frame and encode images; inputs of equal size share one forward pass.

        align: False frames all images whole, also those that were encoded aligned. pose: of the product
        whose aligned images they are framed as.
        """
        found: dict[int, EncodedImage] = {
            n: i for n, i in enumerate(images) if isinstance(i, EncodedImage) and _is_framed(i, align, pose)
        }
        inputs = {n: self._input(i, align=align, pose=pose) for n, i in enumerate(images) if n not in found}
        for size in sorted({frame.input_size for frame, _ in inputs.values()}):
            group = {n: given for n, given in inputs.items() if given[0].input_size == size}
            views = self.views([rendered for _, rendered in group.values()])
            for (n, (frame, rendered)), view in zip(group.items(), views, strict=True):
                given = images[n]
                source = given.source if isinstance(given, EncodedImage) else given
                found[n] = EncodedImage(
                    source, frame, (view,), input_noise=noise_of(rendered), picture=small_picture(rendered)
                )
        return [found[n] for n in range(len(images))]

    def frame(self, pixels: Pixels, *, align: bool = True, pose: Pose | None = None) -> Frame:
        """Return the frame of the encoder input on an (H, W, 3) image; align, pose: see `encode_batch`."""
        make = frame_of if self._config.align and align else whole_frame_of
        own = make(pixels, self._config.input_side, self._encoder.stride)
        return own if pose is None else pose.framed(own, pixels)[0]

    def laid_alike(self, images: Sequence[EncodedImage]) -> list[EncodedImage]:
        """Return encoded images with the aligned ones, where most are, in one pose; few are encoded anew."""
        frames = [image.frame for image in images if image.frame.aligned]
        if 2 * len(frames) <= len(images):
            return list(images)
        pose, found = Pose.of(frames), []
        for image in images:
            (laid,) = self.encode_batch([image], pose=pose)
            if laid.frame.aligned and laid.picture is not None:
                pose = pose.with_part(laid.picture)
            found.append(laid)
        return found

    def _input(self, image: Image, *, align: bool, pose: Pose | None) -> tuple[Frame, Pixels]:
        """Return the frame of an image, and its encoder input."""
        pixels = pixels_of(image)
        known = image.frame if isinstance(image, EncodedImage) and align else None
        frame = known or self.frame(pixels, align=align)
        return (frame, frame.render(pixels)) if pose is None else pose.framed(frame, pixels)

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
        self,
        changed: Sequence[Recordings],
        embeddings: Array,
        views: Array,
        *,
        align: bool,
        pose: Pose | None = None,
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
        seen = np.stack([each.embedding for each in self.encode_batch(copies, align=align, pose=pose)])
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


def _is_framed(image: EncodedImage, align: bool, pose: Pose | None) -> bool:
    """Return whether an encoded image is framed as `FramedEncoder.encode_batch` would frame it."""
    if not image.frame.aligned:
        return True
    if pose is None or not align:
        return align
    if pose.laid(image.frame).input_size != image.frame.input_size:
        return False
    picture = small_picture(image.frame.render(image.pixels)) if image.picture is None else image.picture
    return not pose.is_turned(image.frame, picture)


def pixels_of(image: Image) -> Pixels:
    """Return an image's (H, W, 3) uint8 RGB pixels. Raises ConfigError for an array of another kind."""
    pixels = image if isinstance(image, np.ndarray) else image.pixels
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ConfigError(f"an image is (H, W, 3) uint8 RGB, not {pixels.shape} {pixels.dtype}.")
    return pixels
