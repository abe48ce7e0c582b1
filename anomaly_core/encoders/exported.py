"""Image encoders by another runtime than torch: the graph is exported once, and kept beside the weights."""

from __future__ import annotations

import hashlib
import inspect
import io
import re
import warnings
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.config import Runtime
from anomaly_core.encoders.base import Features, GraphEncoder, ImageEncoder, features_of
from anomaly_core.encoders.inputs import to_input
from anomaly_core.encoders.runtimes import open_session
from anomaly_core.errors import ConfigError
from anomaly_core.files import write_whole
from anomaly_core.weights.resolve import cache_dir

OPSET: Final = 18
"""Version of ONNX's operators; the first whose Resize interpolates as torch does."""


class ExportedEncoder:
    """ImageEncoder that computes another one's graph. Its name is the other's: products serve both.

    A call has as many threads as torch has when this is made.
    """

    def __init__(self, encoder: ImageEncoder, runtime: Runtime) -> None:
        """Raise ConfigError for an encoder that is no GraphEncoder, and see `open_session`."""
        if not isinstance(encoder, GraphEncoder):
            raise ConfigError(f"the encoder {encoder.name} has no graph to export: set runtime to torch")
        self.name, self.stride, self.channels = encoder.name, encoder.stride, encoder.channels
        self.embedding_dim = encoder.embedding_dim
        self._mean, self._std = encoder.mean, encoder.std
        self._session = open_session(export(encoder), runtime, torch.get_num_threads())

    def encode(self, batch: NDArray[np.uint8]) -> list[Features]:
        """Encode (B, H, W, 3) uint8 RGB; see `ImageEncoder.encode`."""
        inputs = to_input(batch, self.stride, self._mean, self._std, torch.device("cpu"))
        taps = [torch.from_numpy(tap) for tap in self._session(inputs.numpy())]
        return features_of(taps, (batch.shape[1], batch.shape[2]))


def export(encoder: GraphEncoder) -> Path:
    """Return the encoder's ONNX file in the weight cache, written where it is not there yet.

    Its name tells the weights' fingerprint, and by a hash torch's version and the encoder's own code.
    Raises ConfigError where it cannot be written.
    """
    code = Path(inspect.getfile(type(encoder))).read_bytes()
    version = hashlib.sha256(f"{encoder.name} {OPSET} {torch.__version__} ".encode() + code).hexdigest()[:8]
    # The end: the name of a folder's encoder begins with its path.
    readable = re.sub(r"[^\w.+]+", "-", encoder.name)[-80:]
    path = cache_dir() / "graphs" / f"{readable}-{version}.onnx"
    if not path.exists():
        write_whole(path, _exported(encoder))
    return path


class _Graph(torch.nn.Module):
    """An encoder's graph as a module; its weights enter the trace as constants."""

    def __init__(self, encoder: GraphEncoder) -> None:
        super().__init__()
        self._encoder = encoder

    def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(self._encoder.forward(inputs))


def _exported(encoder: GraphEncoder) -> bytes:
    """Return the graph as ONNX, for any number of images of any size."""
    taps = [f"tap{number}" for number in range(len(encoder.channels))]
    # Different numbers, so that none is taken for another.
    example = torch.zeros(2, 3, 3 * encoder.stride, 5 * encoder.stride)
    buffer = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        # By trace, which torch warns of: its other exporter takes a minute, and one more package.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Graph(encoder).eval(),
            (example,),
            buffer,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=OPSET,
            input_names=["inputs"],
            output_names=taps,
            dynamic_axes={name: {0: "images", 2: f"{name}_h", 3: f"{name}_w"} for name in ("inputs", *taps)},
        )
    return buffer.getvalue()
