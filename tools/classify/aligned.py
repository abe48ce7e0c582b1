"""A defect's type by text alignment: a close-up of the region against the names of the types.

Only where image and text encoder are the towers of one model, as CLIP's, SigLIP's and ImageBind's are:
zero-shot classification as in arXiv 2103.00020, section 3.1, with an unnamed defect as one class more. The
default encoders share no space, so that examples and notes alone decide there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.encoders.base import ImageEncoder, TextEncoder, encode_one, share_space
from anomaly_core.names import plain_name
from tools.locations import Box, widened

SIDE: Final = 224
"""Side of the close-up in pixels, to the nearest multiple of the encoder's stride."""
_MARGIN: Final = 0.25


def aligned_fits(
    encoder: ImageEncoder,
    text_encoder: TextEncoder,
    pixels: NDArray[np.uint8],
    box: Box,
    product: str,
    types: Sequence[str],
) -> dict[str, float]:
    """Return how much better a close-up fits each type's name than an unnamed defect, in cosine.

    pixels: (H, W, 3) uint8 RGB, the whole image; box: the region in it. Nothing where the encoders share no
    space, or no type is known.
    """
    if not types or not share_space(encoder, text_encoder):
        return {}
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = widened(box, _MARGIN, width, height, least=min(SIDE, width, height))
    side = max(1, round(SIDE / encoder.stride)) * encoder.stride
    close_up = cv2.resize(pixels[y0:y1, x0:x1], (side, side), interpolation=cv2.INTER_AREA)
    seen = encode_one(encoder, np.asarray(close_up, dtype=np.uint8)).embedding
    named = [f"a close-up photo of a {plain_name(product)} with {plain_name(name)}" for name in types]
    unnamed = f"a close-up photo of a {plain_name(product)} with a defect"
    *fits, other = (text_encoder.encode_text([*named, unnamed]) @ seen).tolist()
    return {name: fit - other for name, fit in zip(types, fits, strict=True)}
