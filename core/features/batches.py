"""Photos become batches, decoded by threads while the network is busy with the batch before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor

from core.backbones.preprocess import preprocess
from core.backbones.spec import Preprocessing
from core.data.images.decode import UnreadableImage, open_rgb
from core.errors import FeatureError
from core.i18n import gettext as _
from core.machine import decoding_threads

AHEAD = 2

Photo = tuple[str, Path]
"""What the user calls a photo, and its file."""


def batches(
    photos: Sequence[Photo], rows: Sequence[int], how: Preprocessing, batch_size: int
) -> Iterator[tuple[Sequence[int], Tensor]]:
    """The photos at `rows`, in that order: at most `batch_size` rows and their batch (b, 3, h, w) at a time.

    Raises:
        FeatureError: a photo cannot be read.
    """
    groups = [rows[at : at + batch_size] for at in range(0, len(rows), batch_size)]
    waiting: deque[list[Future[Tensor]]] = deque()
    pool = ThreadPoolExecutor(decoding_threads(), thread_name_prefix="decode")
    try:
        for at, group in enumerate(groups):
            for ahead in groups[at + len(waiting) : at + 1 + AHEAD]:
                waiting.append([pool.submit(_decode, photos[row], how) for row in ahead])
            yield group, torch.stack([image.result() for image in waiting.popleft()])
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _decode(photo: Photo, how: Preprocessing) -> Tensor:
    name, file = photo
    try:
        return preprocess(open_rgb(file), how)
    except UnreadableImage as problem:
        raise FeatureError(
            _("The stored copy of the image '{name}' cannot be read ({reason}). Add the dataset again.").format(
                name=name, reason=problem.reason
            )
        ) from problem
