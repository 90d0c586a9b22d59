"""Graphs with smaller weights: float16, and whole numbers of 8 bits (dynamic quantisation)."""

from __future__ import annotations

import logging
import tempfile
import warnings
from pathlib import Path

FP32, FP16, INT8 = "fp32", "fp16", "int8"


def smaller(graph: bytes, precision: str) -> bytes:
    """A float32 graph in another precision; its inputs and outputs stay float32.

    Raises:
        RuntimeError: it cannot be converted.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on numbers that float16 rounds to nothing
            return _half(graph) if precision == FP16 else _quantised(graph)
    except Exception as problem:  # the converters raise many kinds
        raise RuntimeError(f"the graph cannot be converted to {precision}: {problem}") from problem


def _half(graph: bytes) -> bytes:
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    converted = convert_float_to_float16(onnx.ModelProto.FromString(graph), keep_io_types=True)
    return bytes(converted.SerializeToString())


def _quantised(graph: bytes) -> bytes:
    """Weights of unsigned 8 bits, which convolutions want too; activations are scaled photo by photo as they come."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder, _quiet():
        before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
        before.write_bytes(graph)
        quantize_dynamic(before, after, weight_type=QuantType.QUInt8)
        return after.read_bytes()


class _quiet:  # noqa: N801 - used like a function
    """The converter's advice to its programmer is not for the user."""

    def __enter__(self) -> None:
        self._level = logging.getLogger().level
        logging.getLogger().setLevel(logging.ERROR)

    def __exit__(self, *error: object) -> None:
        logging.getLogger().setLevel(self._level)
