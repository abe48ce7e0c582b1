"""Out-of-distribution references: embeddings of procedural objects other than the product."""

from __future__ import annotations

import hashlib
import io
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.encoders.registry import SEPARATOR
from anomaly_core.files import replace_file
from anomaly_core.simulation.procedural import KINDS, procedural_products
from anomaly_core.weights.pinned import PINNED
from anomaly_core.weights.resolve import cache_dir

DESIGNS: Final = 2
SEED: Final = 7
SIDE: Final = 400


def reference_embeddings(model: AnomalyGPT) -> NDArray[np.float32]:
    """Return (kinds, DESIGNS, D) float32 embeddings of procedural objects, unit rows.

    Those of an encoder whose weights are pinned are kept beside the weights: encoding them takes as long as
    encoding a product's good images.
    """
    kept = _kept(model)
    rows = None if kept is None else _read(kept)
    if rows is None:
        rows = np.stack([model.encode(pixels).embedding for pixels in _images()])
        if kept is not None:
            _write(kept, rows)
    return rows.reshape(DESIGNS, len(KINDS), -1).swapaxes(0, 1)


def _kept(model: AnomalyGPT) -> Path | None:
    """Return the file of a model's references, by what they depend on; None where its weights may change."""
    if not set(model.config.encoder.split(SEPARATOR)) <= set(PINNED):
        return None
    depends = hashlib.sha256(model.fingerprint.encode())
    for pixels in _images():
        depends.update(pixels.tobytes())
    return cache_dir() / "references" / f"{depends.hexdigest()[:16]}.npy"


def _read(path: Path) -> NDArray[np.float32] | None:
    """Return the rows of a file; None where there is none, or it is not whole."""
    try:
        rows = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    whole = rows.ndim == 2 and len(rows) == DESIGNS * len(KINDS) and rows.dtype == np.float32
    return rows if whole and bool(np.isfinite(rows).all()) else None


def _write(path: Path, rows: NDArray[np.float32]) -> None:
    """Keep rows; a folder that cannot be written costs the next process some time, and nothing else."""
    data = io.BytesIO()
    np.save(data, rows, allow_pickle=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data.getvalue())
    except OSError:
        return


@cache
def _images() -> tuple[NDArray[np.uint8], ...]:
    return tuple(product.image(0, side=SIDE) for product in procedural_products(DESIGNS * len(KINDS), SEED))
