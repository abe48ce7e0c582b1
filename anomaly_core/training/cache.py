"""Cache of encoded training samples: decoder inputs, few-shot maps and masks on disk.

Samples are framed, encoded and scored as in an inspection (anomalygpt.py). The encoder is frozen, so its
features are computed once.
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
from safetensors.torch import save

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DataConfig, DetectorConfig, SimulationConfig
from anomaly_core.decoders.inputs import decoder_inputs
from anomaly_core.encoders.base import ImageEncoder
from anomaly_core.errors import ConfigError
from anomaly_core.files import write_whole
from anomaly_core.imaging.foreground import foreground_mask
from anomaly_core.product import ProductModel
from anomaly_core.scoring.scorer import FEW_SHOT
from anomaly_core.simulation.nsa import Simulated, simulate
from anomaly_core.training.data import Pixels, Product, training_products
from anomaly_core.training.losses import MASK_THRESHOLD

MASK_SIZE: Final = (224, 224)
"""Rows and columns of stored masks and few-shot maps, and of the decoder's losses."""
Split = Literal["train", "held_out"]
Progress = Callable[[str, int, int], None]
_HELD_OUT_SEED: Final = 7919
_ATTEMPTS: Final = 3
_PRODUCT_ATTEMPTS: Final = 20
_DRAWS: Final = 2
"""Number of sets of shots of each size that a product is learned from."""


@dataclass(frozen=True)
class Example:
    """One cached sample.

    cells: the 3x3 cell of each anomaly, none for a good image. inputs: (C_i, h_i, w_i) float32 inputs of the
    text-aligned decoder. embedding: (D,). few_shot: MASK_SIZE float32 >= 0, few-shot map on the original
    image, in units of the reference score. mask: MASK_SIZE float32, 0 or 1, on the encoder input.
    sampling: (2, 3), see `Frame.sampling`.
    """

    product: str
    cells: tuple[str, ...]
    inputs: tuple[torch.Tensor, ...]
    embedding: torch.Tensor
    few_shot: torch.Tensor
    mask: torch.Tensor
    sampling: torch.Tensor

    @property
    def anomalous(self) -> bool:
        """Whether it has a simulated anomaly."""
        return bool(self.cells)


class NoVisibleAnomalyError(ConfigError):
    """No source gives a visible anomaly on an image."""


class FeatureCache:
    """A folder of samples; even numbers are normal images, odd numbers have simulated anomalies."""

    def __init__(self, folder: Path, counts: dict[Split, int]) -> None:
        self._folder = folder
        self.counts = counts

    def load(self, split: Split, number: int) -> Example:
        """Read one sample."""
        with safe_open(_file(self._folder, split, number), "pt") as file:
            meta = json.loads(file.metadata()["sample"])
            return Example(
                product=meta["product"],
                cells=tuple(meta["cells"]),
                inputs=tuple(file.get_tensor(f"input{i}").float() for i in range(meta["inputs"])),
                **{
                    name: file.get_tensor(name).float()
                    for name in ("embedding", "few_shot", "mask", "sampling")
                },
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
    """Make and encode the samples that are missing; equal arguments give equal files.

    Raises ConfigError for a folder with a cache of other data, or too few images.
    """
    counts: dict[Split, int] = {"train": config.samples, "held_out": config.held_out}
    _claim(folder, config, encoder, roots, seed)
    total, done = sum(counts.values()), 0
    for split, count in counts.items():
        procedural = config.procedural_products if split == "train" else -(-config.procedural_products // 2)
        split_seed = seed + _HELD_OUT_SEED * (split == "held_out")
        products = training_products(roots, procedural, config.side, split_seed)
        if not products:
            raise ConfigError("nothing to train on: name folders of good images, or set procedural_products.")
        maker = _SampleMaker(config, encoder, products, split, seed)
        for number in range(count):
            path = _file(folder, split, number)
            if not path.exists():
                tensors, meta = maker.make(number, np.random.default_rng([seed, split == "train", number]))
                write_whole(path, save(tensors, {"sample": json.dumps(meta)}))
            done += 1
            if progress is not None:
                progress("encode", done, total)
    return FeatureCache(folder, counts)


class _SampleMaker:
    """Maker of samples: draws a product, its shots and a query, simulates an anomaly, encodes, scores."""

    def __init__(
        self, config: DataConfig, encoder: ImageEncoder, products: Sequence[Product], split: Split, seed: int
    ) -> None:
        self._config = config
        detector = DetectorConfig(input_side=config.input_side, scorers=(FEW_SHOT,))
        self._model = AnomalyGPT(encoder, detector, judge_quality=False)
        self._products = products
        self._numbers = [_numbers(product, config.photographs, split) for product in products]
        self._simulations = config.simulations if split == "train" else config.held_out_simulations
        self._seed = seed
        # A fitted product serves many queries.
        self._fitted = lru_cache(maxsize=len(products) * len(config.shots) * _DRAWS)(self._fit)

    def make(
        self, number: int, rng: np.random.Generator
    ) -> tuple[dict[str, torch.Tensor], dict[str, object]]:
        """Return the tensors and the description of one sample.

        Products without a visible anomaly are skipped. Raises ConfigError after too many of them.
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
        fitted, shots = self._fitted(which, int(rng.choice(self._config.shots)), int(rng.integers(_DRAWS)))
        query = int(rng.choice(np.setdiff1d(self._numbers[which], shots)))
        pixels, changed, cells = product.image(query), None, list[str]()
        if anomalous:
            simulated = self._simulated(which, query, rng)
            pixels, changed, cells = simulated.pixels, simulated.mask, simulated.cells
        found = self._model.inspect(pixels, fitted)
        encoded = found.image
        mask: NDArray[np.float32] = np.zeros(MASK_SIZE, np.float32)
        if changed is not None:
            shown = encoded.frame.render(np.repeat(np.uint8(255) * changed[..., None], 3, axis=2))[..., 0]
            mask[:] = cv2.resize(shown, MASK_SIZE[::-1], interpolation=cv2.INTER_AREA) / 255
        values = found.anomaly_map.values / fitted.reference_score
        few_shot = cv2.resize(values, MASK_SIZE[::-1], interpolation=cv2.INTER_AREA)
        residuals = found.scores[FEW_SHOT].residuals[0]
        inputs = decoder_inputs(self._config.decoder_input, encoded.features, residuals)
        tensors = {f"input{i}": each.half().contiguous() for i, each in enumerate(inputs)}
        tensors |= {
            "embedding": encoded.features.embedding.float().contiguous(),
            "few_shot": torch.from_numpy(few_shot).half(),
            "mask": torch.from_numpy(mask > MASK_THRESHOLD).to(torch.uint8),
            "sampling": torch.from_numpy(encoded.frame.sampling()),
        }
        return tensors, {"product": product.name, "cells": cells, "inputs": len(inputs)}

    def _fit(self, which: int, count: int, draw: int) -> tuple[ProductModel, NDArray[np.int64]]:
        """Fit a product to at most `count` of its images, leaving two or more for queries."""
        numbers = np.random.default_rng([self._seed, 3, which, draw]).permutation(self._numbers[which])
        shots = numbers[: min(count, len(numbers) - 2)]
        images = [self._products[which].image(int(number)) for number in shots]
        return self._model.fit(images), shots

    def _simulated(self, which: int, query: int, rng: np.random.Generator) -> Simulated:
        """Simulate anomalies on an image; where source and image are too alike, other sources are tried."""
        image = self._products[which].image(query)
        foreground = foreground_mask(image)
        attempt = 0
        while True:
            source = self._source(which, rng, always_foreign=attempt > 0)
            kind: SimulationConfig = self._simulations[int(rng.integers(len(self._simulations)))]
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
                # Source and image were too alike: the next source is of another product.
                attempt += 1
                if attempt == _ATTEMPTS:
                    raise NoVisibleAnomalyError(str(error)) from error

    def _source(self, which: int, rng: np.random.Generator, *, always_foreign: bool) -> Pixels:
        """Return a good image of the product, or of another product."""
        foreign = always_foreign or rng.random() < self._config.foreign_share
        if foreign and len(self._products) > 1:
            other = int(rng.integers(len(self._products) - 1))
            which = other + (other >= which)
        return self._products[which].image(int(rng.choice(self._numbers[which])))


def _numbers(product: Product, photographs: int, split: Split) -> NDArray[np.int64]:
    """Return the numbers of a product's images in a split; a folder's last fifth is held out."""
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
    """Write the manifest of the cache, or raise ConfigError where another one is there."""
    manifest = {
        "encoder": encoder.name,
        "seed": seed,
        "roots": [hashlib.sha256(str(root).encode()).hexdigest()[:16] for root in roots],
        "data": config.model_dump(mode="json"),
    }
    path = folder / "manifest.json"
    if not path.exists():
        write_whole(path, json.dumps(manifest, indent=2))
    elif json.loads(path.read_text(encoding="utf-8")) != manifest:
        raise ConfigError(f"{folder}: holds features of other data or another encoder; give another folder.")


def _file(folder: Path, split: Split, number: int) -> Path:
    return folder / f"{split}-{number:05d}.safetensors"
