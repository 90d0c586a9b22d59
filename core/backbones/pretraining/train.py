"""The training loop: batches of views, one step each, checkpoints that resume exactly.

All randomness of an epoch comes from (seed, epoch), so a run resumed at an epoch equals one that never stopped.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from core.backbones.architectures import Trunk
from core.backbones.pretraining.optimiser import optimisers
from core.backbones.pretraining.recipe import Recipe, recipe_from_dict
from core.backbones.pretraining.student import Batch, Lesson, Student, averaged_copy, begin_with, fit_heads, follow
from core.backbones.pretraining.views import draw_views, view_boxes
from core.errors import BackboneError
from core.i18n import gettext as _
from core.paths import replacing

Report = Callable[[str], None]
SAVE_EVERY = 50  # steps
FIT_BATCHES = 16
BLUR_STREAM = 1  # keeps an epoch's blur apart from its order


@dataclass(frozen=True)
class Source:
    """Images with the teachers' answers to each view.

    Attributes:
        pixels: (n, side, side, 3) uint8.
        labels: (n,) int64; -1 where there is none.
        repeats: views of each image in one epoch; epoch view v uses views v·repeats … v·repeats + repeats - 1.
        embeddings, logits: teacher -> one (n, width) float16 for each view.
    """

    pixels: Tensor
    labels: Tensor
    repeats: int
    embeddings: dict[str, list[Tensor]]
    logits: dict[str, list[Tensor]]

    def __len__(self) -> int:
        return len(self.pixels) * self.repeats


def lessons_of(sources: list[Source], *, rows: int = 20_000) -> list[Lesson]:
    """Each teacher's scale, from the first rows of the first view of the first source."""
    lessons = []
    for teacher, views in sources[0].embeddings.items():
        sample = views[0][:rows].float()
        std = sample.std(0).clamp_min(1e-2)
        classes = sources[0].logits[teacher][0].shape[1] if teacher in sources[0].logits else 0
        lessons.append(Lesson(teacher, sample.mean(0), std, classes))
    return lessons


class Training:
    """A run that can stop after every `SAVE_EVERY` steps and go on later.

    Args:
        checkpoint: file with the state at the last save; taken up where it exists.
        start: a trunk whose weights the student's trunk begins with, as far as the shapes agree.

    Raises:
        BackboneError: the checkpoint is of another recipe.
    """

    def __init__(
        self,
        recipe: Recipe,
        sources: list[Source],
        checkpoint: Path,
        *,
        device: str = "cpu",
        start: Trunk | None = None,
    ) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.sources = sources
        self.checkpoint = checkpoint
        self.device = torch.device(device)
        label_count = max(int(source.labels.max()) for source in sources) + 1
        student = Student(recipe.architecture, lessons_of(sources), label_count)
        if start is not None:
            begin_with(student.trunk, start)
        self.student = student.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.steps_per_epoch = max(1, sum(len(source) for source in sources) // recipe.batch_size)
        if start is not None and not checkpoint.exists():
            fit_heads(self.student, self._batches(0, 0, min(FIT_BATCHES, self.steps_per_epoch)))
        self.average = averaged_copy(self.student)
        self.optimisers = optimisers(self.student, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        self.steps_done = 0
        self.history: list[dict[str, float]] = []
        if checkpoint.exists():
            self._load()

    @property
    def epochs_done(self) -> float:
        """Epochs trained so far."""
        return self.steps_done / self.steps_per_epoch

    def run(self, report: Report = lambda _line: None, *, until_step: int | None = None) -> Student:
        """Train until a step (default: the recipe's end), with a checkpoint now and then; the averaged student."""
        last = round(self.recipe.epochs * self.steps_per_epoch)
        stop = last if until_step is None else min(last, until_step)
        while self.steps_done < stop:
            epoch, first = divmod(self.steps_done, self.steps_per_epoch)
            count = min(SAVE_EVERY, self.steps_per_epoch - first, stop - self.steps_done)
            self._steps(epoch, first, count)
            report(f"step {self.steps_done}/{last}: {_describe(self.history[-1])}")
        return self.average.eval()

    def _steps(self, epoch: int, first: int, count: int) -> None:
        """Some steps of one epoch, then a checkpoint."""
        self.student.train()
        started, sums = time.monotonic(), dict[str, float]()
        for batch in _ahead(self._batches(epoch, first, first + count)):
            parts = self._step(batch, self.steps_done)
            self.steps_done += 1
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + float(value.detach()) / count
        self.history.append({**sums, "steps_per_s": count / (time.monotonic() - started)})
        self._save()

    def _step(self, batch: Batch, step: int) -> dict[str, Tensor]:
        rate = self.recipe.rate_at(step, self.steps_per_epoch)
        with torch.autocast(self.device.type, torch.bfloat16):
            parts: dict[str, Tensor] = self.student(batch, self.recipe)
        parts["total"].backward()  # type: ignore[no-untyped-call]
        for optimiser, share in zip(self.optimisers, (1.0, self.recipe.head_rate), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate * share
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        follow(self.average, self.student, self.recipe.ema_at(step))
        return parts

    def _batches(self, epoch: int, first: int, stop: int) -> Iterator[Batch]:
        """Batches `first` to `stop` of an epoch; each holds every source's share, so that all have the same mixture."""
        recipe = self.recipe
        random = np.random.default_rng((recipe.seed, epoch))
        orders = [random.permutation(len(source)) for source in self.sources]
        sizes = random.choice(recipe.sizes_at(epoch), self.steps_per_epoch)
        for step in range(first, stop):
            parts = []
            for source, order in zip(self.sources, orders, strict=True):
                start, stop = (len(order) * (step + i) // self.steps_per_epoch for i in (0, 1))
                parts.append(_draw(source, order[start:stop], epoch, int(sizes[step]), recipe))
            yield _joined(parts, self.device)

    def _save(self) -> None:
        state = {
            "recipe": asdict(self.recipe), "steps_done": self.steps_done, "history": self.history,
            "student": self.student.state_dict(), "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
        }  # fmt: skip
        with replacing(self.checkpoint) as file:
            torch.save(state, file)

    def _load(self) -> None:
        state: dict[str, Any] = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        earlier = recipe_from_dict(state["recipe"])
        done = state["steps_done"] / self.steps_per_epoch
        if not self.recipe.may_continue(earlier, done):
            message = _("The checkpoint “{name}” is of another recipe, {epochs} epochs in. Use another folder.")
            raise BackboneError(message.format(name=self.checkpoint.name, epochs=round(done, 1)))
        self.student.load_state_dict(state["student"])
        self.average.load_state_dict(state["average"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.steps_done, self.history = state["steps_done"], state["history"]


def _draw(source: Source, picks: npt.NDArray[np.int64], epoch: int, size_px: int, recipe: Recipe) -> Batch:
    """Some of a source's views at the student's size, mirrored or blurred anew in each epoch, with the targets."""
    rows, repeat = np.divmod(picks, source.repeats)
    views = (epoch % recipe.views) * source.repeats + repeat
    boxes = np.empty((len(rows), 5), np.float32)
    for view in np.unique(views):
        boxes[views == view] = view_boxes(recipe.seed, int(view), len(source.pixels))[rows[views == view]]
    random = np.random.default_rng((recipe.seed, epoch, BLUR_STREAM, int(picks[0])))
    boxes[:, 4] *= random.choice([-1.0, 1.0], len(rows))
    device = source.pixels.device
    index = torch.from_numpy(rows).to(device)
    images = draw_views(source.pixels[index], torch.from_numpy(boxes).to(device), size_px)
    blurred = torch.from_numpy(random.random(len(rows)) < recipe.blur).to(device)
    if bool(blurred.any()):
        images[blurred] = _halved(images[blurred])
    return Batch(
        images,
        {name: _gather(targets, rows, views) for name, targets in source.embeddings.items()},
        {name: _gather(targets, rows, views) for name, targets in source.logits.items()},
        source.labels[index],
    )


def _halved(images: Tensor) -> Tensor:
    size = images.shape[2:]
    small = functional.interpolate(images, scale_factor=0.5, mode="area")
    return functional.interpolate(small, size=size, mode="bilinear", align_corners=False)


def _gather(targets: list[Tensor], rows: npt.NDArray[np.int64], views: npt.NDArray[np.int64]) -> Tensor:
    """Row rows[i] of view views[i]."""
    out = torch.empty((len(rows), targets[0].shape[1]), dtype=targets[0].dtype, device=targets[0].device)
    for view in np.unique(views):
        where = torch.from_numpy(np.flatnonzero(views == view)).to(out.device)
        out[where] = targets[int(view)][torch.from_numpy(rows[views == view]).to(out.device)]
    return out


def _joined(parts: list[Batch], device: torch.device) -> Batch:
    return Batch(
        torch.cat([part.images for part in parts]).to(device),
        {name: torch.cat([part.embeddings[name] for part in parts]).to(device) for name in parts[0].embeddings},
        {name: torch.cat([part.logits[name] for part in parts]).to(device) for name in parts[0].logits},
        torch.cat([part.labels for part in parts]).to(device),
    )


def _ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches, each prepared in another thread while the one before is in use."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch


def _describe(losses: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
