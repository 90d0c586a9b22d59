"""Light adaptation: a few numbers of the whole backbone learn, and what they add is merged into plain weights.

"norms" trains the vectors of a network: the scales and shifts of its norm layers, and its biases (Zaken et al. 2022,
"BitFit"; Frankle et al. 2021, "Training BatchNorm and only BatchNorm"). "lora" leaves every weight as it is and learns
a product of two thin matrices beside those of linear layers and attention (Hu et al. 2022, "LoRA"): W + 2 B A, with
`rank` columns in B and rows in A. B begins at zero, so that training begins at the pretrained network.

The product is a parametrization: whatever reads `module.weight`, a function of attention included, reads the sum. A
step takes as long as one of everything, since the slope is that of the whole weight; what is small are the optimizer's
state, checkpoints, and how far the network can go from where it began. Moving averages and soups of weights are those
of the two factors, not of their product.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from core.backbones.backbone import Backbone, SideBySide
from core.errors import TrainingError
from core.i18n import gettext as _
from core.training.config import FinetuneConfig

State = dict[str, Tensor]

_SCALE = 2.0
"""What the product counts for, whatever its rank: as often, alpha is twice the rank."""
_PROJECTIONS = frozenset(("qkv", "to_qkv", "q", "k", "v", "kv", "q_proj", "k_proj", "v_proj", "query", "key", "value"))
"""What linear layers are called that only attention has."""
_MERGED, _ORIGINAL = "parametrizations.", ".original"


class LowRank(nn.Module):
    """A weight (n, m) plus a product of two thin matrices.

    Attributes:
        a: (rank, m), random at first.
        b: (n, rank), zero at first.
    """

    def __init__(self, weight: Tensor, rank: int, generator: torch.Generator) -> None:
        super().__init__()
        n, m = weight.shape
        self.a = nn.Parameter(torch.empty(rank, m, dtype=weight.dtype))
        self.b = nn.Parameter(torch.zeros(n, rank, dtype=weight.dtype))
        nn.init.kaiming_uniform_(self.a, a=5**0.5, generator=generator)

    def forward(self, weight: Tensor) -> Tensor:
        """(n, m) -> (n, m)."""
        return weight + _SCALE * (self.b @ self.a)


def adapted(backbone: Backbone, config: FinetuneConfig) -> list[nn.Parameter]:
    """What learns of the backbone in a light mode; in mode "lora" the backbone gets its low-rank factors here.

    Raises:
        TrainingError: there is nothing in it that could.
    """
    if config.mode == "norms":
        vectors = [parameter for parameter in backbone.parameters() if parameter.ndim == 1]
        if not vectors:
            raise _impossible(
                _("'{name}' has no norm layers and no biases. Choose the mode 'last' or 'full'."), backbone
            )
        return vectors
    places = list(_low_rank_places(backbone, config.lora_rank))
    if not places:
        message = _(
            "'{name}' has no attention made of linear layers, which low-rank factors (LoRA) are for. Choose the mode "
            "'norms' or 'last', or a transformer."
        )
        raise _impossible(message, backbone)
    generator, factors = torch.Generator().manual_seed(config.seed), list[nn.Parameter]()
    for module, name in places:
        part = LowRank(getattr(module, name), config.lora_rank, generator)
        parametrize.register_parametrization(module, name, part)
        factors += [part.a, part.b]
    return factors


def merged(backbone: Backbone) -> State:
    """The backbone's state as if it had never been adapted: each product is added to its weight."""
    modules = dict(backbone.named_modules())
    state = {}
    for key, value in backbone.state_dict().items():
        place, is_adapted, name = key.rpartition(_MERGED)
        if not is_adapted:
            state[key] = value
        elif name.endswith(_ORIGINAL):
            name = name.removesuffix(_ORIGINAL)
            state[place + name] = getattr(modules[place.removesuffix(".")], name).detach()
    return state


def aligned(start: State, end: State) -> State:
    """The start with the first factors of the end, which is the same network, since its second ones are zero.

    Between two such states the sums are on a line, too: W + 2 (share B) A.
    """
    return {key: end[key] if key.endswith(".a") and _MERGED in key else value for key, value in start.items()}


def _low_rank_places(backbone: Backbone, rank: int) -> Iterator[tuple[nn.Module, str]]:
    """The weights of linear layers and attention, of each network in the backbone that has attention.

    Those that are no wider than the factors would be stay as they are.
    """
    for part in backbone.trunk.children() if isinstance(backbone, SideBySide) else (backbone,):
        modules = list(part.named_modules())
        if any(_is_attention(name, module) for name, module in modules):
            for _name, module in modules:
                for kind, name in ((nn.Linear, "weight"), (nn.MultiheadAttention, "in_proj_weight")):
                    if isinstance(module, kind) and _is_wider(getattr(module, name), rank):
                        yield module, name


def _is_wider(weight: Tensor | None, rank: int) -> bool:
    return weight is not None and min(weight.shape) > rank


def _is_attention(name: str, module: nn.Module) -> bool:
    return isinstance(module, nn.MultiheadAttention) or (
        isinstance(module, nn.Linear) and name.rpartition(".")[2] in _PROJECTIONS
    )


def _impossible(message: str, backbone: Backbone) -> TrainingError:
    return TrainingError(message.format(name=backbone.info.name))
