"""ONNX Runtime, in float32: half of torch's time for depthwise convolutions on a CPU, once a network has its graph.

Plain convolutions take about as long as in torch; `core.engines.choose` measures which is quicker.
"""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from core import machine
from core.engines import graphs
from core.engines.engine import FP32, Forward

if TYPE_CHECKING:
    from torch import Tensor, nn

_SESSION_S = 0.2
_WRITING_S, _A_LAYER_S = 1.5, 0.05
"""What it takes to write a network as a graph, on two cores of 2024, and for each of its layers."""

_IMAGES, _OUTPUT = "images", "output"


@dataclass(frozen=True)
class OnnxRuntime:
    """The network as a graph that is written once and kept, see `core.engines.graphs`."""

    name: str = "ONNX Runtime"
    precision: str = FP32

    def is_available(self) -> bool:
        """Whether it is installed, with what torch needs to write graphs, and there is the memory to write them in."""
        return is_installed() and not machine.is_small()

    def start_s(self, network: nn.Module, like: Tensor, /) -> float:
        """Much where the graph has to be written; infinite without weights, and on a GPU, where torch is as quick."""
        from core.engines.device import best_device

        if best_device().type != "cpu" or next(network.parameters(), None) is None:
            return math.inf
        if graphs.is_kept(network, like):
            return _SESSION_S
        return _WRITING_S + _A_LAYER_S * sum(1 for module in network.modules() if not any(module.children()))

    def prepare(self, network: nn.Module, like: Tensor, /) -> Forward:
        """A session with the network's graph, which is written where none is kept.

        Raises:
            RuntimeError: the network cannot be written as a graph, or the graph cannot be run.
        """
        graph = graphs.kept(network, like) or graphs.keep(network, like, written(network, [like]))
        running = session(graph)
        return lambda batch: running.run([_OUTPUT], {_IMAGES: batch.contiguous().numpy()})[0]


@cache
def is_installed() -> bool:
    """Whether ONNX Runtime is there, and what torch needs to write graphs."""
    return find_spec("onnxruntime") is not None and find_spec("onnxscript") is not None


def written(
    network: nn.Module, like: Sequence[Tensor], inputs: Sequence[str] = (_IMAGES,), outputs: Sequence[str] = (_OUTPUT,)
) -> bytes:
    """The network in eval mode as an ONNX graph, for any number of images of these sizes.

    Args:
        network: takes as many batches of images as there are in `like`, and gives as many results as it has outputs.
        like: a batch for each of its inputs.
        inputs: the names of these in the graph.
        outputs: the names of its results.

    Raises:
        RuntimeError: it cannot be written as a graph.
    """
    import torch

    was_training = network.training
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")  # on what torch's exporter uses of torch
            program = torch.onnx.export(
                network.eval(),
                tuple(batch[:2] for batch in like),
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_shapes=_any_number_of_images(network, len(like)),
                external_data=False,
                verbose=False,
            )
        assert program is not None
        content: bytes = program.model_proto.SerializeToString()
        return content
    except Exception as problem:  # the exporter raises many kinds, and none of them stops the work
        raise RuntimeError(f"no graph can be written of this network: {problem}") from problem
    finally:
        network.train(was_training)


def _any_number_of_images(network: nn.Module, inputs: int) -> tuple[Any, ...]:
    """What torch's exporter is told: how many images there are is known when the graph is run."""
    from torch.export import Dim

    kinds = {parameter.kind for parameter in inspect.signature(network.forward).parameters.values()}
    if inspect.Parameter.VAR_POSITIONAL in kinds:  # all batches are one argument, and torch finds out that they agree
        return (({0: Dim.DYNAMIC},) * inputs,)
    return ({0: Dim("n")},) * inputs


def session(graph: bytes) -> Any:
    """An onnxruntime session that runs a graph on the CPU.

    Raises:
        RuntimeError: it cannot be run.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = machine.cores()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # photos are decoded meanwhile
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # its own exceptions have no common class but this
        raise RuntimeError(f"the graph cannot be run: {problem}") from problem
