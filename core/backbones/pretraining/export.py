"""Writing a finished student: fp16 safetensors, and a JSON card that says what it is."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from core.backbones.embedded import measured
from core.backbones.pretraining.recipe import MEAN, STD, Recipe
from core.backbones.pretraining.student import Student
from core.backbones.spec import Preprocessing
from core.paths import write_bytes, write_json

LICENCE = (
    "Made for Graft. Its training photos come from ImageNet, which is offered for non-commercial research; what that "
    "means for the weights is for you to judge. The MobileNet teachers are Apache-2.0."
)
NOTE = (
    "Trained on few and small photos: expect less than from the ImageNet backbones. Tiny-ImageNet contains bees (class "
    "n02206856), so accuracy on ants_bees is not accuracy on classes never seen."
)


def export(
    student: Student, parts: list[tuple[Recipe, float]], card_path: Path, *, input_px: int, trained_on: str
) -> None:
    """Write `<name>.safetensors` beside the card `<name>.json`; the card, which names their sha256, comes last.

    Args:
        parts: each part of the training, and the epochs that were done of it.
    """
    weights = card_path.with_suffix(".safetensors")
    write_bytes(weights, safetensors.torch.save(halved(student.trunk.state_dict())))
    card: dict[str, Any] = {
        "name": card_path.stem,
        "architecture": parts[0][0].architecture,
        "input_px": input_px,
        "preprocessing": preprocessing(input_px).to_json(),
        "trained_on": trained_on,
        "teacher": ", ".join(lesson.teacher for lesson in student.lessons),
        "recipe": [asdict(recipe) for recipe, _epochs in parts],
        "seed": parts[0][0].seed,
        "epochs": [round(epochs, 2) for _recipe, epochs in parts],
        "licence": LICENCE,
        "note": NOTE,
        "accuracy": {},
    }
    write_json(card_path, {**card, **measured(card, weights)})


def preprocessing(input_px: int) -> Preprocessing:
    """How images are prepared: short side to the input (bicubic), central square; at so few pixels none is spared."""
    return Preprocessing(input_px, input_px, mean=MEAN, std=STD, interpolation="bicubic")


def halved(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Floating-point tensors as fp16, contiguous as safetensors wants them; counters as they are."""
    return {
        key: (value.half() if value.is_floating_point() else value).cpu().contiguous() for key, value in state.items()
    }
