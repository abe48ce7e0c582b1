"""Loading of image and text encoders by name, folder or hub id."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from anomaly_core.config import Runtime
from anomaly_core.encoders.base import ImageEncoder, TextEncoder
from anomaly_core.errors import ConfigError, WeightsMissing
from anomaly_core.registry import Registry
from anomaly_core.weights.pinned import PINNED
from anomaly_core.weights.resolve import resolve

TINY = "tiny"
"""Name of the fake encoders."""
SEPARATOR = "+"
"""Between the names of two encoders that serve as one."""
PAIR_TAPS: Final = {"efficientnet-lite0": (7, 10)}
"""Taps in a pair, where they are not the encoder's own."""
IMAGE_ENCODERS: Registry[ImageEncoder] = Registry("image encoder", "iad.image_encoders")
"""Image encoders of other packages; a factory is called as `factory(taps=..., device=...)`."""
TEXT_ENCODERS: Registry[TextEncoder] = Registry("text encoder", "iad.text_encoders")
"""Text encoders of other packages; a factory is called as `factory(device=...)`."""


def load_image_encoder(
    model: str, taps: tuple[int, ...] | None = None, device: str = "cpu", runtime: Runtime = "torch"
) -> ImageEncoder:
    """Load an image encoder: a registered name, a name of the weight cache, a folder, or a hub id.

    A file is read as ImageBind's checkpoint. Two names with "+" between them give a `PairEncoder`.

    Args:
        taps: block indices (EfficientNet) or layer numbers (transformers); the default ones if None.
        device: a torch device for the computation; features are returned on the CPU.
        runtime: what computes; others than torch take a `GraphEncoder`, and compute on the CPU.

    Raises WeightsMissing, WeightsDamaged, ConfigError.
    """
    if SEPARATOR in model and not Path(model).exists():
        from anomaly_core.encoders.pair import PairEncoder

        if taps is not None:
            raise ConfigError("a pair of encoders has fixed taps; leave taps out")
        first, second = (
            load_image_encoder(name, PAIR_TAPS.get(name), device, runtime)
            for name in model.split(SEPARATOR, 1)
        )
        return PairEncoder(first, second)
    if runtime == "torch":
        return _in_torch(model, taps, device)
    if device != "cpu":
        raise ConfigError(f"{runtime} computes on the CPU: set device to cpu, or runtime to torch")
    from anomaly_core.encoders.exported import ExportedEncoder

    return ExportedEncoder(_in_torch(model, taps, device), runtime)


def _in_torch(model: str, taps: tuple[int, ...] | None, device: str) -> ImageEncoder:
    """Load one encoder, as torch computes it; see `load_image_encoder`."""
    if model == TINY:
        from anomaly_core.encoders.fakes import TinyEncoder

        if taps is not None:
            raise ConfigError("the tiny encoder has fixed taps; leave taps out")
        return TinyEncoder()
    registered = None if model in PINNED else IMAGE_ENCODERS.find(model)
    if registered is not None:
        return registered(taps=taps, device=device)
    source = resolve(model)
    if isinstance(source, Path) and source.is_file():
        from anomaly_core.encoders.imagebind import load_imagebind_vision

        return load_imagebind_vision(source, taps, device)
    if isinstance(source, Path) and _model_type(source) == "efficientnet-lite0":
        from anomaly_core.encoders.efficientnet import EfficientNetEncoder

        return EfficientNetEncoder(source, taps, device)
    if model in PINNED and isinstance(source, Path) and _model_type(source) == "dinov2":
        from anomaly_core.encoders.dinov2 import DinoV2Encoder

        return DinoV2Encoder(source, taps, device, label=model)
    from anomaly_core.encoders.vision import TransformersVisionEncoder

    return TransformersVisionEncoder.load(source, taps, device, label=model)


def load_text_encoder(model: str, device: str = "cpu") -> TextEncoder:
    """Load a text encoder: a registered name, a name of the weight cache, a folder, or a hub id.

    A file is read as ImageBind's checkpoint, with a CLIP tokenizer in its folder.

    Raises WeightsMissing, WeightsDamaged, ConfigError.
    """
    if model == TINY:
        from anomaly_core.encoders.fakes import TinyTextEncoder

        return TinyTextEncoder()
    registered = None if model in PINNED else TEXT_ENCODERS.find(model)
    if registered is not None:
        return registered(device=device)
    source = resolve(model)
    if isinstance(source, Path) and source.is_file():
        from anomaly_core.encoders.imagebind import load_imagebind_text

        return load_imagebind_text(source, device)
    from anomaly_core.encoders.loading import load_config
    from anomaly_core.encoders.text import TOWERS, ContrastiveTextEncoder, SentenceEncoder

    if load_config(source).model_type in TOWERS:
        return ContrastiveTextEncoder.load(source, device, label=model)
    return SentenceEncoder(source, device, label=model)


def _model_type(folder: Path) -> str:
    """Return the model type of a local folder."""
    path = folder / "config.json"
    try:
        return str(json.loads(path.read_text(encoding="utf-8")).get("model_type", ""))
    except (OSError, ValueError, AttributeError) as error:
        raise WeightsMissing(f"{path}: missing or not JSON; name a folder that holds a model") from error
