"""ONNX graphs computed by ONNX Runtime and OpenVINO, on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anomaly_core.config import Runtime
from anomaly_core.errors import ConfigError, WeightsDamaged
from anomaly_core.extras import install

Tensor = NDArray[np.float32]
Session = Callable[[Tensor], Sequence[Tensor]]
"""Takes a graph's one input, returns its outputs. Several threads may call it at a time."""


def open_session(graph: Path, runtime: Runtime, threads: int) -> Session:
    """Load an ONNX file. threads: of one call.

    Raises ConfigError where the runtime is not installed, or the processor has no bfloat16; WeightsDamaged
    where the file cannot be read.
    """
    if runtime == "onnx":
        return _onnx_runtime(graph, threads)
    return _openvino(graph, threads, "bf16" if runtime == "openvino-bf16" else "f32")


def _onnx_runtime(graph: Path, threads: int) -> Session:
    try:
        import onnxruntime
        from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidProtobuf
    except ImportError as error:
        raise ConfigError(_not_installed("onnx", "ONNX Runtime")) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that wait in a loop would take the processor from what follows the encoder.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except (Fail, InvalidProtobuf) as error:
        raise _damaged(graph) from error
    name = session.get_inputs()[0].name

    def run(inputs: Tensor) -> Sequence[Tensor]:
        outputs: Sequence[Tensor] = session.run(None, {name: inputs})
        return outputs

    return run


def _openvino(graph: Path, threads: int, precision: str) -> Session:
    try:
        import openvino
    except ImportError as error:
        raise ConfigError(_not_installed("openvino", "OpenVINO")) from error
    core = openvino.Core()
    if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise ConfigError("this processor has no bfloat16: set runtime to openvino")
    try:
        read = core.read_model(graph)
        if not any(op.get_type_name() == "MatMul" for op in read.get_ops()):
            # A graph of convolutions loses ten times as much in bfloat16, and takes a small part of the time.
            precision = "f32"
        # Without a precision OpenVINO takes bfloat16 wherever the processor has it.
        options = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads}
        model = core.compile_model(read, "CPU", options)
    except RuntimeError as error:
        raise _damaged(graph) from error

    def run(inputs: Tensor) -> Sequence[Tensor]:
        # Its own request: one serves one thread.
        outputs: Sequence[Tensor] = model.create_infer_request().infer(inputs).to_tuple()
        return outputs

    return run


def _not_installed(extra: str, name: str) -> str:
    return f"the runtime {extra} needs {name}: {install(extra)}, or set runtime to torch"


def _damaged(graph: Path) -> WeightsDamaged:
    return WeightsDamaged(f"{graph}: cannot be read; delete it, and it is made again")
