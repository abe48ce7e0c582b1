"""Encoding of a product's good images: features and views of each, alignment and quality of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from anomaly_core.decoders.memory_bank import MemoryBank
from anomaly_core.decoders.patches import EncodedImage, as_array
from anomaly_core.encoding import FramedEncoder, Image, pixels_of
from anomaly_core.imaging.augment import recorded_again
from anomaly_core.imaging.compact import MOST_LEARNED, AnyPose, CompactPose
from anomaly_core.imaging.pose import Pose
from anomaly_core.imaging.quality import (
    MOST_IMAGES,
    Quality,
    QualityLimits,
    recordings,
)
from anomaly_core.results import Array

MOST_RECORDED: Final = 8
"""Good images whose other recordings are scored."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class GoodImages:
    """The encoded good images of a product.

    view_embeddings: (m, D) float32 of their augmented views. aligned, pose, quality: see `ProductModel`.
    """

    images: list[EncodedImage]
    view_embeddings: Array
    aligned: bool
    pose: AnyPose | None
    quality: QualityLimits | None


def encode_good_images(
    encoder: FramedEncoder,
    images: Sequence[Image],
    *,
    bank_limit: int,
    most_augmented: int,
    judge_quality: bool,
    progress: Progress | None = None,
) -> GoodImages:
    """Encode one or more good images, each with its views, and learn whether they align and their quality.

    bank_limit: most patches of further views of all images. most_augmented: images that keep all views for
    the language model, which scores the mean map; a single image keeps them too.
    """
    good: list[EncodedImage] = []
    views: list[Array] = []
    qualities: list[Quality] = []
    noise: list[float] = []
    changed = [recordings(pixels_of(image)) for image in images[:MOST_IMAGES]] if judge_quality else []
    pose = encoder.learn_pose(images, changed)
    aligned = pose is not None
    for number, image in enumerate(images):
        others = pose
        if isinstance(pose, CompactPose) and number < MOST_LEARNED and len(images) > 1:
            pixels = pixels_of(image)
            others = pose.without(encoder.frame(pixels, align=False), pixels)
        (encoded,) = encoder.encode_batch([image], align=aligned, pose=others)
        if isinstance(pose, Pose) and encoded.picture is not None:
            pose = pose.with_part(encoded.picture)
        source = image.source if isinstance(image, EncodedImage) else encoded.source
        # The pixels are in memory within this turn of the loop only, where they can be read again.
        encoded = encoder.augment(replace(encoded, source=encoded.pixels))
        if judge_quality:
            qualities.append(encoded.quality)
            noise.append(encoded.input_noise)
        again = encoder.views([encoded.frame.render(copy) for copy in recorded_again(encoded.pixels)])
        augmented = [*encoded.views[1:], *again]
        embeddings = [as_array(view.features.embedding) for view in augmented]
        if isinstance(pose, CompactPose):
            # An image of which no product is known is encoded whole.
            embeddings.append(encoder.encode_batch([encoded.pixels], align=False)[0].embedding)
        views.append(np.stack(embeddings))
        grids = tuple(view.grid for view in encoded.views[1:])
        if len(images) > 1:
            grids = (MemoryBank.of(grids, bank_limit // len(images)).patches,)
        held = encoded if len(images) == 1 or number < most_augmented else encoded.first_view
        recorded = tuple(again) if number < MOST_RECORDED else ()
        good.append(replace(held, source=source, reference_grids=grids, recorded_again=recorded))
        if progress is not None:
            progress("encoding good parts", number + 1, len(images))
    if isinstance(pose, Pose):
        pose = pose.with_axis([image.frame for image in good])
    quality = None
    if judge_quality:
        own = np.stack([each.embedding for each in good])
        floor = encoder.similarity_floor(changed, own, np.stack(views), align=aligned, pose=pose)
        quality = QualityLimits.fit(qualities, changed, floor, noise)
    return GoodImages(good, np.concatenate(views), aligned, pose, quality)
