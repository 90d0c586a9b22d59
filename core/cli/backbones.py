"""The commands about backbones: which there are, and checkpoints of the user's own that become one.

`backbones` lists them, unless a verb follows: `backbones add` and `backbones remove`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from core.cli import inputs
from core.cli.frame import Json, print_json, program, working
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.backbones.spec import BackboneInfo


class _Listing(TyperGroup):
    """A group whose first command is meant where none is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in self.commands:
            args = ["list", *args]
        return super().parse_args(ctx, args)


_group = typer.Typer(cls=_Listing, help="List the backbones; add or remove one of your own.")
program.add_typer(_group, name="backbones")


@_group.command("list")
def listed(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Only these, such as a+b for two side by side. Default: all."),
    ] = None,
    search: Annotated[
        str, typer.Option(metavar="WORDS", help="Only those with these words in their names, of all there are.")
    ] = "",
    ready: Annotated[bool, typer.Option("--ready", help="Only those whose weights are on this machine.")] = False,
    commercial: Annotated[
        bool, typer.Option("--commercial", help="Only those whose licence allows commercial use.")
    ] = False,
    family: Annotated[
        str, typer.Option(metavar="F", help="Only those of this family, such as resnet, of all there are.")
    ] = "",
    max_mb: Annotated[float | None, typer.Option(metavar="N", help="Only those with weights of at most N MB.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All of timm's 1,800, too, not only a choice of them.")] = False,
    as_json: Json = False,
) -> None:
    """List the backbones, or those named: embedded ones, the baseline, packages', a choice of timm's, torchvision's.

    'backbones add' makes a checkpoint of your own one of them, and 'backbones remove' takes it away.
    """
    from core.backbones import registry
    from core.backbones.filters import Filter
    from core.cli import show

    asked = Filter(commercial=commercial, ready=ready, family=family, max_mb=max_mb, search=search, every=every)
    infos = [info for info in map(registry.info, names) if asked.admits(info)] if names else asked.listed()
    if as_json:
        print_json([inputs.backbone_as_json(info) for info in infos])
    else:
        show.backbones(infos)
        if names:
            show.lines(*(line for info in infos for line in _described(info)))


def _described(info: BackboneInfo) -> list[str]:
    """What a backbone is good for, what it was trained on and its licence, in sentences."""
    known = ((_("Trained on: {what}"), info.trained_on), (_("Licence: {what}"), info.licence))
    facts = [sentence.format(what=what) for sentence, what in known if what]
    return [f"{info.name}: {' '.join(filter(None, (info.note, *facts)))}"]


@_group.command()
def add(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="PATH", help="A file of weights, or a folder with one and timm's config.json.")
    ],
    name: Annotated[str, typer.Option(metavar="N", help="What to call it: the backbone is local:N.")],
    architecture: Annotated[
        str,
        typer.Option(metavar="A", help="Such as resnet18, torchvision's or timm's. Default: as the config says."),
    ] = "",
    as_json: Json = False,
) -> None:
    """Make a checkpoint of your own a backbone: safetensors, or tensors of torch.save; nothing in it is run."""
    from core.backbones import registry
    from core.cli import show
    from core.tasks.adopting import AddBackboneRequest, add_backbone
    from core.tasks.using import NamedFile

    files = (NamedFile(path=str(checkpoint.absolute()), name=checkpoint.name),)
    request = AddBackboneRequest(name=name, files=files, architecture=architecture)
    with working() as report:
        info = registry.info(add_backbone(Path(), request, report).backbone)
    if as_json:
        print_json(inputs.backbone_as_json(info))
    else:
        show.backbones([info])


@_group.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="N", help="The name it was added by, with or without local:.")],
) -> None:
    """Remove a backbone of your own; runs and bundles that were made with it keep what they need."""
    from core import paths
    from core.backbones.sources import own
    from core.cli import show

    own.remove(name.removeprefix(own.PREFIX), paths.backbones())
    show.lines(_("It is removed."))
