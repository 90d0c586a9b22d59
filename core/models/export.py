"""A run becomes one zip that carries everything needed to use the model elsewhere."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import safetensors.torch

from core.backbones import registry
from core.backbones.spec import BackboneInfo
from core.bundle import archive
from core.bundle.card import model_card
from core.bundle.manifest import Manifest
from core.errors import BundleError
from core.i18n import gettext as _
from core.models.classifier import Classifier
from core.models.load import classifier_of
from core.paths import as_text, file_sha256
from core.progress import Phase, Plan, Progress, Report, silent
from core.runs import MODEL, Run


def export(run: Run, out: Path, report: Report = silent) -> Path:
    """Writes a run as the bundle `out`, whole or not at all, and gives `out` back.

    Args:
        run: a probe (its backbone's pretrained weights go into the bundle) or a fine-tuned model.
        out: the zip to write; a file that is there is replaced.
        report: is told of bytes written.

    Raises:
        BundleError: no model can be made of the run (see `classifier_of`), or `out` cannot be written.
        WeightsUnavailable: a probe's backbone is not on this machine and cannot be fetched.
    """
    info = registry.info(run.backbone)
    if out.is_dir():
        raise BundleError(_("'{name}' is a folder. Give the name of a file to write.").format(name=out.name))
    loading, writing = Phase("load", 0.5 + info.size_mb / 100), Phase("export", 0.2 + info.size_mb / 200)
    plan = Plan(report, {"load": (loading,), "write": (writing,)})
    classifier = classifier_of(run, plan.begin("load"))
    report = plan.begin("write")
    report(Progress(0, 0, _("Writing the bundle")))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".graft-export-", dir=out.parent) as folder:
            weights = run.path / MODEL if run.kind == "finetune" else _saved(classifier, Path(folder))
            manifest = _manifest(run, info, classifier, weights)
            content = json.dumps(manifest.to_json(), ensure_ascii=True, indent=1, allow_nan=False).encode()
            archive.write(out, content, model_card(manifest, info).encode("utf-8", "replace"), weights, report)
    except OSError as problem:
        raise BundleError(
            _("The bundle '{name}' cannot be written ({reason}). Choose another place, or mend this one.").format(
                name=out.name, reason=problem.strerror or type(problem).__name__
            )
        ) from problem
    return out


def _saved(classifier: Classifier, folder: Path) -> Path:
    """A file in `folder` with the weights of backbone and head."""
    file = folder / MODEL
    with as_text([folder]) as [named]:
        state = {key: value.contiguous() for key, value in classifier.state_dict().items()}
        safetensors.torch.save_file(state, named / MODEL)
    return file


def _manifest(run: Run, info: BackboneInfo, classifier: Classifier, weights: Path) -> Manifest:
    return Manifest(
        kind=run.kind,
        backbone=info.name,
        weights=info.weights,
        architecture=info.architecture,
        feature_dim=info.feature_dim,
        classes=classifier.classes,
        preprocessing=classifier.preprocessing,
        metrics=run.metrics,
        kept=run.kept,
        config=run.config.to_json(),
        seed=run.config.seed,
        dataset=run.dataset_name,
        fingerprint=run.fingerprint,
        versions=run.versions,
        created=run.created,
        sha256=file_sha256(weights),
        n_bytes=weights.stat().st_size,
        tensors=archive.tensors_in(weights),
    )
