"""Networks to learn from: an OpenVINO-readable file (TFLite, ONNX, IR) or any torchvision weights.

A teacher gives an embedding (the average over the last feature maps) and, where it has a classifier, class logits.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from core.errors import BackboneError
from core.i18n import gettext as _

Targets = dict[str, npt.NDArray[np.float16]]


class Teacher(Protocol):
    """What `targets` asks of a teacher.

    Attributes:
        name: names the cache files.
        outputs: widths of its outputs, `embedding` and perhaps `logits`.
    """

    name: str
    outputs: dict[str, int]

    def __call__(self, batches: Iterable[Tensor]) -> Iterator[Targets]:
        """For batches of (b, 3, h, w) images in 0..1, their targets, in order: output -> (b, width) float16."""
        ...


def open_teacher(spec: str, *, input_px: int, device: str = "cpu") -> Teacher:
    """A teacher by `torchvision:<model>` (its default weights) or by the path of a file that OpenVINO reads."""
    if spec.startswith("torchvision:"):
        return TorchvisionTeacher(spec.removeprefix("torchvision:"), input_px=input_px, device=device)
    return OpenVinoTeacher(Path(spec), input_px=input_px)


class OpenVinoTeacher:
    """A classifier or embedding extractor with one uint8 image input (1, h, w, 3), run in two asynchronous streams.

    Its last average pool becomes a mean over all places, so that it takes inputs smaller than it was made for.

    Raises:
        BackboneError: OpenVINO is not installed, or the file is no such network.
    """

    BATCH = 32

    def __init__(self, path: Path, *, input_px: int) -> None:
        try:
            import openvino
        except ImportError as error:
            message = _("Reading the teacher “{name}” needs OpenVINO. Install it: pip install openvino")
            raise BackboneError(message.format(name=path.name)) from error
        if not path.exists():
            raise BackboneError(_("There is no teacher file “{name}”.").format(name=path.name))
        core = openvino.Core()
        model = _pooled_outputs(openvino, core.read_model(path))
        model.reshape([self.BATCH, input_px, input_px, 3])
        self.name = path.stem
        self._compiled = core.compile_model(model, "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"})
        self._queue_type = openvino.AsyncInferQueue
        names = ("embedding", "logits")
        self.outputs = {name: int(port.shape[1]) for name, port in zip(names, self._compiled.outputs, strict=False)}

    def __call__(self, batches: Iterable[Tensor]) -> Iterator[Targets]:
        """See `Teacher`."""
        done: dict[int, Targets] = {}
        queue = self._queue_type(self._compiled)
        queue.set_callback(lambda request, key: done.__setitem__(key[0], self._read(request, key[1])))
        sent = given = 0
        for images in batches:
            queue.start_async({0: self._input(images)}, (sent, len(images)))
            sent += 1
            while given in done:
                yield done.pop(given)
                given += 1
        queue.wait_all()
        for key in range(given, sent):
            yield done.pop(key)

    def _input(self, images: Tensor) -> npt.NDArray[np.uint8]:
        pixels = images.mul(255).round_().clamp_(0, 255).byte().permute(0, 2, 3, 1).numpy()
        short = self.BATCH - len(pixels)
        return np.ascontiguousarray(np.pad(pixels, ((0, short), (0, 0), (0, 0), (0, 0))))

    def _read(self, request: Any, count: int) -> Targets:
        return {
            name: request.get_output_tensor(i).data[:count].reshape(count, width).astype(np.float16)
            for i, (name, width) in enumerate(self.outputs.items())
        }


def _pooled_outputs(openvino: Any, model: Any) -> Any:
    """The model with outputs embedding (b, d, 1, 1) and, where there is a softmax, logits (b, c, 1, 1)."""
    from openvino import opset13 as ops

    by_type: dict[str, Any] = {node.get_type_name(): node for node in model.get_ordered_ops()}  # the last of each type
    if "AvgPool" not in by_type:
        raise BackboneError(_("The teacher has no average pool to take an embedding from."))
    places = by_type["AvgPool"].input_value(0)
    embedding = ops.reduce_mean(places, ops.constant(np.array([2, 3])), keep_dims=True)
    by_type["AvgPool"].output(0).replace(embedding.output(0))
    outputs = [embedding.output(0)]
    if "Softmax" in by_type:
        logits = by_type["Softmax"].input_value(0)
        while len(logits.get_partial_shape()) < 4 or logits.get_node().get_type_name() == "Transpose":
            logits = logits.get_node().input_value(0)  # before the reshape to (1, c), which would forbid batches
        outputs.append(logits)
    return openvino.Model(outputs, model.get_parameters())


class TorchvisionTeacher:
    """Any torchvision classifier with its default weights; the embedding is the input of its last linear layer."""

    def __init__(self, model_name: str, *, input_px: int, device: str = "cpu") -> None:
        from torchvision.models import get_model, get_model_weights

        weights = get_model_weights(model_name).DEFAULT
        preset = weights.transforms()
        self._set_up(model_name, get_model(model_name, weights=weights), preset.mean, preset.std, device)
        self.input_px = input_px

    def _set_up(self, name: str, model: nn.Module, mean: list[float], std: list[float], device: str) -> None:
        self.name = name
        self._device = torch.device(device)
        self._model = model.eval().to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._mean = torch.tensor(mean, device=self._device).view(3, 1, 1)
        self._std = torch.tensor(std, device=self._device).view(3, 1, 1)
        classifier = [m for m in model.modules() if isinstance(m, nn.Linear)][-1]
        self.outputs = {"embedding": classifier.in_features, "logits": classifier.out_features}
        self._embedding = torch.empty(0)
        classifier.register_forward_pre_hook(lambda _module, inputs: setattr(self, "_embedding", inputs[0]))

    def __call__(self, batches: Iterable[Tensor]) -> Iterator[Targets]:
        """See `Teacher`."""
        for images in batches:
            with torch.inference_mode():
                logits = self._model((images.to(self._device) - self._mean) / self._std)
            yield {"embedding": _half(self._embedding), "logits": _half(logits)}


def _half(values: Tensor) -> npt.NDArray[np.float16]:
    halved: npt.NDArray[np.float16] = values.half().cpu().numpy()
    return halved
