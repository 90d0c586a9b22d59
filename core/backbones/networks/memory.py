"""How much memory a network needs for one image: counted from the shapes of its tensors, without weights or images.

Every tensor that an operation makes is counted until nothing refers to it any more, as torch's own allocator would, on
torch's "meta" device, which computes shapes alone. The count is of tensors in float32. It leaves out what depends on
the machine and the engine: the program itself, code that is loaded on first use, the working space of convolutions, a
second copy of the weights in an order that suits the processor. On a CPU the resident memory of eager torch rose by 10
to 50 MiB more than this, from mobilenet_v3_large to vgg11. Half precision halves it; more images at once need more
activations. It serves to rank backbones, not to size a machine.
"""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of the tensors that are alive while it is active.

    Attributes:
        live: bytes of the tensors that operations have made and that still exist.
        peak: the largest `live` so far.
    """

    def __init__(self, *uncounted: Tensor) -> None:
        """Leaves out tensors that existed before, such as the weights."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.live = 0
        self.peak = 0
        self._storages: dict[int, Any] = {}
        for tensor in uncounted:
            self._track(tensor, counted=False)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(output):
            if isinstance(leaf, Tensor):
                self._track(leaf, counted=True)
        self.peak = max(self.peak, self.live)
        return output

    def _track(self, tensor: Tensor, *, counted: bool) -> None:
        """Counts a tensor's storage, once however many views share it."""
        storage = tensor.untyped_storage()
        key = id(storage)
        if key in self._storages:
            return
        size = storage.nbytes() if counted else 0
        self.live += size

        def forget(_reference: Any) -> None:
            del self._storages[key]
            self.live -= size

        self._storages[key] = weakref.ref(storage, forget)


def memory_mb(trunk: nn.Module, side_px: int) -> float:
    """MiB of memory for the weights in float32 and the largest activations alive at one time, for one image.

    Args:
        trunk: a network without its classifier, in eval mode; it is moved to the "meta" device, and useless afterwards.
        side_px: the side of its input.
    """
    trunk = trunk.to("meta")
    weights = [*trunk.parameters(), *trunk.buffers()]
    with torch.no_grad(), LiveBytes(*weights) as counted:
        trunk(torch.zeros(1, 3, side_px, side_px, device="meta"))
    weight_bytes = 4 * sum(tensor.numel() for tensor in weights)
    return round(float(weight_bytes + counted.peak) / 2**20, 1)
