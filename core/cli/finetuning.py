"""The command that fine-tunes: an option for each setting, or a file with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.backbones.names import CENTRE
from core.cli import inputs, presetting
from core.cli.frame import Classes, Data, Encoding, Framing, Groups, InputPx, Json, print_json, program, say, working
from core.errors import TrainingError
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.progress import Report
    from core.runs import Run
    from core.tasks.requests import FinetuneRequest
    from core.training.results.seeds import OverSeeds


@program.command()
def finetune(
    data: Data,
    out: Annotated[Path, typer.Option(metavar="RUN", help="The run's directory; an interrupted run there is resumed.")],
    backbone: Annotated[str | None, typer.Option(help="Its name; `backbones` lists them.")] = None,
    preset: Annotated[
        str | None, typer.Option(metavar="quick|thorough", help="Decides all else, within --budget-s.")
    ] = None,
    budget_s: Annotated[
        float | None, typer.Option(help="Seconds that a preset may take. Default: 120, thorough 1200.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Settings as JSON, or a run.json; options beside it win.")
    ] = None,
    mode: Annotated[
        str | None, typer.Option(metavar="head|norms|lora|last|full", help="What is trained. Default: head.")
    ] = None,
    last_stages: Annotated[int | None, typer.Option(help="How many stages, with --mode last.")] = None,
    lora_rank: Annotated[int | None, typer.Option(help="The rank of the factors, with --mode lora.")] = None,
    head_start: Annotated[str | None, typer.Option(metavar="probe|zero", help="What the head begins with.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training photos, at most.")] = None,
    lr: Annotated[
        float | None, typer.Option("--lr", help="Peak learning rate. Default: one that suits the mode.")
    ] = None,
    layer_decay: Annotated[
        float | None, typer.Option(help="Each stage learns at this share of the rate of the next one.")
    ] = None,
    unfreeze_epochs: Annotated[
        int | None, typer.Option(help="Each stage begins so many epochs after the next one; 0: all at once.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Photos a step.")] = None,
    optimizer: Annotated[str | None, typer.Option(metavar="adamw|sgd", help="How weights are updated.")] = None,
    schedule: Annotated[
        str | None,
        typer.Option(metavar="cosine|onecycle|step|plateau|none", help="How the learning rate changes."),
    ] = None,
    warmup_epochs: Annotated[float | None, typer.Option(help="Epochs in which the learning rate rises.")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="Pulls weights to zero.")] = None,
    clip_norm: Annotated[float | None, typer.Option(help="The greatest norm of a step's gradient; 0: any.")] = None,
    label_smoothing: Annotated[float | None, typer.Option(help="Share of the target spread over all classes.")] = None,
    focal_gamma: Annotated[float | None, typer.Option(help="What is right already counts less; 0: as much.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Share of the features that the head misses at a step.")] = None,
    mixup: Annotated[float | None, typer.Option(help="Mixes photos in pairs: alpha, such as 0.2; 0: off.")] = None,
    cutmix: Annotated[float | None, typer.Option(help="Puts a box of another photo in: alpha; 0: off.")] = None,
    batch_norm: Annotated[
        str | None, typer.Option(metavar="auto|frozen|learnt", help="The statistics of batch normalisation.")
    ] = None,
    ema: Annotated[float | None, typer.Option(help="Decay of a moving average of the weights; 0: none.")] = None,
    average: Annotated[
        bool | None, typer.Option("--average/--no-average", help="Try averages of weights at the end.")
    ] = None,
    calibrate: Annotated[
        bool | None,
        typer.Option("--calibrate/--no-calibrate", help="Make it as sure as it is right, by the validation photos."),
    ] = None,
    patience: Annotated[
        int | None, typer.Option(help="Stop after so many epochs without improvement; 0: never.")
    ] = None,
    augmentation: Annotated[
        str | None,
        typer.Option(
            "--augment", metavar="KINDS", help="none, light, standard or strong, or kinds such as flip,rotation=15."
        ),
    ] = None,
    views: Annotated[
        int | None,
        typer.Option(help="How many different views a photo has; 0: a new one each epoch, as where all learns."),
    ] = None,
    trunk_cache: Annotated[
        str | None, typer.Option(metavar="auto|on|off", help="Compute what is frozen once a view. Default: auto.")
    ] = None,
    balance_classes: Annotated[
        bool | None, typer.Option("--balance-classes/--no-balance-classes", help="Weigh rare classes more.")
    ] = None,
    balanced_sampling: Annotated[
        bool | None, typer.Option("--balanced-sampling/--no-balanced-sampling", help="Draw rare classes more often.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    seeds: Annotated[
        int, typer.Option(min=1, max=20, help="How many seeds: also RUN-seed1 and so on, to tell what a seed does.")
    ] = 1,
    test: Annotated[bool, typer.Option("--test", help="Tell the test accuracy too: once, when all is chosen.")] = False,
    framing: Framing = CENTRE,
    input_px: InputPx = 0,
    group_pattern: Groups = "",
    class_pattern: Classes = "",
    encoding: Encoding = "",
    as_json: Json = False,
) -> None:
    """Fine-tune a backbone on DATA, against a probe on it frozen; the best epoch on validation is kept in RUN."""
    options = dict(locals())  # each under the name of its setting
    from core.cli import settings, show
    from core.models.runs import load_run
    from core.tasks import models
    from core.tasks.requests import FinetuneRequest
    from core.training.results.outcome import read_outcome
    from core.training.results.seeds import over_seeds

    if preset is None and budget_s is not None:
        raise TrainingError(_("Only a preset has a budget. Leave out --budget-s, or name one with --preset."))
    photos = inputs.photos(data, group_pattern, class_pattern, encoding)
    by_hand = settings.config(options) if preset is None else None
    for sentence in settings.idle(options, by_hand) if by_hand else ():
        say(sentence)
    with working(gently=True) as report:
        request = FinetuneRequest(
            **photos,
            config=by_hand or presetting.config(options, photos, report),
            out=str(out.absolute()),
            preset=preset or "",
            budget_s=budget_s or 0.0,
        )
        _check_folders(request, seeds, photos, report)
        result = models.finetune(out, request, report)
    run = load_run(out)
    outcome = read_outcome(run, test=test)
    if not as_json:
        presetting.show(out)
        show.finetuning(outcome, result.warnings)
    runs = _with_other_seeds(request, run, seeds)
    by_split = {split: over_seeds(runs, split) for split in (("val", "test") if test else ("val",))}
    if as_json:
        print_json({
            **outcome.as_json(), **(_seeds_as_json(by_split) if seeds > 1 else {}), "preset": presetting.plan_of(out),
            "warnings": list(result.warnings),
        })  # fmt: skip
        return
    for split, told in by_split.items():
        if told is not None:
            show.over_seeds(told, split)


def _seeds_as_json(by_split: Mapping[str, OverSeeds | None]) -> dict[str, Any]:
    """The entries `seeds` and, where test photos are told of, `seeds_test`."""
    names = {"val": "seeds", "test": "seeds_test"}
    return {names[split]: told.as_json() if told else None for split, told in by_split.items()}


def _check_folders(request: FinetuneRequest, seeds: int, photos: inputs.PhotosFields, report: Report) -> None:
    """Looks where the runs with other seeds go, before anything is trained.

    Raises:
        TrainingError: another training is there; where a preset has not decided anything yet, any is another one.
    """
    from core.training.results.seeds import folder_for, with_other_seeds

    decided = presetting.decided(request)
    others = with_other_seeds(decided or request.config, seeds - 1)
    kept = {config: inputs.training(folder_for(Path(request.out), config)) for config in others}
    if not any(kept.values()):
        return
    fingerprint = inputs.taken_in(photos, report).fingerprint
    for config, training in kept.items():
        if training is not None and not (decided and training == (config, fingerprint)):
            message = _("'{path}' holds another training than this one with seed {seed}. Delete it, or change --out.")
            raise TrainingError(message.format(path=folder_for(Path(request.out), config), seed=config.seed))


def _with_other_seeds(request: FinetuneRequest, run: Run, seeds: int) -> list[Run]:
    """Trains the same as `run` with so many seeds in all, each in a directory of its own; gives all runs."""
    from core.models.runs import load_run
    from core.tasks import models
    from core.training.config import FinetuneConfig
    from core.training.results.seeds import folder_for, with_other_seeds

    assert isinstance(run.config, FinetuneConfig)
    runs = [run]
    for config in with_other_seeds(run.config, seeds - 1):
        out = folder_for(run.path.absolute(), config)
        with working(gently=True) as report:
            again = replace(request, config=config, out=str(out), preset="", budget_s=0.0)
            models.finetune(out, again, report)
        runs.append(load_run(out))
    return runs
