"""Networks to learn from: an 8-bit TFLite file of images (or the like that OpenVINO reads), or torchvision's weights.

A teacher gives an embedding (the average over the last feature maps) and, where it has a classifier, class logits.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.errors import BackboneError
from core.i18n import gettext as _
from core.paths import file_sha256
from core.pretraining.graph import open_graph, openvino_for

Targets = dict[str, npt.NDArray[np.float16]]


class Teacher(Protocol):
    """The interface of a teacher.

    Attributes:
        name: its name in cards.
        key: names its answers, apart from those of any other teacher.
        outputs: widths of its outputs, `embedding` and perhaps `logits`.
        batch_size: how many images it takes at a time, at most.
    """

    name: str
    key: str
    outputs: dict[str, int]
    batch_size: int

    def __call__(self, batches: Iterable[Tensor]) -> Iterator[Targets]:
        """For batches of (b, 3, h, w) images in 0..1, their targets, in order: output -> (b, width) float16."""
        ...


def open_teacher(spec: str, *, input_px: int, device: str = "cpu") -> Teacher:
    """A teacher by `torchvision:<model>` (its default weights) or by a file that OpenVINO or `open_graph` reads.

    On the processor OpenVINO runs the file's network, as it is faster there; elsewhere torch does.

    Raises:
        BackboneError: there is no such teacher, or it cannot answer images of that size.
    """
    try:
        if spec.startswith("torchvision:"):
            return torchvision_teacher(spec.removeprefix("torchvision:"), input_px=input_px, device=device)
        path = Path(spec)
        if device == "cpu" and path.suffix != ".safetensors":
            return OpenVinoTeacher(path, input_px=input_px)
        return TorchTeacher(path.stem, open_graph(path), key=key_of(path), input_px=input_px, device=device)
    except (RuntimeError, ValueError, AssertionError, LookupError) as error:  # from other libraries
        message = _("'{name}' cannot be a teacher of images of {size} px: {problem}")
        problem = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
        raise BackboneError(message.format(name=Path(spec).name, size=input_px, problem=problem)) from error


def key_of(path: Path) -> str:
    """A file's name, and the beginning of the sha256 of its content."""
    return f"{path.stem}-{file_sha256(path)[:8]}"


class OpenVinoTeacher:
    """A classifier or embedding extractor with one uint8 image input (1, h, w, 3), run in parallel streams.

    Its last average pool becomes a mean over all places, so that it takes inputs smaller than it was made for.

    Raises:
        BackboneError: there is no such file, OpenVINO is not installed, or the file is no such network.
    """

    batch_size = 32

    def __init__(self, path: Path, *, input_px: int) -> None:
        openvino = openvino_for(path)
        core = openvino.Core()
        model = _pooled_outputs(openvino, core.read_model(path))
        model.reshape([self.batch_size, input_px, input_px, 3])
        self.name, self.key = path.stem, key_of(path)
        self._compiled = core.compile_model(model, "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"})
        self._streams = int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        names = ("embedding", "logits")
        self.outputs = {name: int(port.shape[1]) for name, port in zip(names, self._compiled.outputs, strict=False)}

    def __call__(self, batches: Iterable[Tensor]) -> Iterator[Targets]:
        """The network's outputs for each batch, of which several are computed at once."""
        requests = [self._compiled.create_infer_request() for _i in range(self._streams)]
        with ThreadPoolExecutor(self._streams) as pool:
            under_way: deque[Future[Targets]] = deque()
            for number, images in enumerate(batches):
                if len(under_way) == self._streams:
                    yield under_way.popleft().result()  # which frees the next request
                under_way.append(pool.submit(self._answer, requests[number % self._streams], images))
            yield from (answer.result() for answer in under_way)

    def _answer(self, request: Any, images: Tensor) -> Targets:
        request.infer({0: self._input(images)})
        return {
            name: request.get_output_tensor(position).data[: len(images)].reshape(len(images), width).astype(np.float16)
            for position, (name, width) in enumerate(self.outputs.items())
        }

    def _input(self, images: Tensor) -> npt.NDArray[np.uint8]:
        pixels = images.mul(255).round_().clamp_(0, 255).byte().permute(0, 2, 3, 1).numpy()
        missing = self.batch_size - len(pixels)
        return np.ascontiguousarray(np.pad(pixels, ((0, missing), (0, 0), (0, 0), (0, 0))))


def _pooled_outputs(openvino: Any, model: Any) -> Any:
    """The model with outputs embedding (b, d, 1, 1) and, where there is a softmax, logits (b, c, 1, 1)."""
    from openvino import opset13 as ops

    by_type: dict[str, Any] = {node.get_type_name(): node for node in model.get_ordered_ops()}  # the last of each type
    if "AvgPool" not in by_type:
        raise BackboneError(_("The teacher has no average pool to take an embedding from."))
    maps = by_type["AvgPool"].input_value(0)
    embedding = ops.reduce_mean(maps, ops.constant(np.array([2, 3])), keep_dims=True)
    by_type["AvgPool"].output(0).replace(embedding.output(0))
    outputs = [embedding.output(0)]
    if "Softmax" in by_type:
        logits = by_type["Softmax"].input_value(0)
        while len(logits.get_partial_shape()) < 4 or logits.get_node().get_type_name() == "Transpose":
            logits = logits.get_node().input_value(0)  # before the reshape to (1, c), which would forbid batches
        outputs.append(logits)
    return openvino.Model(outputs, model.get_parameters())


class TorchTeacher:
    """A torch module on a device, in half precision where that is not the processor.

    Args:
        network: (b, 3, h, w) in 0..1 -> `embedding` (b, d) and perhaps `logits` (b, c).
        input_px: side of the images that it will get.
    """

    def __init__(
        self, name: str, network: nn.Module, *, key: str = "", input_px: int = 64, device: str = "cpu"
    ) -> None:
        self.name, self.key = name, key or name
        self._device = torch.device(device)
        self._dtype = torch.float32 if device == "cpu" else torch.float16
        self.batch_size = 32 if device == "cpu" else 512
        self._network = network.eval().to(self._device, self._dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
        answer = self._answer(torch.zeros(1, 3, input_px, input_px))
        self.outputs = {output: values.shape[1] for output, values in answer.items()}

    def __call__(self, batches: Iterable[Tensor]) -> Iterator[Targets]:
        """The network's outputs for each batch, one after the other."""
        for images in batches:
            answer = self._answer(_filled(images, self.batch_size))
            yield {name: _half(values[: len(images)]) for name, values in answer.items()}

    @torch.inference_mode()
    def _answer(self, images: Tensor) -> dict[str, Tensor]:
        answer: dict[str, Tensor] = self._network(
            images.to(self._device, self._dtype, memory_format=torch.channels_last)
        )
        return answer


class EmbeddingClassifier(nn.Module):
    """A torchvision classifier with its normalisation; the embedding is the input of its last linear layer."""

    def __init__(self, model: nn.Module, mean: list[float], std: list[float]) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1))
        self._embedding = torch.empty(0)
        linear = [module for module in model.modules() if isinstance(module, nn.Linear)]
        if not linear:
            raise BackboneError(_("The teacher has no linear layer to take an embedding from."))
        last = linear[-1]
        last.register_forward_pre_hook(lambda _module, inputs: setattr(self, "_embedding", inputs[0]))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """`embedding` and `logits` of (b, 3, h, w) images in 0..1."""
        logits = self.model((images - self.get_buffer("mean")) / self.get_buffer("std"))
        return {"embedding": self._embedding, "logits": logits}


def torchvision_teacher(model_name: str, *, input_px: int, device: str) -> TorchTeacher:
    """A torchvision classifier with its default weights; it must end in a linear layer and take images of that size."""
    from torchvision.models import get_model, get_model_weights

    weights = get_model_weights(model_name).DEFAULT
    preset = weights.transforms()
    network = EmbeddingClassifier(get_model(model_name, weights=weights), preset.mean, preset.std)
    return TorchTeacher(model_name, network, key=f"{model_name}-{weights.name}", input_px=input_px, device=device)


def _filled(images: Tensor, size: int) -> Tensor:
    """A batch filled up to `size` with blank images, as a device tunes itself anew to every other shape."""
    return functional.pad(images, (0, 0, 0, 0, 0, 0, 0, size - len(images)))


def _half(values: Tensor) -> npt.NDArray[np.float16]:
    halved: npt.NDArray[np.float16] = values.half().cpu().numpy()
    return halved
