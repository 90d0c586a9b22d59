"""The network in training: which parts learn, which are frozen, and what of it is kept.

This file does not know about images, epochs or files.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from core.backbones.backbone import Backbone
from core.errors import TrainingError
from core.i18n import gettext as _
from core.training.cache.cut import Cut
from core.training.choices import LIGHT
from core.training.config import FinetuneConfig
from core.training.network.adapt import adapted, merged

State = dict[str, Tensor]


class Network(nn.Module):
    """A private copy of a backbone with a linear head on standardised features.

    The features are standardised by what the pretrained backbone gives on the training split. That makes one learning
    rate fit all backbones, whose features differ a hundredfold in size; it is a fixed affine map, and
    `classifier_state` folds it into the head. Where the backbone is frozen each feature has its own deviation; where it
    learns all share one, since a quiet feature made loud would send large gradients back into the backbone.

    Frozen parts get no gradients and stay in eval mode whatever `train()` says, so that the statistics of batch
    normalisation are as they came; so are those of the parts that learn where the config says that they are frozen.
    The head starts from zero, where every class is equally likely, unless `start_at` says otherwise.

    Args:
        backbone: is copied.
        n_classes: outputs of the head.
        config: what learns, and how.
        n_train: how many training images there are; with few, statistics of batch normalisation are frozen.

    Attributes:
        parts: the modules that learn, all of them or some of their parameters, from input to output; the head is the
            last.
        cut: the backbone cut below what learns, where activations may come in place of images; None elsewhere.
        depths: how many stages below the logits each parameter lies that learns, by its name: 0 for the head's.

    Raises:
        TrainingError: the backbone cannot be trained in this mode.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, backbone: Backbone, n_classes: int, config: FinetuneConfig, n_train: int = 0) -> None:
        super().__init__()
        self.backbone = copy.deepcopy(backbone)
        dim = backbone.info.feature_dim
        self.head = nn.Linear(dim, n_classes)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("deviation", torch.ones(dim))
        self.parts: tuple[nn.Module, ...] = (*_trained(self.backbone, config), self.head)
        self.requires_grad_(False)
        for parameter in _learning(self.backbone, self.parts, config):
            parameter.requires_grad_(True)
        self.head.requires_grad_(True)
        self.depths = _depths(self)
        self._frozen_statistics, self._dropout = config.freezes_statistics(n_train), config.dropout
        self.cut: Cut | None = None
        self.train()

    def standardise(self, features: Tensor) -> None:
        """Takes the mean and deviation of (n, d) features; one that never changes is left unscaled."""
        variance = features.var(0, correction=0)
        if len(self.parts) > 1:
            variance = variance.mean().expand_as(variance)
        deviation = variance.sqrt()
        self.mean.copy_(features.mean(0))
        self.deviation.copy_(torch.where(deviation > 1e-6, deviation, torch.ones_like(deviation)))

    def start_at(self, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
        """Gives the head a solution for features as the backbone gives them: weight (c, d) and bias (c,)."""
        raw, shift = torch.from_numpy(weight).double(), torch.from_numpy(bias).double()
        with torch.no_grad():
            self.head.weight.copy_(raw * self.deviation.cpu().double())
            self.head.bias.copy_(shift + raw @ self.mean.cpu().double())

    def divide(self, temperature: float) -> None:
        """Divides all logits by a temperature from now on, by way of the head."""
        with torch.no_grad():
            self.head.weight.div_(temperature)
            self.head.bias.div_(temperature)

    def forward(self, inputs: Tensor) -> Tensor:
        """Normalised images, activations at the cut or features (b, d) -> logits (b, n_classes), float32."""
        return self.above(self.below(inputs))

    def below(self, inputs: Tensor) -> Tensor:
        """What enters the part that learns: features where only the head learns, activations where the backbone is cut.

        Those come back as they are, and so do images where neither is the case.
        """
        frozen = self.backbone if len(self.parts) == 1 else self.cut.trunk if self.cut else None
        if frozen is None or self._enters_the_top(inputs) or inputs.ndim == 2:
            return inputs
        with torch.no_grad():
            entering: Tensor = frozen(inputs)
        return entering

    def above(self, entering: Tensor) -> Tensor:
        """What `below` gives -> logits (b, n_classes), float32."""
        if self.cut is not None and self._enters_the_top(entering):
            features = self.cut.top(entering)
        else:
            features = entering if entering.ndim == 2 else self.backbone(entering)
        with torch.autocast(entering.device.type, enabled=False):
            features = (features.float() - self.mean) / self.deviation
            if self._dropout:
                features = F.dropout(features, self._dropout, self.training)
            logits: Tensor = self.head(features)
        return logits

    def _enters_the_top(self, inputs: Tensor) -> bool:
        return self.cut is not None and inputs.shape[1:] == self.cut.shape

    def wake(self, depth: int) -> None:
        """Lets only what lies less than so deep below the logits learn, of that which learns at all."""
        own = dict(self.named_parameters())
        for name, its_depth in self.depths.items():
            own[name].requires_grad_(its_depth <= depth)

    def train(self, mode: bool = True) -> Network:
        """Puts the parts that learn into training mode, and only those."""
        super().train(False)
        self.training = mode
        for part in self.parts if mode else ():
            part.train()
        for module in self.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm) and not self._learns_statistics(module):
                module.eval()
        return self

    def _learns_statistics(self, norm: nn.Module) -> bool:
        return not self._frozen_statistics and any(p.requires_grad for p in norm.parameters(recurse=False))

    def kept_state(self) -> State:
        """The parameters and buffers that training changes (of this network, not copies): what a checkpoint holds."""
        own = dict(self.named_parameters())
        changed = {id(own[name]) for name in self.depths} | {id(t) for part in self.parts for t in part.buffers()}
        state = self.state_dict(keep_vars=True)
        return {k: t.detach() for k, t in state.items() if id(t) in changed or k in ("mean", "deviation")}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Gives the network what training had changed, as `kept_state` gave it.

        Raises:
            TrainingError: it belongs to another network.
        """
        own = self.kept_state()
        if own.keys() != state.keys() or any(own[key].shape != state[key].shape for key in own):
            raise TrainingError(_("The training's checkpoint is damaged. Delete the run and start again."))
        with torch.no_grad():
            for key, value in own.items():
                value.copy_(state[key])

    @contextmanager
    def having(self, state: Mapping[str, Tensor]) -> Iterator[None]:
        """The network with other weights, such as an average's, within the block."""
        own = {key: value.clone() for key, value in self.kept_state().items()}
        self.restore({**own, **state})
        try:
            yield
        finally:
            self.restore(own)

    def classifier_state(self) -> State:
        """The state of a `Classifier`: `backbone.*`, `head.weight`, `head.bias`, float32 on the CPU.

        Nothing in it tells in which mode the network learned.
        """
        weight, bias, mean, deviation = (
            t.detach().cpu().double() for t in (self.head.weight, self.head.bias, self.mean, self.deviation)
        )
        scaled = weight / deviation
        state = {f"backbone.{key}": value for key, value in merged(self.backbone).items()}
        state |= {
            "head.weight": scaled.float(),
            "head.bias": (bias - scaled @ mean).float(),
        }
        return {key: value.detach().cpu().contiguous() for key, value in state.items()}


def _depths(network: Network) -> dict[str, int]:
    """How deep each learning parameter lies. One that is of no stage goes with the stage that was named before it."""
    stages = network.backbone.stages
    own = {
        id(parameter): len(stages) - place
        for place, (_name, modules) in enumerate(stages)
        for module in modules
        for parameter in module.parameters()
    }
    depths, depth = {}, max(len(stages), 1)
    for name, parameter in network.named_parameters():
        depth = 0 if name.startswith("head.") else own.get(id(parameter), depth)
        if parameter.requires_grad:
            depths[name] = depth
    return depths


def snapshot(network: Network) -> State:
    """A copy of what training changes."""
    return {key: value.clone() for key, value in network.kept_state().items()}


def _learning(backbone: Backbone, parts: Iterable[nn.Module], config: FinetuneConfig) -> Iterable[nn.Parameter]:
    if config.mode in LIGHT:
        return adapted(backbone, config)
    return chain.from_iterable(part.parameters() for part in parts)


def _trained(backbone: Backbone, config: FinetuneConfig) -> tuple[nn.Module, ...]:
    if config.mode == "head":
        return ()
    if not backbone.info.trainable or next(backbone.parameters(), None) is None:
        raise TrainingError(
            _("'{name}' has nothing to train but the head. Choose the mode 'head', or another backbone. {note}").format(
                name=backbone.info.name, note=backbone.info.note
            )
        )
    if config.mode in ("full", *LIGHT):
        return (backbone,)
    if config.last_stages > len(backbone.stages):
        raise TrainingError(
            _("last_stages is {value}, and '{name}' has {n} stages. Choose fewer, or the mode 'full'.").format(
                value=config.last_stages, name=backbone.info.name, n=len(backbone.stages)
            )
        )
    return tuple(module for _name, modules in backbone.stages[-config.last_stages :] for module in modules)
