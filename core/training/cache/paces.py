"""Measures how long an image takes on this machine to be drawn, to go through what is frozen, and to be learnt from."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import torch
from torch import Tensor

from core.engines.device import has_bf16
from core.training.cache.cut import Cut, undisturbed
from core.training.cache.estimate import Paces
from core.training.images.sources import BatchSource
from core.training.network.network import Network

IMAGES = 8


def measured(
    network: Network, cut: Cut, photos: BatchSource, seed: int, clock: Callable[[], float] = perf_counter
) -> Paces:
    """How long each part of the work takes for one image; each is done once before, to be ready.

    What is frozen is measured as torch runs it; the engine that computes activations to keep is that or a quicker one.

    Args:
        network: is left as it is, and takes activations at the cut.
        cut: of its backbone.
        photos: what is learnt from.
        seed: of their views.
        clock: tells the time in seconds.
    """
    n, device = min(IMAGES, len(photos)), network.mean.device

    def seconds(part: Callable[[], object]) -> float:
        part()
        _finish(device)
        started = clock()
        part()
        _finish(device)
        return (clock() - started) / n

    def draw() -> Tensor:
        images, _labels = next(iter(photos.batches([range(n)], seed)))
        return images

    images = _placed(draw(), device)
    with undisturbed(network.backbone):
        activations = _placed(_below(cut, images), device)
        paces = Paces(
            photo_s=seconds(draw),
            trunk_s=seconds(lambda: _below(cut, images)),
            top_s=seconds(lambda: _learn(network, activations)),
            whole_s=seconds(lambda: _learn(network, images)),
        )
    network.zero_grad(set_to_none=True)
    return paces


def _below(cut: Cut, images: Tensor) -> Tensor:
    with torch.no_grad():
        activations: Tensor = cut.trunk(images)
    return activations


def _learn(network: Network, inputs: Tensor) -> None:
    with torch.autocast(inputs.device.type, torch.bfloat16, enabled=has_bf16(inputs.device)):
        logits = network(inputs)
    logits.square().sum().backward()


def _placed(inputs: Tensor, device: torch.device) -> Tensor:
    inputs = inputs.to(device)
    return inputs.contiguous(memory_format=torch.channels_last) if inputs.ndim == 4 else inputs


def _finish(device: torch.device) -> None:
    """Waits until a device that works on its own has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
