"""Vision transformers of the transformers library: DINOv2, DINOv3, CLIP and SigLIP, by folder or hub id."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import transformers
from numpy.typing import NDArray

from anomaly_core.encoders.base import Features
from anomaly_core.encoders.inputs import IMAGENET, check_layers, fingerprint, freeze, to_input, unit
from anomaly_core.encoders.loading import load_config, load_json, load_model
from anomaly_core.errors import ConfigError

Colour = tuple[float, float, float]
Colours = tuple[Colour, Colour]
CLIP: Final[Colours] = (
    (0.48145466, 0.4578275, 0.40821073),
    (0.26862954, 0.26130258, 0.27577711),
)
HALF: Final[Colours] = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@dataclass(frozen=True)
class Family:
    """Properties of a model family.

    model_class: the name in transformers. cls_tokens: tokens before the registers.
    embedding: name of the output in the space of the texts, or None for the mean patch.
    resize_positions: whether interpolation of position embeddings must be requested.
    """

    model_class: str
    cls_tokens: int
    colours: Colours
    embedding: str | None = None
    resize_positions: bool = False


FAMILIES: Final = {
    "dinov2": Family("Dinov2Model", 1, IMAGENET),
    "dinov2_with_registers": Family("Dinov2WithRegistersModel", 1, IMAGENET),
    "dinov3_vit": Family("DINOv3ViTModel", 1, IMAGENET),
    "clip": Family("CLIPVisionModelWithProjection", 1, CLIP, "image_embeds", True),
    "clip_vision_model": Family("CLIPVisionModelWithProjection", 1, CLIP, "image_embeds", True),
    "siglip": Family("SiglipVisionModel", 0, HALF, "pooler_output", True),
    "siglip_vision_model": Family("SiglipVisionModel", 0, HALF, "pooler_output", True),
}


class TransformersVisionEncoder:
    """ImageEncoder of a vision transformer.

    Tap i is the hidden state after layer i, patch tokens only, as (hidden, H / patch, W / patch).
    The embedding is the family's image projection, or the mean patch of the deepest tap.
    """

    def __init__(
        self,
        model: Any,
        family: Family,
        colours: Colours,
        taps: tuple[int, ...] | None,
        device: str,
        label: str,
    ) -> None:
        """Freeze a loaded model; see `load`.

        colours: mean and standard deviation of a pixel in [0, 1]. Raises ConfigError for invalid taps.
        """
        vision = model.config
        self._family = family
        self._device = torch.device(device)
        self._taps = _check_taps(taps, vision)
        self._prefix = family.cls_tokens + int(getattr(vision, "num_register_tokens", 0))
        self._model = model
        freeze(self._model, self._device)
        self._mean, self._std = ([255.0 * value for value in values] for values in colours)
        self.stride = int(vision.patch_size)
        self.channels = (int(vision.hidden_size),) * len(self._taps)
        projected = family.embedding == "image_embeds"
        self.embedding_dim = int(vision.projection_dim if projected else vision.hidden_size)
        tapped = "+".join(map(str, self._taps))
        self.name = f"{label}:h{tapped}:{fingerprint(self._model)}"

    @classmethod
    def load(
        cls, source: Path | str, taps: tuple[int, ...] | None = None, device: str = "cpu", label: str = ""
    ) -> TransformersVisionEncoder:
        """Load a model.

        Args:
            source: a folder or a hub id.
            taps: rising layer numbers from 1; None takes the config's `iad_taps`, or four evenly spaced.
            label: the model's name; the source by default.

        Raises WeightsMissing, WeightsDamaged, or ConfigError for an unknown family or invalid taps.
        """
        config = load_config(source)
        family = FAMILIES.get(config.model_type)
        if family is None:
            raise ConfigError(
                f"{source}: model type {config.model_type!r} is no known vision encoder; "
                f"known are {', '.join(FAMILIES)}"
            )
        vision = getattr(config, "vision_config", config)
        if hasattr(config, "projection_dim"):
            vision.projection_dim = config.projection_dim  # CLIP states it for both towers, above them
        model = load_model(getattr(transformers, family.model_class), source, vision)
        return cls(model, family, _colours(source, family), taps, device, label or str(source))

    @torch.inference_mode()
    def encode(self, batch: NDArray[np.uint8]) -> list[Features]:
        """Encode (B, H, W, 3) uint8 RGB; features are on the CPU. Raises ValueError for another shape."""
        inputs = to_input(batch, self.stride, self._mean, self._std, self._device)
        extra: dict[str, Any] = {"interpolate_pos_encoding": True} if self._family.resize_positions else {}
        output = self._model(pixel_values=inputs, output_hidden_states=True, **extra)
        count, height, width = batch.shape[:3]
        rows, columns = height // self.stride, width // self.stride
        taps = []
        for tap in self._taps:
            tokens = output.hidden_states[tap][:, self._prefix :]  # (B, rows * columns, hidden), row by row
            taps.append(tokens.transpose(1, 2).reshape(count, -1, rows, columns).contiguous().cpu())
        if self._family.embedding is None:
            embeddings = unit(taps[-1].mean(dim=(2, 3)))
        else:
            embeddings = unit(getattr(output, self._family.embedding).cpu())
        return [Features(tuple(t[i] for t in taps), embeddings[i], (height, width)) for i in range(count)]


def _check_taps(taps: tuple[int, ...] | None, vision: Any) -> tuple[int, ...]:
    layers = int(vision.num_hidden_layers)
    if taps is None:
        taps = tuple(getattr(vision, "iad_taps", ())) or tuple(
            sorted({max(1, round(layers * quarter / 4)) for quarter in (1, 2, 3, 4)})
        )
    return check_layers(taps, layers)


def _colours(source: Path | str, family: Family) -> Colours:
    """Return mean and standard deviation: the model's own, or the family's."""
    own = load_json(source, "preprocessor_config.json")
    mean, std = own.get("image_mean") or family.colours[0], own.get("image_std") or family.colours[1]
    return tuple(mean), tuple(std)
