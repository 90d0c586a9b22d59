"""How a network takes in weights that come without the versions of its layers, as from safetensors."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase


def take_in(module: nn.Module, state: Mapping[str, Tensor], assign: bool = False) -> None:
    """Gives a module all of its weights, which a module of today's kind wrote.

    `torch.save` keeps a version of each layer beside the tensors, safetensors does not, and some networks (MNASNet)
    refuse weights of no version. They get that of the module itself. Normalising layers get none: they then take
    weights in with or without the count of batches, which old checkpoints lack.

    Args:
        module: what takes the weights in.
        state: all of its tensors by their names.
        assign: whether its own tensors are replaced, not filled.

    Raises:
        RuntimeError: the weights do not fit.
    """
    norms = {name for name, layer in module.named_modules() if isinstance(layer, _NormBase)}
    versions = module.state_dict()._metadata  # type: ignore[attr-defined]
    versioned = OrderedDict(state)
    versioned._metadata = {name: each for name, each in versions.items() if name not in norms}  # type: ignore[attr-defined]
    module.load_state_dict(versioned, strict=True, assign=assign)
