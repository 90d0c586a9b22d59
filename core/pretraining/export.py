"""Exports a finished student as fp16 safetensors, with a JSON card that describes it."""

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
    """The facts that only a backbone's maker knows: its images, teachers and licence, and a warning to users."""

    trained_on: str
    teacher: str
    licence: str
    note: str = ""


def export(
    student: Student, recipe: Recipe, card_path: Path, *, epochs: float, words: Words, start: Card | None = None
) -> None:
    """Writes `<name>.safetensors` beside the card `<name>.json`; the card, which names their sha256, comes last.

    Args:
        student: the finished student.
        recipe: how it was trained.
        card_path: the card's path.
        epochs: how many epochs it was trained.
        words: the card's texts.
        start: the card of the backbone that the student began with, whose training the new card describes as well.
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
        "before": {key: start[key] for key in ("recipe", "epochs", "before") if key in start} if start else None,
        "licence": words.licence,
        "note": words.note,
        "accuracy": {},
    }
    write_json(card_path, {**card, **measured(card, weights)})


def preprocessing(input_px: int) -> Preprocessing:
    """Images are resized to the input's side (bicubic) and cut to the central square; no border is left out."""
    return Preprocessing(input_px, input_px, mean=MEAN, std=STD, interpolation="bicubic")


def halved(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The state with floating-point tensors in fp16, contiguous as safetensors requires; counters stay as they are."""
    return {
        key: (value.half() if value.is_floating_point() else value).cpu().contiguous() for key, value in state.items()
    }
