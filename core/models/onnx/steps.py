"""The nodes of an ONNX graph, written one after the other: what a method gives is the name of its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto


class Steps:
    """Nodes and constants, in the order in which they are asked for.

    Attributes:
        nodes: of the graph.
        constants: of the graph.
    """

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def op(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """One operator."""
        from onnx import helper

        output = output or f"step_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, values: Any, kind: type[np.generic]) -> str:
        """Numbers that are known beforehand."""
        from onnx import numpy_helper

        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype=kind), name))
        return name

    def real(self, value: float) -> str:
        """One number, (1,) float64."""
        return self.constant([value], np.float64)

    def size(self, tensor: str, axis: int) -> str:
        """How long a tensor is on an axis, (1,) float64."""
        return self.as_real(self.op("Shape", tensor, start=axis, end=axis + 1))

    def as_real(self, tensor: str) -> str:
        """As float64."""
        return self._cast(tensor, "DOUBLE")

    def as_float(self, tensor: str) -> str:
        """As float32."""
        return self._cast(tensor, "FLOAT")

    def as_whole(self, tensor: str) -> str:
        """As int64."""
        return self._cast(tensor, "INT64")

    def _cast(self, tensor: str, kind: str) -> str:
        from onnx import TensorProto

        return self.op("Cast", tensor, to=TensorProto.DataType.Value(kind))
