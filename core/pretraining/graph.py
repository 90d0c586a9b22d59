"""A convolutional network in a file that OpenVINO reads, as a torch module that runs on any device.

OpenVINO itself runs on processors only; a teacher that answers every view of a long training belongs on the GPU. What
the small 8-bit networks of TFLite are made of is understood, and nothing else. Weights are taken out of their 8-bit
form; activations stay floating point, but within the range that the file gives them, so answers differ from the file's
own by its rounding alone.

Saved by `save_graph` (`python -m core.pretraining.graph FILE TO`), it opens on a machine without OpenVINO.
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
"""One operation: `op`, the number of the step that it makes, those of its inputs, and its settings."""


class Graph(nn.Module):
    """Steps in order, each one a tensor from earlier ones; step 0 is the image.

    Args:
        steps: see `Step`; JSON has room for them.
        weights: what steps name: `<step>.weight`, `<step>.bias`.
        outputs: name -> step.
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
        made = {0: images * 255}
        for step in self.steps:
            number = step["makes"]
            made[number] = _OPERATIONS[step["op"]](self, step, *(made[i] for i in step["takes"]))
            for i in step["takes"]:
                if self._last_use[i] <= number:
                    made.pop(i, None)
        return {name: made[number].flatten(1) for name, number in self.outputs.items()}

    def weights(self) -> dict[str, Tensor]:
        """The weights by the names that `__init__` takes."""
        return {name.replace("_", ".", 1): value for name, value in self.named_buffers()}


def _convolution(graph: Graph, step: Step, maps: Tensor) -> Tensor:
    weight = graph.get_buffer(f"{step['makes']}_weight")
    bias = graph.get_buffer(f"{step['makes']}_bias")
    pads = [_same(maps.shape[i], weight.shape[i], step["stride"]) for i in (3, 2)]
    (left, right), (top, bottom) = pads
    if (left, top) == (right, bottom):
        return functional.conv2d(maps, weight, bias, step["stride"], (top, left), groups=step["groups"])
    maps = functional.pad(maps, (left, right, top, bottom))
    return functional.conv2d(maps, weight, bias, step["stride"], groups=step["groups"])


def _same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's padding "same" for one direction: before and after."""
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
    "add": lambda _graph, _step, one, other: one + other,
    "mean": lambda _graph, _step, maps: maps.mean((2, 3), keepdim=True),
}


def save_graph(graph: Graph, path: Path) -> None:
    """Write a network as safetensors that needs no OpenVINO to be opened."""
    metadata = {"steps": json.dumps(graph.steps), "outputs": json.dumps(graph.outputs)}
    write_bytes(path, safetensors.torch.save(graph.weights(), metadata))


def open_graph(path: Path) -> Graph:
    """A network from a file of `save_graph`, or from one that OpenVINO reads.

    Raises:
        BackboneError: there is no such file, it needs OpenVINO and that is not installed, or it holds operations that
            are not understood.
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
    """The module `openvino`, to read a teacher's file with.

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
    """Goes through OpenVINO's operations in order and writes down the steps."""

    def __init__(self, path: Path) -> None:
        openvino = openvino_for(path)
        self.path = path
        self.steps: list[Step] = []
        self.weights: dict[str, Tensor] = {}
        self.outputs: dict[str, int] = {}
        self.step_of: dict[str, int] = {}
        try:
            self.moving = _moving(openvino.Core().read_model(path))
        except RuntimeError as error:
            raise BackboneError(_("OpenVINO cannot read '{name}'.").format(name=path.name)) from error
        self.values = _values(openvino, self.moving)

    def graph(self) -> Graph:
        """The network."""
        for name, node in self.moving.items():
            inputs = [port.get_node().get_friendly_name() for port in node.input_values()]
            takes = [self.step_of[i] for i in inputs if i in self.step_of]
            if node.get_type_name() == "Softmax":
                self.outputs["logits"] = takes[0]
                break
            self._read(name, node, takes)
        if "embedding" not in self.outputs:
            raise BackboneError(_("The teacher has no average pool to take an embedding from."))
        return Graph(self.steps, self.weights, self.outputs)

    def _read(self, name: str, node: Any, takes: list[int]) -> None:
        """Write down what one operation does to tensors that depend on the image."""
        kind = node.get_type_name()
        if kind == "Parameter":
            self.step_of[name] = 0
        elif kind in {"Convert", "Transpose", "Reshape", "Result"}:
            self.step_of[name] = takes[0]  # other types and orders of the same numbers: torch has one of each
        elif kind in {"Convolution", "GroupConvolution"}:
            self._read_convolution(name, node, takes)
        elif kind == "Add" and len(takes) == 1:
            self._read_bias(name, takes[0])
        elif kind == "Add":
            self._write(name, "add", takes)
        elif kind == "Clamp":
            self._limit(name, node, takes, node.get_attributes()["min"], node.get_attributes()["max"])
        elif kind == "FakeQuantize":
            self._read_range(name, node, takes)
        elif kind == "AvgPool":
            self._understood(kind, list(node.get_output_shape(0))[2:] == [1, 1])
            self.outputs["embedding"] = self._write(name, "mean", takes)
        else:
            self._understood(kind, False)

    def _understood(self, operation: str, so: bool) -> None:
        if not so:
            message = _("The teacher '{name}' has an operation that is not understood: {operation}.")
            raise BackboneError(message.format(name=self.path.name, operation=operation))

    def _write(self, name: str, op: str, takes: list[int], **settings: float) -> int:
        number = len(self.steps) + 1
        self.steps.append({"op": op, "makes": number, "takes": takes, **settings})
        self.step_of[name] = number
        return number

    def _read_convolution(self, name: str, node: Any, takes: list[int]) -> None:
        weight, groups, how = self.values[name, 1], 1, node.get_attributes()
        if node.get_type_name() == "GroupConvolution":  # (groups, out, in, h, w)
            weight, groups = weight.flatten(0, 1), len(weight)
        (stride, across), pads = how["strides"], zip(how["pads_begin"], how["pads_end"], strict=True)
        sides = node.input_value(0).get_shape()[2:]
        same = [_same(side, kernel, stride) for side, kernel in zip(sides, weight.shape[2:], strict=True)]
        usual = stride == across and set(how["dilations"]) == {1} and list(pads) == same
        self._understood(node.get_type_name(), usual)
        number = self._write(name, "convolution", takes, stride=int(stride), groups=groups)
        self.weights[f"{number}.weight"] = weight
        self.weights[f"{number}.bias"] = torch.zeros(len(weight))

    def _read_bias(self, name: str, taken: int) -> None:
        (bias,) = (self.values[name, i] for i in (0, 1) if (name, i) in self.values)
        known = self.weights.get(f"{taken}.bias")
        self._understood("Add", known is not None and known.numel() == bias.numel())
        self.weights[f"{taken}.bias"] = bias.flatten() + (known if known is not None else 0)
        self.step_of[name] = taken

    def _read_range(self, name: str, node: Any, takes: list[int]) -> None:
        """A range that numbers are rounded within: the image's becomes a scale, any other one a limit."""
        limits = [self.values[name, i] for i in range(1, 5)]
        self._understood("FakeQuantize", all(limit.numel() == 1 for limit in limits))
        low, high, out_low, out_high = (float(limit) for limit in limits)
        if takes == [0]:
            scale = (out_high - out_low) / (high - low)
            self._write(name, "affine", takes, scale=scale, shift=out_low - scale * low)
        else:
            self._limit(name, node, takes, low, high)

    def _limit(self, name: str, node: Any, takes: list[int], low: float, high: float) -> None:
        """A clamp; one behind another becomes one with it where nothing else takes the first."""
        before: Step = self.steps[takes[0] - 1] if takes[0] else {"op": "image"}
        if before["op"] == "clamp" and len(node.input_value(0).get_target_inputs()) == 1:
            before["low"], before["high"] = max(before["low"], low), min(before["high"], high)
            self.step_of[name] = takes[0]
        else:
            self._write(name, "clamp", takes, low=low, high=high)


def _moving(model: Any) -> dict[str, Any]:
    """The operations that depend on the image, in order, by name."""
    moving: dict[str, Any] = {}
    for node in model.get_ordered_ops():
        inputs = {port.get_node().get_friendly_name() for port in node.input_values()}
        if node.get_type_name() == "Parameter" or inputs & moving.keys():
            moving[node.get_friendly_name()] = node
    return moving


def _values(openvino: Any, moving: dict[str, Any]) -> dict[tuple[str, int], Tensor]:
    """(operation, number of its input) -> what that input is, where it does not depend on the image."""
    ports = {
        (name, i): port
        for name, node in moving.items()
        for i, port in enumerate(node.input_values())
        if port.get_node().get_friendly_name() not in moving
    }
    tensors = openvino.compile_model(openvino.Model(list(ports.values()), []), "CPU")([])
    return {key: torch.from_numpy(tensors[i].copy()).float() for i, key in enumerate(ports)}


def convert(
    teacher: Annotated[Path, typer.Argument(help="An 8-bit TFLite file of images.")],
    to: Annotated[Path, typer.Argument(help="The .safetensors file to write.")],
) -> None:
    """Write a teacher down so that a machine without OpenVINO can open it."""
    try:
        if to.suffix != ".safetensors":
            raise BackboneError(_("The file to write must end in .safetensors, not '{name}'.").format(name=to.name))
        save_graph(open_graph(teacher), to)
    except GraftError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    typer.run(convert)
