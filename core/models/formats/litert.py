"""LiteRT, once called TensorFlow Lite: for phones and small devices.

The converter (`onnx2tf`) brings TensorFlow and older versions of what Graft needs, so it is a program in an environment
of its own, as `pipx install onnx2tf` makes it. What it wrote is run here by LiteRT's own interpreter.
"""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from core.bundle.files import LITERT, ONNX
from core.i18n import gettext as _
from core.models.classifier import Classifier
from core.models.formats.converted import Converted, Missing
from core.models.onnx.graph import input_names

CONVERTER = "onnx2tf"
_WRITES = "model_float32.tflite"
_LONGEST_S = 1800.0


def convert(graph: bytes, classifier: Classifier, folder: Path) -> Converted:
    """The graph for LiteRT, float32; its inputs are (n, h, w, 3).

    Raises:
        Missing: the converter or the interpreter is not installed.
        RuntimeError: it does not support the network.
    """
    program = shutil.which(CONVERTER)
    if program is None:
        raise Missing(_("The converter for LiteRT is not installed here: pipx install onnx2tf."))
    if find_spec("ai_edge_litert") is None:
        raise Missing(_("LiteRT is not installed here: pip install ai-edge-litert."))
    source, out = folder / ONNX, folder / "litert"
    source.write_bytes(graph)
    line = [program, "-i", str(source), "-o", str(out), "-n", "-coion"]
    try:
        subprocess.run(line, check=True, capture_output=True, timeout=_LONGEST_S)
        content = (out / _WRITES).read_bytes()
    except (OSError, subprocess.SubprocessError) as problem:
        raise RuntimeError("the converter failed") from problem
    (folder / LITERT).write_bytes(content)
    return Converted({LITERT: folder / LITERT}, _running(content, classifier), channels_last=True)


def _running(content: bytes, classifier: Classifier) -> _Answer:
    from ai_edge_litert.interpreter import Interpreter

    return _Answer(Interpreter(model_content=content).get_signature_runner(), classifier)


class _Answer:
    """Asks the interpreter about one photo at a time: it is made for that."""

    def __init__(self, runner: object, classifier: Classifier) -> None:
        self._runner, self._classifier = runner, classifier
        self._names = input_names(classifier.preprocessing)

    def __call__(self, batch: Tensor) -> NDArray[np.float32]:
        views = [pixels.permute(0, 2, 3, 1).numpy() for _part, pixels in self._classifier.backbone.apart(batch)]
        return np.concatenate([self._one([view[row : row + 1] for view in views]) for row in range(len(batch))])

    def _one(self, views: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        assert callable(self._runner)
        own = map(np.ascontiguousarray, views)
        proba: NDArray[np.float32] = self._runner(**dict(zip(self._names, own, strict=True)))["proba"]
        return proba.copy()
