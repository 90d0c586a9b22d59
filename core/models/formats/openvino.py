"""OpenVINO: for Intel's processors, in two files."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from core.bundle.files import ONNX, OPENVINO, OPENVINO_WEIGHTS
from core.i18n import gettext as _
from core.models.classifier import Classifier
from core.models.formats.converted import Converted, Missing
from core.models.onnx.graph import input_names


def convert(graph: bytes, classifier: Classifier, folder: Path) -> Converted:
    """The graph for OpenVINO, float32.

    Raises:
        Missing: OpenVINO is not installed.
        RuntimeError: it does not support the network.
    """
    if find_spec("openvino") is None:
        raise Missing(_("OpenVINO is not installed here: pip install openvino."))
    import openvino

    core, source = openvino.Core(), folder / ONNX
    source.write_bytes(graph)
    openvino.save_model(core.read_model(source), folder / OPENVINO, compress_to_fp16=False)
    network = core.compile_model(folder / OPENVINO, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    names = input_names(classifier.preprocessing)

    def answer(batch: Tensor) -> NDArray[np.float32]:
        views = [pixels.contiguous().numpy() for _part, pixels in classifier.backbone.apart(batch)]
        proba: NDArray[np.float32] = network(dict(zip(names, views, strict=True)))["proba"]
        return proba.copy()  # the next batch is written to the same memory

    return Converted({OPENVINO: folder / OPENVINO, OPENVINO_WEIGHTS: folder / OPENVINO_WEIGHTS}, answer)
