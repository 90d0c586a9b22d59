"""A run becomes one zip that carries everything needed to use the model elsewhere."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open

from core.backbones import registry
from core.backbones.load import load
from core.backbones.spec import BackboneInfo, Preprocessing
from core.bundle import archive
from core.bundle.card import model_card
from core.bundle.manifest import Manifest
from core.errors import BundleError
from core.i18n import gettext as _
from core.paths import file_sha256
from core.probing.probes.kinds import KINDS
from core.progress import Progress, Report, silent
from core.runs import HEAD, Run


def export(run: Run, out: Path, report: Report = silent) -> Path:
    """Writes a run as the bundle `out`, whole or not at all, and gives `out` back.

    Args:
        run: a probe (its backbone's pretrained weights go into the bundle) or a fine-tuned model.
        out: the zip to write; a file that is there is replaced.
        report: is told of bytes written.

    Raises:
        BundleError: the run's files are missing or damaged, a probe was fitted on other weights of its backbone, or
            `out` cannot be written.
        WeightsUnavailable: a probe's backbone is not on this machine and cannot be fetched.
    """
    info = registry.info(run.backbone)
    if out.is_dir():
        raise BundleError(_("'{name}' is a folder. Give the name of a file to write.").format(name=out.name))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".graft-export-", dir=out.parent) as folder:
            model = _model(run, Path(folder), report)
            manifest = _manifest(run, info, model)
            content = json.dumps(manifest.to_json(), ensure_ascii=True, indent=1, allow_nan=False).encode()
            archive.write(out, content, model_card(manifest, info).encode("utf-8", "replace"), model, report)
    except OSError as problem:
        raise BundleError(
            _("The bundle '{name}' cannot be written ({reason}).").format(
                name=out.name, reason=problem.strerror or type(problem).__name__
            )
        ) from problem
    return out


def _model(run: Run, folder: Path, report: Report) -> Path:
    """The file of weights: a fine-tuning's own, or a probe's backbone and head put together in `folder`."""
    name = HEAD if run.kind == "probe" else archive.MODEL
    own = run.path / name
    if not own.is_file():
        _check_affine(run)
        raise BundleError(_("The run's file '{name}' is missing. Run it again.").format(name=name))
    if run.kind == "finetune":
        _check_whole(own)
        return own
    if run.weights_sha256 != registry.info(run.backbone).sha256:
        raise BundleError(
            _("The weights of '{name}' are others than when this probe was fitted. Compare again.").format(
                name=run.backbone
            )
        )
    report(Progress(0, 0, _("Loading the backbone")))
    backbone = load(run.backbone, report=lambda step: report(Progress(0, 0, step.message)))
    state = {f"backbone.{key}": value.contiguous() for key, value in backbone.state_dict().items()}
    try:
        head = safetensors.torch.load_file(own)
        state |= {"head.weight": head["weight"], "head.bias": head["bias"]}
    except (SafetensorError, KeyError) as problem:
        raise _damaged(own) from problem
    joined = folder / archive.MODEL
    safetensors.torch.save_file(state, joined)
    return joined


def _check_affine(run: Run) -> None:
    """A run without a head may be a probe that cannot have one."""
    kind = KINDS.get(str(run.config.get("probe"))) if run.kind == "probe" else None
    if kind is not None and not kind.affine:
        raise BundleError(
            _(
                "The probe '{probe}' is not linear, so it cannot be exported or predict new photos. Compare again with "
                "a linear one: {linear}."
            ).format(probe=kind.name, linear=", ".join(name for name, one in KINDS.items() if one.affine))
        )


def _check_whole(file: Path) -> None:
    try:
        with safe_open(file, framework="pt"):  # holds the header against the file's size
            return
    except SafetensorError as problem:
        raise _damaged(file) from problem


def _damaged(file: Path) -> BundleError:
    return BundleError(_("The run's file '{name}' is damaged. Run it again.").format(name=file.name))


def _manifest(run: Run, info: BackboneInfo, model: Path) -> Manifest:
    return Manifest(
        kind=run.kind,
        backbone=info.name,
        weights=info.weights,
        architecture=info.architecture,
        feature_dim=info.feature_dim,
        classes=run.classes,
        preprocessing=Preprocessing.from_json(run.preprocessing),
        metrics=run.metrics,
        config=run.config,
        seed=run.seed,
        dataset=run.dataset_name,
        fingerprint=run.fingerprint,
        versions=run.versions,
        created=run.created,
        sha256=file_sha256(model),
        n_bytes=model.stat().st_size,
        tensors=archive.tensors_in(model),
    )
