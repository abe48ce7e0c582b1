"""PatchCore, PaDiM and AnomalyDINO of anomalib, as torch modules on this project's pinned weights.

Inputs, strides, coreset, neighbours and masking are anomalib's defaults: images squashed to 256 x 256 pixels
(DINOv2: 252 x 252); PatchCore on the layers of stride 8 and 16, 10 % of the patches as coreset, 9 neighbours;
PaDiM, which needs two images, on those of stride 4, 8 and 16, 100 of their channels drawn; AnomalyDINO on the
last layer, all patches, the nearest one, no masking. The backbones differ, so that no hub is needed:
EfficientNet-Lite0 instead of (Wide) ResNets, and a DINOv2-S of the nine layers and the normalisation that
`dinov2-small` has. PatchCore on DINOv2-S takes layers 6 and 9, the taps of the project's own encoder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from anomaly_core.encoders.efficientnet import EfficientNetLite0
from anomaly_core.encoders.inputs import IMAGENET
from anomaly_core.weights.resolve import resolve

try:
    import torchvision  # noqa: F401
except RuntimeError:
    # Package indexes have torchvision for CUDA alone. Beside a torch without CUDA it finds none of its
    # compiled operators, and its import fails where it describes these two. Nothing here calls them.
    OPERATORS: Final = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for operator in ("nms", "qnms"):
        signature = f"{operator}(Tensor boxes, Tensor scores, float threshold) -> Tensor"
        OPERATORS.define(signature)  # type: ignore[no-untyped-call]

import timm
from anomalib.models.image.anomaly_dino.torch_model import AnomalyDINOModel
from anomalib.models.image.padim.torch_model import PadimModel
from anomalib.models.image.patchcore.torch_model import PatchcoreModel

Pixels = NDArray[np.uint8]
Score = Callable[[Pixels], float]
Scale = tuple[Sequence[float], Sequence[float]]

LITE0: Final = "tf_efficientnet_lite0"
LITE0_SCALE: Final = ((127 / 255,) * 3, (128 / 255,) * 3)
"""Mean and standard deviation that EfficientNet-Lite0 was trained with; of pixels in [0, 1]."""
CORESET: Final = 0.1
"""Share of the patches that PatchCore keeps."""
PADIM_CHANNELS: Final = 100
DEPTH: Final = 12
"""Blocks of anomalib's DINOv2-S."""


@dataclass(frozen=True)
class Peer:
    """One detector. make: the untrained module. finish: its fit, after all good images went through it.

    side: of the square input in pixels. scale: mean and standard deviation of the pixels in [0, 1]. least:
    good images that it needs.
    """

    make: Callable[[], Any]
    finish: Callable[[Any], None]
    side: int
    mode: str
    scale: Scale
    least: int = 1

    def fit(self, shots: Sequence[Pixels], seed: int) -> Score:
        """Learn good (H, W, 3) images; return the score of an image, larger is more anomalous."""
        torch.manual_seed(seed)
        np.random.seed(seed)  # scikit-learn's, which draws the projection of the coreset search
        model = self.make().train()  # anomalib collects patches in training mode; its backbones stay frozen
        with torch.no_grad():
            for pixels in shots:
                model(self._input(pixels))
            self.finish(model)
        model.eval()

        def score(pixels: Pixels) -> float:
            with torch.inference_mode():
                return float(model(self._input(pixels)).pred_score)

        return score

    def _input(self, pixels: Pixels) -> torch.Tensor:
        """Return the (1, 3, side, side) input, resized as anomalib's pre-processor does."""
        image = torch.from_numpy(np.moveaxis(pixels, 2, 0).astype(np.float32) / 255)[None]
        image = F.interpolate(image, (self.side, self.side), mode=self.mode, antialias=True)
        mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in self.scale)
        return (image - mean) / deviation


def lite0(module: Any) -> Any:
    """Load EfficientNet-Lite0 into the backbone of one of anomalib's modules, and return the module."""
    ours, theirs = EfficientNetLite0(), module.feature_extractor.feature_extractor
    ours.load_state_dict(load_file(Path(resolve("efficientnet-lite0")) / "model.safetensors"))
    # The same tensors in the same order, by other names.
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours.state_dict().values(), strict=True)))
    return module


@timm.models.register_model  # type: ignore[untyped-decorator]
def vit_small_dinov2_pinned(pretrained: bool, dynamic_img_size: bool, **_: Any) -> Any:
    """Return timm's DINOv2-S with the weights of `dinov2-small`; called by anomalib, by its name."""
    weights = load_file(Path(resolve("dinov2-small")) / "model.safetensors")
    depth = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder.layer."))
    model: Any = timm.create_model(
        "vit_small_patch14_dinov2", pretrained=False, dynamic_img_size=dynamic_img_size, depth=depth
    )
    model.load_state_dict(timm_names(weights))
    # anomalib reads the last of twelve blocks.
    model.blocks = nn.Sequential(*model.blocks, *(nn.Identity() for _ in range(depth, DEPTH)))
    return model


def timm_names(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the weights of a DINOv2 of the transformers library by their names in timm."""
    names = {
        "embeddings.cls_token": "cls_token",
        "embeddings.position_embeddings": "pos_embed",
        "embeddings.patch_embeddings.projection": "patch_embed.proj",
        "layernorm": "norm",
        "encoder.layer": "blocks",
        "attention.output.dense": "attn.proj",
        "layer_scale1.lambda1": "ls1.gamma",
        "layer_scale2.lambda1": "ls2.gamma",
    }
    found: dict[str, torch.Tensor] = {}
    for name, tensor in weights.items():
        if ".attention.attention." in name:
            continue
        for theirs, timms in names.items():
            name = name.replace(theirs, timms)
        found[name] = tensor
    for name in weights:
        if ".attention.attention.query." in name:
            parts = [weights[name.replace("query", part)] for part in ("query", "key", "value")]
            block = name.replace("encoder.layer", "blocks").replace("attention.attention.query", "attn.qkv")
            found[block] = torch.cat(parts)
    return found


PEERS: Final = {
    "patchcore": Peer(
        lambda: lite0(PatchcoreModel(["blocks.2", "blocks.4"], LITE0, pre_trained=False)),
        lambda module: module.subsample_embedding(CORESET),
        256,
        "bilinear",
        LITE0_SCALE,
    ),
    "patchcore-dinov2": Peer(
        lambda: PatchcoreModel(["blocks.5", "blocks.8"], vit_small_dinov2_pinned.__name__),
        lambda module: module.subsample_embedding(CORESET),
        252,
        "bilinear",
        IMAGENET,
    ),
    "padim": Peer(
        lambda: lite0(PadimModel(LITE0, ["blocks.1", "blocks.2", "blocks.4"], False, PADIM_CHANNELS)),
        lambda module: module.fit(),
        256,
        "bilinear",
        LITE0_SCALE,
        least=2,
    ),
    "anomaly_dino": Peer(
        lambda: AnomalyDINOModel(encoder_name=vit_small_dinov2_pinned.__name__),
        lambda module: module.fit(),
        252,
        "bicubic",
        IMAGENET,
    ),
}
