"""The settings of a training run, and the rates and sizes that they give at each step."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from core.errors import BackboneError
from core.i18n import gettext as _

MEAN = (0.48, 0.448, 0.398)
STD = (0.276, 0.269, 0.282)


@dataclass(frozen=True)
class Recipe:
    """A training run: warm-up, a steady part, and a cool-down in which the learning rate falls to zero.

    Until its cool-down begins, a run does not depend on `epochs`, so that it may be resumed with more or fewer of them
    ("trapezoidal" schedule; Hägele et al. 2024). In the cool-down the images get larger (progressive sizes).

    Attributes:
        input_px: native input of the finished backbone.
        views: views of each image that teachers answered; epoch e learns from view e modulo `views`.
        photo_repeats: how often an epoch sees each image of a source without labels.
        every: of packed images, one in so many is taken.
        head_rate: learning rate of heads, norms and biases, as a share of the convolutions'.
        sizes_px, cooldown_sizes_px: student's input sizes; one is drawn for each batch.
        wild: share of views that do not look like photos; see `views`.
        blur: share of a batch's images that the student sees at half the resolution.
        embedding_weight, logits_weight, labels_weight: shares in the loss.
        start: name of the backbone whose weights the student begins with; empty for random ones.
        temperature: softens the teacher's class probabilities (Hinton et al. 2015).
        stop_epoch: the epoch at which the run stops before its end; None for the end.
    """

    architecture: str
    input_px: int = 96
    epochs: float = 20
    cooldown_epochs: float = 6
    batch_size: int = 512
    learning_rate: float = 4e-3
    head_rate: float = 0.2
    weight_decay: float = 0.05
    warmup_steps: int = 300
    ema_decay: float = 0.998
    views: int = 8
    photo_repeats: int = 20
    teacher_px: int = 128
    sizes_px: tuple[int, ...] = (48, 64)
    cooldown_sizes_px: tuple[int, ...] = (64, 80, 96)
    wild: float = 0.25
    blur: float = 0.2
    embedding_weight: float = 1.0
    logits_weight: float = 0.2
    labels_weight: float = 0.1
    temperature: float = 1.5
    seed: int = 0
    start: str = ""
    every: int = 1
    stop_epoch: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.cooldown_epochs <= self.epochs:
            message = _("The cool-down of {cooldown} epochs must be more than 0 and at most the run's {epochs}.")
            raise BackboneError(message.format(cooldown=self.cooldown_epochs, epochs=self.epochs))
        for name, least in (("views", 1), ("every", 1), ("batch_size", 2), ("seed", 0), ("input_px", 16)):
            if getattr(self, name) < least:
                message = _("'{name}' must be at least {least}, not {value}.")
                raise BackboneError(message.format(name=name, least=least, value=getattr(self, name)))

    @property
    def steady_epochs(self) -> float:
        """Epochs before the cool-down."""
        return self.epochs - self.cooldown_epochs

    def sizes_at(self, epoch: int) -> tuple[int, ...]:
        """The input sizes from which an epoch's batches are drawn."""
        return self.sizes_px if epoch < self.steady_epochs else self.cooldown_sizes_px

    def rate_at(self, step: int, steps_per_epoch: int) -> float:
        """The learning rate of a step: linear up, constant, then linear down to zero."""
        cooldown_left = (self.epochs * steps_per_epoch - step) / (self.cooldown_epochs * steps_per_epoch)
        return self.learning_rate * min(1.0, (step + 1) / self.warmup_steps, cooldown_left)

    def ema_at(self, step: int) -> float:
        """The averages' decay at a step; it is small at first, so that the random start is forgotten."""
        return min(self.ema_decay, (1 + step) / (10 + step))

    def may_continue(self, earlier: "Recipe", epochs_done: float) -> bool:
        """Whether a run that began with the recipe `earlier` can go on with this one, as if it had begun with it."""
        earlier_settings, settings = (replace(recipe, stop_epoch=None, input_px=16) for recipe in (earlier, self))
        unused_until_cooldown = {"epochs": 0, "cooldown_epochs": 0, "cooldown_sizes_px": ()}
        is_same = {**asdict(earlier_settings), **unused_until_cooldown} == {**asdict(settings), **unused_until_cooldown}
        is_steady = epochs_done <= min(self.steady_epochs, earlier.steady_epochs)
        return earlier_settings == settings or (is_same and is_steady)


def recipe_from_dict(values: dict[str, Any]) -> Recipe:
    """The recipe of `asdict`, with its lists as tuples again."""
    settings: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }
    return Recipe(**settings)


RECIPES = {
    "residual": Recipe(
        "residual", input_px=128, epochs=44.58, cooldown_epochs=18.3, stop_epoch=41.88,
        sizes_px=(64, 80, 96), cooldown_sizes_px=(96, 112, 128),
    ),
    "plain": Recipe(
        "plain", input_px=96, epochs=61.14, cooldown_epochs=34.0, stop_epoch=44.66,
        sizes_px=(48, 64, 80), cooldown_sizes_px=(80, 96),
    ),
    "inception": Recipe(
        "inception", input_px=112, epochs=27.19, cooldown_epochs=8.6,
        sizes_px=(64, 80, 96), cooldown_sizes_px=(80, 96, 112),
    ),
    "residual_photos": Recipe(
        "residual", input_px=128, epochs=1.0, cooldown_epochs=1.0, sizes_px=(96, 112, 128),
        cooldown_sizes_px=(96, 112, 128), batch_size=256, learning_rate=4e-4, warmup_steps=30, ema_decay=0.99,
        views=1, photo_repeats=25, every=4, seed=1,
    ),
}  # fmt: skip
"""How each of the shipped backbones was trained; `residual_photos` goes on where `residual` stopped."""
