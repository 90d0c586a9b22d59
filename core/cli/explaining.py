"""Commands about what a model looks at: explain, attention."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli import inputs
from core.cli.frame import SOME_FAILED, Json, folder_for, print_json, program, say, working
from core.errors import DatasetError, ExplainError
from core.i18n import gettext as _
from core.numbers import count, interval, percent
from core.paths import replacing
from core.runs import Run

if TYPE_CHECKING:
    from core.tasks.explained import Explanation

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A run, or a bundle that `export` wrote.")]
Method = Annotated[
    str,
    typer.Option(
        metavar="grad-cam|hirescam|occlusion|integrated-gradients", help="Default: the one that suits the model."
    ),
]


@program.command()
def explain(
    model: Model,
    images: Annotated[list[str], typer.Argument(metavar="PHOTOS...", help="Photo files, or folders of them.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the pictures with their heat maps go.")],
    label: Annotated[str, typer.Option("--class", metavar="NAME", help="Default: each photo's likeliest class.")] = "",
    method: Method = "",
    check: Annotated[bool, typer.Option(help="Test each map by hiding what it marks.")] = True,
    alike: Annotated[
        int, typer.Option("--alike", metavar="N", help="Name the N training photos of a run that are most like each.")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Show where a MODEL looks in PHOTOS, and how far each heat map can be believed."""
    from core.cli import show
    from core.tasks import explaining
    from core.tasks.explained import read_explanations
    from core.tasks.using import NamedFile

    named = _model(model)
    if alike and isinstance(named, Path):
        raise ExplainError(
            _("A bundle holds no training photos, so --alike needs the run. Leave it out, or name a run.")
        )
    asked = inputs.images(images)
    if asked.left_out:
        say(asked.left_out)
    files = tuple(NamedFile(path=str(Path(name).absolute()), name=name) for name in asked.files)
    request = explaining.ExplainRequest(
        model=_path(named), images=files, label=label, method=method, check=check, alike=alike
    )
    with folder_for(None) as job, working() as report:
        result = explaining.explain(job, request, report)
        explanations = read_explanations(job / result.file)
        written = [_write(job, out, number, each) for number, each in enumerate(explanations)]
    if as_json:
        print_json([_as_json(each, file) for each, file in zip(explanations, written, strict=True)])
    else:
        show.table((_("Photo"), _("Class"), _("Probability"), _("Heat map")), _rows(explanations, written), left=2)
        show.lines(*(f"{each.photo}: {words}" for each in explanations if (words := _in_words(each))))
    failed = [each for each in explanations if each.error]
    if failed:
        message = _("{image}: {problem}").format(image=failed[0].photo, problem=failed[0].error)
        if len(failed) == len(explanations):
            raise DatasetError(message)
        say(message + (_(" (and {n} more)").format(n=len(failed) - 1) if len(failed) > 1 else ""))
        raise typer.Exit(SOME_FAILED)


@program.command()
def attention(
    model: Model,
    split: Annotated[str, typer.Option(metavar="val|test|train", help="Which photos.")] = "val",
    data: Annotated[
        str, typer.Option(metavar="DATA", help="The photos. Default: those that the run was made from.")
    ] = "",
    images: Annotated[int, typer.Option(metavar="N", min=1, help="How many at most.")] = 96,
    method: Method = "",
    as_json: Json = False,
) -> None:
    """Show where a MODEL looks over many photos, and whether the border of photos gives classes away."""
    from core.cli import show
    from core.explaining.attention.record import Attention
    from core.tasks.attention import AttentionRequest
    from core.tasks.attention import attention as look

    named, dataset = _model(model), inputs.source(data) if data else ""
    if not dataset:
        if isinstance(named, Path):
            raise ExplainError(_("A bundle does not hold the photos that it was made from. Name some with --data."))
        dataset = named.dataset_id
    request = AttentionRequest(model=_path(named), dataset=dataset, split=split, images=images, method=method)
    with folder_for(None) as job, working() as report:
        look(job, request, report)
        result = Attention.load(job)
    if as_json:
        print_json(result.as_json())
        return
    headings = (_("Class it says"), _("Photos"), _("Attention on the border"))
    show.table(headings, [(each.label, count(each.n), percent(each.border)) for each in result.classes])
    whole = _("Whole photos: {accuracy} of {n} are right (95 % interval {ci}).").format(
        accuracy=percent(result.accuracy), n=count(result.n), ci=interval(result.accuracy_ci)
    )
    show.lines(result.on_border, whole, result.verdict)


def _model(path: Path) -> Run | Path:
    """The model that a command names.

    Raises:
        DatasetError: there is none.
    """
    if not path.exists():
        raise DatasetError(_("There is no model '{name}'.").format(name=path))
    return inputs.model(path)


def _path(model: Run | Path) -> str:
    return str((model if isinstance(model, Path) else model.path).absolute())


def _write(job: Path, out: Path, number: int, explanation: Explanation) -> str:
    """Writes a photo with its heat map, and the map's numbers beside it; gives the picture's name."""
    from PIL import Image

    from core.explaining.overlay import overlay
    from core.explaining.records import HeatMap

    if explanation.error:
        return ""
    heat = HeatMap.load(job / explanation.map)
    name = out / f"{number + 1}-{Path(explanation.photo).stem}"
    heat.save(name.with_name(f"{name.name}.npz"))
    picture = name.with_name(f"{name.name}.png")
    with Image.open(job / explanation.picture) as photo, replacing(picture) as file:
        overlay(photo, heat).save(file, "PNG")
    return str(picture)


def _rows(explanations: Sequence[Explanation], written: Sequence[str]) -> list[tuple[str, ...]]:
    return [
        (each.photo, each.label, percent(each.proba[each.label]), file)
        for each, file in zip(explanations, written, strict=True)
        if not each.error
    ]


def _in_words(explanation: Explanation) -> str:
    """How far the map can be believed, and which photos the model finds alike; "" where neither was asked for."""
    from core.explaining.alike import alike_in_words

    tested = explanation.faithfulness
    sentences = (tested.verdict if tested else "", alike_in_words(explanation.label, explanation.alike))
    return " ".join(filter(None, sentences))


def _as_json(explanation: Explanation, file: str) -> dict[str, Any]:
    """A photo's explanation; one that could not be read has no label, and why."""
    if explanation.error:
        return {"image": explanation.photo, "label": None, "error": explanation.error}
    tested = explanation.faithfulness
    return {
        "image": explanation.photo,
        "label": explanation.label,
        "predicted": explanation.predicted,
        "proba": dict(explanation.proba),
        "method": explanation.method,
        "overlay": file,
        "map": str(Path(file).with_suffix("")) + ".npz",
        "faithfulness": tested.as_json() if tested else None,
        "alike": [neighbour.to_json() for neighbour in explanation.alike],
    }
