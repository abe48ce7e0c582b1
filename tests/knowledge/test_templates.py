"""Enrolling, finding and loading products: the same answers before and after the disk."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_core.errors import ConfigError, StoreDamaged, UnknownProduct
from knowledge.products.record import ProductInfo, Template, product_folder
from knowledge.products.templates import TemplateIndex
from knowledge.store.store import Store

Vectors = NDArray[np.float32]
ENCODER = "encoder:a"


def around(direction: int, n: int, seed: int = 0, dimension: int = 32) -> Vectors:
    rng = np.random.default_rng([direction, seed])
    vectors = rng.standard_normal((n, dimension)).astype(np.float32) * 0.02
    vectors[:, direction] += 1
    return vectors * 3


def templates(embeddings: Vectors, label: str = "image") -> list[Template]:
    made = []
    for i, embedding in enumerate(embeddings):
        data = f"{label} {i}".encode()
        made.append(Template(hashlib.sha256(data).hexdigest(), f"{label}-{i}.png", data, embedding))
    return made


def enroll(index: TemplateIndex, name: str, direction: int, n: int = 4, **options: Any) -> ProductInfo:
    settings: dict[str, Any] = {"arrays": {"bank": np.eye(3)}, "meta": {"shots": n}, "encoder": ENCODER}
    return index.enroll(name, templates(around(direction, n), name), **{**settings, **options})


@pytest.fixture
def index(tmp_path: Path) -> TemplateIndex:
    return TemplateIndex(Store.open(tmp_path / "store", create=True))


def reopened(tmp_path: Path) -> TemplateIndex:
    return TemplateIndex(Store.open(tmp_path / "store"))


def test_an_image_goes_to_the_nearest_product_and_another_object_to_none(index: TemplateIndex) -> None:
    enroll(index, "screw", 0)
    enroll(index, "tile", 1)
    match = index.find_product(around(1, 1, seed=9)[0], encoder=ENCODER)
    assert match.name == "tile"
    assert match.similarity > 0.9
    assert [name for name, _ in match.candidates] == ["tile", "screw"]
    assert match.candidates[0][1] == pytest.approx(match.similarity)
    other = index.find_product(around(5, 1)[0], encoder=ENCODER)
    assert other.name is None
    assert len(other.candidates) == 2


def test_one_product_with_one_template_still_refuses_another_object(index: TemplateIndex) -> None:
    enroll(index, "screw", 0, n=1, views=around(0, 8, seed=3))
    assert index.find_product(around(0, 1, seed=9)[0], encoder=ENCODER).name == "screw"
    assert index.find_product(around(2, 1)[0], encoder=ENCODER).name is None


def test_what_fits_no_product_may_be_a_damaged_part_of_the_nearest(index: TemplateIndex) -> None:
    def between(share: float) -> Vectors:
        axes = np.eye(32, dtype=np.float32)
        return np.asarray((1 - share) * axes[0] + share * axes[5], np.float32)

    # Good images that hardly differ tell little of how a damaged one looks; other kinds of object do.
    other = np.eye(32, dtype=np.float32)[8:12].reshape(2, 2, 32)
    info = enroll(index, "screw", 0, references=other)
    assert info.damaged_floor == pytest.approx(0.5, abs=0.05) and info.damaged_floor < info.similarity_floor
    assert index.find_product(between(0.1), encoder=ENCODER).name == "screw"
    near, far = (index.find_product(between(share), encoder=ENCODER) for share in (0.55, 0.8))
    assert (near.name, near.damaged, far.name, far.damaged) == (None, True, None, False)


def test_it_may_be_where_the_next_product_is_twice_as_far(index: TemplateIndex) -> None:
    enroll(index, "screw", 0)
    enroll(index, "tile", 1)
    made = np.zeros(32, np.float32)
    made[[0, 5]] = 1.0, 0.8
    assert index.find_product(made, encoder=ENCODER).damaged
    made[1] = 0.9
    assert not index.find_product(made, encoder=ENCODER).damaged


def test_similarities_are_cosines_to_the_nearest_template(index: TemplateIndex) -> None:
    for name, direction in (("a", 0), ("b", 1), ("c", 2)):
        enroll(index, name, direction, n=direction + 2)
    query = np.random.default_rng(1).standard_normal(32).astype(np.float32)
    found = dict(index.find_product(query, encoder=ENCODER).candidates)
    for name, direction in (("a", 0), ("b", 1), ("c", 2)):
        rows = around(direction, direction + 2)
        cosines = rows @ query / np.linalg.norm(rows, axis=1) / np.linalg.norm(query)
        assert found[name] == pytest.approx(cosines.max(), abs=1e-5)
        hits = index.nearest(name, query, 99)
        assert [hit.similarity for hit in hits] == pytest.approx(sorted(cosines, reverse=True), abs=1e-5)
        assert hits[0].file_name == f"{name}-{cosines.argmax()}.png"


def test_loading_answers_the_same_as_before_saving(index: TemplateIndex, tmp_path: Path) -> None:
    enroll(index, "screw", 0)
    enroll(index, "Tile größe", 1)
    other = reopened(tmp_path)
    for seed in range(5):
        query = around(seed % 3, 1, seed=seed)[0]
        assert other.find_product(query, encoder=ENCODER) == index.find_product(query, encoder=ENCODER)
        assert other.nearest("screw", query, 2) == index.nearest("screw", query, 2)
    assert other.products() == index.products()


def test_arrays_meta_and_images_come_back_as_given(index: TemplateIndex, tmp_path: Path) -> None:
    arrays = {
        "bank": np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32),
        "half": np.ones((2, 2), dtype=np.float16),
        "turned": np.arange(6, dtype=np.int64).reshape(2, 3).T,
        "mask": np.array([True, False]),
    }
    meta: dict[str, Any] = {"taps": [1, 2], "nested": {"alpha": 0.05}, "none": None}
    info = enroll(index, "screw", 0, arrays=arrays, meta=meta)
    loaded, found = reopened(tmp_path).load("screw")
    assert found == meta
    assert set(loaded) == set(arrays)
    for name, array in arrays.items():
        assert loaded[name].dtype == array.dtype
        np.testing.assert_array_equal(loaded[name], array)
    hit = index.nearest("screw", around(0, 4)[2], 1)[0]
    assert hit.path.read_bytes() == b"screw 2"
    assert hit.sha256 == hashlib.sha256(b"screw 2").hexdigest()
    assert index.products() == [info]
    assert (info.templates, info.encoder) == (4, ENCODER)


def test_enrolling_again_replaces_and_an_unknown_product_is_named(
    index: TemplateIndex, tmp_path: Path
) -> None:
    enroll(index, "screw", 0, n=4)
    enroll(index, "screw", 3, n=2)
    assert [product.templates for product in index.products()] == [2]
    assert index.find_product(around(0, 1)[0], encoder=ENCODER).name is None
    store = Store.open(tmp_path / "store")
    assert len(store.snapshot().keys("products/")) == 2 + 3
    with pytest.raises(UnknownProduct, match=r"'tile'.*enrolled: screw.*iad enroll"):
        index.load("tile")
    with pytest.raises(UnknownProduct, match=r"did you mean screw\?"):
        index.load("scew")


def test_another_process_s_enrolment_is_seen_and_an_unchanged_store_is_not_read_again(
    index: TemplateIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enroll(index, "screw", 0)
    assert len(index.products()) == 1
    enroll(reopened(tmp_path), "tile", 1)
    assert [product.name for product in index.products()] == ["screw", "tile"]
    reads: list[Path] = []
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: reads.append(path) or read(path))
    for _ in range(50):
        index.find_product(around(0, 1)[0], encoder=ENCODER)
        index.nearest("screw", around(0, 1)[0], 2)
    assert {path.name for path in reads} == {"CURRENT"}


def test_products_of_another_encoder_are_ignored_and_said_so(index: TemplateIndex) -> None:
    with pytest.raises(UnknownProduct, match="at all"):
        index.find_product(around(0, 1)[0], encoder=ENCODER)
    enroll(index, "old", 0, encoder="encoder:b")
    with pytest.raises(UnknownProduct, match=r"encoder:a \(only with encoder:b\).*iad enroll PRODUCT"):
        index.find_product(around(0, 1)[0], encoder=ENCODER)
    enroll(index, "new", 1)
    match = index.find_product(around(1, 1)[0], encoder=ENCODER)
    assert (match.name, match.ignored) == ("new", ("old",))
    assert [name for name, _ in match.candidates] == ["new"]


@pytest.mark.parametrize(
    "name", ["", " ", " a", "a ", "a/b", "a\\b", "..", "a\nb", "a\x00", "\u202eabc", "x" * 81]
)
def test_names_that_are_no_names_are_refused(index: TemplateIndex, name: str) -> None:
    with pytest.raises(ConfigError, match="is no product name"):
        enroll(index, name, 0)


def test_names_keep_their_case_and_never_share_keys(index: TemplateIndex) -> None:
    names = ["Screw", "screw", "screw ø", "screw-ø", "螺钉", "螺丝", "a b", "a_b", "..."]
    for direction, name in enumerate(names):
        enroll(index, name, direction)
    assert sorted(product.name for product in index.products()) == sorted(names)
    assert len({product_folder(name) for name in names}) == len(names)
    for direction, name in enumerate(names):
        assert index.find_product(around(direction, 1, seed=5)[0], encoder=ENCODER).name == name


def test_wrong_arguments_are_named(index: TemplateIndex) -> None:
    with pytest.raises(ConfigError, match="at least one good image"):
        index.enroll("a", [], arrays={}, meta={}, encoder=ENCODER)
    with pytest.raises(ConfigError, match="is not JSON"):
        enroll(index, "a", 0, meta={"nan": float("nan")})
    bad = Template("0" * 64, "x.png", b"x", around(0, 1)[0])
    with pytest.raises(ValueError, match="not that of its data"):
        index.enroll("a", [bad], arrays={}, meta={}, encoder=ENCODER)
    enroll(index, "a", 0)
    with pytest.raises(ValueError, match=r"\(31,\).*\(32,\)"):
        index.find_product(np.ones(31, dtype=np.float32), encoder=ENCODER)
    with pytest.raises(ValueError, match="at least 1"):
        index.nearest("a", np.ones(32, dtype=np.float32), 0)
    assert len(index.products()) == 1


@pytest.mark.parametrize("name", ["index.faiss", "info.json", "arrays.safetensors", "images/"])
@pytest.mark.parametrize("vouched", [False, True])
def test_a_damaged_file_is_named_with_the_remedy(
    index: TemplateIndex, tmp_path: Path, name: str, vouched: bool
) -> None:
    """vouched: damaged before it was written, so that its checksum is right and its content is not."""
    enroll(index, "screw", 0, n=1)
    store = Store.open(tmp_path / "store")
    key = next(key for key in store.snapshot().keys("products/") if name in key)
    if vouched and name != "images/":
        with store.transaction("damage") as tx:
            tx.put(key, b"not what it was")
    else:
        store.snapshot().path(key).write_bytes(b"not what it was")

    def use() -> None:
        other = reopened(tmp_path)
        other.load("screw")
        other.nearest("screw", around(0, 1)[0], 1)

    with pytest.raises(StoreDamaged, match=r"iad enroll PRODUCT PATH\.\.\.") as caught:
        use()
    assert key in str(caught.value)
    enroll(index, "screw", 0, n=1)
    use()


def test_finding_takes_about_a_millisecond_among_a_thousand_templates(index: TemplateIndex) -> None:
    for direction in range(10):
        # The same image files for all, so that the test does not spend its time on writing a thousand.
        many = templates(around(direction, 100), "shared")
        index.enroll(f"product {direction}", many, arrays={}, meta={}, encoder=ENCODER)
    query = around(3, 1, seed=8)[0]
    times = []
    for _ in range(50):
        begin = time.perf_counter()
        assert index.find_product(query, encoder=ENCODER).name == "product 3"
        index.nearest("product 3", query, 3)
        times.append(time.perf_counter() - begin)
    # The fastest of many, so that a busy machine does not fail the test; the limit leaves room as well.
    assert min(times) < 2e-3
