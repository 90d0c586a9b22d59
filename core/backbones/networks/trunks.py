"""torchvision's classification models without their classifiers, and any network cut into stages.

Two rules serve every family. The classifier is the last layer with one output for each ImageNet class; the features are
its input. A stage begins where the image is made smaller, which is where the literature draws them too.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torchvision import models

from core.backbones.backbone import Stages

IMAGENET_CLASSES = 1000

_OLD_DENSENET_KEY = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.((?:[12])\.\w+)$")
_VIT_STAGES = 4
_MOST_STAGES = 6


class ZooTrunk(nn.Module):
    """A model of torchvision whose classifier gives its input back.

    Attributes:
        model: the model.
        feature_dim: width of the features.
        stages: (name, modules) from input to output; the units of "fine-tune the last stages".
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        path, classifier = find_classifier(model)
        self.feature_dim = int(classifier.in_features if isinstance(classifier, nn.Linear) else classifier.in_channels)
        parent = model.get_submodule(path.rpartition(".")[0])
        setattr(parent, path.rpartition(".")[2], nn.Identity())
        self.model = model
        self.stages = find_stages(model)

    def forward(self, images: Tensor) -> Tensor:
        """(b, 3, h, w) normalised float -> (b, feature_dim)."""
        features: Tensor = self.model(images)
        return features


def torchvision_trunk(
    name: str, state: dict[str, Tensor] | None = None, *, input_px: int = 224, hollow: bool = False
) -> ZooTrunk:
    """Builds a model of torchvision without its classifier, in eval mode.

    Args:
        name: the model's name in torchvision.
        state: its weights, the classifier's included; None for random ones.
        input_px: the side of its images. Vision transformers are built for it, and the places of their patches are
            interpolated where the weights were trained with another.
        hollow: whether to build the shape alone, without memory for weights.

    Raises:
        RuntimeError: the weights do not fit the model.
    """
    options: dict[str, Any] = {"weights": None}
    if name in ("googlenet", "inception_v3"):
        # Their weights were trained on images scaled to -1..1, which the model does itself, and their files hold the
        # auxiliary classifiers.
        options |= {"transform_input": True, "aux_logits": True, "init_weights": False}
    if name.startswith("vit_"):
        options |= {"image_size": input_px}
        if state is not None:
            patch_px = state["conv_proj.weight"].shape[-1]
            state = dict(models.vision_transformer.interpolate_embeddings(input_px, patch_px, OrderedDict(state)))
    with Hollow() if hollow or state is not None else nullcontext():
        model = models.get_model(name, **options)
    if state is not None:
        model.load_state_dict(_renamed(state), strict=True, assign=True)
    if name in ("googlenet", "inception_v3"):
        _drop_auxiliary_classifiers(model)
    return ZooTrunk(model).eval()


class Hollow(TorchFunctionMode):
    """Layers that are made while it is active get no memory for weights, and no time is spent on initial values.

    `torch.device("meta")` does the same to every tensor, which breaks models that compute with tensors while they are
    built (RegNet, Swin).
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        return func(*args, **({**kwargs, "device": "meta"} if func is torch.empty else kwargs))


class Undrawn(TorchFunctionMode):
    """Layers that are made while it is active get memory for weights, and no time is spent on initial values.

    Other weights have to follow: what is in that memory is anything.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _DRAWING and isinstance(args[0], nn.Parameter):
            return args[0]
        return func(*args, **(kwargs or {}))


_DRAWING = (Tensor.uniform_, Tensor.normal_, Tensor.erfinv_, Tensor.mul_, Tensor.add_, Tensor.clamp_)


def _renamed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state with DenseNet's layers renamed from old torch's names ("norm.1" for "norm1"), as torchvision does."""
    for key in list(state):
        if match := _OLD_DENSENET_KEY.match(key):
            state[match.group(1) + match.group(2)] = state.pop(key)
    return state


def _drop_auxiliary_classifiers(model: nn.Module) -> None:
    model.aux_logits = False  # type: ignore[assignment]
    for name in ("aux1", "aux2", "AuxLogits"):
        if hasattr(model, name):
            setattr(model, name, None)


def find_classifier(model: nn.Module) -> tuple[str, nn.Linear | nn.Conv2d]:
    """The path and the layer that gives the ImageNet classes: fully connected, or a 1×1 convolution (SqueezeNet)."""
    classifier: tuple[str, nn.Linear | nn.Conv2d] | None = None
    for path, module in model.named_modules():
        if isinstance(module, nn.Linear | nn.Conv2d) and module.weight.shape[0] == IMAGENET_CLASSES:
            classifier = path, module
    if classifier is None:
        raise ValueError(f"{type(model).__name__} has no layer with {IMAGENET_CLASSES} outputs")
    return classifier


def find_stages(model: nn.Module) -> Stages:
    """Cuts a model into stages, each beginning where the image is made smaller.

    A vision transformer makes it smaller only once; its blocks are cut into four equal parts. Where it is made smaller
    in many places, as in parallel branches, the smallest neighbours are joined until six are left.

    Args:
        model: a network whose parts are registered in the order of the data.
    """
    groups: list[list[tuple[str, nn.Module]]] = [[]]
    for path, unit in _units(model):
        if _shrinks(unit) and any(_has_parameters(module) for _, module in groups[-1]):
            groups.append([])
        groups[-1].append((path, unit))
    groups = _quarters(groups[0]) if len(groups) == 1 else _joined(groups)
    return tuple((_stage_name(group), tuple(module for _, module in group)) for group in groups)


def _units(module: nn.Module, prefix: str = "") -> Iterator[tuple[str, nn.Module]]:
    """A model's parts in the order of the data: its children, with plain sequences of parts taken apart."""
    for name, child in module.named_children():
        path = f"{prefix}{name}"
        if type(child) in (nn.Sequential, nn.ModuleList) or type(child).__name__ == "Encoder":
            yield from _units(child, f"{path}.")
        else:
            yield path, child


def _shrinks(unit: nn.Module) -> bool:
    layers = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)
    return any(
        (isinstance(module, layers) and _stride(module) > 1) or type(module).__name__.startswith("PatchMerging")
        for module in unit.modules()
    )


def _stride(layer: nn.Module) -> int:
    stride: Any = layer.stride
    return int(max(stride) if isinstance(stride, tuple) else stride)


def _has_parameters(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None


def _quarters(units: list[tuple[str, nn.Module]]) -> list[list[tuple[str, nn.Module]]]:
    """Four parts with equally many blocks; the blocks are in the sequence that has the most of the units."""
    sequences = [path.rpartition(".")[0] for path, _unit in units]
    longest = Counter(sequences).most_common(1)[0][0]
    blocks = [i for i, sequence in enumerate(sequences) if sequence == longest]
    if len(blocks) < _VIT_STAGES:
        return [units]
    starts = [blocks[len(blocks) * i // _VIT_STAGES] for i in range(_VIT_STAGES)]
    ends = [*starts[1:], len(units)]
    return [units[0 if i == 0 else starts[i] : ends[i]] for i in range(_VIT_STAGES)]


def _joined(groups: list[list[tuple[str, nn.Module]]]) -> list[list[tuple[str, nn.Module]]]:
    """The groups, but for neighbours with the fewest parameters together, which are joined while there are too many."""
    while len(groups) > _MOST_STAGES:
        sizes = [sum(p.numel() for _, module in group for p in module.parameters()) for group in groups]
        at = min(range(len(groups) - 1), key=lambda i: sizes[i] + sizes[i + 1])
        groups[at : at + 2] = [groups[at] + groups[at + 1]]
    return groups


def _stage_name(group: list[tuple[str, nn.Module]]) -> str:
    """The paths of the first and the last part with weights, such as "layer4.0 – layer4.1"."""
    paths = [path for path, unit in group if _has_parameters(unit)] or [path for path, _unit in group]
    return paths[0] if len(paths) == 1 else f"{paths[0]} – {paths[-1]}"
