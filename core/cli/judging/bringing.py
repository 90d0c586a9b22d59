"""The photos of a run, brought again where they are not in Graft's home any more."""

from __future__ import annotations

from typing import Annotated

import typer

from core.cli import inputs
from core.cli.frame import working
from core.errors import DatasetError
from core.i18n import gettext as _
from core.runs import Run

OwnPhotos = Annotated[
    str, typer.Option("--data", metavar="DATA", help="The RUN's own photos, where Graft does not have them any more.")
]


def bring(run: Run, data: str) -> None:
    """Takes a run's photos in again; "" where they are there.

    Raises:
        DatasetError: they are others than those that the run was fitted on.
    """
    if not data:
        return
    with working() as report:
        dataset = inputs.taken_in(inputs.photos(data, "", "", ""), report)
    if dataset.id != run.dataset_id:
        message = _(
            "'{name}' holds other photos than this run was fitted on. Use `evaluate --on` to judge it by those."
        )
        raise DatasetError(message.format(name=data))
