"""The student: a trunk with one linear head for each target, and its loss."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.backbones.networks.architectures import Trunk, build
from core.pretraining.recipe import MEAN, STD, Recipe


@dataclass(frozen=True)
class Lesson:
    """One teacher's outputs: the scale of its embedding, and the width of its logits.

    Attributes:
        mean, std: (d,) float32, of the embedding over the training images.
        classes: width of its logits; 0 where it has none.
    """

    teacher: str
    mean: Tensor
    std: Tensor
    classes: int


@dataclass(frozen=True)
class Batch:
    """Images as the student sees them, with their targets.

    Attributes:
        images: (b, 3, h, w) float32 in 0..1.
        embeddings, logits: per teacher, (b, d) and (b, c); a teacher without logits is missing there.
        labels: (b,) int64; -1 where there is none.
    """

    images: Tensor
    embeddings: dict[str, Tensor]
    logits: dict[str, Tensor]
    labels: Tensor


class Student(nn.Module):
    """Trunk, features scaled to unit variance (as the probes will), and linear heads."""

    def __init__(self, architecture: str, lessons: list[Lesson], label_count: int) -> None:
        super().__init__()
        self.trunk: Trunk = build(architecture)
        width = self.trunk.feature_dim
        self.scale = nn.BatchNorm1d(width, affine=False)
        self.embedding_heads = nn.ModuleList(nn.Linear(width, len(lesson.mean)) for lesson in lessons)
        self.logit_heads = nn.ModuleList(nn.Linear(width, lesson.classes) for lesson in lessons if lesson.classes)
        self.label_head = nn.Linear(width, max(1, label_count))
        for head in (*self.embedding_heads, *self.logit_heads, self.label_head):
            nn.init.zeros_(head.weight)  # every loss begins at that of a constant prediction
            nn.init.zeros_(head.bias)
        self.lessons = lessons
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1))

    def features(self, images: Tensor) -> Tensor:
        """(b, 3, h, w) in 0..1 -> (b, feature_dim)."""
        normal = (images - self.get_buffer("mean")) / self.get_buffer("std")
        features: Tensor = self.trunk(normal.contiguous(memory_format=torch.channels_last))
        return features

    def forward(self, batch: Batch, recipe: Recipe) -> dict[str, Tensor]:
        """The parts of the loss, each a scalar: embedding, logits, labels and their weighted sum, total."""
        scaled = self.scale(self.features(batch.images).float())
        parts = {
            "embedding": self._embedding_loss(scaled, batch),
            "logits": self._logits_loss(scaled, batch, recipe.temperature),
            "labels": self.labels_loss(scaled, batch.labels),
        }
        weights = (recipe.embedding_weight, recipe.logits_weight, recipe.labels_weight)
        parts["total"] = sum(
            (weight * part for weight, part in zip(weights, parts.values(), strict=True)), torch.zeros(())
        )
        return parts

    def _embedding_loss(self, scaled: Tensor, batch: Batch) -> Tensor:
        """Mean over teachers of the squared error on the standardised embedding; near 1 for a constant prediction."""
        losses = []
        for head, lesson in zip(self.embedding_heads, self.lessons, strict=True):
            target = (batch.embeddings[lesson.teacher].float() - lesson.mean) / lesson.std
            losses.append(functional.mse_loss(head(scaled).float(), target))
        return torch.stack(losses).mean()

    def _logits_loss(self, scaled: Tensor, batch: Batch, temperature: float) -> Tensor:
        """Divergence from the teachers' softened class probabilities (Hinton et al. 2015)."""
        with_logits = [lesson for lesson in self.lessons if lesson.classes]
        losses = [
            functional.kl_div(
                functional.log_softmax(head(scaled).float() / temperature, dim=1),
                functional.log_softmax(batch.logits[lesson.teacher].float() / temperature, dim=1),
                reduction="batchmean", log_target=True,
            )
            for head, lesson in zip(self.logit_heads, with_logits, strict=True)
        ]  # fmt: skip
        return torch.stack(losses).mean() if losses else scaled.new_zeros(())

    def labels_loss(self, scaled: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy over the images that have a label; 0 where none has one."""
        logits = self.label_head(scaled).float()
        total = functional.cross_entropy(logits, labels, ignore_index=-1, label_smoothing=0.1, reduction="sum")
        return total / (labels >= 0).sum().clamp_min(1)


def averaged_copy(student: Student) -> Student:
    """A copy of a student, to hold the exponential moving average of its weights."""
    return copy.deepcopy(student).requires_grad_(False)


@torch.no_grad()
def begin_with(trunk: Trunk, start: Trunk) -> int:
    """Copies another trunk's tensors, in order, until the shapes differ; gives how many were copied."""
    copied = 0
    for tensor, start_tensor in zip(trunk.state_dict().values(), start.state_dict().values(), strict=False):
        if tensor.shape != start_tensor.shape:
            break
        tensor.copy_(start_tensor)
        copied += 1
    return copied


@torch.no_grad()
def fit_heads(student: Student, batches: Iterable[Batch]) -> None:
    """Sets the teachers' heads to the ridge regression of the targets on the trunk's present features.

    Untrained heads would otherwise spoil a trunk that begins with trained weights.
    """
    student.eval()
    batch_features = [(student.features(batch.images).float(), batch) for batch in batches]
    features = torch.cat([of_batch for of_batch, _batch in batch_features])
    student.scale.running_mean = features.mean(0)
    student.scale.running_var = features.var(0)
    scaled = student.scale(features)
    ridge = 0.03 * len(scaled) * torch.eye(scaled.shape[1], device=scaled.device)
    inverse = torch.linalg.inv(scaled.T @ scaled + ridge) @ scaled.T
    for head, lesson in zip(student.embedding_heads, student.lessons, strict=True):
        embeddings = torch.cat([batch.embeddings[lesson.teacher] for _features, batch in batch_features]).float()
        _set_head(head, inverse, (embeddings - lesson.mean) / lesson.std)
    with_logits = [lesson for lesson in student.lessons if lesson.classes]
    for head, lesson in zip(student.logit_heads, with_logits, strict=True):
        logits = torch.cat([batch.logits[lesson.teacher] for _features, batch in batch_features]).float()
        _set_head(head, inverse, logits)


def _set_head(head: nn.Module, inverse: Tensor, targets: Tensor) -> None:
    assert isinstance(head, nn.Linear)
    head.bias.copy_(targets.mean(0))
    head.weight.copy_((inverse @ (targets - targets.mean(0))).T)


@torch.no_grad()
def follow(average: Student, student: Student, decay: float) -> None:
    """Moves the averages a step towards the student, in place; counters are copied."""
    pairs = list(zip(average.state_dict().values(), student.state_dict().values(), strict=True))
    floats = [(mean, value) for mean, value in pairs if mean.is_floating_point()]
    torch._foreach_lerp_([mean for mean, _value in floats], [value for _mean, value in floats], 1 - decay)
    for mean, value in pairs:
        if not mean.is_floating_point():
            mean.copy_(value)
