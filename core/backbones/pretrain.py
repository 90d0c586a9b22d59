"""Train an embedded backbone: python -m core.backbones.pretrain --help

The teachers' answers are computed when they are first needed and kept in `--work`, beside the decoded images and a
checkpoint every minute; the same command run again goes on where it stopped. Several backbones may be trained at once
from one `--work`, and share the answers.

    python -m core.backbones.pretrain --architecture plain \\
        --images tiny_imagenet_64 --images imagenet_sample_1000.zip \\
        --teacher mobilenet_v1_1.0_224_quant_embedding_extractor.tflite --teacher mobilenet_v2_1.0_224_quant.tflite \\
        --work pretraining --out core/backbones/weights --name graft_plain --score ants_bees.zip
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer

from core.backbones.architectures import ARCHITECTURES, Trunk
from core.backbones.embedded import WEIGHTS
from core.backbones.pretraining.evaluate import load_exported, score_card
from core.backbones.pretraining.export import export
from core.backbones.pretraining.images import load_images
from core.backbones.pretraining.recipe import RECIPES, Recipe
from core.backbones.pretraining.targets import Answers
from core.backbones.pretraining.teachers import Teacher, open_teacher
from core.backbones.pretraining.train import Source, Training
from core.backbones.pretraining.views import Views, plan_views
from core.errors import GraftError

LABELLED_SIDE_PX = 64
PHOTO_SIDE_PX = 192


def main(
    architecture: Annotated[str, typer.Option(help=", ".join(sorted(ARCHITECTURES)))],
    images: Annotated[list[Path], typer.Option(help="Packed images, a folder or a zip; the first gives the labels.")],
    teacher: Annotated[list[str], typer.Option(help="A TFLite, ONNX or OpenVINO file, or torchvision:<model>.")],
    work: Annotated[Path, typer.Option(help="Folder for decoded images, targets and checkpoints.")],
    out: Annotated[Path, typer.Option(help="Folder for the weights and the card.")],
    name: Annotated[str, typer.Option(help="Name of the new backbone.")],
    epochs: Annotated[float | None, typer.Option(help="Epochs in all (default: the recipe's).")] = None,
    cooldown: Annotated[float | None, typer.Option(help="Epochs of them in which the learning rate falls.")] = None,
    views: Annotated[int | None, typer.Option(help="Views of each image that the teachers answer.")] = None,
    input_px: Annotated[int, typer.Option(help="Native input of the new backbone.")] = 96,
    start: Annotated[str, typer.Option(help="An embedded backbone, or another one's card, to begin with.")] = "",
    until_step: Annotated[int | None, typer.Option(help="Stop there and export what there is (0: at once).")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all randomness (default: the recipe's).")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    trained_on: Annotated[str, typer.Option(help="What the card calls the images (default: their files' names).")] = "",
    score: Annotated[list[Path] | None, typer.Option(help="Labelled zips to score the result on.")] = None,
) -> None:
    """Distil one or more teachers into a small backbone, and export it."""
    try:
        own = {"epochs": epochs, "cooldown_epochs": cooldown, "views": views}
        parts = _parts(architecture, {key: value for key, value in own.items() if value is not None}, seed, start)
        student, trunk, done = None, _opened(start), []
        for number, recipe in enumerate(parts, 1):
            sources = make_sources(images, teacher, work, recipe, device=device)
            training = Training(recipe, sources, work / f"{name}.part{number}.pt", device=device, start=trunk)
            student = training.run(typer.echo, until_step=until_step)
            trunk = student.trunk
            done.append((recipe, training.epochs_done))
        assert student is not None
        card, said = out / f"{name}.json", trained_on or ", ".join(path.stem for path in images)
        export(student, done, card, input_px=input_px, trained_on=said)
        for archive in score or []:
            typer.echo(f"{archive.stem}: {score_card(card, archive)}")
    except GraftError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _parts(architecture: str, changes: dict[str, Any], seed: int | None, start: str) -> list[Recipe]:
    """The architecture's recipe; with changes to it, its first part alone, to that one's end."""
    parts = list(RECIPES.get(architecture, (Recipe(architecture),)))
    if changes:
        parts = [replace(parts[0], stop_epoch=None, **changes)]
    parts[0] = replace(parts[0], start=start)
    return parts if seed is None else [replace(part, seed=seed) for part in parts]


def _opened(start: str) -> Trunk | None:
    if not start:
        return None
    card = Path(start)
    return load_exported(card if card.is_file() else WEIGHTS / f"{start}.json")[0]


def make_sources(images: list[Path], teachers: list[str], work: Path, recipe: Recipe, *, device: str) -> list[Source]:
    """Decode the images; what is on disk already is taken from there. Teachers are asked when a view is needed."""
    opened = [open_teacher(spec, input_px=recipe.teacher_px, device=device) for spec in teachers]
    return [_source(path, opened, work / "cache", recipe, device=device) for path in images]


def _source(path: Path, teachers: list[Teacher], cache: Path, recipe: Recipe, *, device: str) -> Source:
    labelled = (path / "train_index.npz").exists()
    decoded = load_images(path, cache, side_px=LABELLED_SIDE_PX if labelled else PHOTO_SIDE_PX)
    every, repeats = (recipe.every, 1) if labelled else (1, recipe.photo_repeats)
    pixels = torch.from_numpy(np.ascontiguousarray(decoded.pixels[::every])).to(device)
    labels = torch.from_numpy(decoded.labels[::every].copy()).to(device)
    plan = partial(_plan, recipe, len(pixels) * repeats)
    name = f"{decoded.name}.every{every}.times{repeats}.seed{recipe.seed}.wild{recipe.wild}"
    answers = Answers(teachers, pixels, plan, cache, name=name, input_px=recipe.teacher_px, report=typer.echo)
    return Source(pixels, labels, repeats, plan, answers)


def _plan(recipe: Recipe, count: int, view: int) -> Views:
    return plan_views(recipe.seed, view, count, recipe.wild)


if __name__ == "__main__":
    typer.run(main)
