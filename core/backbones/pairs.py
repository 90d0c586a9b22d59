"""Backbones side by side: the facts about them together.

They are one backbone, whose features are those of its parts in a row, and which costs what they cost together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from core.backbones.names import joined
from core.backbones.spec import BackboneInfo

FAMILY = "pair"

_Stage = TypeVar("_Stage")


def side_by_side(parts: Sequence[BackboneInfo]) -> BackboneInfo:
    """The facts about several backbones as one.

    Its stages pair theirs from the last one backwards, so that "the last stage" is that of each.

    Args:
        parts: two or more, in the order of their names.
    """
    first, *others = parts
    beside = tuple(part.preprocessing for part in others)
    speeds = [part.images_per_s for part in parts]
    return BackboneInfo(
        name=joined(part.name for part in parts),
        family=FAMILY,
        embedded=all(part.embedded for part in parts),
        params=sum(part.params for part in parts),
        gflops=sum(part.gflops for part in parts),
        size_mb=sum(part.size_mb for part in parts),
        input_px=max(part.input_px for part in parts),
        feature_dim=sum(part.feature_dim for part in parts),
        imagenet_top1=None,
        trained_on=_of_each(parts, lambda part: part.trained_on),
        licence=_of_each(parts, lambda part: part.licence),
        weights="+".join(part.weights for part in parts if part.weights),
        preprocessing=replace(first.preprocessing, beside=beside),
        trainable=all(part.trainable for part in parts),
        stages=tuple(map(" + ".join, last_together([part.stages for part in parts]))),
        memory_mb=sum(part.memory_mb for part in parts),
        images_per_s=round(1 / sum(1 / speed for speed in speeds)) if all(speeds) else 0,
        note=_of_each(parts, lambda part: part.note),
        sha256="+".join(part.sha256 for part in parts),
        architecture="+".join(part.architecture for part in parts),
        commercial=all(part.commercial for part in parts),
        parts=tuple(parts),
    )


def last_together(stages: Sequence[Sequence[_Stage]]) -> list[tuple[_Stage, ...]]:
    """The stages of several backbones as stages of one: their last ones are the last, those before these before it.

    Where one has fewer than another, the other's first stages stand alone.
    """
    depth = max(map(len, stages))
    return [tuple(own[len(own) - behind] for own in stages if behind <= len(own)) for behind in range(depth, 0, -1)]


def _of_each(parts: Sequence[BackboneInfo], fact: Callable[[BackboneInfo], str]) -> str:
    """A fact in words, said once where it is the same for all; "" where there is none."""
    facts = {part.name: fact(part) for part in parts if fact(part)}
    if len(set(facts.values())) == 1 and len(facts) == len(parts):
        return next(iter(facts.values()))
    return " ".join(f"{name}: {words if words.endswith('.') else words + '.'}" for name, words in facts.items())
