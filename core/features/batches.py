"""Images become batches, read by threads while the network is busy with the batch before."""

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
        read: gives the image with an index, (3, h, w); called from several threads. What it raises is raised here.
    """
    waiting: deque[tuple[Sequence[int], list[Future[Tensor]]]] = deque()
    upcoming = iter(groups)
    pool = ThreadPoolExecutor(decoding_threads(), thread_name_prefix="decode")
    try:
        while True:
            for group in islice(upcoming, 1 + AHEAD - len(waiting)):
                waiting.append((group, [pool.submit(read, index) for index in group]))
            if not waiting:
                return
            indices, images = waiting.popleft()
            yield indices, torch.stack([image.result() for image in images])
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def grouped(indices: Sequence[int], size: int) -> list[Sequence[int]]:
    """Cuts indices into groups of at most `size`."""
    return [indices[at : at + size] for at in range(0, len(indices), size)]


def batch_size_at(input_px: int, batch_size: int = 32) -> int:
    """How many images of that side take the memory that `batch_size` of 224 px do; never more than `batch_size`."""
    return max(1, min(batch_size, int(batch_size * (_BATCH_PX / input_px) ** 2)))
