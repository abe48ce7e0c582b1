"""ImageBind-Huge (arXiv 2305.05665) from `imagebind_huge.pth`: image and text trunk as encoders.

Both trunks have the architecture of CLIP's towers and run as transformers' CLIP classes. The file differs in
names, in one matrix for queries, keys and values, and in an image stem over two frames; for two equal frames,
that stem is a convolution with the kernel's two halves added.
"""

from __future__ import annotations

import math
import pickle
import re
import zipfile
from pathlib import Path
from typing import Final, NamedTuple

import torch
import transformers

from anomaly_core.encoders.loading import load_model, load_tokenizer
from anomaly_core.encoders.text import TOWERS, ContrastiveTextEncoder
from anomaly_core.encoders.vision import CLIP, FAMILIES, TransformersVisionEncoder
from anomaly_core.errors import ConfigError, WeightsDamaged, WeightsMissing

HEADS: Final = 16
"""Attention heads of either trunk, which the shapes of the weights do not determine."""
LAYER_NORM_EPS: Final = 1e-6
ACTIVATION: Final = "gelu"
REMEDY: Final = "fetch imagebind_huge.pth again"
TOKENIZER: Final = "save the tokenizer of openai/clip-vit-large-patch14 there"


class Entry(NamedTuple):
    """One tensor of the file.

    shape: of one part, a number or the name of a size each axis; equal names are equal sizes.
    clip: CLIP's name of each part; the tensor is their concatenation along the first axis.
    """

    shape: str
    clip: tuple[str, ...]


BLOCK: Final = {
    "norm_1.weight": Entry("width", ("layer_norm1.weight",)),
    "norm_1.bias": Entry("width", ("layer_norm1.bias",)),
    "attn.in_proj_weight": Entry(
        "width width", ("self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight")
    ),
    "attn.in_proj_bias": Entry(
        "width", ("self_attn.q_proj.bias", "self_attn.k_proj.bias", "self_attn.v_proj.bias")
    ),
    "attn.out_proj.weight": Entry("width width", ("self_attn.out_proj.weight",)),
    "attn.out_proj.bias": Entry("width", ("self_attn.out_proj.bias",)),
    "norm_2.weight": Entry("width", ("layer_norm2.weight",)),
    "norm_2.bias": Entry("width", ("layer_norm2.bias",)),
    "mlp.fc1.weight": Entry("inner width", ("mlp.fc1.weight",)),
    "mlp.fc1.bias": Entry("inner", ("mlp.fc1.bias",)),
    "mlp.fc2.weight": Entry("width inner", ("mlp.fc2.weight",)),
    "mlp.fc2.bias": Entry("width", ("mlp.fc2.bias",)),
}
VISION: Final = {
    "modality_preprocessors.vision.cls_token": Entry(
        "1 1 width", ("vision_model.embeddings.class_embedding",)
    ),
    "modality_preprocessors.vision.rgbt_stem.proj.1.weight": Entry(
        "width 3 2 patch patch", ("vision_model.embeddings.patch_embedding.weight",)
    ),
    "modality_preprocessors.vision.pos_embedding_helper.pos_embed": Entry(
        "1 places width", ("vision_model.embeddings.position_embedding.weight",)
    ),
    "modality_trunks.vision.pre_transformer_layer.0.weight": Entry(
        "width", ("vision_model.pre_layrnorm.weight",)
    ),
    "modality_trunks.vision.pre_transformer_layer.0.bias": Entry(
        "width", ("vision_model.pre_layrnorm.bias",)
    ),
    "modality_heads.vision.0.weight": Entry("width", ("vision_model.post_layernorm.weight",)),
    "modality_heads.vision.0.bias": Entry("width", ("vision_model.post_layernorm.bias",)),
    "modality_heads.vision.2.weight": Entry("out width", ("visual_projection.weight",)),
}
TEXT: Final = {
    "modality_preprocessors.text.token_embedding.weight": Entry(
        "words width", ("text_model.embeddings.token_embedding.weight",)
    ),
    "modality_preprocessors.text.pos_embed": Entry(
        "1 places width", ("text_model.embeddings.position_embedding.weight",)
    ),
    "modality_heads.text.proj.0.weight": Entry("width", ("text_model.final_layer_norm.weight",)),
    "modality_heads.text.proj.0.bias": Entry("width", ("text_model.final_layer_norm.bias",)),
    "modality_heads.text.proj.1.weight": Entry("out width", ("text_projection.weight",)),
}
UNUSED: Final = ("modality_preprocessors.text.mask",)
"""The causal mask, which follows from the length."""

Weights = dict[str, torch.Tensor]


class Trunk(NamedTuple):
    """Weights of one trunk under CLIP's names, and its sizes: those of the entries, and "layers"."""

    weights: Weights
    sizes: dict[str, int]


def load_imagebind_vision(
    path: Path, taps: tuple[int, ...] | None = None, device: str = "cpu"
) -> TransformersVisionEncoder:
    """Load the image trunk from a checkpoint file.

    taps: rising layer numbers from 1; None for four evenly spaced: of 32 layers 8, 16, 24 and 32, the paper's
    (0-based 7, 15, 23, 31). Raises WeightsDamaged naming the file and its first wrong key, ConfigError for
    invalid taps.
    """
    weights, sizes = _trunk(path, "vision", VISION)
    grid = math.isqrt(sizes["places"] - 1)
    if grid * grid != sizes["places"] - 1:
        raise WeightsDamaged(f"{path}: {sizes['places'] - 1} positions are no square grid; {REMEDY}")
    stem = "vision_model.embeddings.patch_embedding.weight"
    weights[stem] = weights[stem].float().sum(2)
    config = transformers.CLIPVisionConfig(
        hidden_size=sizes["width"],
        intermediate_size=sizes["inner"],
        num_hidden_layers=sizes["layers"],
        num_attention_heads=HEADS,
        projection_dim=sizes["out"],
        image_size=grid * sizes["patch"],
        patch_size=sizes["patch"],
        hidden_act=ACTIVATION,
        layer_norm_eps=LAYER_NORM_EPS,
    )
    model = load_model(transformers.CLIPVisionModelWithProjection, path, config, weights)
    return TransformersVisionEncoder(model, FAMILIES["clip"], CLIP, taps, device, path.name)


def load_imagebind_text(path: Path, device: str = "cpu") -> ContrastiveTextEncoder:
    """Load the text trunk from a checkpoint file, with the tokenizer in its folder.

    Raises WeightsDamaged naming the file and its first wrong key, WeightsMissing without a tokenizer,
    ConfigError for a tokenizer of another vocabulary.
    """
    weights, sizes = _trunk(path, "text", TEXT)
    try:
        tokenizer = load_tokenizer(path.parent)
    except WeightsMissing as error:
        raise WeightsMissing(f"{path.parent}: no tokenizer beside {path.name}; {TOKENIZER}") from error
    # CLIP's vocabulary ends with the end token, at whose position a text's embedding is read.
    if tokenizer.eos_token_id != sizes["words"] - 1:
        raise ConfigError(
            f"{path.parent}: the tokenizer's end token is {tokenizer.eos_token_id}, {path.name} expects "
            f"{sizes['words'] - 1}; {TOKENIZER}"
        )
    config = transformers.CLIPTextConfig(
        vocab_size=sizes["words"],
        hidden_size=sizes["width"],
        intermediate_size=sizes["inner"],
        num_hidden_layers=sizes["layers"],
        num_attention_heads=HEADS,
        projection_dim=sizes["out"],
        max_position_embeddings=sizes["places"],
        hidden_act=ACTIVATION,
        layer_norm_eps=LAYER_NORM_EPS,
        bos_token_id=sizes["words"] - 2,
        eos_token_id=sizes["words"] - 1,
        pad_token_id=sizes["words"] - 1,
    )
    model = load_model(transformers.CLIPTextModelWithProjection, path, config, weights)
    return ContrastiveTextEncoder(model, TOWERS["clip"], tokenizer, device, path.name)


def _trunk(path: Path, modality: str, outside: dict[str, Entry]) -> Trunk:
    """Read one modality; keys of the others, and of layers after the heads, are ignored."""
    prefixes = tuple(f"modality_{part}.{modality}." for part in ("preprocessors", "trunks", "heads"))
    found = {
        key: tensor for key, tensor in _read(path).items() if key.startswith(prefixes) and key not in UNUSED
    }
    blocks = f"modality_trunks.{modality}.blocks"
    numbers = {match[1] for key in found if (match := re.match(rf"{re.escape(blocks)}\.(\d+)\.", key))}
    tower = "vision_model" if modality == "vision" else "text_model"
    expected = dict(outside)
    for layer in range(max(1, len(numbers))):
        for key, entry in BLOCK.items():
            names = tuple(f"{tower}.encoder.layers.{layer}.{name}" for name in entry.clip)
            expected[f"{blocks}.{layer}.{key}"] = Entry(entry.shape, names)
    missing = [f"{key} is missing" for key in expected if key not in found]
    unexpected = [f"{key} is not expected" for key in found if key not in expected]
    for problem in (missing + unexpected)[:1]:
        raise WeightsDamaged(f"{path}: no whole ImageBind checkpoint, {problem}; {REMEDY}")
    sizes = {"layers": len(numbers)}
    weights: Weights = {}
    for key, entry in expected.items():
        parts = _parts(found[key], entry, sizes)
        if parts is None:
            raise WeightsDamaged(
                f"{path}: {key} has shape {tuple(found[key].shape)}, which does not fit the rest; {REMEDY}"
            )
        weights.update(zip(entry.clip, parts, strict=True))
    if sizes["width"] % HEADS:
        raise WeightsDamaged(f"{path}: width {sizes['width']} is no multiple of {HEADS} heads; {REMEDY}")
    return Trunk(weights, sizes)


def _parts(tensor: torch.Tensor, entry: Entry, sizes: dict[str, int]) -> list[torch.Tensor] | None:
    """Return a tensor's parts without axes of 1, or None where it does not fit; new sizes go into `sizes`."""
    axes = entry.shape.split()
    if tensor.ndim != len(axes) or not tensor.is_floating_point() or tensor.shape[0] % len(entry.clip):
        return None
    parts = list(tensor.chunk(len(entry.clip)))
    shape = parts[0].shape
    known = [
        int(axis) if axis.isdigit() else sizes.setdefault(axis, size)
        for axis, size in zip(axes, shape, strict=True)
    ]
    if list(shape) != known or 0 in known:
        return None
    kept = [size for axis, size in zip(axes, shape, strict=True) if axis != "1"]
    return [part.reshape(kept) for part in parts]


def _read(path: Path) -> Weights:
    """Return the tensors of a torch file, memory-mapped where its format allows it."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise WeightsDamaged(f"{path}: no readable torch file; {REMEDY}") from error
    tensors = isinstance(state, dict) and all(
        isinstance(key, str) and isinstance(value, torch.Tensor) for key, value in state.items()
    )
    if not tensors:
        raise WeightsDamaged(f"{path}: holds no state dict; {REMEDY}")
    weights: Weights = state
    return weights
