"""Train an embedded backbone: python -m core.backbones.pretrain --help

Targets are computed once and kept in `--work`, beside the decoded images and a checkpoint after every 50 steps; the
same command run again goes on where it stopped.

    python -m core.backbones.pretrain --architecture plain \\
        --images tiny_imagenet_64 --images imagenet_sample_1000.zip \\
        --teacher mobilenet_v1_1.0_224_quant_embedding_extractor.tflite --teacher mobilenet_v2_1.0_224_quant.tflite \\
        --work pretraining --out core/backbones/weights --name graft_plain --score ants_bees.zip
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from core.backbones.architectures import ARCHITECTURES, Trunk
from core.backbones.embedded import WEIGHTS
from core.backbones.pretraining.evaluate import load_exported, score_card
from core.backbones.pretraining.export import export
from core.backbones.pretraining.images import load_images
from core.backbones.pretraining.recipe import RECIPES, Recipe
from core.backbones.pretraining.targets import compute_targets
from core.backbones.pretraining.teachers import Teacher, open_teacher
from core.backbones.pretraining.train import Source, Training
from core.errors import GraftError
from core.i18n import gettext as _

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
    seed: Annotated[int, typer.Option(help="Seed of all randomness.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    trained_on: Annotated[str, typer.Option(help="What the card calls the images (default: their files' names).")] = "",
    score: Annotated[list[Path] | None, typer.Option(help="Labelled zips to score the result on.")] = None,
) -> None:
    """Distil one or more teachers into a small backbone, and export it."""
    try:
        changes = {"epochs": epochs, "cooldown_epochs": cooldown, "views": views, "seed": seed, "start": start}
        recipe = _recipe(architecture, changes)
        sources = make_sources(images, teacher, work, recipe, device=device)
        training = Training(recipe, sources, work / f"{name}.checkpoint.pt", device=device, start=_start(recipe))
        student = training.run(typer.echo, until_step=until_step)
        card, said = out / f"{name}.json", trained_on or ", ".join(path.stem for path in images)
        export(student, recipe, card, input_px=input_px, trained_on=said, epochs=training.epochs_done)
        for archive in score or []:
            typer.echo(f"{archive.stem}: {score_card(card, archive)}")
    except GraftError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _recipe(architecture: str, changes: dict[str, Any]) -> Recipe:
    given = {key: value for key, value in changes.items() if value not in (None, "")}
    return replace(RECIPES.get(architecture) or Recipe(architecture), **given)


def _start(recipe: Recipe) -> Trunk | None:
    if not recipe.start:
        return None
    card = Path(recipe.start)
    return load_exported(card if card.is_file() else WEIGHTS / f"{recipe.start}.json")[0]


def make_sources(images: list[Path], teachers: list[str], work: Path, recipe: Recipe, *, device: str) -> list[Source]:
    """Decode the images and ask the teachers about every view; what is on disk already is taken from there."""
    opened = [open_teacher(spec, input_px=recipe.teacher_px, device=device) for spec in teachers]
    return [_source(path, opened, work / "cache", recipe, device=device) for path in images]


def _source(path: Path, teachers: list[Teacher], cache: Path, recipe: Recipe, *, device: str) -> Source:
    labelled = (path / "train_index.npz").exists()
    decoded = load_images(path, cache, side_px=LABELLED_SIDE_PX if labelled else PHOTO_SIDE_PX)
    repeats = 1 if labelled else recipe.photo_repeats
    answers: dict[str, dict[str, list[torch.Tensor]]] = {"embedding": {}, "logits": {}}
    for teacher in teachers:
        for view in range(recipe.views * repeats):
            typer.echo(_("{teacher}: view {view} of {name}").format(teacher=teacher.name, view=view, name=decoded.name))
            targets = compute_targets(teacher, decoded, cache, view=view, seed=recipe.seed, input_px=recipe.teacher_px)
            for output, values in targets.items():
                answers[output].setdefault(teacher.name, []).append(torch.from_numpy(values).to(device))
    pixels, labels = torch.from_numpy(decoded.pixels).to(device), torch.from_numpy(decoded.labels).to(device)
    return Source(pixels, labels, repeats, answers["embedding"], answers["logits"])


if __name__ == "__main__":
    typer.run(main)
