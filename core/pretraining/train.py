"""The training loop: batches of views, one step each, checkpoints that resume exactly.

All randomness of an epoch comes from (seed, epoch), so a resumed run equals one that never stopped.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from core.backbones.networks.architectures import Trunk
from core.engines.device import has_bf16
from core.errors import BackboneError
from core.i18n import gettext as _
from core.paths import replacing
from core.pretraining.optimiser import optimisers
from core.pretraining.recipe import Recipe, recipe_from_dict
from core.pretraining.student import Batch, Lesson, Student, averaged_copy, begin_with, fit_heads, follow
from core.pretraining.targets import Answer
from core.pretraining.views import ALONE, Views, draw_views

Report = Callable[[str], None]
REPORT_EVERY = 50  # steps
SAVE_EVERY_S = 60
FIT_BATCHES = 16
ORDER_STREAM, OWN_STREAM = 1, 2  # separate random streams within an epoch


@dataclass(frozen=True)
class TaughtImages:
    """Images with the teachers' answers to their views.

    Attributes:
        name: its name, unlike those of other sources.
        pixels: (n, side, side, 3) uint8.
        labels: (n,) int64; -1 where there is none.
        repeats: how often each image is seen in an epoch; row i of a view shows image i modulo n.
        plan, answers: a view's number -> its rows, and the teachers' answers to them.
    """

    name: str
    pixels: Tensor
    labels: Tensor
    repeats: int
    plan: Callable[[int], Views]
    answers: Callable[[int], Answer]

    def __len__(self) -> int:
        return len(self.pixels) * self.repeats


def lessons_of(sources: list[TaughtImages], *, rows: int = 20_000) -> list[Lesson]:
    """Each teacher's scale, from rows all over the first view of the first source; it holds for all sources."""
    first = sources[0].answers(0)
    lessons = []
    for teacher, embedding in first["embedding"].items():
        sample = embedding[:: max(1, len(embedding) // rows)].float()
        classes = first["logits"][teacher].shape[1] if teacher in first["logits"] else 0
        lessons.append(Lesson(teacher, sample.mean(0), sample.std(0).clamp_min(1e-2), classes))
    return lessons


class Training:
    """A run that goes on from its last checkpoint, which is saved every minute and at the end.

    Args:
        recipe: how to train.
        sources: the images with their answers.
        checkpoint: the file with the state at the last save, from which the run goes on where it exists.
        device: where to train.
        start: a trunk whose weights the student's trunk begins with, as far as the shapes agree.

    Raises:
        BackboneError: the checkpoint is damaged, or of another recipe, other images or other teachers.
    """

    def __init__(
        self,
        recipe: Recipe,
        sources: list[TaughtImages],
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
        self._taught = [*(source.name for source in sources), *(lesson.teacher for lesson in student.lessons)]
        if start is not None:
            begin_with(student.trunk, start)
        self.student = student.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.steps_per_epoch = max(1, sum(len(source) for source in sources) // recipe.batch_size)
        if start is not None and not checkpoint.exists():
            fit_heads(self.student, self.batches(0, 0, min(FIT_BATCHES, self.steps_per_epoch)))
        self.average = averaged_copy(self.student)
        self.optimisers = optimisers(self.student, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        self._pool = ThreadPoolExecutor(1)
        self.steps_done = 0
        self.history: list[dict[str, float]] = []
        if checkpoint.exists():
            self._load()

    @property
    def epochs_done(self) -> float:
        """Epochs trained so far."""
        return self.steps_done / self.steps_per_epoch

    def run(self, report: Report = lambda _line: None, *, until_step: int | None = None) -> Student:
        """Trains until a step (default: the recipe's end), with checkpoints; gives the averaged student."""
        last = round((self.recipe.stop_epoch or self.recipe.epochs) * self.steps_per_epoch)
        stop = last if until_step is None else min(last, until_step)
        saved = time.monotonic()
        while self.steps_done < stop:
            epoch, first = divmod(self.steps_done, self.steps_per_epoch)
            count = min(REPORT_EVERY, self.steps_per_epoch - first, stop - self.steps_done)
            self._steps(epoch, first, count)
            if self.steps_done >= stop or time.monotonic() - saved > SAVE_EVERY_S:
                self._save()
                saved = time.monotonic()
            report(f"step {self.steps_done}/{last}: {_describe(self.history[-1])}")
        return self.average.eval()

    def _steps(self, epoch: int, first: int, count: int) -> None:
        """Does some steps of one epoch."""
        self.student.train()
        started, parts = time.monotonic(), []
        for batch in _ahead(self.batches(epoch, first, first + count), self._pool):
            parts.append(self._step(batch, self.steps_done))
            self.steps_done += 1
        means = {name: float(torch.stack([part[name].detach() for part in parts]).mean()) for name in parts[0]}
        self.history.append({**means, "steps_per_s": count / (time.monotonic() - started)})

    def _step(self, batch: Batch, step: int) -> dict[str, Tensor]:
        rate = self.recipe.rate_at(step, self.steps_per_epoch)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=has_bf16(self.device)):
            parts: dict[str, Tensor] = self.student(batch, self.recipe)
        parts["total"].backward()  # type: ignore[no-untyped-call]
        for optimiser, share in zip(self.optimisers, (1.0, self.recipe.head_rate), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate * share
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        follow(self.average, self.student, self.recipe.ema_at(step))
        return parts

    def batches(self, epoch: int, first: int, stop: int) -> Iterator[Batch]:
        """Batches `first` to `stop` of an epoch; all have the same shares of the sources."""
        recipe = self.recipe
        random = np.random.default_rng((ORDER_STREAM, recipe.seed, epoch))
        orders = [random.permutation(len(source)) for source in self.sources]
        sizes = random.choice(recipe.sizes_at(epoch), self.steps_per_epoch)
        for step in range(first, stop):
            parts = []
            for source, order in zip(self.sources, orders, strict=True):
                count = max(1, len(order) // self.steps_per_epoch)
                picks = order.take(np.arange(step * count, (step + 1) * count), mode="wrap")
                parts.append(_draw(source, picks, epoch, int(sizes[step]), recipe))
            yield _joined(parts, self.device)

    def _save(self) -> None:
        state = {
            "recipe": asdict(self.recipe), "taught": self._taught,
            "steps_done": self.steps_done, "history": self.history,
            "student": self.student.state_dict(), "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
        }  # fmt: skip
        with replacing(self.checkpoint) as file:
            torch.save(state, file)

    def _load(self) -> None:
        try:
            state: dict[str, Any] = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        except (RuntimeError, EOFError, UnpicklingError) as error:
            message = _("The checkpoint '{name}' is damaged. Delete it to begin anew.")
            raise BackboneError(message.format(name=self.checkpoint.name)) from error
        earlier = recipe_from_dict(state["recipe"])
        epochs_done = state["steps_done"] / self.steps_per_epoch
        if state["taught"] != self._taught or not self.recipe.may_continue(earlier, epochs_done):
            message = _(
                "The checkpoint '{name}' is of another recipe, other images or other teachers. Use another folder."
            )
            raise BackboneError(message.format(name=self.checkpoint.name))
        self.student.load_state_dict(state["student"])
        self.average.load_state_dict(state["average"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.steps_done, self.history = state["steps_done"], state["history"]


def _draw(source: TaughtImages, rows: npt.NDArray[np.int64], epoch: int, size_px: int, recipe: Recipe) -> Batch:
    """Draws some rows of a source's view at the student's size, mirrored and blurred anew each epoch, with targets."""
    view = epoch % recipe.views
    views = source.plan(view).of(rows)
    images = draw_views(source.pixels, rows % len(source.pixels), views, size_px)
    random = np.random.default_rng((OWN_STREAM, recipe.seed, epoch, int(rows[0])))
    mirrored = torch.from_numpy(np.flatnonzero(random.random(len(rows)) < 0.5)).to(images.device)
    images[mirrored] = images[mirrored].flip(3)
    blurred = torch.from_numpy(np.flatnonzero(random.random(len(rows)) < recipe.blur)).to(images.device)
    if len(blurred):
        images[blurred] = _halved(images[blurred])
    indices = torch.from_numpy(rows).to(images.device)
    labels = source.labels[indices % len(source.labels)]
    mixed = torch.from_numpy(views.mix != ALONE).to(labels.device)
    answers = {
        output: {teacher: values[indices] for teacher, values in teachers.items()}
        for output, teachers in source.answers(view).items()
    }
    return Batch(images, answers["embedding"], answers["logits"], labels.masked_fill(mixed, -1))


def _halved(images: Tensor) -> Tensor:
    size = images.shape[2:]
    small = functional.interpolate(images, scale_factor=0.5, mode="area")
    return functional.interpolate(small, size=size, mode="bilinear", align_corners=False)


def _joined(parts: list[Batch], device: torch.device) -> Batch:
    return Batch(
        torch.cat([part.images for part in parts]).to(device),
        {name: torch.cat([part.embeddings[name] for part in parts]).to(device) for name in parts[0].embeddings},
        {name: torch.cat([part.logits[name] for part in parts]).to(device) for name in parts[0].logits},
        torch.cat([part.labels for part in parts]).to(device),
    )


def _ahead(batches: Iterator[Batch], pool: Executor) -> Iterator[Batch]:
    """The same batches, each prepared in the pool while the one before it is in use."""
    next_batch = pool.submit(next, batches, None)
    while (batch := next_batch.result()) is not None:
        next_batch = pool.submit(next, batches, None)
        yield batch


def _describe(losses: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
