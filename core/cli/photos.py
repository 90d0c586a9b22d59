"""Commands about photos: look into them, check their health, and write them out as edited."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli import inputs
from core.cli.frame import Classes, Data, Encoding, Groups, Json, folder_for, print_json, program, working
from core.errors import DatasetError, ProbeError
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.data.inspection import Inspection

Edits = Annotated[
    Path | None, typer.Option(metavar="CSV", help="Edits to carry out: image, sha256, action, new_class.")
]


@program.command()
def inspect(data: Data, class_pattern: Classes = "", encoding: Encoding = "", as_json: Json = False) -> None:
    """Look into DATA without keeping it: images, classes, splits, and what would be skipped or refused, and why."""
    from core.cli import show
    from core.data.inspection import inspect as look

    with working() as report:
        inspection = look(inputs.source(data), class_pattern=class_pattern, encoding=encoding, report=report)
    if as_json:
        print_json(document(inspection))
    else:
        show.inspection(inspection)
    if inspection.is_refused:
        raise DatasetError(inspection.message)


def document(inspection: Inspection) -> dict[str, Any]:
    """What `inspect --json` prints."""
    return {
        "action": "reject" if inspection.is_refused else "accept",
        "code": inspection.code or None,
        "images": inspection.images,
        "skipped": [{"entry": skip.entry, "reason": skip.reason} for skip in inspection.skipped],
        "ignored": inspection.ignored,
        "classes": list(inspection.classes),
        "splits": dict(inspection.splits),
        "warnings": list(inspection.warnings),
        **({"message": inspection.message} if inspection.is_refused else {}),
    }


@program.command()
def health(
    data: Data,
    backbone: Annotated[
        str, typer.Option(help="Whose features judge the labels. Default: the best that is here.")
    ] = "",
    seed: Annotated[int, typer.Option(help="Of folds and draws.")] = 0,
    edits: Edits = None,
    group_pattern: Groups = "",
    class_pattern: Classes = "",
    encoding: Encoding = "",
    as_json: Json = False,
) -> None:
    """Check DATA for what ruins models: duplicates, leaks, wrong labels, poor photos, shortcuts."""
    from core.cli import show
    from core.data.library import original_dataset
    from core.health.report import read_report
    from core.tasks import photos
    from core.tasks.requests import HealthRequest

    request = HealthRequest(
        **inputs.photos(data, group_pattern, class_pattern, encoding),
        backbone=backbone,
        seed=seed,
        edits=str(edits) if edits else "",
    )
    with folder_for(None) as folder, working() as report:
        checked = photos.health(folder, request, report)
        root = original_dataset(request.workspace, checked.dataset).root
        health_report = read_report(folder) or read_report(root)
    assert health_report is not None
    if as_json:
        print_json(health_report.to_json())
    else:
        show.health(health_report)


@program.command()
def clean(
    data: Data,
    edits: Annotated[Path, typer.Option(metavar="CSV", help="What to do: image, sha256, action, new_class.")],
    out: Annotated[Path, typer.Option(metavar="ZIP", help="The zip to write.")],
    backbone: Annotated[str, typer.Option(help="Of the probe that tells what the edits bring.")] = "",
    group_pattern: Groups = "",
    class_pattern: Classes = "",
    encoding: Encoding = "",
    as_json: Json = False,
) -> None:
    """Write DATA with EDITS carried out as a zip, and tell what they bring on photos they do not touch."""
    from core.cli.show import lines
    from core.health.words import effect_text
    from core.progress import TO_COME, Plan
    from core.tasks import photos
    from core.tasks.requests import EditEffectRequest, PackRequest

    named_photos = inputs.photos(data, group_pattern, class_pattern, encoding)
    with folder_for(None) as folder, working() as report:
        plan = Plan(report, {"pack": (), "effect": (TO_COME,)})
        packing = PackRequest(**named_photos, edits=str(edits), out=str(out))
        packed = photos.pack(folder, packing, plan.begin("pack"))
        effect, note = None, ""
        try:
            request = EditEffectRequest(**named_photos, edits=str(edits), backbone=backbone)
            effect = photos.edit_effect(folder, request, plan.begin("effect"))
        except ProbeError as problem:  # too few photos to tell; the zip is written all the same
            note = str(problem)
    if as_json:
        print_json({
            "file": packed.file, "images": packed.images, "edits": packed.edits,
            "effect": effect.to_json() if effect else None, "note": note,
        })  # fmt: skip
        return
    wrote = _("Wrote {file}: {images} photos, {edits} edits").format(
        file=packed.file, images=packed.images, edits=packed.edits
    )
    lines(wrote, effect_text(effect) if effect else note)
