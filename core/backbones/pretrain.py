"""Train an embedded backbone: python -m core.backbones.pretrain --help

Targets are computed once and kept in `--work`, beside the decoded images and a checkpoint after every epoch; the same command
run again goes on where it stopped.

    python -m core.backbones.pretrain --architecture residual --images tiny_imagenet_64 --images imagenet_sample_1000.zip \\
        --teacher mobilenet_v1_1.0_224_quant_embedding_extractor.tflite --teacher mobilenet_v2_1.0_224_quant.tflite \\
        --work pretraining --out core/backbones/weights --name graft-residual
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import torch
import typer

from core.backbones.architectures import ARCHITECTURES
from core.backbones.pretraining.evaluate import PROTOCOL, embed, probe_score, read_labelled_zip
from core.backbones.pretraining.export import Card, export, load_exported, write_card
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
    epochs: Annotated[int | None, typer.Option(help="Epochs in all (default: the recipe's).")] = None,
    cooldown: Annotated[int | None, typer.Option(help="Epochs of them in which the learning rate falls.")] = None,
    views: Annotated[int | None, typer.Option(help="Views of each image that the teachers answer.")] = None,
    input_px: Annotated[int, typer.Option(help="Native input of the new backbone.")] = 96,
    seed: Annotated[int, typer.Option(help="Seed of all randomness.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    score: Annotated[list[Path] | None, typer.Option(help="Labelled zips to score the result on.")] = None,
) -> None:
    """Distil one or more teachers into a small backbone, and export it."""
    try:
        recipe = _recipe(architecture, seed, {"epochs": epochs, "cooldown_epochs": cooldown, "views": views})
        sources = make_sources(images, teacher, work, recipe, device=device)
        training = Training(recipe, sources, work / f"{name}.checkpoint.pt", device=device)
        student = training.run(typer.echo)
        trained_on = [path.stem for path in images]
        export(student, recipe, out, name=name, input_px=input_px, trained_on=trained_on, epochs=training.epochs_done)
        typer.echo(add_scores(out / f"{name}.json", score or []))
    except GraftError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _recipe(architecture: str, seed: int, changes: dict[str, int | None]) -> Recipe:
    base = RECIPES.get(architecture, Recipe(architecture))
    return replace(base, seed=seed, **{key: value for key, value in changes.items() if value is not None})


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


def add_scores(card_path: Path, zips: list[Path]) -> str:
    """Score an exported backbone on labelled zips, write that into its card, and describe it in a line a zip."""
    trunk, card = load_exported(card_path)
    lines = [_score_line(trunk_card=(trunk, card), path=path) for path in zips]
    write_card(card_path, card)
    return "\n".join(lines)


def _score_line(trunk_card: tuple[torch.nn.Module, Card], path: Path) -> str:
    trunk, card = trunk_card
    images, classes, _names = read_labelled_zip(path)
    mean, std = (torch.tensor(card["preprocessing"][key]).view(3, 1, 1) for key in ("mean", "std"))
    found = probe_score(embed(trunk, images, card["input_px"], mean, std), classes)  # type: ignore[arg-type]
    card["accuracy"][path.stem] = {
        "value": round(found.value, 4), "n": found.n, "protocol": PROTOCOL, "input_px": card["input_px"],
    }  # fmt: skip
    low, high = found.interval
    return f"{path.stem}: {found.value:.3f} (n = {found.n}, 95 % {low:.3f}–{high:.3f})"


if __name__ == "__main__":
    typer.run(main)
