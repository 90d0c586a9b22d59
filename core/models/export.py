"""A run becomes one zip that carries everything needed to use the model elsewhere."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import safetensors.torch

from core.backbones import registry
from core.backbones.spec import BackboneInfo
from core.bundle import archive
from core.bundle.card import model_card
from core.bundle.contents import BARE, Contents, Purpose
from core.bundle.files import Files
from core.bundle.manifest import Manifest
from core.bundle.pagesize import page_size
from core.data.dataset import Dataset
from core.errors import BundleError
from core.i18n import gettext as _
from core.models.beside import Beside, beside, phases
from core.models.calibration import calibrations_of
from core.models.classifier import Classifier
from core.models.load import classifier_of
from core.models.onnx.graph import onnx_tools
from core.paths import as_text
from core.progress import Phase, Plan, Progress, Report, silent
from core.runs import MODEL, STRANGERS, Run
from core.strangers.record import strangers_report


def export(
    run: Run,
    out: Path,
    report: Report = silent,
    *,
    contents: Contents = BARE,
    dataset: Dataset | None = None,
) -> Path:
    """Writes a run as the bundle `out`, whole or not at all, and gives `out` back.

    Args:
        run: a probe (its backbone's pretrained weights go into the bundle) or a fine-tuned model.
        out: the zip to write; a file that is there is replaced.
        report: is told of bytes written.
        contents: what travels along with the model; what of it cannot be made is left out, and the manifest says why.
        dataset: that of the run; networks are tried on its validation photos, on drawn ones without it.

    Raises:
        BundleError: no model can be made of the run (see `classifier_of`), or `out` cannot be written.
        WeightsUnavailable: a probe's backbone is not on this machine and cannot be fetched.
    """
    info = registry.info(run.backbone)
    if out.is_dir():
        raise BundleError(_("'{name}' is a folder. Give the name of a file to write.").format(name=out.name))
    dataset = dataset if dataset is not None and dataset.fingerprint == run.fingerprint else None
    loading, writing = Phase("load", 0.5 + info.size_mb / 100), _writing(info, len(run.classes), contents)
    plan = Plan(report, {"load": (loading,), **phases(contents, info, dataset), "write": (writing,)})
    classifier = classifier_of(run, plan.begin("load"))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".graft-export-", dir=out.parent) as folder:
            weights = run.path / MODEL if run.kind == "finetune" else _saved(classifier, Path(folder))
            purpose = contents.purpose if contents.purpose != Purpose() else None
            known = {STRANGERS: run.path / STRANGERS} if classifier.caution.strangers else {}
            manifest = replace(_manifest(run, info, classifier, weights, archive.facts_of(known)), purpose=purpose)
            others = beside(classifier, manifest, contents, dataset, Path(folder), plan)
            report = plan.begin("write")
            report(Progress(0, 0, _("Writing the bundle")))
            others = replace(others, files={**others.files, **known})
            _write(out, manifest, info, {MODEL: weights}, others, report)
    except OSError as problem:
        raise BundleError(
            _("The bundle '{name}' cannot be written ({reason}). Choose another place, or mend this one.").format(
                name=out.name, reason=problem.strerror or type(problem).__name__
            )
        ) from problem
    return out


def _writing(info: BackboneInfo, n_classes: int, contents: Contents) -> Phase:
    """Weights and networks are copied; the page is compressed."""
    copied_mb = info.size_mb * (1 + len(contents.onnx))
    page_mb = page_size(info, n_classes).page / 1e6 if contents.page else 0.0
    return Phase("export", 0.1 + copied_mb / 1000 + page_mb / 20)


def _write(
    out: Path, manifest: Manifest, info: BackboneInfo, model: Mapping[str, Path], others: Beside, report: Report
) -> None:
    files = archive.facts_of(others.files)
    tools = onnx_tools() if others.graphs else {}
    manifest = replace(manifest, files=files, graphs=others.graphs, left_out=others.left_out, tools=tools)
    content = json.dumps(manifest.to_json(), ensure_ascii=True, indent=1, allow_nan=False).encode()
    card = model_card(manifest, info).encode("utf-8", "replace")
    archive.write(out, content, card, {**model, **others.files}, report)


def _saved(classifier: Classifier, folder: Path) -> Path:
    """A file in `folder` with the weights of backbone and head."""
    file = folder / MODEL
    with as_text([folder]) as [named]:
        state = {key: value.contiguous() for key, value in classifier.state_dict().items()}
        safetensors.torch.save_file(state, named / MODEL)
    return file


def _manifest(run: Run, info: BackboneInfo, classifier: Classifier, weights: Path, known: Files) -> Manifest:
    """What is known of the model, and of the files beside it that were made before."""
    facts = archive.facts_of({MODEL: weights})[MODEL]
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
        composition=run.composition,
        versions=run.versions,
        created=run.created,
        sha256=facts.sha256,
        n_bytes=facts.n_bytes,
        tensors=archive.tensors_in(weights),
        files=known,
        rule=classifier.caution.rule,
        strangers=strangers_report(run.path) if classifier.caution.strangers else None,
        views=classifier.views,
        calibration=calibrations_of(run),
        chosen=run.chosen,
    )
