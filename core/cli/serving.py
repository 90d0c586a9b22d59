"""The command that puts a model behind an HTTP endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.cli import inputs
from core.cli.frame import program, say, working
from core.errors import BundleError
from core.i18n import gettext as _


@program.command()
def serve(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle that `export` wrote, or a run.")],
    host: Annotated[
        str, typer.Option(help="The address to listen at; 0.0.0.0 is every address of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="The port; 0 for a free one.")] = 8000,
    max_mb: Annotated[int, typer.Option(metavar="N", min=1, help="The most megabytes that a request may have.")] = 20,
    max_photos: Annotated[int, typer.Option(metavar="N", min=1, help="The most photos in a request.")] = 16,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="A web page whose script may ask, such as https://example.org."),
    ] = None,
) -> None:
    """Answer for photos over HTTP: POST /predict, GET /health. It goes on until Ctrl-C."""
    from core.models.load import classifier_of
    from core.serving.app import application
    from core.serving.requests import ServingLimits
    from core.serving.server import Server

    if not bundle.exists():
        raise BundleError(_("There is no bundle '{name}'.").format(name=bundle))
    with working() as report:
        classifier = classifier_of(inputs.model(bundle), report)
    limits = ServingLimits(max_bytes=max_mb << 20, max_photos=max_photos)
    server = Server(application(classifier, limits, allow_origin or ()), host, port)
    say(_("Answering at {url}/predict; Ctrl-C ends it.").format(url=server.url))
    server.run()
