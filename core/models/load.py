"""A run or a bundle becomes a model. Nothing in a file is run, and nothing of it is believed before it was checked.

A run is the user's own: its weights must be whole and fit the backbone. A bundle comes from anyone: sizes, hashes,
names, types and shapes are held against its manifest, and those against the backbone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from core.backbones import registry
from core.backbones.backbone import Backbone, SideBySide
from core.backbones.load import load
from core.backbones.names import parts
from core.backbones.networks.taking import take_in
from core.backbones.pairs import side_by_side
from core.backbones.sizes import is_fixed
from core.backbones.sources import own
from core.backbones.spec import BackboneInfo, Preprocessing
from core.bundle.archive import check_whole, read_manifest, read_model
from core.bundle.manifest import Manifest
from core.data.names import shown
from core.errors import BackboneError, BundleError
from core.i18n import gettext as _
from core.models.caution import caution_of_bundle, caution_of_run
from core.models.classifier import Classifier
from core.models.views import kept_views
from core.paths import as_text
from core.probing.probes.kinds import KINDS
from core.progress import Progress, Report, silent
from core.runs import HEAD, MODEL, Run

State = dict[str, Tensor]
_LEAST_SHARE = 0.1
"""A bundle has at least this share of its backbone's file, which holds a classifier of many classes, too.

What is much too small is refused before memory is taken for a network that a stranger names.
"""

_TYPES = {torch.float32: "F32", torch.int64: "I64"}


def classifier_of(model: Run | Path, report: Report = silent) -> Classifier:
    """The model that a run fitted or a bundle holds, in eval mode.

    Args:
        model: a run, or the path of a bundle.
        report: is told when a probe's backbone is loaded or downloaded; no totals.

    Raises:
        BundleError: the run's files are missing or damaged, its probe is not linear or was fitted on other weights of
            its backbone; or there is no bundle, it was damaged or tampered with, or its backbone is not known here.
        BackboneError: the run's backbone is not known here.
        EvaluationError: what is kept with a run about when not to answer is damaged.
        WeightsUnavailable: a probe's backbone is not on this machine and cannot be fetched.
    """
    if isinstance(model, Path):
        return _of_bundle(model)
    classifier = _of_probe(model, report) if model.kind == "probe" else _of_finetuning(model)
    classifier.caution = caution_of_run(model, classifier.backbone.info.feature_dim)
    classifier.views = kept_views(model.path)
    return classifier


def _of_probe(run: Run, report: Report) -> Classifier:
    """The probe's head on its pretrained backbone."""
    file = _file(run, HEAD)
    if run.weights_sha256 != registry.info(run.backbone).sha256:
        raise BundleError(
            _("The weights of '{name}' are others than when this probe was fitted. Compare again.").format(
                name=run.backbone
            )
        )
    state = _read(file)
    backbone = load(run.backbone, report=lambda step: report(Progress(0, 0, step.message)))
    classifier = _without_weights(backbone, run.classes, run.preprocessing)
    if _tensors(state) != _tensors(classifier.head.state_dict()):
        raise _damaged(file)
    classifier.head.load_state_dict(state, assign=True)
    return classifier


def _of_finetuning(run: Run) -> Classifier:
    file = _file(run, MODEL)
    state = _read(file)
    classifier = _without_weights(load(run.backbone, pretrained=False), run.classes, run.preprocessing)
    if _tensors(state) != _tensors(classifier.state_dict()):
        raise _damaged(file)
    take_in(classifier, state, assign=True)
    return classifier


def _without_weights(backbone: Backbone, classes: Sequence[str], preprocessing: Preprocessing) -> Classifier:
    """A classifier whose head has a shape and no memory: what a manifest claims is not paid for before it is proved."""
    with torch.device("meta"):
        return Classifier(backbone, classes, preprocessing).eval()


def _file(run: Run, name: str) -> Path:
    """The run's file of weights."""
    file = run.path / name
    if not file.is_file():
        _check_linear(run)
        raise BundleError(_("The run's file '{name}' is missing. Run it again.").format(name=name))
    return file


def _check_linear(run: Run) -> None:
    """A run without a head may be a probe that cannot have one."""
    kind = KINDS.get(run.method) if run.kind == "probe" else None
    if kind is not None and not kind.affine:
        raise BundleError(
            _(
                "The probe '{probe}' is not linear, so it cannot be exported or predict new photos. Compare again with "
                "a linear one: {linear}."
            ).format(probe=kind.name, linear=", ".join(name for name, known in KINDS.items() if known.affine))
        )


def _read(file: Path) -> State:
    try:
        with as_text([file]) as [named]:
            return safetensors.torch.load_file(named)
    except SafetensorError as problem:
        raise _damaged(file) from problem


def _damaged(file: Path) -> BundleError:
    return BundleError(_("The run's file '{name}' is damaged. Run it again.").format(name=file.name))


def _tensors(state: Mapping[str, Tensor]) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Types and shapes, as a manifest has them."""
    return {name: (_TYPES.get(tensor.dtype, ""), tuple(tensor.shape)) for name, tensor in state.items()}


def _of_bundle(path: Path) -> Classifier:
    """Reads the bundle at `path`, without pickle and without unpacking it."""
    manifest = read_manifest(path)
    check_whole(path, manifest)
    info = _known(manifest)
    if manifest.n_bytes < _LEAST_SHARE * info.size_mb * 2**20:
        raise _misfit(manifest)
    classifier = _without_weights(_random(info), manifest.classes, manifest.preprocessing)
    if _tensors(classifier.state_dict()) != manifest.tensors:
        raise _misfit(manifest)
    try:
        state = safetensors.torch.load(read_model(path, manifest))
    except SafetensorError as problem:
        raise BundleError(_("The weights in this bundle cannot be read. Export it again.")) from problem
    take_in(classifier, state, assign=True)
    classifier.caution = caution_of_bundle(path, manifest)
    classifier.views = manifest.views
    return classifier


def _random(info: BackboneInfo) -> Backbone:
    """A backbone with random weights; of somebody's own one, too, whose checkpoint is not here."""
    if info.parts:
        return SideBySide(info, [_random(part) for part in info.parts]).eval()
    return own.network(info) if own.is_own(info.name) else load(info.name, pretrained=False)


def _misfit(manifest: Manifest) -> BundleError:
    return BundleError(
        _("The weights in this bundle do not fit its backbone '{name}'. Export it again.").format(
            name=manifest.backbone
        )
    )


def _known(manifest: Manifest) -> BackboneInfo:
    """What this Graft knows of the manifest's backbone, which must be the same network.

    One of somebody's own is made of its architecture: its checkpoint may be on another machine, or gone.
    """
    try:
        if own.is_own(manifest.backbone):
            return own.of_bundle(manifest.backbone, manifest.architecture, manifest.preprocessing, manifest.weights)
        info = _several(manifest) if "+" in manifest.backbone else registry.info(manifest.backbone)
    except BackboneError:
        raise BundleError(
            _("This bundle's backbone '{name}' is not known to this Graft. Update Graft.").format(
                name=shown(manifest.backbone, 80)
            )
        ) from None
    is_same = (info.architecture, info.feature_dim) == (manifest.architecture, manifest.feature_dim)
    if manifest.preprocessing.beside or is_fixed(info):
        is_same = is_same and info.preprocessing.input_shape == manifest.preprocessing.input_shape
    if not is_same:
        raise BundleError(
            _("This bundle was made with another version of the backbone '{name}'. Export it again.").format(
                name=info.name
            )
        )
    return info


def _several(manifest: Manifest) -> BackboneInfo:
    """Backbones side by side, each of which may be of somebody's own."""
    names, architectures = [str(part) for part in parts(manifest.backbone)], manifest.architecture.split("+")
    if not len(names) == len(architectures) == len(manifest.preprocessing.views):
        return registry.info(manifest.backbone)
    return side_by_side(
        [
            own.of_bundle(name, architecture, view, manifest.weights) if own.is_own(name) else registry.info(name)
            for name, architecture, view in zip(names, architectures, manifest.preprocessing.views, strict=True)
        ]
    )
