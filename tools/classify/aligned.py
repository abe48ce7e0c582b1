"""Zero-shot classification of a defect: similarity of a crop to the names of the types.

As in arXiv 2103.00020, section 3.1, with an unnamed defect as a further class; only where image and text
encoder are the towers of one model, such as CLIP, SigLIP and ImageBind. The default encoders are not.
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
"""Side of the crop in pixels, to the nearest multiple of the encoder's stride."""
_MARGIN: Final = 0.25


def aligned_fits(
    encoder: ImageEncoder,
    text_encoder: TextEncoder,
    pixels: NDArray[np.uint8],
    box: Box,
    product: str,
    types: Sequence[str],
) -> dict[str, float]:
    """Return, by type, the crop's cosine to the type's name minus that to an unnamed defect.

    pixels: (H, W, 3) uint8 RGB, the whole image; box: the region in it. Empty where the encoders do not share
    a space, or without types.
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
