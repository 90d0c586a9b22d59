"""Backbones of the user's own, `local:NAME`: checkpoints that were taken in, each in a directory of one folder:

    <folder>/<NAME>/weights.safetensors     the network's tensors without its classifier, in float32
                   /card.json               the architecture, the facts, and the hash of the weights; written last

Which folder it is belongs to the current context (a browser session's thread, a worker's job, a command), never to the
process. How a checkpoint is taken in is in `core.backbones.adopt`; this file imports no torch before it is called.
"""

from __future__ import annotations

import re
import shutil
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.backbones.spec import BackboneInfo, Preprocessing
from core.errors import BackboneError, WeightsUnavailable
from core.i18n import gettext as _
from core.paths import as_text, file_sha256, read_json
from core.progress import Report

if TYPE_CHECKING:
    from torch import Tensor

    from core.backbones.backbone import Backbone

PREFIX, FAMILY = "local:", "local"
WEIGHTS, CARD = "weights.safetensors", "card.json"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_folder: ContextVar[Path | None] = ContextVar("own_backbones", default=None)


def use_folder(folder: Path | None) -> None:
    """Sets the folder of this context; None for no backbones of one's own."""
    _folder.set(folder)


def folder() -> Path | None:
    """The folder of this context."""
    return _folder.get()


def sources() -> tuple[Own, ...]:
    """The source of this context's backbones, another one whenever one is added or removed; () for none."""
    current = _folder.get()
    try:
        return (Own(current, current.stat().st_mtime_ns),) if current is not None else ()
    except OSError:  # no backbone was ever added
        return ()


def check_name(name: str) -> None:
    """Does nothing where a backbone may have this name.

    Raises:
        BackboneError: it may not; the message says which it may have.
    """
    if not _NAME.fullmatch(name):
        raise BackboneError(
            _("'{name}' cannot name a backbone. Take up to 64 letters, digits and the signs . _ -").format(name=name)
        )


def remove(name: str, own_folder: Path) -> None:
    """Removes the backbone `local:NAME` of a folder.

    Raises:
        BackboneError: there is none.
    """
    check_name(name)
    if not (own_folder / name).is_dir():
        raise BackboneError(_("There is no backbone '{name}' to remove.").format(name=f"{PREFIX}{name}"))
    shutil.rmtree(own_folder / name)


@dataclass(frozen=True)
class Own:
    """The backbones in a folder.

    Attributes:
        folder: where they lie.
        version: changes with what is in it.
    """

    folder: Path
    version: int = field(default=0)

    def infos(self) -> tuple[BackboneInfo, ...]:
        """All whose cards can be read, by name."""
        cards = [card for card in sorted(self.folder.glob(f"*/{CARD}")) if _NAME.fullmatch(card.parent.name)]
        contents = {card.parent: content for card in cards if (content := _card(card))}
        return tuple(described(own.name, content, own / WEIGHTS) for own, content in contents.items())

    def read(self, info: BackboneInfo, report: Report) -> dict[str, Tensor] | None:  # noqa: ARG002
        """The tensors of the network.

        Raises:
            WeightsUnavailable: they are gone, or damaged.
        """
        import safetensors.torch

        file = info.path
        if file is None or not file.is_file() or file_sha256(file) != info.sha256:
            raise WeightsUnavailable(
                _("The weights of '{name}' are damaged or gone. Remove it and add its checkpoint again.").format(
                    name=info.name
                )
            )
        with as_text([file]) as [named]:
            state: dict[str, Tensor] = safetensors.torch.load_file(named)
        return state

    def build(self, info: BackboneInfo, state: dict[str, Tensor] | None) -> Backbone:
        """A network of the architecture that the card names.

        Raises:
            RuntimeError: the weights do not fit.
        """
        return network(info, state)


def is_own(name: str) -> bool:
    """Whether a backbone is one of somebody's own, by its name, and not several side by side."""
    return name.startswith(PREFIX) and "+" not in name


def network(info: BackboneInfo, state: dict[str, Tensor] | None = None) -> Backbone:
    """A network of the architecture of one's own, with these weights; with None, random ones.

    Raises:
        RuntimeError: the weights do not fit.
    """
    from core.backbones.backbone import Backbone
    from core.backbones.networks.measure import trunk_of
    from core.backbones.networks.taking import take_in

    trunk = trunk_of(info.architecture, info.input_px)
    if state is not None:
        take_in(trunk, state)
    return Backbone(info, trunk, trunk.stages).eval()


def of_bundle(name: str, architecture: str, preprocessing: Preprocessing, weights: str) -> BackboneInfo:
    """What can be known of a backbone of somebody's own where its checkpoint is not.

    Raises:
        BackboneError: there is no such architecture.
    """
    from core.backbones.networks.measure import hollow_trunk, is_known

    if not is_known(architecture):
        raise BackboneError(_("There is no architecture '{name}'.").format(name=architecture))
    trunk = hollow_trunk(architecture, preprocessing.input_px)
    n_values = sum(tensor.numel() for tensor in trunk.state_dict().values())
    content = {
        "architecture": architecture, "file": weights, "sha256": "", "size_mb": 4 * n_values / 2**20,
        "params": sum(parameter.numel() for parameter in trunk.parameters()), "feature_dim": trunk.feature_dim,
        "gflops": 0.0, "memory_mb": 0.0, "stages": [], "preprocessing": preprocessing.to_json(),
    }  # fmt: skip
    return described(name.removeprefix(PREFIX), content, None)


def described(name: str, content: dict[str, Any], path: Path | None) -> BackboneInfo:
    """What the registry says of a backbone of one's own."""
    how = Preprocessing.from_json(content["preprocessing"])
    source, _colon, architecture = content["architecture"].partition(":")
    return BackboneInfo(
        name=f"{PREFIX}{name}",
        family=FAMILY,
        embedded=False,
        params=content["params"],
        gflops=content["gflops"],
        size_mb=content["size_mb"],
        input_px=how.input_px,
        feature_dim=content["feature_dim"],
        imagenet_top1=None,
        trained_on=_("your own checkpoint; Graft does not know its photos"),
        licence=_("Your own checkpoint: what it was made from decides its terms, and Graft does not know it."),
        commercial=False,
        weights=content["file"],
        preprocessing=how,
        stages=tuple(content["stages"]),
        memory_mb=content["memory_mb"],
        note=_("Your own checkpoint: {architecture} of {source}, from {file}.").format(
            architecture=architecture, source=source, file=content["file"]
        ),
        sha256=content["sha256"],
        path=path,
        architecture=content["architecture"],
    )


def _card(file: Path) -> dict[str, Any]:
    """A card's content; {} where it cannot be read, and the backbone is as good as not there."""
    try:
        content = read_json(file)
        described("x", content, None)
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return dict(content)
