"""The commands that study one backbone, and their answers for people: how many components, more photos, which depth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from core.backbones.names import CENTRE
from core.backbones.registry import chosen
from core.cli import inputs
from core.cli.frame import (
    BackboneName,
    Classes,
    Data,
    Encoding,
    Framing,
    Groups,
    InputPx,
    Json,
    folder_for,
    print_json,
    program,
    working,
)
from core.i18n import gettext as _
from core.numbers import count, decimal, interval, percent, points_interval, signed_points
from core.progress import Report
from core.training.choices import mode_label

if TYPE_CHECKING:
    from core.probing.studies.component_counts import Components
    from core.probing.studies.depth import Depth
    from core.probing.studies.forecast import ClassGain
    from core.probing.studies.growth import LearningCurve
    from core.probing.studies.study import ProbeStudy, Study

AnyRequest = TypeVar("AnyRequest")
AnyStudy = TypeVar("AnyStudy", bound="Study")

FoldCount = Annotated[int | None, typer.Option(help="Parts of the training photos in the cross-validation.")]
RepeatCount = Annotated[int | None, typer.Option(help="How often it is repeated with other folds. Default: 2.")]


@program.command()
def components(
    data: Data,
    backbone: BackboneName,
    probe: Annotated[str, typer.Option(help="The classifier on top, as for `compare`.")] = "logistic",
    c: Annotated[float | None, typer.Option("--c", help="Inverse strength of the penalty. Default: chosen.")] = None,
    whiten: Annotated[bool, typer.Option("--whiten", help="Bring the components to the same variance.")] = False,
    folds: FoldCount = None,
    repeats: RepeatCount = None,
    seed: Annotated[int, typer.Option(help="Of the folds.")] = 0,
    framing: Framing = CENTRE,
    input_px: InputPx = 0,
    group_pattern: Groups = "",
    class_pattern: Classes = "",
    encoding: Encoding = "",
    as_json: Json = False,
) -> None:
    """Probe a backbone with 1, 2, 4, … and all principal components on DATA, and tell how many are enough."""
    from core.probing.studies.component_counts import Components
    from core.tasks import studies
    from core.tasks.requests import ComponentsRequest

    pca = "1 whiten" if whiten else ""
    request = ComponentsRequest(
        **inputs.photos(data, group_pattern, class_pattern, encoding),
        backbone=chosen(backbone, framing, input_px),
        config=inputs.probing(probe=probe, c=c, folds=folds, repeats=repeats, seed=seed, pca=pca),
    )
    counted = _study(studies.components, request, Components)
    if as_json:
        print_json(counted.as_json())
    else:
        _show_components(counted)


@program.command()
def curve(
    data: Data,
    backbone: BackboneName,
    probe: Annotated[str, typer.Option(help="The classifier on top of the features.")] = "logistic",
    more: Annotated[
        list[int] | None,
        typer.Option(min=1, help="So many training photos more; may be given again. Default: 100, and twice as many."),
    ] = None,
    target: Annotated[
        float | None, typer.Option(metavar="0.95", help="An accuracy: how many photos does it take?")
    ] = None,
    pca: Annotated[
        str, typer.Option(metavar="64|0.95", help="PCA to so many components, or that share of variance.")
    ] = "",
    c: Annotated[float | None, typer.Option("--c", help="Inverse strength of the probe's penalty.")] = None,
    folds: FoldCount = None,
    repeats: RepeatCount = None,
    seed: Annotated[int, typer.Option(help="Of folds, parts and draws.")] = 0,
    framing: Framing = CENTRE,
    input_px: InputPx = 0,
    group_pattern: Groups = "",
    class_pattern: Classes = "",
    encoding: Encoding = "",
    as_json: Json = False,
) -> None:
    """Tell what more photos like those of DATA would bring, by the accuracy of a probe on ever larger parts of them."""
    from core.probing.studies.growth import LearningCurve
    from core.tasks import studies
    from core.tasks.requests import LearningCurveRequest

    request = LearningCurveRequest(
        **inputs.photos(data, group_pattern, class_pattern, encoding),
        backbone=chosen(backbone, framing, input_px),
        config=inputs.probing(probe=probe, pca=pca, c=c, folds=folds, repeats=repeats, seed=seed),
        more=tuple(more or ()),
        target=target,
    )
    measured = _study(studies.learning_curve, request, LearningCurve)
    if as_json:
        print_json(measured.as_json(request.more, request.target))
    else:
        _show_curve(measured, request.more, request.target)


@program.command()
def depth(
    data: Data,
    backbone: BackboneName,
    images: Annotated[int | None, typer.Option(min=1, help="Training photos to look at. Default: 2000.")] = None,
    folds: FoldCount = None,
    repeats: RepeatCount = None,
    seed: Annotated[int, typer.Option(help="Of folds and of the choice of photos.")] = 0,
    framing: Framing = CENTRE,
    input_px: InputPx = 0,
    group_pattern: Groups = "",
    class_pattern: Classes = "",
    encoding: Encoding = "",
    as_json: Json = False,
) -> None:
    """Probe a backbone after each of its stages on DATA, and suggest where to begin to fine-tune it."""
    from core.probing.studies.depth import Depth
    from core.tasks import studies
    from core.tasks.requests import DepthRequest

    request = DepthRequest(
        **inputs.photos(data, group_pattern, class_pattern, encoding),
        backbone=chosen(backbone, framing, input_px),
        config=inputs.probing(folds=folds, repeats=repeats, seed=seed),
        images=images,
    )
    probed = _study(studies.depth, request, Depth)
    if as_json:
        print_json(probed.as_json())
    else:
        _show_depth(probed)


def _study(verb: Callable[[Path, AnyRequest, Report], object], request: AnyRequest, kind: type[AnyStudy]) -> AnyStudy:
    """Runs a verb in a directory that is removed afterwards, and gives the study that the verb kept there."""
    with folder_for(None) as folder, working() as report:
        verb(folder, request, report)
        return kind.load(folder)


def _protocol(study: ProbeStudy) -> str:
    return _("{folds}-fold cross-validation on {n} training photos, {repeats} times").format(
        folds=study.folds, n=study.n, repeats=study.repeats
    )


def _show_components(study: Components) -> None:
    """Accuracy by number of components, and how many to take."""
    from core.cli.show import lines, table, warnings

    rows = [
        (str(point.components), percent(point.variance), percent(point.accuracy_mean), interval(point.accuracy_ci))
        for point in study.points
    ]
    table((_("Components"), _("Variance"), _("Accuracy"), _("95 % interval")), rows, title=_protocol(study))
    advice = _("To compare with so many: `compare --pca '{pca}'`.").format(
        pca=f"{study.recommended}{' whiten' if study.whiten else ''}"
    )
    lines(study.why, advice, *study.notes)
    warnings(study.dataset.warnings)


def _show_depth(study: Depth) -> None:
    """Accuracy by stage, and where to begin."""
    from core.cli.show import lines, table, warnings

    rows = [
        (stage.name, percent(stage.accuracy_mean), interval(stage.accuracy_ci), count(stage.width))
        for stage in study.stages
    ]
    table((_("After"), _("Accuracy"), _("95 % interval"), _("Features")), rows, title=_protocol(study))
    suggestion = study.suggestion
    flags = f"--mode {suggestion.mode}"
    flags += f" --last-stages {suggestion.last_stages}" if suggestion.mode == "last" else ""
    advice = _("To begin: {mode} (`finetune {flags}`).").format(mode=mode_label(suggestion.mode), flags=flags)
    lines(suggestion.why, advice, *study.notes)
    warnings(study.dataset.warnings)


def _show_curve(study: LearningCurve, more: Sequence[int], target: float | None) -> None:
    """The answer, the curve, and the classes."""
    from core.cli.show import lines, table, warnings

    lines(study.answer(more, target))
    rows = [
        (
            decimal(point.images, 0), decimal(point.per_class), percent(point.accuracy), interval(point.interval),
            percent(point.macro_f1),
        )
        for point in study.points
    ]  # fmt: skip
    protocol = _("{folds}-fold cross-validation, {repeats} times; {n} training photos in all").format(
        folds=study.folds, repeats=study.repeats, n=count(study.images)
    )
    headings = (_("Photos"), _("A class"), _("Accuracy"), _("95 % interval"), _("Macro F1"))
    table(headings, rows, left=0, title=protocol)
    _show_forecasts(study, more)
    _show_gains(study.per_class)
    lines(*study.notes)
    warnings(study.dataset.warnings)


def _show_forecasts(study: LearningCurve, more: Sequence[int]) -> None:
    from core.cli.show import table

    if not study.laws:
        return
    forecasts = (study.forecast(0), *study.forecasts(more))
    rows = [(count(row.images), percent(row.accuracy), interval(row.interval)) for row in forecasts]
    table((_("Photos"), _("Expected"), _("95 % interval")), rows, left=0)


def _show_gains(gains: Sequence[ClassGain]) -> None:
    from core.cli.show import table

    known = [(row.gain, row.gain_interval, row) for row in gains if row.gain is not None and row.gain_interval]
    rows = [
        (
            row.name, count(row.images), percent(row.recall), signed_points(gain), points_interval(ends),
        )
        for gain, ends, row in sorted(known, key=lambda known_gain: -known_gain[0])
    ]  # fmt: skip
    if rows:
        headings = (_("Class"), _("Photos"), _("Recall"), _("With twice as many"), _("95 % interval"))
        table(headings, rows)
