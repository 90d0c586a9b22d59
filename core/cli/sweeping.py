"""The command that searches for better settings of a fine-tuning."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli import inputs
from core.cli.frame import Classes, Data, Encoding, Groups, Json, print_json, program, working
from core.errors import TrainingError
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.training.config import FinetuneConfig
    from core.training.sweep.record import Sweep

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@program.command()
def sweep(
    data: Data,
    out: Annotated[Path, typer.Option(metavar="SWEEP", help="Its directory; an interrupted sweep there goes on.")],
    budget: Annotated[str, typer.Option(metavar="TIME", help="For all trials: 90s, 20m or 2h.")] = "20m",
    backbones: Annotated[str, typer.Option(metavar="NAMES", help="By commas. Default: the best that is here.")] = "",
    epochs: Annotated[int, typer.Option(min=1, help="Of a trial that goes on to the end.")] = 9,
    trials: Annotated[int, typer.Option(min=0, help="How many at most; 0: as many as there is time for.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 0,
    group_pattern: Groups = "",
    class_pattern: Classes = "",
    encoding: Encoding = "",
    as_json: Json = False,
) -> None:
    """Try backbones, depths, learning rates and augmentations on DATA; each trial is a run in SWEEP."""
    from core.backbones.registry import backbones as known
    from core.cli import show
    from core.tasks import sweeping
    from core.tasks.sweeping import SweepRequest
    from core.training.sweep.record import Sweep

    names = [name.strip() for name in backbones.split(",") if name.strip()]
    request = SweepRequest(
        **inputs.photos(data, group_pattern, class_pattern, encoding),
        backbones=tuple(names or [next(fact.name for fact in known() if fact.ready and fact.trainable)]),
        budget_s=seconds(budget),
        epochs=epochs,
        trials=trials,
        seed=seed,
        out=str(out.absolute()),
    )
    with working(gently=True) as report:
        result = sweeping.sweep(out, request, report)
    found = Sweep.load(out)
    assert found is not None
    if as_json:
        print_json({**_as_json(found, out), "warnings": list(result.warnings)})
    else:
        _show(found, out)
        show.warnings(result.warnings)


def seconds(text: str) -> float:
    """A time such as "90s", "20m" or "1.5h" in seconds; a number alone is of seconds.

    Raises:
        TrainingError: it is none.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip().lower())
    if match is None:
        raise TrainingError(_("'{text}' is no time. Write it as 90s, 20m or 2h.").format(text=text))
    return float(match[1]) * _UNITS.get(match[2], 1.0)


def _show(found: Sweep, out: Path) -> None:
    """The trials, the best first, and what follows."""
    from core.backbones.names import called
    from core.cli.show import lines, table
    from core.numbers import interval, percent

    headings = (
        _("Run"), _("Backbone"), _("What learns"), _("Learning rate"), _("Augmentation"), _("Epochs"),
        _("Validation loss"), _("Validation accuracy"), _("95 % interval"),
    )  # fmt: skip
    rows = [
        (
            trial.run, called(trial.config.backbone), _extent(trial.config),
            f"{trial.config.lr:.1e}", _augmentation(trial.config), str(trial.epochs), f"{trial.loss:.3f}",
            percent(trial.accuracy), interval(trial.accuracy_ci),
        )
        for trial in found.ranked
    ]  # fmt: skip
    table(headings, rows, left=4)
    if not rows:
        lines(_("No trial has ended. Give the same command once more, or a longer --budget."))
        return
    lines(
        _("The best of {n} trials is the run {run}.").format(n=len(rows), run=out / found.ranked[0].run),
        _("All were judged by the same {n} validation photos, which flatters the best one.").format(
            n=found.ranked[0].n
        ),
        _("Judge it by the test photos once, when all is chosen: `evaluate RUN --split test`."),
    )


def _extent(config: FinetuneConfig) -> str:
    """What learns, with how many stages."""
    from core.training.choices import mode_label

    label = mode_label(config.mode)
    return f"{label} ({config.last_stages})" if config.mode == "last" else label


def _augmentation(config: FinetuneConfig) -> str:
    """What the preset is called that a trial changes photos by."""
    from core.training.images.augmentation import PRESETS, preset_label

    return next((preset_label(name) for name, preset in PRESETS.items() if preset == config.augmentation), "–")


def _as_json(found: Sweep, out: Path) -> dict[str, Any]:
    ranked = found.ranked
    return {**found.to_json(), "best": str(out / ranked[0].run) if ranked else None}
