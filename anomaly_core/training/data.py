"""Training images: folders of good images, and procedural products.

A root is ROOT/C/train/good (MVTec layout, any number of categories), ROOT/train/good, or a folder of images.
Of a folder with fewer than five images, each is a texture: a product whose images are random crops of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.reading import find_images, load_image
from anomaly_core.names import plain_name
from anomaly_core.simulation.procedural import ProceduralProduct, procedural_products

Pixels = NDArray[np.uint8]
FEW: Final = 5
"""Least number of images of a product; fewer are textures."""


class Product(Protocol):
    """Good images of one product, by number."""

    @property
    def name(self) -> str:
        """Its name in questions."""
        ...

    @property
    def images(self) -> int | None:
        """Number of different images, or None for any number."""
        ...

    def image(self, index: int) -> Pixels:
        """Return the (H, W, 3) uint8 image of this number; equal numbers give equal pixels."""
        ...


@dataclass(frozen=True)
class Procedural:
    """A procedural product at a fixed image size."""

    product: ProceduralProduct
    side: int

    @property
    def name(self) -> str:
        """Its kind."""
        return self.product.name

    @property
    def images(self) -> int | None:
        """None: any number."""
        return None

    def image(self, index: int) -> Pixels:
        """Return the (side, side, 3) uint8 image of this number."""
        return self.product.image(index, self.side)


@dataclass(frozen=True)
class Folder:
    """A folder of images of one product. side: images shrink to a shorter side of about 2 x this."""

    name: str
    paths: tuple[Path, ...]
    side: int

    @property
    def images(self) -> int | None:
        """The number of files."""
        return len(self.paths)

    def image(self, index: int) -> Pixels:
        """Return the (H, W, 3) uint8 image of this number."""
        return _loaded(self.paths[index], self.side)


@dataclass(frozen=True)
class Texture:
    """An image of a texture, whose random crops are the product's images."""

    name: str
    path: Path
    side: int
    seed: int

    @property
    def images(self) -> int | None:
        """None: any number."""
        return None

    def image(self, index: int) -> Pixels:
        """Return a (side, side, 3) uint8 crop of half the image's shorter side."""
        pixels = _loaded(self.path, self.side)
        rng = np.random.default_rng([self.seed, index])
        crop = min(pixels.shape[:2]) // 2
        y, x = (int(rng.integers(0, length - crop + 1)) for length in pixels.shape[:2])
        cut = pixels[y : y + crop, x : x + crop]
        method = cv2.INTER_AREA if crop > self.side else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(cut, (self.side, self.side), interpolation=method), dtype=np.uint8)


def training_products(roots: Sequence[Path], procedural: int, side: int, seed: int) -> list[Product]:
    """Return the products of the folders, then `procedural` ones.

    Raises NoImages for a root without images.
    """
    products: list[Product] = []
    for root in roots:
        folders = sorted(root.glob("*/train/good")) or [f for f in [root / "train" / "good"] if f.is_dir()]
        named = [(folder.parent.parent.name, folder) for folder in folders] or [(root.name, root)]
        for name, folder in named:
            paths = tuple(find_images([folder]))
            if len(paths) < FEW:
                products += [Texture(plain_name(path.stem), path, side, seed) for path in paths]
            else:
                products.append(Folder(plain_name(name), paths, side))
    products += [Procedural(product, side) for product in procedural_products(procedural, seed)]
    return products


@lru_cache(maxsize=64)
def _loaded(path: Path, side: int) -> Pixels:
    pixels = load_image(path).pixels
    scale = 2 * side / min(pixels.shape[:2])
    if scale < 1:
        size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return pixels
