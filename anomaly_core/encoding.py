"""Image -> frame -> features: what every scorer reads, with flips as test-time augmentation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomaly_core.config import DetectorConfig
from anomaly_core.decoders.patches import EncodedImage, View, patch_grid
from anomaly_core.encoders.base import ImageEncoder
from anomaly_core.errors import ConfigError
from anomaly_core.imaging.augment import flips
from anomaly_core.imaging.compact import (
    MOST_LEARNED,
    AnyPose,
    CompactPart,
    CompactPose,
    alike,
    compact_part,
    small_copy,
)
from anomaly_core.imaging.frame import Frame, frame_of, whole_frame_of
from anomaly_core.imaging.noise import less_noise, noise_of
from anomaly_core.imaging.pose import Pose, small_picture
from anomaly_core.imaging.quality import Recordings
from anomaly_core.imaging.reading import LoadedImage
from anomaly_core.results import Array

STEADY_SHARE: Final = 0.75
"""Least share of other recordings of an aligned product's good images that are aligned."""
CLEAR_SHARE: Final = 0.75
"""Least share of a product's aligned images whose outlines have one shape; and of those beyond whose inputs
something goes on, from which it is the part that does."""
FEW: Final = 8
"""Images from which it is known that most show no compact part; the others aren't read for it."""
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
        self, images: Sequence[Image], *, align: bool = True, pose: AnyPose | None = None
    ) -> list[EncodedImage]:
        """Frame and encode images; inputs of equal size share one forward pass.

        align: False frames all images whole, also those that were encoded aligned. pose: of the product
        whose aligned images they are framed as.
        """
        found: dict[int, EncodedImage] = {
            n: i for n, i in enumerate(images) if isinstance(i, EncodedImage) and _is_framed(i, align, pose)
        }
        inputs = {n: self._input(i, align=align, pose=pose) for n, i in enumerate(images) if n not in found}
        for n, (frame, _) in list(inputs.items()):
            known = images[n]
            if isinstance(known, EncodedImage) and frame.shows_the_same(known.frame):
                found[n] = known
                del inputs[n]
        for size in sorted({frame.input_size for frame, _ in inputs.values()}):
            group = {n: given for n, given in inputs.items() if given[0].input_size == size}
            views = self.views([rendered for _, rendered in group.values()])
            for (n, (frame, rendered)), view in zip(group.items(), views, strict=True):
                given = images[n]
                source = given.source if isinstance(given, EncodedImage) else given
                found[n] = EncodedImage(
                    source,
                    frame,
                    (view,),
                    input_noise=noise_of(rendered),
                    picture=small_picture(rendered),
                )
        return [found[n] for n in range(len(images))]

    def frame(self, pixels: Pixels, *, align: bool = True, pose: AnyPose | None = None) -> Frame:
        """Return the frame of the encoder input on an (H, W, 3) image; align, pose: see `encode_batch`."""
        elongated = self._config.align and align and not isinstance(pose, CompactPose)
        make = frame_of if elongated else whole_frame_of
        own = make(pixels, self._config.input_side, self._encoder.stride)
        return own if pose is None else pose.framed(own, pixels)[0]

    def compact_pose(self, images: Sequence[Image], *, most: bool = False) -> CompactPose | None:
        """Return the pose of images that show one compact part each, or None.

        most: whether it is enough that most do, the others being framed as far as they can.
        """
        if not self._config.align:
            return None
        copies: list[Pixels] = []
        parts: list[CompactPart] = []
        for number, image in enumerate(images):
            copy = small_copy(pixels_of(image))
            part = compact_part(copy)
            if part is None and (not most or (number >= FEW and 2 * len(parts) < number)):
                return None
            if part is not None:
                parts.append(part)
                copies += [copy] if len(copies) < MOST_LEARNED else []
        if 2 * len(parts) <= len(images):
            return None
        same = alike(parts)
        if len(same) < len(parts) and not most:
            return None
        learned = [n for n in same if n < len(copies)]
        if not learned:
            return None
        return CompactPose.of(
            [copies[n] for n in learned],
            [parts[n] for n in learned],
            self._config.input_side,
            self._encoder.stride,
        )

    def laid_alike(self, images: Sequence[EncodedImage]) -> list[EncodedImage]:
        """Return encoded images in one pose, where most have one; of elongated parts few are encoded anew."""
        frames = [image.frame for image in images if image.frame.aligned]
        pose: AnyPose | None
        if 2 * len(frames) > len(images):
            pose = Pose.of(frames)
        elif (pose := self.compact_pose(images, most=True)) is None:
            return list(images)
        found = []
        for image in images:
            (laid,) = self.encode_batch([image], pose=pose)
            if isinstance(pose, Pose) and laid.frame.aligned and laid.picture is not None:
                pose = pose.with_part(laid.picture)
            found.append(laid)
        return found

    def _input(self, image: Image, *, align: bool, pose: AnyPose | None) -> tuple[Frame, Pixels]:
        """Return the frame of an image, and its encoder input."""
        pixels = pixels_of(image)
        if isinstance(pose, CompactPose):
            return pose.framed(self.frame(pixels, align=False), pixels)
        known = image.frame if isinstance(image, EncodedImage) and align else None
        frame = known or self.frame(pixels, align=align)
        return (frame, frame.render(pixels)) if pose is None else pose.framed(frame, pixels)

    def aligns(self, poses: Sequence[bool], changed: Sequence[Recordings]) -> bool:
        """Return whether a product of these good images is aligned by its outline: the pose is clear in all.

        The pose must also be clear in `STEADY_SHARE` of `changed`, other recordings of the first images: an
        image in which it isn't cannot be compared with aligned ones.
        """
        return all(poses) and _steady(lambda copy: self.frame(copy).aligned, changed)

    def learn_pose(self, images: Sequence[Image], changed: Sequence[Recordings]) -> AnyPose | None:
        """Return the pose that all good images of a product have, or None; see `aligns`."""
        frames = [_own_frame(self, image) for image in images]
        if self.aligns([frame.aligned for frame in frames], changed) and is_clear(frames):
            return Pose.of(frames)
        pose = self.compact_pose(images)
        steady = pose is not None and _steady(lambda copy: compact_part(copy) is not None, changed)
        return pose if steady else None

    def similarity_floor(
        self,
        changed: Sequence[Recordings],
        embeddings: Array,
        views: Array,
        *,
        align: bool,
        pose: AnyPose | None = None,
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


def _own_frame(encoder: FramedEncoder, image: Image) -> Frame:
    """Return a good image's frame; an encoded one's pixels aren't read for it."""
    return image.frame if isinstance(image, EncodedImage) else encoder.frame(pixels_of(image))


def is_clear(frames: Sequence[Frame]) -> bool:
    """Return whether aligned frames show the whole part: of one shape, and nothing goes on beyond most.

    Else what stands out little from the background would be judged in some images, or in none.
    """
    pose = Pose.of(frames)
    shaped = sum(pose.fits(frame) for frame in frames)
    whole = sum(not frame.goes_on for frame in frames)
    return shaped >= CLEAR_SHARE * len(frames) and whole > (1 - CLEAR_SHARE) * len(frames)


def _steady(found: Callable[[Pixels], bool], changed: Sequence[Recordings]) -> bool:
    """Return whether something is found in `STEADY_SHARE` of other recordings."""
    steady = [found(copy) for copies in changed for copy in copies.values()]
    return sum(steady) >= STEADY_SHARE * len(steady)


def _is_framed(image: EncodedImage, align: bool, pose: AnyPose | None) -> bool:
    """Return whether an encoded image is framed as `FramedEncoder.encode_batch` would frame it."""
    if isinstance(pose, CompactPose):
        return False  # known only when the part is found again
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
