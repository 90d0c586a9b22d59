"""Batches of images, which threads read while the network is busy with the batch before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import torch
from torch import Tensor

from core.machine import decoding_threads

AHEAD = 2
_BATCH_PX = 224


def batches(
    groups: Iterable[Sequence[int]], read: Callable[[int], Tensor]
) -> Generator[tuple[Sequence[int], Tensor], None, None]:
    """Each group of indices with its images (b, 3, h, w); the next two groups are read meanwhile.

    Args:
        groups: which images make a batch; none of them is empty.
        read: gives the image with an index, (3, h, w); called from several threads. Its errors are raised here.
    """
    in_flight: deque[tuple[Sequence[int], list[Future[Tensor]]]] = deque()
    remaining = iter(groups)
    pool = ThreadPoolExecutor(decoding_threads(), thread_name_prefix="decode")
    try:
        while True:
            for group in islice(remaining, 1 + AHEAD - len(in_flight)):
                in_flight.append((group, [pool.submit(read, index) for index in group]))
            if not in_flight:
                return
            indices, images = in_flight.popleft()
            yield indices, torch.stack([image.result() for image in images])
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def grouped(indices: Sequence[int], size: int) -> list[Sequence[int]]:
    """Cuts indices into groups of at most `size`."""
    return [indices[start : start + size] for start in range(0, len(indices), size)]


def batch_size_at(input_px: int, batch_size: int) -> int:
    """How many images of this side take the memory of `batch_size` images of 224 px; never more than `batch_size`."""
    return max(1, min(batch_size, int(batch_size * (_BATCH_PX / input_px) ** 2)))
