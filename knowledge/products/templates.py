"""Index of enrolled products: finds the product of an image, and its nearest templates by cosine similarity.

A product's unit embeddings are in an inner-product index, stored with its images and arrays.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from anomaly_core.errors import ConfigError, StoreDamaged, UnknownProduct
from knowledge.products.novelty import clearly_nearest, damaged_floor, similarity_floor
from knowledge.products.record import (
    PREFIX,
    JsonValue,
    ProductInfo,
    ProductMatch,
    ProductRecord,
    Template,
    TemplateHit,
    check_product_name,
    product_folder,
)
from knowledge.store.manifest import content_of, sha256
from knowledge.store.snapshot import Snapshot
from knowledge.store.store import Store
from knowledge.vectors import VectorIndex, unit_rows

_REMEDY = "enrol the product again: iad enroll PRODUCT PATH..."


@dataclass(frozen=True)
class _Product:
    folder: str
    record: ProductRecord
    index: VectorIndex


@dataclass(frozen=True)
class _Gallery:
    """All templates of one encoder in one index; rows `starts[i]` up to `starts[i + 1]` are product i's."""

    products: tuple[_Product, ...]
    index: VectorIndex
    starts: NDArray[np.intp]


@dataclass(frozen=True)
class _View:
    """The products of one version of the store, by name, and the galleries, by encoder."""

    snapshot: Snapshot
    products: Mapping[str, _Product]
    galleries: Mapping[str, _Gallery]


class TemplateIndex:
    """The products in a store, cached for one version of the store. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._cached: _View | None = None

    def enroll(
        self,
        product: str,
        templates: Sequence[Template],
        *,
        arrays: Mapping[str, NDArray[Any]],
        meta: Mapping[str, JsonValue],
        encoder: str,
        views: NDArray[np.float32] | None = None,
        references: NDArray[np.float32] | None = None,
    ) -> ProductInfo:
        """Enrol a product in one transaction, in place of its earlier enrolment.

        Args:
            arrays, meta: the method's data of this product (memory bank, calibration), as arrays and JSON.
            encoder: name of the image encoder of all embeddings.
            views, references: see `similarity_floor`.

        Raises ConfigError, StoreBusy, StoreError; ValueError where shapes or checksums disagree.
        """
        check_product_name(product)
        if not templates:
            raise ConfigError(f"product {product!r} has no templates: give at least one good image")
        if any(sha256(content_of(template.data)) != template.sha256 for template in templates):
            raise ValueError("a template's sha256 is not that of its data")
        embeddings = unit_rows(np.stack([template.embedding for template in templates]))
        floor = similarity_floor(embeddings, None if views is None else unit_rows(views), references)
        record = ProductRecord(
            ProductInfo(
                name=product,
                templates=len(templates),
                encoder=encoder,
                enrolled_at=datetime.now(UTC).isoformat(timespec="seconds"),
                similarity_floor=floor,
                damaged_floor=damaged_floor(floor, embeddings, references),
                meta=dict(meta),
            ),
            tuple((template.sha256, template.file_name) for template in templates),
        )
        folder = product_folder(product)
        contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        with self._store.transaction(f"enroll {product}") as tx:
            for key in tx.keys(folder):
                tx.delete(key)
            for template in templates:
                tx.put(f"{folder}images/{template.sha256}", template.data)
            tx.put(f"{folder}arrays.safetensors", save_arrays(contiguous))
            tx.put(f"{folder}index.faiss", VectorIndex(embeddings).to_bytes())
            tx.put(f"{folder}info.json", record.to_bytes())
        return record.info

    def replace_meta(
        self, product: str, meta: Mapping[str, JsonValue], *, earlier: Mapping[str, JsonValue]
    ) -> None:
        """Replace the JSON part of a product's data, in one transaction.

        earlier: what it replaces. Raises UnknownProduct; ConfigError where the product has changed in the
        meantime; StoreBusy, StoreError.
        """
        key = f"{self._product(self._view(), product).folder}info.json"
        with self._store.transaction(f"calibrate {product}") as tx:
            record = ProductRecord.from_bytes(tx.read(key), key)
            if record.info.meta != earlier:
                raise ConfigError(f"{product} was changed while it was calibrated; calibrate it again")
            tx.put(key, replace(record, info=replace(record.info, meta=dict(meta))).to_bytes())

    def products(self) -> list[ProductInfo]:
        """Return the enrolled products, by name. Raises StoreDamaged."""
        return [product.record.info for product in self._view().products.values()]

    def find_product(self, embedding: NDArray[np.float32], *, encoder: str) -> ProductMatch:
        """Return the product of an image: that of the nearest template, among those whose floor is reached.

        embedding: (D,) float32 of the whole image. encoder: name of its encoder; products of another one are
        ignored. Raises UnknownProduct where no product has this encoder, ValueError for another D.
        """
        view = self._view()
        ignored = tuple(name for name, p in view.products.items() if p.record.info.encoder != encoder)
        if encoder not in view.galleries:
            others = sorted({product.record.info.encoder for product in view.products.values()})
            state = f"only with {', '.join(others)}" if others else "at all"
            raise UnknownProduct(
                f"{self._store.root} has no product enrolled with the encoder {encoder} ({state}): "
                "enrol with it: iad enroll PRODUCT PATH..."
            )
        gallery = view.galleries[encoder]
        found, rows = gallery.index.search(unit_rows(embedding), len(gallery.index))
        similarities = np.full(len(gallery.index), -1.0, dtype=np.float32)
        similarities[rows] = found
        best = np.maximum.reduceat(similarities, gallery.starts)
        order = np.argsort(-best, kind="stable")
        infos = [product.record.info for product in gallery.products]
        fitting = [place for place in order if best[place] >= infos[place].similarity_floor]
        chosen = fitting[0] if fitting else order[0]
        similarity = float(best[chosen])
        return ProductMatch(
            name=infos[chosen].name if fitting else None,
            similarity=similarity,
            distance=float((1 - best[chosen]) / (1 - infos[chosen].similarity_floor)),
            damaged=not fitting
            and (
                similarity >= infos[chosen].damaged_floor
                or (len(order) > 1 and clearly_nearest(similarity, float(best[order[1]])))
            ),
            candidates=tuple((infos[place].name, float(best[place])) for place in order),
            ignored=ignored,
        )

    def nearest(self, product: str, embedding: NDArray[np.float32], k: int) -> list[TemplateHit]:
        """Return the `k` templates of a product nearest to a (D,) embedding, nearest first.

        Raises UnknownProduct, StoreDamaged, ValueError for another D or k < 1.
        """
        if k < 1:
            raise ValueError("k must be at least 1")
        view = self._view()
        entry = self._product(view, product)
        similarities, rows = entry.index.search(unit_rows(embedding), k)
        hits = []
        for similarity, row in zip(similarities.tolist(), rows.tolist(), strict=True):
            digest, file_name = entry.record.files[row]
            path = view.snapshot.path(f"{entry.folder}images/{digest}")
            hits.append(TemplateHit(digest, file_name, similarity, path))
        return hits

    def images(self, product: str) -> list[TemplateHit]:
        """Return all templates of a product, in the order of enrolment, with similarity 1.

        Raises UnknownProduct, StoreDamaged.
        """
        view = self._view()
        entry = self._product(view, product)
        return [
            TemplateHit(digest, file_name, 1.0, view.snapshot.path(f"{entry.folder}images/{digest}"))
            for digest, file_name in entry.record.files
        ]

    def load(self, product: str) -> tuple[dict[str, NDArray[Any]], dict[str, JsonValue]]:
        """Return the arrays and meta of a product, see `enroll`. Raises UnknownProduct, StoreDamaged."""
        view = self._view()
        entry = self._product(view, product)
        key = f"{entry.folder}arrays.safetensors"
        try:
            arrays = load_arrays(view.snapshot.read(key))
        except SafetensorError as error:
            raise StoreDamaged(f"{key} holds no arrays ({error}): {_REMEDY}") from error
        return arrays, dict(entry.record.info.meta)

    def _product(self, view: _View, name: str) -> _Product:
        if name not in view.products:
            known = ", ".join(view.products) or "none"
            near = get_close_matches(name, list(view.products), n=1)
            meant = f"did you mean {near[0]}? If not, " if near else ""
            raise UnknownProduct(
                f"no product {name!r} in {self._store.root} (enrolled: {known}): "
                f"{meant}enrol it: iad enroll PRODUCT PATH..."
            )
        return view.products[name]

    def _view(self) -> _View:
        with self._lock:
            snapshot = self._store.snapshot()
            if self._cached is None or self._cached.snapshot is not snapshot:
                self._cached = _read(snapshot)
            return self._cached


def _read(snapshot: Snapshot) -> _View:
    products = {}
    for key in snapshot.keys(PREFIX):
        if key.endswith("/info.json"):
            product = _read_product(snapshot, key.removesuffix("info.json"))
            products[product.record.info.name] = product
    products = dict(sorted(products.items()))
    encoders = {product.record.info.encoder for product in products.values()}
    galleries = {
        encoder: _gallery([p for p in products.values() if p.record.info.encoder == encoder])
        for encoder in encoders
    }
    return _View(snapshot, products, galleries)


def _read_product(snapshot: Snapshot, folder: str) -> _Product:
    record = ProductRecord.from_bytes(snapshot.read(f"{folder}info.json"), f"{folder}info.json")
    key = f"{folder}index.faiss"
    data, count = snapshot.read(key), len(record.files)
    return _Product(folder, record, VectorIndex.from_bytes(data, key=key, count=count, remedy=_REMEDY))


def _gallery(products: list[_Product]) -> _Gallery:
    rows = [product.index.rows for product in products]
    if len({part.shape[1] for part in rows}) > 1:
        names = ", ".join(product.record.info.name for product in products)
        raise StoreDamaged(f"products of one encoder differ in embedding length ({names}): {_REMEDY}")
    starts = np.cumsum([0, *(len(part) for part in rows[:-1])], dtype=np.intp)
    return _Gallery(tuple(products), VectorIndex(np.concatenate(rows)), starts)
