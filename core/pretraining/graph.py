"""From a convolutional network in a file that OpenVINO reads to a torch module that runs on any device.

OpenVINO itself runs on processors only; a teacher that answers every view of a long training belongs on the GPU. Only
the operations of the small 8-bit networks of TFLite are supported. Weights are converted from their 8-bit form;
activations stay floating point, but within the range that the file gives them, so the outputs differ from the file's
own only by rounding.

A network that `save_graph` has saved (`python -m core.pretraining.graph FILE TO`) opens on a machine without OpenVINO.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import safetensors
import safetensors.torch
import torch
import typer
from torch import Tensor, nn
from torch.nn import functional

from core.errors import BackboneError, GraftError
from core.i18n import gettext as _
from core.paths import write_bytes

Step = dict[str, Any]
"""One operation: `op`, its own number (`makes`), the numbers of its inputs (`takes`), and its settings."""


class Graph(nn.Module):
    """Steps in order, each of which computes a tensor from those of earlier steps; step 0 is the image.

    Args:
        steps: see `Step`; they can be written as JSON.
        weights: the steps' weights, by the names `<step>.weight` and `<step>.bias`.
        outputs: the step of each output, by the output's name.
    """

    def __init__(self, steps: list[Step], weights: dict[str, Tensor], outputs: dict[str, int]) -> None:
        super().__init__()
        self.steps = steps
        self.outputs = outputs
        for name, value in weights.items():
            self.register_buffer(name.replace(".", "_"), value.contiguous())
        last_use = {number: step["makes"] for step in steps for number in step["takes"]}
        self._last_use = {**last_use, **dict.fromkeys(outputs.values(), len(steps) + 1)}

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Outputs (b, width) for images (b, 3, h, w) in 0..1."""
        tensors = {0: images * 255}
        for step in self.steps:
            number = step["makes"]
            tensors[number] = _OPERATIONS[step["op"]](self, step, *(tensors[source] for source in step["takes"]))
            for source in step["takes"]:
                if self._last_use[source] <= number:
                    tensors.pop(source, None)
        return {name: tensors[number].flatten(1) for name, number in self.outputs.items()}

    def weights(self) -> dict[str, Tensor]:
        """The weights by the names that `__init__` takes."""
        return {name.replace("_", ".", 1): value for name, value in self.named_buffers()}


def _convolution(graph: Graph, step: Step, maps: Tensor) -> Tensor:
    weight = graph.get_buffer(f"{step['makes']}_weight")
    bias = graph.get_buffer(f"{step['makes']}_bias")
    pads = [_same(maps.shape[axis], weight.shape[axis], step["stride"]) for axis in (3, 2)]
    (left, right), (top, bottom) = pads
    if (left, top) == (right, bottom):
        return functional.conv2d(maps, weight, bias, step["stride"], (top, left), groups=step["groups"])
    maps = functional.pad(maps, (left, right, top, bottom))
    return functional.conv2d(maps, weight, bias, step["stride"], groups=step["groups"])


def _same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's padding "same" along one axis: before and after."""
    total = max(0, (-(-size // stride) - 1) * stride + kernel - size)
    return total // 2, total - total // 2


def _affine(_graph: Graph, step: Step, maps: Tensor) -> Tensor:
    scaled: Tensor = maps * step["scale"] + step["shift"]
    return scaled


def _clamp(_graph: Graph, step: Step, maps: Tensor) -> Tensor:
    return maps.clamp(step["low"], step["high"])


_OPERATIONS: dict[str, Callable[..., Tensor]] = {
    "affine": _affine,
    "convolution": _convolution,
    "clamp": _clamp,
    "add": lambda _graph, _step, maps, more_maps: maps + more_maps,
    "mean": lambda _graph, _step, maps: maps.mean((2, 3), keepdim=True),
}


def save_graph(graph: Graph, path: Path) -> None:
    """Writes a network as safetensors, which can be opened without OpenVINO."""
    metadata = {"steps": json.dumps(graph.steps), "outputs": json.dumps(graph.outputs)}
    write_bytes(path, safetensors.torch.save(graph.weights(), metadata))


def open_graph(path: Path) -> Graph:
    """A network from a file of `save_graph`, or from one that OpenVINO reads.

    Raises:
        BackboneError: there is no such file, it needs OpenVINO, which is not installed, or it holds operations that are
            not supported.
    """
    if path.suffix != ".safetensors":
        return _Reader(path).graph()
    if not path.exists():
        raise BackboneError(_("There is no teacher file '{name}'.").format(name=path.name))
    try:
        with safetensors.safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except safetensors.SafetensorError:
        metadata = {}
    if not {"steps", "outputs"} <= metadata.keys():
        raise BackboneError(_("'{name}' is no teacher that Graft saved, or damaged.").format(name=path.name))
    return Graph(json.loads(metadata["steps"]), weights, json.loads(metadata["outputs"]))


def openvino_for(path: Path) -> Any:
    """The module `openvino`, which reads a teacher's file.

    Raises:
        BackboneError: there is no such file, or OpenVINO is not installed.
    """
    if not path.exists():
        raise BackboneError(_("There is no teacher file '{name}'.").format(name=path.name))
    try:
        import openvino
    except ImportError as error:
        message = _("Reading the teacher '{name}' needs OpenVINO. Install it: pip install openvino")
        raise BackboneError(message.format(name=path.name)) from error
    return openvino


class _Reader:
    """Turns OpenVINO's operations, in order, into steps."""

    def __init__(self, path: Path) -> None:
        openvino = openvino_for(path)
        self.path = path
        self.steps: list[Step] = []
        self.weights: dict[str, Tensor] = {}
        self.outputs: dict[str, int] = {}
        self.step_of: dict[str, int] = {}
        try:
            self.variable_ops = _variable_ops(openvino.Core().read_model(path))
        except RuntimeError as error:
            raise BackboneError(_("OpenVINO cannot read '{name}'.").format(name=path.name)) from error
        self.values = _values(openvino, self.variable_ops)

    def graph(self) -> Graph:
        """The network."""
        for name, node in self.variable_ops.items():
            inputs = [port.get_node().get_friendly_name() for port in node.input_values()]
            sources = [self.step_of[input_name] for input_name in inputs if input_name in self.step_of]
            if node.get_type_name() == "Softmax":
                self.outputs["logits"] = sources[0]
                break
            self._read(name, node, sources)
        if "embedding" not in self.outputs:
            raise BackboneError(_("The teacher has no average pool to take an embedding from."))
        return Graph(self.steps, self.weights, self.outputs)

    def _read(self, name: str, node: Any, sources: list[int]) -> None:
        """Adds the step of one operation on tensors that depend on the image."""
        kind = node.get_type_name()
        if kind == "Parameter":
            self.step_of[name] = 0
        elif kind in {"Convert", "Transpose", "Reshape", "Result"}:
            self.step_of[name] = sources[0]  # only the type or the order of the same numbers changes
        elif kind in {"Convolution", "GroupConvolution"}:
            self._read_convolution(name, node, sources)
        elif kind == "Add" and len(sources) == 1:
            self._read_bias(name, sources[0])
        elif kind == "Add":
            self._write(name, "add", sources)
        elif kind == "Clamp":
            self._limit(name, node, sources, node.get_attributes()["min"], node.get_attributes()["max"])
        elif kind == "FakeQuantize":
            self._read_range(name, node, sources)
        elif kind == "AvgPool":
            self._require(kind, list(node.get_output_shape(0))[2:] == [1, 1])
            self.outputs["embedding"] = self._write(name, "mean", sources)
        else:
            self._require(kind, False)

    def _require(self, operation: str, is_understood: bool) -> None:
        if not is_understood:
            message = _("The teacher '{name}' has an operation that is not understood: {operation}.")
            raise BackboneError(message.format(name=self.path.name, operation=operation))

    def _write(self, name: str, op: str, sources: list[int], **settings: float) -> int:
        number = len(self.steps) + 1
        self.steps.append({"op": op, "makes": number, "takes": sources, **settings})
        self.step_of[name] = number
        return number

    def _read_convolution(self, name: str, node: Any, sources: list[int]) -> None:
        weight, groups, attributes = self.values[name, 1], 1, node.get_attributes()
        if node.get_type_name() == "GroupConvolution":  # (groups, out, in, h, w)
            weight, groups = weight.flatten(0, 1), len(weight)
        stride, stride_x = attributes["strides"]
        pads = list(zip(attributes["pads_begin"], attributes["pads_end"], strict=True))
        side_lengths = node.input_value(0).get_shape()[2:]
        same = [_same(side, kernel, stride) for side, kernel in zip(side_lengths, weight.shape[2:], strict=True)]
        is_usual = stride == stride_x and set(attributes["dilations"]) == {1} and pads == same
        self._require(node.get_type_name(), is_usual)
        number = self._write(name, "convolution", sources, stride=int(stride), groups=groups)
        self.weights[f"{number}.weight"] = weight
        self.weights[f"{number}.bias"] = torch.zeros(len(weight))

    def _read_bias(self, name: str, source: int) -> None:
        (bias,) = (self.values[name, position] for position in (0, 1) if (name, position) in self.values)
        earlier_bias = self.weights.get(f"{source}.bias")
        self._require("Add", earlier_bias is not None and earlier_bias.numel() == bias.numel())
        self.weights[f"{source}.bias"] = bias.flatten() + (earlier_bias if earlier_bias is not None else 0)
        self.step_of[name] = source

    def _read_range(self, name: str, node: Any, sources: list[int]) -> None:
        """Adds the range in which numbers are rounded: as a scale for the image, else as a clamp."""
        limits = [self.values[name, position] for position in range(1, 5)]
        self._require("FakeQuantize", all(limit.numel() == 1 for limit in limits))
        low, high, out_low, out_high = (float(limit) for limit in limits)
        if sources == [0]:
            scale = (out_high - out_low) / (high - low)
            self._write(name, "affine", sources, scale=scale, shift=out_low - scale * low)
        else:
            self._limit(name, node, sources, low, high)

    def _limit(self, name: str, node: Any, sources: list[int], low: float, high: float) -> None:
        """Adds a clamp, which is merged with a clamp right before it that has no other use."""
        previous: Step = self.steps[sources[0] - 1] if sources[0] else {"op": "image"}
        if previous["op"] == "clamp" and len(node.input_value(0).get_target_inputs()) == 1:
            previous["low"], previous["high"] = max(previous["low"], low), min(previous["high"], high)
            self.step_of[name] = sources[0]
        else:
            self._write(name, "clamp", sources, low=low, high=high)


def _variable_ops(model: Any) -> dict[str, Any]:
    """The operations that depend on the image, in order, by name."""
    variable: dict[str, Any] = {}
    for node in model.get_ordered_ops():
        inputs = {port.get_node().get_friendly_name() for port in node.input_values()}
        if node.get_type_name() == "Parameter" or inputs & variable.keys():
            variable[node.get_friendly_name()] = node
    return variable


def _values(openvino: Any, variable_ops: dict[str, Any]) -> dict[tuple[str, int], Tensor]:
    """The inputs that do not depend on the image, by operation and number of the input."""
    ports = {
        (name, position): port
        for name, node in variable_ops.items()
        for position, port in enumerate(node.input_values())
        if port.get_node().get_friendly_name() not in variable_ops
    }
    tensors = openvino.compile_model(openvino.Model(list(ports.values()), []), "CPU")([])
    return {key: torch.from_numpy(tensors[position].copy()).float() for position, key in enumerate(ports)}


def convert(
    teacher: Annotated[Path, typer.Argument(help="An 8-bit TFLite file of images.")],
    to: Annotated[Path, typer.Argument(help="The .safetensors file to write.")],
) -> None:
    """Convert a teacher so that a machine without OpenVINO can open it."""
    try:
        if to.suffix != ".safetensors":
            raise BackboneError(_("The file to write must end in .safetensors, not '{name}'.").format(name=to.name))
        save_graph(open_graph(teacher), to)
    except GraftError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    typer.run(convert)
