"""A classifier as an ONNX graph: `images` in, `proba` and `features` out, for any number of photos.

This file does not judge what it writes; `parity.py` does.
"""

from __future__ import annotations

import json
from typing import Any

import torch
from torch import Tensor, nn

from core import __version__
from core.backbones.spec import Preprocessing
from core.engines.onnx import written
from core.models.classifier import Classifier

OUTPUTS = ("proba", "features")


def input_names(preprocessing: Preprocessing) -> tuple[str, ...]:
    """The names of a graph's inputs: `images`, and `images_2` and so on where several backbones stand side by side."""
    return tuple(f"images_{k}" if k > 1 else "images" for k, _view in enumerate(preprocessing.views, 1))


def graph_of(classifier: Classifier) -> bytes:
    """The classifier as a graph, float32, with its classes and its preprocessing in the metadata.

    Inputs are normalised images (n, 3, h, w), one for each backbone; outputs `proba`, (n, c), and `features`, (n, d).

    Raises:
        RuntimeError: it cannot be written as a graph.
    """
    how = classifier.preprocessing
    like = [torch.zeros(2, 3, view.crop_px, view.crop_px) for view in how.views]
    return _described(written(_Answering(classifier), like, input_names(how), OUTPUTS), classifier)


class _Answering(nn.Module):
    """A classifier that gives probabilities and features, and takes the input of each of its backbones by itself."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, *images: Tensor) -> tuple[Tensor, Tensor]:
        in_a_row = torch.cat([view.flatten(2) for view in images], dim=2) if len(images) > 1 else images[0]
        features: Tensor = self.classifier.backbone(in_a_row)
        return torch.softmax(self.classifier.head(features), dim=1), features


def _described(content: bytes, classifier: Classifier) -> bytes:
    """The graph with what a stranger needs to know about it, and without where on this machine its layers are from."""
    import onnx

    model = onnx.ModelProto.FromString(content)
    for part in (model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    del model.graph.value_info[:], model.metadata_props[:]
    model.producer_name, model.producer_version, model.doc_string = "Graft", __version__, ""
    about: dict[str, Any] = {
        "classes": list(classifier.classes),
        "preprocessing": classifier.preprocessing.to_json(),
        "backbone": classifier.backbone.info.name,
    }
    for key, value in about.items():
        model.metadata_props.add(key=key, value=json.dumps(value))
    return bytes(model.SerializeToString(deterministic=True))


def opset_of(content: bytes) -> int:
    """The version of ONNX's operators that a graph uses."""
    import onnx

    model = onnx.ModelProto.FromString(content)
    return int(next(own.version for own in model.opset_import if own.domain in ("", "ai.onnx")))


def onnx_tools() -> dict[str, str]:
    """The versions of what writes graphs here (torch, by way of onnx) and of what runs and checks them."""
    import onnx
    import onnxruntime

    return {"torch": str(torch.__version__), "onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__}
