"""The sides of input that a backbone takes beside the one it was trained with, and what is known of it at another.

A convolution does not mind how large an image is: a smaller one takes less time and shows less detail, a larger one
more, and objects seem smaller or larger than they did in training. What was measured at the trained size does not
hold at others. This file does not import torch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from core.backbones.spec import BackboneInfo, Preprocessing
from core.errors import BackboneError
from core.i18n import gettext as _

MOST_PX = 512
"""No larger input is offered, unless it is the one that a backbone was trained with."""
MAX_PX = 4_096
"""No network is believed that wants a larger one: its photos would not fit into memory."""


def is_possible(how: Preprocessing) -> bool:
    """Whether photos can be prepared so, as a file from elsewhere says it."""
    return how.resize_px <= MAX_PX and all(map(math.isfinite, (*how.mean, *how.std)))


def sizes(trained_px: int, step_px: int = 32, least_px: int = 64) -> range:
    """The multiples of a network's stride that make sense: up to four times the area that it was trained with.

    Args:
        trained_px: the side that it was trained with.
        step_px: the network's stride, from the image to its last grid.
        least_px: the least side that it takes.
    """
    most_px = max(min(2 * trained_px, MOST_PX), trained_px)
    return range(-(-least_px // step_px) * step_px, most_px + 1, step_px)


def resized(info: BackboneInfo, input_px: int) -> BackboneInfo:
    """What is known of a backbone with another side of its input.

    Multiply-adds, the largest activations and the time grow with the area, those of a vision transformer somewhat more.

    Raises:
        BackboneError: it does not take this size; the message says which it takes.
    """
    if input_px == info.input_px:
        return info
    if input_px not in info.sizes:
        raise BackboneError(_refusal(info, input_px))
    how, share = info.preprocessing, (input_px / info.input_px) ** 2
    weights_mb = min(4 * info.params / 2**20, info.memory_mb)
    return replace(
        info,
        input_px=input_px,
        preprocessing=replace(how, resize_px=round(how.resize_px * input_px / how.crop_px), crop_px=input_px),
        gflops=round(info.gflops * share, 3),
        memory_mb=round(weights_mb + (info.memory_mb - weights_mb) * share, 1),
        images_per_s=round(info.images_per_s / share),
        imagenet_top1=None,
        accuracy={},
    )


def is_fixed(info: BackboneInfo) -> bool:
    """Whether it runs with no input but its own, as several side by side do, whose inputs stand in a row."""
    return bool(info.parts) or info.built_for_size or not info.sizes


def in_common(infos: Sequence[BackboneInfo]) -> tuple[int, ...]:
    """The sides that all of these networks take, beside what is their own; the floor has one, and is not asked."""
    networks = _networks(infos)
    taken = [{*info.sizes, info.input_px} for info in networks]
    own = {info.input_px for info in networks}
    common = set.intersection(*taken) if taken else set()
    return tuple(sorted(common - own if len(own) == 1 else common))


def share_of_time(infos: Sequence[BackboneInfo], input_px: int) -> float:
    """What share of their time with their own inputs these networks take together with this one."""
    networks = _networks(infos)
    own_s = sum(info.network_s for info in networks)
    return sum(resized(info, input_px).network_s for info in networks) / own_s if own_s else 1.0


def _networks(infos: Sequence[BackboneInfo]) -> list[BackboneInfo]:
    """The networks in them, each by itself."""
    return [part for info in infos for part in info.each if not part.is_floor]


def _refusal(info: BackboneInfo, input_px: int) -> str:
    if not info.sizes:
        return _("'{name}' takes no input but its own of {own} px, so not {px} px. Leave the size out.").format(
            name=info.name, own=info.input_px, px=input_px
        )
    nearest = min(info.sizes, key=lambda px: abs(px - input_px))
    return _(
        "'{name}' takes no input of {px} px. Choose a multiple of {step} from {least} to {most}, such as {nearest}, or "
        "the {own} that it was trained with."
    ).format(
        name=info.name, px=input_px, step=info.sizes.step, least=info.sizes[0], most=info.sizes[-1], nearest=nearest,
        own=info.input_px,
    )  # fmt: skip
