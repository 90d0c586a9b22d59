"""Train an embedded backbone: python -m core.pretraining.cli --help

The teachers' answers are computed when they are first needed and kept in `--work`, beside the decoded images and a
checkpoint that is written every minute; the same command, run again, goes on where it stopped. Several backbones may be
trained at once from one `--work`, and share the answers.

    python -m core.pretraining.cli --architecture plain \\
        --images tiny_imagenet_64 --images imagenet_sample_1000.zip \\
        --teacher mobilenet_v1_1.0_224_quant_embedding_extractor.tflite --teacher mobilenet_v2_1.0_224_quant.tflite \\
        --work pretraining --out core/backbones/weights --name graft_plain --score ants_bees.zip

`graft_residual` was made by two such commands: `--architecture residual`, and then `--architecture residual --recipe
residual_photos --start` with the card of the first. The second trains on a quarter of the small images, and on the
large photos twenty-five times each.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer

from core.backbones.networks.architectures import ARCHITECTURES, build
from core.backbones.sources.embedded import WEIGHTS
from core.errors import BackboneError, GraftError
from core.i18n import gettext as _
from core.paths import read_json
from core.pretraining.evaluate import load_exported, score_card
from core.pretraining.export import Words, export
from core.pretraining.images import load_images
from core.pretraining.recipe import RECIPES, Recipe
from core.pretraining.targets import Answers
from core.pretraining.teachers import Teacher, open_teacher
from core.pretraining.train import TaughtImages, Training
from core.pretraining.views import VERSION, Views, plan_views

LABELLED_SIDE_PX = 64
PHOTO_SIDE_PX = 192


def main(
    architecture: Annotated[str, typer.Option(help=", ".join(sorted(ARCHITECTURES)))],
    images: Annotated[list[Path], typer.Option(help="Packed images (one such source at most), a folder or a zip.")],
    teacher: Annotated[list[str], typer.Option(help="An 8-bit TFLite file, one of `graph`, or torchvision:<model>.")],
    work: Annotated[Path, typer.Option(help="Folder for decoded images, answers (GBs) and checkpoints.")],
    out: Annotated[Path, typer.Option(help="Folder for the weights and the card.")],
    name: Annotated[str, typer.Option(help="Name of the new backbone.")],
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(RECIPES)} (default: the architecture's).")] = "",
    epochs: Annotated[float | None, typer.Option(help="Epochs in all (default: the recipe's).")] = None,
    cooldown: Annotated[float | None, typer.Option(help="Epochs of them in which the learning rate falls.")] = None,
    views: Annotated[int | None, typer.Option(help="Views of each image that the teachers answer.")] = None,
    input_px: Annotated[int | None, typer.Option(help="Native input of the new backbone.")] = None,
    start: Annotated[str, typer.Option(help="An embedded backbone, or another one's card, to begin with.")] = "",
    until_step: Annotated[int | None, typer.Option(help="Stop there and export what there is.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all randomness (default: the recipe's).")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    trained_on: Annotated[str, typer.Option(help="What the card says of the images (default: their names).")] = "",
    licence: Annotated[str, typer.Option(help="What the card says of the licence.")] = "not stated by its maker",
    note: Annotated[str, typer.Option(help="What the card tells its users to beware of.")] = "",
    score: Annotated[list[Path] | None, typer.Option(help="Labelled zips to score the result on.")] = None,
) -> None:
    """Distil one or more teachers into a small backbone, and export it."""
    try:
        build(architecture)  # an unknown one is reported before any long work
        _check(device, score or [])
        changes = {
            "epochs": epochs, "cooldown_epochs": cooldown, "views": views, "input_px": input_px, "seed": seed,
        }  # fmt: skip
        run_recipe = _recipe(recipe or architecture, architecture, changes, start)
        start_card = _card(start)
        sources = make_sources(images, teacher, work, run_recipe, device=device)
        trunk = load_exported(start_card)[0] if start_card else None
        training = Training(run_recipe, sources, work / f"{name}.checkpoint.pt", device=device, start=trunk)
        student = training.run(typer.echo, until_step=until_step)
        description = trained_on or ", ".join(path.stem for path in images)
        words = Words(description, ", ".join(lesson.teacher for lesson in student.lessons), licence, note)
        card = out / f"{name}.json"
        start_content = read_json(start_card) if start_card else None
        export(student, run_recipe, card, epochs=training.epochs_done, words=words, start=start_content)
        for archive in score or []:
            typer.echo(f"{archive.stem}: {score_card(card, archive)}")
    except GraftError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _check(device: str, files: list[Path]) -> None:
    if device not in {"cpu", "cuda"} or (device == "cuda" and not torch.cuda.is_available()):
        raise BackboneError(_("There is no device '{device}' here. Choose cpu, or cuda.").format(device=device))
    torch.backends.cudnn.benchmark = device != "cpu"  # the same few shapes of batches come again and again
    for file in files:
        if not file.is_file():
            raise BackboneError(_("There is no file '{name}' to score on.").format(name=file.name))


def _recipe(name: str, architecture: str, changes: dict[str, Any], start: str) -> Recipe:
    """The recipe of that name with these changes; one whose length is changed is not left off early."""
    recipe = RECIPES.get(name) or Recipe(architecture)
    if recipe.architecture != architecture or (name != architecture and name not in RECIPES):
        message = _("There is no recipe '{name}' for the architecture '{architecture}'.")
        raise BackboneError(message.format(name=name, architecture=architecture))
    overrides = {key: value for key, value in changes.items() if value is not None}
    if overrides.keys() & {"epochs", "cooldown_epochs"}:
        recipe = replace(recipe, stop_epoch=None)
    return replace(recipe, start=Path(start).stem, **overrides)


def _card(start: str) -> Path | None:
    if not start:
        return None
    card = Path(start) if Path(start).is_file() else WEIGHTS / f"{start}.json"
    if not card.is_file():
        raise BackboneError(_("There is no embedded backbone and no card '{name}' to begin with.").format(name=start))
    return card


def make_sources(
    images: list[Path], teachers: list[str], work: Path, recipe: Recipe, *, device: str
) -> list[TaughtImages]:
    """Decodes the images, unless that was done before; teachers are asked only when a view is needed.

    Raises:
        BackboneError: images or teachers cannot be read, or do not fit together.
    """
    if sum(_is_packed(path) for path in images) > 1:
        raise BackboneError(_("Only one source may be packed: the class numbers of two have other meanings."))
    opened = [open_teacher(spec, input_px=recipe.teacher_px, device=device) for spec in teachers]
    if len({opened_teacher.name for opened_teacher in opened}) < len(opened):
        raise BackboneError(_("Two teachers have the same name. Rename a file."))
    return [_source(path, opened, work / "cache", recipe, device=device) for path in images]


def _is_packed(path: Path) -> bool:
    return (path / "train_index.npz").exists()


def _source(path: Path, teachers: list[Teacher], cache: Path, recipe: Recipe, *, device: str) -> TaughtImages:
    side_px, repeats = (LABELLED_SIDE_PX, 1) if _is_packed(path) else (PHOTO_SIDE_PX, recipe.photo_repeats)
    decoded = load_images(path, cache, side_px=side_px)
    every = recipe.every if _is_packed(path) else 1
    pixels = torch.from_numpy(np.ascontiguousarray(decoded.pixels[::every])).to(device)
    labels = torch.from_numpy(decoded.labels[::every].copy()).to(device)
    plan = partial(_plan, recipe, len(pixels) * repeats)
    name = f"{decoded.name}.every{every}.times{repeats}.seed{recipe.seed}.wild{recipe.wild}.v{VERSION}"
    answers = Answers(teachers, pixels, plan, cache, name=name, input_px=recipe.teacher_px, report=typer.echo)
    return TaughtImages(decoded.name, pixels, labels, repeats, plan, answers)


def _plan(recipe: Recipe, count: int, view: int) -> Views:
    return plan_views(recipe.seed, view, count, recipe.wild)


if __name__ == "__main__":
    typer.run(main)
