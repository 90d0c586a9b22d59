"""Writing a finished student: fp16 safetensors, and a JSON card that says what it is."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from core.backbones.sources.embedded import measured
from core.backbones.spec import Preprocessing
from core.paths import write_bytes, write_json
from core.pretraining.recipe import MEAN, STD, Recipe
from core.pretraining.student import Student

Card = dict[str, Any]


@dataclass(frozen=True)
class Words:
    """What only the maker can say of a backbone: its images, its teachers, its licence, and what to beware of."""

    trained_on: str
    teacher: str
    licence: str
    note: str = ""


def export(
    student: Student, recipe: Recipe, card_path: Path, *, epochs: float, words: Words, begun: Card | None = None
) -> None:
    """Write `<name>.safetensors` beside the card `<name>.json`; the card, which names their sha256, comes last.

    Args:
        begun: card of the backbone that the student began with; how that one was trained is told too.
    """
    weights = card_path.with_suffix(".safetensors")
    write_bytes(weights, safetensors.torch.save(halved(student.trunk.state_dict())))
    card: Card = {
        "name": card_path.stem,
        "architecture": recipe.architecture,
        "input_px": recipe.input_px,
        "preprocessing": preprocessing(recipe.input_px).to_json(),
        "trained_on": words.trained_on,
        "teacher": words.teacher,
        "recipe": asdict(recipe),
        "seed": recipe.seed,
        "epochs": round(epochs, 2),
        "before": {key: begun[key] for key in ("recipe", "epochs", "before") if key in begun} if begun else None,
        "licence": words.licence,
        "note": words.note,
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
