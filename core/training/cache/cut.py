"""A backbone cut in two: what is frozen below, what learns above, one tensor between them.

The network is traced with `torch.fx`, but no deeper than needed: a module is taken apart only where some of it learns
and some does not. Everything else is called whole, so that it does in the cut network what it does in the backbone, in
training and out of it, and most of what cannot be traced is never looked into. What depends on nothing that learns is
the trunk. A cut is believed only after its results were compared with the backbone's.

This file does not know where activations are kept.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from typing import Any

import torch
from torch import Tensor, fx, nn

from core.backbones.backbone import Backbone
from core.training.cache.reasons import DIFFERS, NOT_ONE_TENSOR, NOT_TRACED, NOTHING_FROZEN, uncached

TOLERANCE = 1e-5
"""How far the features of a cut backbone may be from those of the whole, as a share of their length."""
_ALONE = 1e-2
"""How far the activations of images in a batch may be from those without the first one, which are rounded otherwise."""

_STEADY = (
    nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.AvgPool2d, nn.Flatten, nn.GELU, nn.Hardswish, nn.Identity,
    nn.MaxPool2d, nn.ReLU, nn.ReLU6, nn.SiLU,
)  # fmt: skip
"""Layers without weights that do the same in training and out of it: they may stay below the cut."""


@dataclass(frozen=True, eq=False)
class Cut:
    """The two parts of a backbone, made of its own modules: training the top trains the backbone.

    Attributes:
        trunk: normalised images, as the backbone takes them -> activations (b, *shape); nothing in it learns.
        top: activations -> features (b, feature_dim).
        shape: of one image's activations.
    """

    trunk: nn.Module
    top: nn.Module
    shape: tuple[int, ...]

    @property
    def numbers(self) -> int:
        """How many numbers the activations of one image are."""
        return math.prod(self.shape)


def cut_below(backbone: Backbone, learning: Sequence[nn.Module], images: Tensor) -> Cut:
    """Cuts a backbone right below the first modules that learn.

    Args:
        backbone: is left as it is.
        learning: the modules of the backbone that learn; all others are frozen and in eval mode.
        images: two or more of its input, on its device, with which the cut is tried.

    Raises:
        Uncached: nothing is frozen, the backbone cannot be traced, more than one tensor passes the cut, or the two
            parts give other features than the whole.
    """
    with undisturbed(backbone), torch.no_grad():
        backbone.eval()
        cuts = [_cut(part, learning, own) for part, own in backbone.apart(images)]
        cut = cuts[0] if len(cuts) == 1 else _side_by_side(backbone, cuts)
        for mode in (True, False):
            for module in learning:
                module.train(mode)
            _compare(backbone, cut, images)
    return cut


@contextmanager
def undisturbed(backbone: Backbone) -> Iterator[None]:
    """Leaves the backbone's modes and buffers and torch's random numbers as they were."""
    modes = [(module, module.training) for module in backbone.modules()]
    buffers = [(buffer, buffer.clone()) for buffer in backbone.buffers()]
    try:
        with torch.random.fork_rng(devices=sorted({p.device.index for p in backbone.parameters() if p.is_cuda})):
            yield
    finally:
        for module, mode in modes:
            module.training = mode
        with torch.no_grad():
            for buffer, value in buffers:
                buffer.copy_(value)


def _compare(backbone: Backbone, cut: Cut, images: Tensor) -> None:
    """The whole and its parts, with the same random numbers and the same statistics of batch norms.

    Raises:
        Uncached: they differ.
    """
    whole, parts = (_features(backbone, network, images) for network in (backbone, nn.Sequential(cut.trunk, cut.top)))
    if not _is_close(whole, parts, TOLERANCE):
        raise uncached(DIFFERS)


def _features(backbone: Backbone, network: nn.Module, images: Tensor) -> Tensor:
    with undisturbed(backbone):
        torch.manual_seed(0)
        features: Tensor = network(images)
    return features


def _is_close(expected: Tensor, actual: Tensor, tolerance: float) -> bool:
    """Whether two tensors differ by a share of their length for no image."""
    if expected.shape != actual.shape:
        return False
    a, b = (tensor.cpu().double().reshape(len(tensor), -1) for tensor in (expected, actual))
    return bool(((a - b).norm(dim=1) <= tolerance * a.norm(dim=1)).all())


def _cut(backbone: Backbone, learning: Sequence[nn.Module], images: Tensor) -> Cut:
    """The two parts of a backbone that stands alone, where one tensor passes from one to the other.

    Beside it may pass what is the same for any images, such as the places of tokens; that becomes a constant.
    """
    graph = _traced(backbone, learning)
    above = _above(backbone, graph, learning)
    passing = [node for node in graph.nodes if node not in above and not above.keys().isdisjoint(node.users)]
    if any(node.op == "placeholder" for node in passing):
        raise uncached(NOTHING_FROZEN)
    constants = _constants(backbone, graph, above, passing, images) if len(passing) > 1 else {}
    varying = [node for node in passing if node not in constants]
    if len(varying) != 1:
        raise uncached(NOT_ONE_TENSOR)
    trunk = _below(backbone, graph, above, varying[0])
    activations, fewer = trunk(images), trunk(images[1:])
    if not isinstance(activations, Tensor) or not activations.ndim:
        raise uncached(NOT_ONE_TENSOR)
    if not _is_close(activations[1:], fewer, _ALONE):
        raise uncached(DIFFERS)
    return Cut(trunk, _top(backbone, above, varying[0], constants), tuple(activations.shape[1:]))


def _constants(
    backbone: Backbone, graph: fx.Graph, above: Container[fx.Node], passing: list[fx.Node], images: Tensor
) -> dict[fx.Node, Any]:
    """The steps that give the same for two batches of different images, with their values."""
    below = _below(backbone, graph, above, passing)
    values, others = below(images), below(images[1:].flip(0))
    return {node: a for node, a, b in zip(passing, values, others, strict=True) if _is_same(a, b)}


def _is_same(a: object, b: object) -> bool:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return torch.equal(a, b)
    return type(a) is type(b) and bool(a == b)


class _Tracer(fx.Tracer):
    """Takes apart what holds modules that learn and others, and plain sequences of modules that learn."""

    def __init__(self, learning: set[nn.Module]) -> None:
        super().__init__()
        self._learning = learning

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:  # noqa: ARG002
        if m in self._learning:
            return type(m) is not nn.Sequential
        return self._learning.isdisjoint(m.modules())


def _traced(backbone: Backbone, learning: Sequence[nn.Module]) -> fx.Graph:
    try:
        return _Tracer(_all_of(learning)).trace(backbone)
    except Exception as problem:  # of any kind: a forward may do to its input what its stand-in cannot do
        raise uncached(NOT_TRACED) from problem


def _all_of(modules: Sequence[nn.Module]) -> set[nn.Module]:
    return {part for module in modules for part in module.modules()}


def _above(backbone: Backbone, graph: fx.Graph, learning: Sequence[nn.Module]) -> dict[fx.Node, None]:
    """The steps that learn and all that follow from them, in order."""
    modules, weights = _all_of(learning), {id(t) for m in learning for t in chain(m.parameters(), m.buffers())}
    above: dict[fx.Node, None] = {}
    for node in graph.nodes:
        learns = node.op == "output"
        if node.op == "call_module":
            module = backbone.get_submodule(str(node.target))
            learns = module in modules and not isinstance(module, _STEADY)
        elif node.op == "get_attr":
            learns = id(_at(backbone, str(node.target))) in weights
        if learns or not above.keys().isdisjoint(node.all_input_nodes):
            above[node] = None
    return above


def _below(backbone: Backbone, graph: fx.Graph, above: Container[fx.Node], wanted: fx.node.Argument) -> fx.GraphModule:
    """Images -> the values of the steps that are wanted, none of which is above the cut."""
    below = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    for node in graph.nodes:
        if node not in above:
            copies[node] = below.node_copy(node, copies.__getitem__)
    below.output(fx.map_arg(wanted, copies.__getitem__))
    return fx.GraphModule(_held(backbone, below, {}), below, "Trunk")


def _top(
    backbone: Backbone, above: Iterable[fx.Node], passing: fx.Node, constants: Mapping[fx.Node, Any]
) -> fx.GraphModule:
    """Activations -> features."""
    top = fx.Graph()
    copies: dict[fx.Node, Any] = {passing: top.placeholder("activations")}
    tensors = {f"constant_{node.name}": value for node, value in constants.items() if isinstance(value, Tensor)}
    for node, value in constants.items():
        copies[node] = top.get_attr(f"constant_{node.name}") if isinstance(value, Tensor) else value
    for node in above:
        copies[node] = top.node_copy(node, copies.__getitem__)
    return fx.GraphModule(_held(backbone, top, tensors), top, "Top")


def _held(backbone: Backbone, graph: fx.Graph, tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """The modules and tensors that a graph names."""
    names = [str(node.target) for node in graph.nodes if node.op in ("call_module", "get_attr")]
    return {name: tensors[name] if name in tensors else _at(backbone, name) for name in names}


def _at(backbone: Backbone, path: str) -> object:
    return reduce(getattr, path.split("."), backbone)


class _TrunksBeside(nn.Module):
    """Trunks of backbones side by side: what `preprocess` gives for them, (b, 3, n) -> (b, m)."""

    def __init__(self, trunks: Sequence[nn.Module], sides: Sequence[int]) -> None:
        super().__init__()
        self.trunks = nn.ModuleList(trunks)
        self._sides = tuple(sides)

    def forward(self, images: Tensor) -> Tensor:
        inputs: tuple[Tensor, ...] = torch.split(images, [side**2 for side in self._sides], dim=2)
        rows = [
            trunk(pixels.reshape(len(pixels), 3, side, side)).flatten(1)
            for trunk, pixels, side in zip(self.trunks, inputs, self._sides, strict=True)
        ]
        return torch.cat(rows, dim=1)


class _TopsBeside(nn.Module):
    """What stands above them: (b, m) -> features (b, feature_dim)."""

    def __init__(self, tops: Sequence[nn.Module], shapes: Sequence[tuple[int, ...]]) -> None:
        super().__init__()
        self.tops = nn.ModuleList(tops)
        self._shapes = tuple(shapes)

    def forward(self, rows: Tensor) -> Tensor:
        parts: tuple[Tensor, ...] = torch.split(rows, [math.prod(shape) for shape in self._shapes], dim=1)
        features = [
            top(part.reshape(len(part), *shape))
            for top, part, shape in zip(self.tops, parts, self._shapes, strict=True)
        ]
        return torch.cat(features, dim=1)


def _side_by_side(backbone: Backbone, cuts: Sequence[Cut]) -> Cut:
    """The cuts of several backbones as one; their activations come in a row."""
    shapes = [cut.shape for cut in cuts]
    return Cut(
        trunk=_TrunksBeside([cut.trunk for cut in cuts], [view.crop_px for view in backbone.info.preprocessing.views]),
        top=_TopsBeside([cut.top for cut in cuts], shapes),
        shape=(sum(map(math.prod, shapes)),),
    )
