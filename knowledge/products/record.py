"""Stored record of an enrolled product, and the types of its search results."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_core.errors import ConfigError, StoreDamaged
from knowledge.products.novelty import DAMAGED
from knowledge.store.manifest import Content

JsonValue = bool | int | float | str | None | list["JsonValue"] | dict[str, "JsonValue"]
LONGEST_NAME = 80
PREFIX = "products/"


@dataclass(frozen=True, eq=False)
class Template:
    """One good image to enrol.

    sha256: hex digest of `data`. data: the original image file's bytes, or a function that reads them.
    embedding: (D,) float32, any length.
    """

    sha256: str
    file_name: str
    data: Content
    embedding: NDArray[np.float32]


@dataclass(frozen=True)
class ProductInfo:
    """Metadata of an enrolled product.

    templates: their number. encoder: name of the image encoder. enrolled_at: ISO 8601, UTC.
    similarity_floor: cosine below which an image is not of this product. damaged_floor: below which it is not
        even of a damaged part of it. meta: the method's, as JSON values.
    """

    name: str
    templates: int
    encoder: str
    enrolled_at: str
    similarity_floor: float
    damaged_floor: float
    meta: Mapping[str, JsonValue]

    @property
    def aligned(self) -> bool | None:
        """Whether its part is found, turned and cropped in each image; None where the method does not say."""
        aligned = self.meta.get("aligned")
        return aligned if isinstance(aligned, bool) else None


@dataclass(frozen=True)
class ProductMatch:
    """The product of an image. name: None where no product fits.

    similarity: cosine in [-1, 1] to the nearest template of the best candidate. distance: cosine distance to
        it, in units of the largest that images of the product have; at most 1 where it fits.
    damaged: whether an image that fits no product is of a damaged part of the most similar one.
    candidates: (product, similarity) of all products, most similar first.
    ignored: products enrolled with another encoder, which were not compared.
    """

    name: str | None
    similarity: float
    distance: float
    damaged: bool
    candidates: tuple[tuple[str, float], ...]
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class TemplateHit:
    """A template similar to an image. similarity: cosine in [-1, 1]. path: image file, not to be written."""

    sha256: str
    file_name: str
    similarity: float
    path: Path


@dataclass(frozen=True)
class ProductRecord:
    """`info.json` of a product. files: (sha256, file name) of its templates, in the index's order."""

    info: ProductInfo
    files: tuple[tuple[str, str], ...]

    def to_bytes(self) -> bytes:
        """Return JSON. Raises ConfigError for a meta that is not JSON."""
        info = self.info
        record = {
            "name": info.name,
            "encoder": info.encoder,
            "enrolled_at": info.enrolled_at,
            "similarity_floor": info.similarity_floor,
            "damaged_floor": info.damaged_floor,
            "meta": dict(info.meta),
            "templates": [{"sha256": sha256, "file_name": name} for sha256, name in self.files],
        }
        try:
            return json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise ConfigError(
                f"meta of product {info.name!r} is not JSON ({error}): give plain values"
            ) from error

    @classmethod
    def from_bytes(cls, data: bytes, key: str) -> ProductRecord:
        """Parse the result of `to_bytes`. Raises StoreDamaged, naming the key."""
        try:
            record: dict[str, Any] = json.loads(data)
            files = tuple((str(t["sha256"]), str(t["file_name"])) for t in record["templates"])
            floor = float(record["similarity_floor"])
            info = ProductInfo(
                name=str(record["name"]),
                templates=len(files),
                encoder=str(record["encoder"]),
                enrolled_at=str(record["enrolled_at"]),
                similarity_floor=floor,
                # Not told by products enrolled before it was.
                damaged_floor=float(record.get("damaged_floor", 1.0 - DAMAGED * (1.0 - floor))),
                meta=dict(record["meta"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            remedy = "enrol the product again: iad enroll PRODUCT PATH..."
            raise StoreDamaged(f"{key} is no product's record ({error}): {remedy}") from error
        return cls(info, files)


def check_product_name(name: str) -> str:
    """Return `name` of 1 to 80 printable characters, no path separator. Raises ConfigError for another."""
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise ConfigError(
            f"{name!r} is no product name: use 1 to {LONGEST_NAME} printable characters, no space at the ends"
        )
    if "/" in name or "\\" in name or name in (".", ".."):
        raise ConfigError(f"{name!r} is no product name: leave out path separators")
    return name


def product_folder(name: str) -> str:
    """Return the readable, unique prefix of a product's keys."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{PREFIX}{slug}-{digest}/" if slug else f"{PREFIX}{digest}/"
