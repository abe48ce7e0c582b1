"""Each product is found, inspected and corrected with the encoder that it was enrolled with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from boards import Paint, painter

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DetectorConfig
from anomaly_core.encoders.fakes import TinyTextEncoder
from anomaly_core.encoders.registry import load_image_encoder
from anomaly_core.errors import ConfigError, UnknownProduct
from anomaly_core.imaging.reading import load_image
from tools.context import Context, Part
from tools.detect import detect, find_product, open_image
from tools.enrollment.calibrate import calibrate
from tools.enrollment.enroll import enroll
from tools.enrollment.trial import with_template

OTHER = "tiny+tiny"


def model_with(name: str) -> AnomalyGPT:
    return AnomalyGPT(load_image_encoder(name), DetectorConfig(encoder=name, input_side=192))


def context_of(folder: Path) -> Context:
    return Context(
        store=folder / "store",
        model=lambda: model_with("tiny"),
        other_model=model_with,
        text_encoder=TinyTextEncoder,
        max_pixels=4_000_000,
    )


@pytest.fixture(scope="module")
def enrolled(enrolled_board: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Boards enrolled with the context's encoder, boards of swapped tones with the other one."""
    folder = tmp_path_factory.mktemp("both")
    shutil.copytree(enrolled_board, folder, dirs_exist_ok=True)
    dark = [painter(folder)(f"dark-{seed}", seed, brighter=-60) for seed in range(4)]
    enroll(context_of(folder), "dark board", dark, encoder=OTHER)
    return folder


@pytest.fixture
def context(enrolled: Path, tmp_path: Path) -> Context:
    shutil.copytree(enrolled, tmp_path, dirs_exist_ok=True)
    return context_of(tmp_path)


def test_each_product_has_its_encoder(context: Context) -> None:
    assert [context.product(name).encoder for name in ("board", "dark board")] == ["tiny", OTHER]
    encoders = {info.name: info.encoder for info in context.templates.products()}
    assert encoders["dark board"] == model_with(OTHER).encoder.name != encoders["board"]
    assert context.model_of(context.product("dark board")) is context.model_with(OTHER)


@pytest.mark.parametrize(("brighter", "product"), [(0, "board"), (-60, "dark board")])
def test_an_image_finds_its_product_among_those_of_both(
    context: Context, paint: Paint, brighter: int, product: str
) -> None:
    path = str(paint("new", 9, brighter=brighter))
    found = find_product(context, open_image(context, path))
    assert found.name == product and found.inferred


def test_verdicts_are_those_of_the_product_s_own_model(context: Context, paint: Paint) -> None:
    good, bad = paint("new", 9, brighter=-60), paint("bad", 9, brighter=-60, blot=(60, 60, 110, 110))
    product, model = context.product("dark board"), model_with(OTHER)
    for path, anomalous in ((good, False), (bad, True)):
        part = Part(context, str(path), open_image(context, str(path)).sha256, "dark board")
        verdict, own = detect(part), model.inspect(load_image(path), product).verdict
        assert verdict.anomalous is own.anomalous is anomalous
        assert verdict.p_value == pytest.approx(own.p_value, rel=1e-3)


def test_it_is_calibrated_and_corrected_with_its_encoder(context: Context, paint: Paint) -> None:
    further = [paint(f"further-{seed}", seed, brighter=-60) for seed in range(20, 23)]
    assert calibrate(context, "dark board", further).images == 3
    with with_template(context, "dark board", load_image(paint("odd", 30, brighter=-60))) as candidate:
        assert candidate is not None
        assert candidate.flips([]) == []
        with context.store.transaction("correct") as tx:
            candidate.put(tx)
    assert context.product("dark board").encoder == OTHER
    assert len(context.templates.images("dark board")) == 5


def as_of_an_earlier_version(context: Context, name: str) -> None:
    """Make a product's record one that does not say how its encoder is loaded."""
    _, meta = context.templates.load(name)
    (info,) = (each for each in context.templates.products() if each.name == name)
    context.templates.replace_meta(name, {k: v for k, v in meta.items() if k != "encoder"}, earlier=info.meta)


def test_a_product_of_an_earlier_version_stops_no_other(context: Context, paint: Paint) -> None:
    as_of_an_earlier_version(context, "dark board")
    new = str(paint("new", 9))
    assert find_product(context, open_image(context, new)).name == "board"
    dark = str(paint("new-dark", 9, brighter=-60))
    with pytest.raises(UnknownProduct, match=r"dark board was enrolled by another version.*enrol"):
        find_product(context, open_image(context, dark))


def test_a_store_of_an_earlier_version_alone_is_refused_by_name(tmp_path: Path, paint: Paint) -> None:
    context = Context(
        store=tmp_path / "store",
        model=lambda: model_with("tiny"),
        other_model=model_with,
        text_encoder=TinyTextEncoder,
        max_pixels=4_000_000,
    )
    enroll(context, "board", [paint(f"good-{seed}", seed) for seed in range(3)], encoder=OTHER)
    as_of_an_earlier_version(context, "board")
    with pytest.raises(ConfigError, match="board was enrolled by another version"):
        find_product(context, open_image(context, str(paint("new", 9))))
