"""The network in training: which parts learn, which are frozen, and what of it is kept.

This file does not know about images, epochs or files.
"""

from __future__ import annotations

import copy
from itertools import chain

import torch
from torch import Tensor, nn

from core.backbones.backbone import Backbone
from core.errors import TrainingError
from core.i18n import gettext as _
from core.training.config import MOMENTUM, FinetuneConfig

State = dict[str, Tensor]


class Network(nn.Module):
    """A private copy of a backbone with a new linear head on standardised features.

    The features are standardised by what the pretrained backbone gives on the training split. That makes one learning
    rate fit all backbones, whose features differ a hundredfold in size; it is a fixed affine map, and
    `classifier_state` folds it into the head. Where the backbone is frozen each feature has its own deviation; where it
    learns all share one, since a quiet feature made loud would send large gradients back into the backbone.

    Frozen parts get no gradients and stay in eval mode whatever `train()` says, so that the statistics of batch
    normalisation are as they came. The head starts from zero: every class is equally likely.

    Attributes:
        parts: the modules that learn.

    Raises:
        TrainingError: the backbone cannot be trained in this mode.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, backbone: Backbone, n_classes: int, config: FinetuneConfig) -> None:
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
        for part in self.parts:
            part.requires_grad_(True)
        self.train()

    def standardise(self, features: Tensor) -> None:
        """Takes the mean and deviation of (n, d) features; one that never changes is left unscaled."""
        variance = features.var(0, correction=0)
        if len(self.parts) > 1:
            variance = variance.mean().expand_as(variance)
        deviation = variance.sqrt()
        self.mean.copy_(features.mean(0))
        self.deviation.copy_(torch.where(deviation > 1e-6, deviation, torch.ones_like(deviation)))

    def forward(self, inputs: Tensor) -> Tensor:
        """Normalised images (b, 3, h, w) or features (b, d) -> logits (b, n_classes), float32."""
        features = inputs if inputs.ndim == 2 else self.backbone(inputs)
        with torch.autocast(inputs.device.type, enabled=False):
            logits: Tensor = self.head((features.float() - self.mean) / self.deviation)
        return logits

    def train(self, mode: bool = True) -> Network:
        """Puts the parts that learn into training mode, and only those."""
        super().train(False)
        self.training = mode
        for part in self.parts if mode else ():
            part.train()
        return self

    def kept_state(self) -> State:
        """The parameters and buffers that training changes (of this network, not copies): what a checkpoint holds."""
        changed = {id(t) for part in self.parts for t in chain(part.parameters(), part.buffers())}
        state = self.state_dict(keep_vars=True)
        return {k: t.detach() for k, t in state.items() if id(t) in changed or k in ("mean", "deviation")}

    def classifier_state(self) -> State:
        """The state of a `Classifier`: `backbone.*`, `head.weight`, `head.bias`, float32 on the CPU."""
        weight, bias, mean, deviation = (
            t.detach().cpu().double() for t in (self.head.weight, self.head.bias, self.mean, self.deviation)
        )
        scaled = weight / deviation
        state = {f"backbone.{key}": value for key, value in self.backbone.state_dict().items()}
        state |= {
            "head.weight": scaled.float(),
            "head.bias": (bias - scaled @ mean).float(),
        }
        return {key: value.detach().cpu().contiguous() for key, value in state.items()}


def _trained(backbone: Backbone, config: FinetuneConfig) -> tuple[nn.Module, ...]:
    if config.mode == "head":
        return ()
    if not backbone.info.trainable or next(backbone.parameters(), None) is None:
        raise TrainingError(
            _("'{name}' has nothing to train but the head. Choose the mode 'head', or another backbone. {note}").format(
                name=backbone.info.name, note=backbone.info.note
            )
        )
    if config.mode == "full":
        return (backbone,)
    if config.last_stages > len(backbone.stages):
        raise TrainingError(
            _("last_stages is {value}, and '{name}' has {n} stages. Choose fewer, or the mode 'full'.").format(
                value=config.last_stages, name=backbone.info.name, n=len(backbone.stages)
            )
        )
    return tuple(module for _name, modules in backbone.stages[-config.last_stages :] for module in modules)


def make_optimizer(network: Network, config: FinetuneConfig) -> torch.optim.Optimizer:
    """AdamW or SGD with momentum over what learns; biases and normalisation have no weight decay."""
    learning = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in learning if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in learning if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if config.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=config.lr, momentum=MOMENTUM)
    return torch.optim.AdamW(groups, lr=config.lr)
