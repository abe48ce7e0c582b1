"""Out-of-distribution references: embeddings of procedural objects other than the product."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.simulation.procedural import KINDS, procedural_products

DESIGNS: Final = 2
SEED: Final = 7
SIDE: Final = 400


def reference_embeddings(model: AnomalyGPT) -> NDArray[np.float32]:
    """Return (kinds, DESIGNS, D) float32 embeddings of procedural objects, unit rows."""
    rows = np.stack([model.encode(pixels).embedding for pixels in _images()])
    return rows.reshape(DESIGNS, len(KINDS), -1).swapaxes(0, 1)


@cache
def _images() -> tuple[NDArray[np.uint8], ...]:
    return tuple(product.image(0, side=SIDE) for product in procedural_products(DESIGNS * len(KINDS), SEED))
