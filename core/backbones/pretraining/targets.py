"""The teachers' answers to every view, computed once and kept on disk as float16, one file an output and view."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.backbones.pretraining.images import Images
from core.backbones.pretraining.teachers import Teacher
from core.backbones.pretraining.views import draw_views, view_boxes
from core.paths import replacing

BATCH = 32


def compute_targets(
    teacher: Teacher, images: Images, cache: Path, *, view: int, seed: int, input_px: int
) -> dict[str, npt.NDArray[np.float16]]:
    """A teacher's outputs for one view of all images: output -> (n, width) float16, read from disk.

    A view that is complete on disk is not computed again.
    """
    paths = {name: target_path(cache, teacher.name, images.name, view, name) for name in teacher.outputs}
    if not all(path.exists() for path in paths.values()):
        cache.mkdir(parents=True, exist_ok=True)
        rows = {name: np.empty((len(images), width), np.float16) for name, width in teacher.outputs.items()}
        done = 0
        for targets in teacher(_batches(images, view_boxes(seed, view, len(images)), input_px)):
            count = len(targets["embedding"])
            for name, values in targets.items():
                rows[name][done : done + count] = values
            done += count
        for name, path in paths.items():
            with replacing(path) as file:
                np.save(file, rows[name])
    return {name: np.load(path, mmap_mode="c") for name, path in paths.items()}


def target_path(cache: Path, teacher: str, images: str, view: int, output: str) -> Path:
    """Where a teacher's output for a view is kept."""
    return cache / f"{teacher}.{images}.view{view}.{output}.npy"


def _batches(images: Images, boxes: npt.NDArray[np.float32], size_px: int) -> Iterator[Tensor]:
    for start in range(0, len(images), BATCH):
        rows = slice(start, start + BATCH)
        yield draw_views(torch.from_numpy(images.pixels[rows].copy()), torch.from_numpy(boxes[rows].copy()), size_px)
