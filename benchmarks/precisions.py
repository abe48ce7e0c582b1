"""Image encoders in fewer bits, for benchmarks/runtimes.py: int8 and bfloat16, whole or in part.

Static quantisation is calibrated on images of good parts of sets other than those that are inspected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from sets import mvtec_set, pixels_of

from anomaly_core.encoders.base import GraphEncoder, ImageEncoder
from anomaly_core.encoders.exported import ExportedEncoder, export
from anomaly_core.encoders.inputs import to_input
from anomaly_core.encoders.pair import PairEncoder
from anomaly_core.encoders.registry import PAIR_TAPS, SEPARATOR, load_image_encoder
from anomaly_core.encoders.runtimes import Session, open_session

CALIBRATED_ON: Final = (
    ("magnetic_tile", "magnetic_tile"),
    ("alien_toy", "alien_toy"),
    ("mvtec_loco", "juice_bottle"),
    ("mvtec", "capsule"),
)
EACH: Final = 8
"""Images of each of those sets."""
SIDE: Final = 224
PRODUCTS_OF_LAYER: Final = 6
"""With weights, of DINOv2; its taps are after layers 5 and 8, counted from 0."""
Tensors = Sequence[NDArray[np.float32]]
Make = Callable[[Path, Tensors, int], Session]
"""Makes a session of an ONNX file, inputs to calibrate on, and threads."""


class ReducedEncoder(ExportedEncoder):
    """An encoder whose graph is computed in a way of `WAYS`."""

    def __init__(self, encoder: GraphEncoder, way: str, images: Iterable[NDArray[np.uint8]]) -> None:
        super().__init__(encoder, "onnx")
        side = round(SIDE / encoder.stride) * encoder.stride
        inputs = [
            to_input(
                np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)[None],
                encoder.stride,
                encoder.mean,
                encoder.std,
                torch.device("cpu"),
            ).numpy()
            for image in images
        ]
        self._session = WAYS[way](export(encoder), inputs, torch.get_num_threads())


def load_reduced(name: str, way: str, data: Path | None) -> ImageEncoder:
    """Load an encoder, or a pair, that computes in a way of `WAYS`. data: folder of the sets."""
    images = [] if data is None else list(calibrating(data))
    parts = [
        load_image_encoder(part, PAIR_TAPS.get(part) if SEPARATOR in name else None)
        for part in name.split(SEPARATOR)
    ]
    made = []
    for part in parts:
        assert isinstance(part, GraphEncoder)
        made.append(ReducedEncoder(part, way, images))
    return made[0] if len(made) == 1 else PairEncoder(*made)


def calibrating(data: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield images of good parts, of sets that no figure is about."""
    for folder, category in CALIBRATED_ON:
        for source in mvtec_set(data / folder, category).pool[:EACH]:
            yield pixels_of(source)


# --- ONNX Runtime -----------------------------------------------------------------------------------


def _dynamic(graph: Path, _: Tensors, threads: int) -> Session:
    """Weights of matrix products in int8, what they multiply quantised at each call."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with TemporaryDirectory() as folder:
        made = Path(folder) / "made.onnx"
        quantize_dynamic(
            _prepared(graph, Path(folder)), made, op_types_to_quantize=["MatMul", "Gemm"], per_channel=True,
            weight_type=QuantType.QInt8,
        )  # fmt: skip
        return open_session(made, "onnx", threads)


def _static(graph: Path, inputs: Tensors, threads: int) -> Session:
    """Weights and what they multiply in int8, at scales that the inputs tell."""
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.calibrate import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        left = iter(inputs)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            found = next(self.left, None)
            return None if found is None else {"inputs": found}

    with TemporaryDirectory() as folder:
        made = Path(folder) / "made.onnx"
        quantize_static(
            _prepared(graph, Path(folder)), made, Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
            op_types_to_quantize=["MatMul", "Gemm", "Conv"], activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )  # fmt: skip
        return open_session(made, "onnx", threads)


def _prepared(graph: Path, folder: Path) -> Path:
    from onnxruntime.quantization.shape_inference import quant_pre_process

    made = folder / "prepared.onnx"
    quant_pre_process(graph, made, skip_symbolic_shape=True)
    return made


# --- OpenVINO ---------------------------------------------------------------------------------------


def _compiled(model: Any, threads: int, precision: str | None) -> Session:
    """precision: of all that the graph computes; that which each operation has in the graph where None."""
    import openvino

    options: dict[str, Any] = {"INFERENCE_NUM_THREADS": threads}
    if precision is None:
        options["EXECUTION_MODE_HINT"] = "ACCURACY"
    else:
        options["INFERENCE_PRECISION_HINT"] = precision
    compiled = openvino.Core().compile_model(model, "CPU", options)

    def run(inputs: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        outputs: Sequence[NDArray[np.float32]] = compiled.create_infer_request().infer(inputs).to_tuple()
        return outputs

    return run


def _read(graph: Path) -> Any:
    import openvino

    return openvino.Core().read_model(graph)


def _whole(precision: str, graph: Path, _: Tensors, threads: int) -> Session:
    """One precision for everything; OpenVINO takes bfloat16 where the processor has no float16."""
    return _compiled(_read(graph), threads, precision)


def _has_products(model: Any) -> bool:
    return any(op.get_type_name() == "MatMul" for op in model.get_ops())


def _products(skipped: Sequence[int], graph: Path, _: Tensors, threads: int) -> Session:
    """Products with weights in bfloat16, all else in float32. skipped: layers that are whole in float32."""
    from openvino import opset13

    model = _read(graph)
    products = [op for op in model.get_ordered_ops() if op.get_type_name() == "MatMul" and _weighs(op)]
    for number, product in enumerate(products):
        if number // PRODUCTS_OF_LAYER in skipped:
            continue
        after = list(product.output(0).get_target_inputs())
        for entry in product.inputs():
            source = entry.get_source_output()
            if source.get_node().get_type_name() == "Constant":
                # OpenVINO's own conversion of a constant cuts the bits off instead of rounding.
                source = opset13.constant(_nearest(source.get_node().data)).output(0)
            entry.replace_source_output(opset13.convert(source, "bf16").output(0))
        product.validate_and_infer_types()
        back = opset13.convert(product.output(0), "f32").output(0)
        for entry in after:
            entry.replace_source_output(back)
    model.validate_nodes_and_infer_types()
    return _compiled(model, threads, None)


def _weighs(product: Any) -> bool:
    """Return whether one factor of a product is a constant."""
    return "Constant" in [entry.get_source_output().get_node().get_type_name() for entry in product.inputs()]


def _nearest(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return float32 values, each rounded to the nearest that bfloat16 has."""
    return torch.from_numpy(values.copy()).bfloat16().float().numpy()


def _rounded(graph: Path, _: Tensors, threads: int) -> Session:
    """Weights rounded to bfloat16, everything computed in float32."""
    import onnx
    from onnx import numpy_helper

    with TemporaryDirectory() as folder:
        model = onnx.load(_prepared(graph, Path(folder)))
    for weights in model.graph.initializer:
        values = numpy_helper.to_array(weights)
        if values.dtype == np.float32 and values.ndim > 1:
            weights.CopyFrom(numpy_helper.from_array(_nearest(values), weights.name))
    with TemporaryDirectory() as folder:
        made = Path(folder) / "made.onnx"
        onnx.save(model, made)
        return open_session(made, "openvino", threads)


def _compressed(graph: Path, _: Tensors, threads: int) -> Session:
    """Weights of matrix products in int8, computed in float32; needs NNCF."""
    import nncf

    return _compiled(
        nncf.compress_weights(_read(graph), mode=nncf.CompressWeightsMode.INT8_SYM), threads, "f32"
    )


def _nncf(graph: Path, inputs: Tensors, threads: int) -> Session:
    """Weights and what they multiply in int8, at scales that the inputs tell, as NNCF places them."""
    import nncf

    model = _read(graph)
    made = nncf.quantize(
        model,
        nncf.Dataset(list(inputs)),
        subset_size=len(inputs),
        preset=nncf.QuantizationPreset.MIXED,
        model_type=nncf.ModelType.TRANSFORMER if _has_products(model) else None,
    )
    return _compiled(made, threads, "f32")


WAYS: Final[dict[str, Make]] = {
    "onnx-int8-dynamic": _dynamic,
    "onnx-int8-static": _static,
    "openvino-int8": _nncf,
    "openvino-int8-weights": _compressed,
    "openvino-bf16-weights": _rounded,
    "openvino-f16": partial(_whole, "f16"),
    "openvino-bf16-whole": partial(_whole, "bf16"),
    "openvino-bf16-products": partial(_products, ()),
    "openvino-bf16-inner": partial(_products, (5, 8)),
    "openvino-bf16-few": partial(_products, (3, 4, 5, 7, 8)),
}
"""By name. Int8 but for its dynamic and weight-only kinds needs `--data`, and with OpenVINO NNCF."""
