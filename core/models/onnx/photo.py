"""A graph that takes photos as they are: the preprocessing becomes a part of it.

Its input `photo` is (n, h, w, 3) uint8, upright RGB photos of one size, whatever that is. What the network sees of
them is what Graft gives it: Pillow's resampling as two products of matrices (see `resampling.py`). Some values differ
by 1 of 255 only where photos are very high, or grow one way and shrink the other: Pillow's newer versions take the
columns of such ones first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.backbones.names import CENTRE, WHOLE
from core.backbones.preprocess import LONG
from core.backbones.spec import Preprocessing
from core.bundle.graphs import PHOTO
from core.models.onnx.resampling import Axis, Resampling
from core.models.onnx.steps import Steps


def with_preprocessing(graph: bytes, preprocessing: Preprocessing, names: Sequence[str]) -> bytes:
    """The graph with the preprocessing before it.

    Args:
        graph: takes normalised images under these names, one for each view.
        preprocessing: how a photo becomes them.
        names: of its inputs.
    """
    import onnx
    from onnx import TensorProto, compose, helper

    model, steps = onnx.ModelProto.FromString(graph), Steps()
    own = {name: f"{PHOTO}_{name}" for name in names}
    for view, output in zip(preprocessing.views, own.values(), strict=True):
        _normalise(steps, _seen(steps, view), view, output)
    takes = helper.make_tensor_value_info(PHOTO, TensorProto.UINT8, ["n", "h", "w", 3])
    gives = [
        helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", 3, view.crop_px, view.crop_px])
        for view, output in zip(preprocessing.views, own.values(), strict=True)
    ]
    before = helper.make_model(
        helper.make_graph(steps.nodes, "preprocessing", [takes], gives, steps.constants),
        opset_imports=model.opset_import,
        ir_version=model.ir_version,
    )
    merged = compose.merge_models(before, model, io_map=[(output, name) for name, output in own.items()])
    merged.producer_name, merged.producer_version = model.producer_name, model.producer_version
    return bytes(merged.SerializeToString(deterministic=True))


def _seen(steps: Steps, view: Preprocessing) -> str:
    """What a network sees of the photo, (n, 3, side, side) float64 of 0 to 255."""
    resampling = Resampling(steps, view.interpolation)
    height, width, side = steps.size(PHOTO, 1), steps.size(PHOTO, 2), steps.real(view.crop_px)
    pixels = steps.op("Transpose", PHOTO, perm=[0, 1, 3, 2])  # each row's reds, greens and blues
    if view.framing == CENTRE:
        return resampling.resized(pixels, *(_centre(steps, own, height, width, view) for own in (height, width)))
    if view.framing == WHOLE:
        long = steps.op("Max", height, width)
        scaled = [_share(steps, own, long, side) for own in (height, width)]
        rows, columns = (Axis.whole(steps, own, size) for own, size in zip((height, width), scaled, strict=True))
        return _padded(steps, resampling.resized(pixels, rows, columns), scaled, view)
    shrunk = [steps.op("Min", own, side) for own in (height, width)]
    rows, columns = (Axis.whole(steps, own, size) for own, size in zip((height, width), shrunk, strict=True))
    smaller = steps.op("Transpose", resampling.resized(pixels, rows, columns), perm=[0, 2, 1, 3])
    rows, columns = (Axis.whole(steps, own, side) for own in shrunk)
    return resampling.resized(smaller, rows, columns)


def _centre(steps: Steps, own: str, height: str, width: str, view: Preprocessing) -> Axis:
    """One axis of a photo whose short side is resized, and of which the middle is cut out.

    Of a photo that is far longer than that, only the box that will be seen is resized, as in `preprocess`.
    """
    resize, side, none = steps.real(view.resize_px), steps.real(view.crop_px), steps.real(0)
    short = steps.op("Min", height, width)
    scaled = [_floor(steps, steps.op("Mul", resize, length), short) for length in (height, width)]
    is_long = steps.op("Greater", steps.op("Max", *scaled), steps.real(LONG * view.resize_px))
    mine = _floor(steps, steps.op("Mul", resize, own), short)
    before = steps.op("Round", steps.op("Div", steps.op("Sub", mine, side), steps.real(2)))
    ratio = steps.op("Div", own, mine)
    first = steps.op("Mul", before, ratio)
    last = steps.op("Min", steps.op("Mul", steps.op("Add", before, side), ratio), own)
    box_scale = steps.op("Div", steps.op("Sub", last, first), side)
    return Axis(
        size=own,
        start=steps.op("Where", is_long, first, none),
        scale=steps.op("Where", is_long, box_scale, ratio),
        skipped=steps.op("Where", is_long, none, before),
        count=side,
    )


def _floor(steps: Steps, value: str, by: str) -> str:
    return steps.op("Floor", steps.op("Div", value, by))


def _share(steps: Steps, own: str, long: str, side: str) -> str:
    """A side of the photo, where its long one is to have the length `side`; at least 1."""
    share = steps.op("Round", steps.op("Mul", steps.op("Div", own, long), side))
    return steps.op("Max", share, steps.real(1))


def _padded(steps: Steps, pixels: str, sizes: Sequence[str], view: Preprocessing) -> str:
    """A square with the pixels in its middle; the rest has the mean colour."""
    missing = [steps.op("Sub", steps.real(view.crop_px), own) for own in sizes]
    before = [steps.op("Round", steps.op("Div", own, steps.real(2))) for own in missing]
    after = [steps.op("Sub", own, first) for own, first in zip(missing, before, strict=True)]
    none, ground = steps.real(0), steps.constant(np.reshape(view.mean_colour, (1, 3, 1, 1)), np.float64)
    pads = steps.op("Concat", none, none, *before, none, none, *after, axis=0)
    padded = steps.op("Pad", steps.op("Sub", pixels, ground), steps.as_whole(pads))
    return steps.op("Add", padded, ground)


def _normalise(steps: Steps, pixels: str, view: Preprocessing, output: str) -> None:
    """Levels as the network wants them, in float32 from here on."""
    mean, std = (steps.constant(np.reshape(part, (1, 3, 1, 1)), np.float32) for part in (view.mean, view.std))
    shares = steps.op("Div", steps.as_float(pixels), steps.constant(255, np.float32))
    steps.op("Div", steps.op("Sub", shares, mean), std, output=output)
