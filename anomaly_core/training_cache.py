"""Encode once, train often: simulated samples -> features on disk.

The encoder is frozen, so its features of a training image never change. One file a sample holds the
taps in float16, the image embedding, the few-shot map, the mask, and the questions with their answers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save_file

from anomaly_core.config import FewShotConfig
from anomaly_core.decoder.few_shot import MemoryBank, anomaly_grid, patch_grid
from anomaly_core.encoders.base import Features, ImageEncoder
from anomaly_core.errors import ConfigError
from anomaly_core.foreground import foreground_mask
from anomaly_core.frame import whole_frame
from anomaly_core.losses import MASK_THRESHOLD
from anomaly_core.prompt_learner import unit_map
from anomaly_core.questions import QuestionAnswer, inspection_pairs
from anomaly_core.simulation import Simulated, simulate
from anomaly_core.training_config import DataConfig
from anomaly_core.training_data import Pixels, Product, training_products

MASK_SIZE: Final = (224, 224)
"""Rows and columns at which masks are kept and the decoder's losses are computed."""
Split = Literal["train", "held_out"]
Progress = Callable[[str, int, int], None]
_HELD_OUT_SEED: Final = 7919
_PEAK_IMAGES: Final = 3
_ATTEMPTS: Final = 3
_PRODUCT_ATTEMPTS: Final = 20


_FEW_SHOT: Final = FewShotConfig()


@dataclass(frozen=True)
class Example:
    """One cached sample.

    taps: (C_i, h_i, w_i) float32. embedding: (D,). few_shot: (h, w) float32 in [0, 1], see `unit_map`.
    mask: MASK_SIZE float32, 0 or 1. pairs: what may be asked about it.
    """

    product: str
    anomalous: bool
    taps: tuple[torch.Tensor, ...]
    embedding: torch.Tensor
    few_shot: torch.Tensor
    mask: torch.Tensor
    pairs: tuple[QuestionAnswer, ...]


class NoVisibleAnomalyError(ConfigError):
    """No source made a visible anomaly on this photograph."""


class FeatureCache:
    """A folder of samples; even numbers are normal images, odd ones have simulated anomalies."""

    def __init__(self, folder: Path, counts: dict[Split, int]) -> None:
        self._folder = folder
        self.counts = counts

    def load(self, split: Split, number: int) -> Example:
        """Read one sample."""
        with safe_open(_file(self._folder, split, number), "pt") as file:
            meta = json.loads(file.metadata()["sample"])
            taps = tuple(file.get_tensor(f"tap{i}").float() for i in range(meta["taps"]))
            return Example(
                meta["product"],
                meta["anomalous"],
                taps,
                file.get_tensor("embedding"),
                file.get_tensor("few_shot").float(),
                file.get_tensor("mask").float(),
                tuple(QuestionAnswer(**pair) for pair in meta["pairs"]),
            )


def build_cache(
    config: DataConfig,
    encoder: ImageEncoder,
    roots: Sequence[Path],
    folder: Path,
    *,
    seed: int,
    progress: Progress | None = None,
) -> FeatureCache:
    """Make and encode every sample that is not there yet; equal arguments give equal files.

    Raises ConfigError when the folder holds a cache of other data, or there are too few images.
    """
    counts: dict[Split, int] = {"train": config.samples, "held_out": config.held_out}
    _claim(folder, config, encoder, roots, seed)
    total, done = sum(counts.values()), 0
    for split, count in counts.items():
        drawn = config.drawn_products if split == "train" else -(-config.drawn_products // 2)
        products = training_products(roots, drawn, config.side, seed + _HELD_OUT_SEED * (split == "held_out"))
        if not products:
            raise ConfigError("nothing to train on: name folders of good images, or set drawn_products.")
        maker = _SampleMaker(config, encoder, products, split)
        for number in range(count):
            path = _file(folder, split, number)
            if not path.exists():
                tensors, meta = maker.make(number, np.random.default_rng([seed, split == "train", number]))
                part = path.with_suffix(".part")
                save_file(tensors, part, {"sample": json.dumps(meta)})
                part.replace(path)
            done += 1
            if progress is not None:
                progress("encode", done, total)
    return FeatureCache(folder, counts)


class _SampleMaker:
    """Draws a product, its shots and a query, simulates, encodes and decodes."""

    def __init__(
        self, config: DataConfig, encoder: ImageEncoder, products: Sequence[Product], split: Split
    ) -> None:
        self._config = config
        self._encoder = encoder
        self._products = products
        self._numbers = [_numbers(product, config.photographs, split) for product in products]
        # A product's good photographs are queries and shots again and again.
        self._good = lru_cache(maxsize=512)(self._encode_good)

    def make(
        self, number: int, rng: np.random.Generator
    ) -> tuple[dict[str, torch.Tensor], dict[str, object]]:
        """Return the tensors and the description of one sample.

        A product on which no anomaly would show is passed over. Raises ConfigError where all are.
        """
        attempt = 0
        while True:
            try:
                return self._make(bool(number % 2), rng)
            except NoVisibleAnomalyError:
                attempt += 1
                if attempt == _PRODUCT_ATTEMPTS:
                    raise

    def _make(
        self, anomalous: bool, rng: np.random.Generator
    ) -> tuple[dict[str, torch.Tensor], dict[str, object]]:
        which = int(rng.integers(len(self._products)))
        product = self._products[which]
        numbers = rng.permutation(self._numbers[which])
        count = min(int(rng.choice(self._config.shots)), len(numbers) - 2)
        query, shots, others = int(numbers[0]), numbers[1 : 1 + count], numbers[1 + count :][:_PEAK_IMAGES]
        cells: list[str] = []
        features = self._good(which, query)
        mask: NDArray[np.float32] = np.zeros(MASK_SIZE, np.float32)
        if anomalous:
            simulated = self._simulated(which, query, int(numbers[1]), rng)
            cells = simulated.cells
            changed = simulated.mask.astype(np.float32)
            mask[:] = cv2.resize(changed, MASK_SIZE[::-1], interpolation=cv2.INTER_AREA)
            features = self._encode(simulated.pixels)
        grids = [patch_grid(self._good(which, int(i)), _FEW_SHOT) for i in shots]
        bank = MemoryBank.of(grids, _FEW_SHOT.bank_limit)
        peaks = [float(few_shot_map(self._good(which, int(i)), bank).max()) for i in others]
        tensors = {f"tap{i}": tap.half().contiguous() for i, tap in enumerate(features.taps)}
        few_shot = unit_map(few_shot_map(features, bank), max(float(np.mean(peaks)), 1e-6))
        tensors |= {
            "embedding": features.embedding.float().contiguous(),
            "few_shot": few_shot.half().contiguous(),
            "mask": torch.from_numpy(mask > MASK_THRESHOLD).to(torch.uint8),
        }
        pairs = inspection_pairs(product.name, cells, rng)
        meta: dict[str, object] = {
            "product": product.name,
            "anomalous": bool(cells),
            "taps": len(features.taps),
            "pairs": [{"kind": p.kind, "question": p.question, "answer": p.answer} for p in pairs],
        }
        return tensors, meta

    def _simulated(self, which: int, query: int, other: int, rng: np.random.Generator) -> Simulated:
        """Put anomalies into a photograph; where source and image are too alike, other sources are tried."""
        image = self._products[which].image(query)
        foreground = foreground_mask(image)
        attempt = 0
        while True:
            source = self._source(which, other, rng, always_foreign=attempt > 0)
            kind = self._config.simulations[int(rng.integers(len(self._config.simulations)))]
            try:
                return simulate(
                    image,
                    source,
                    rng=rng,
                    config=kind,
                    foreground=foreground,
                    source_foreground=foreground_mask(source),
                )
            except ConfigError as error:
                # An even part on an even part shows nothing: the next source is of another product.
                attempt += 1
                if attempt == _ATTEMPTS:
                    raise NoVisibleAnomalyError(str(error)) from error

    def _source(self, which: int, number: int, rng: np.random.Generator, *, always_foreign: bool) -> Pixels:
        """Another good image of the product, or one of another product."""
        foreign = always_foreign or rng.random() < self._config.foreign_share
        if foreign and len(self._products) > 1:
            other = int(rng.integers(len(self._products) - 1))
            which = other + (other >= which)
            number = int(rng.choice(self._numbers[which]))
        return self._products[which].image(number)

    def _encode_good(self, which: int, number: int) -> Features:
        return self._encode(self._products[which].image(number))

    def _encode(self, pixels: Pixels) -> Features:
        size = (pixels.shape[0], pixels.shape[1])
        frame = whole_frame(size, self._config.input_side, self._encoder.stride)
        return self._encoder.encode(frame.render(pixels))


def few_shot_map(features: Features, bank: MemoryBank) -> torch.Tensor:
    """Return (h, w), the few-shot decoder's map, as an inspection computes it."""
    return anomaly_grid(bank, patch_grid(features, _FEW_SHOT), _FEW_SHOT)


def _numbers(product: Product, photographs: int, split: Split) -> NDArray[np.int64]:
    """Numbers of the product's images in this split; a folder's last fifth is held out."""
    if product.images is None:
        first = 0 if split == "train" else photographs
        return np.arange(first, first + photographs)
    held = max(product.images // 5, 3 if product.images >= 6 else 0)
    all_numbers = np.arange(product.images)
    chosen = all_numbers[: len(all_numbers) - held] if split == "train" else all_numbers[-held:]
    if len(chosen) < 3:
        raise ConfigError(
            f"{product.name}: {product.images} images are too few; "
            "give 6 or more, or fewer than 5 pictures of a texture."
        )
    return chosen[:photographs]


def _claim(folder: Path, config: DataConfig, encoder: ImageEncoder, roots: Sequence[Path], seed: int) -> None:
    """Write what the cache is of, or check that it is the same."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {
        "encoder": encoder.name,
        "seed": seed,
        "roots": [hashlib.sha256(str(root).encode()).hexdigest()[:16] for root in roots],
        "data": config.model_dump(mode="json"),
    }
    path = folder / "manifest.json"
    if not path.exists():
        path.write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    elif json.loads(path.read_text(encoding="utf-8")) != manifest:
        raise ConfigError(f"{folder}: holds features of other data or another encoder; give another folder.")


def _file(folder: Path, split: Split, number: int) -> Path:
    return folder / f"{split}-{number:05d}.safetensors"
