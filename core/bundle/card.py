"""The model card: what a stranger has to know about a model, in Markdown.

Source of the outline: M. Mitchell et al., "Model cards for model reporting", FAT* 2019.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.backbones.spec import BackboneInfo
from core.bundle.calibration_table import calibration
from core.bundle.elsewhere import without_graft
from core.bundle.limits import limits
from core.bundle.manifest import Manifest
from core.bundle.markdown import code, code_in_a_table, literal
from core.bundle.samples import with_graft, with_torch
from core.bundle.settings_table import settings
from core.data.images.views import ONE, VIEWS
from core.i18n import gettext as _
from core.numbers import count, interval, percent
from core.scores import SplitScore


def model_card(manifest: Manifest, info: BackboneInfo) -> str:
    """The card of a model; names that come from users are shown literally."""
    parts = [
        _("# Image classifier: {dataset}").format(dataset=code(manifest.dataset)),
        _description(manifest, info),
        _("## Data"),
        _data(manifest),
        _("## Results"),
        _results(manifest),
        _("## Use and limits"),
        limits(manifest),
        _("## Using it"),
        *without_graft(manifest),
        with_graft(info, manifest.views),
        with_torch(manifest.preprocessing, info, manifest.views),
        _("## How it was made"),
        _provenance(manifest),
    ]
    return "\n\n".join(parts) + "\n"


def _description(manifest: Manifest, info: BackboneInfo) -> str:
    if manifest.kind == "probe":
        made = _("a linear probe (logistic regression) on frozen features of the backbone `{backbone}`")
    elif manifest.config.get("mode") == "head":
        made = _("a new linear head on the frozen backbone `{backbone}`")
    elif manifest.config.get("mode") == "norms":
        made = _("the backbone `{backbone}`, whose norm layers and biases were fine-tuned, with a new linear head")
    elif manifest.config.get("mode") == "lora":
        made = _("the backbone `{backbone}`, fine-tuned by low-rank factors (LoRA), with a new linear head")
    else:
        made = _("the backbone `{backbone}`, fine-tuned, with a new linear head")
    made = made.format(backbone=info.name)
    apart = _("It tells {n} classes of photos apart: {made}.").format(n=len(manifest.classes), made=made)
    if not info.parts:
        return f"{apart} {_beginning(info)}"
    return "\n".join([f"{apart}\n", *(f"- `{part.name}`: {_beginning(part)}" for part in info.parts)])


def _beginning(info: BackboneInfo) -> str:
    """What a backbone was before it was fitted."""
    if not info.weights:
        return _("Raw pixels; no pretrained weights.")
    return _("Pretrained weights: {weights}, trained on {data}. Licence: {licence}").format(
        weights=literal(info.weights), data=literal(info.trained_on), licence=literal(info.licence)
    )


def _data(manifest: Manifest) -> str:
    dataset = _("Dataset: {dataset}, with the fingerprint `{fingerprint}` (of its photos and splits).").format(
        dataset=code(manifest.dataset), fingerprint=re.sub("[^0-9a-zA-Z]", "", manifest.fingerprint)
    )
    return f"{dataset}\n\n{_('Classes, in the order of the outputs:')}\n\n{_classes(manifest)}"


def _classes(manifest: Manifest) -> str:
    """The classes as a list, or as a table with the photos of each in each split, where those are known."""
    photos = manifest.composition
    if not photos:
        return "\n".join(f"- {code(name)}" for name in manifest.classes)
    rows = [(code_in_a_table(name), *(of.get(name, 0) for of in photos.values())) for name in manifest.classes]
    rows.append((_("all"), *(sum(of.values()) for of in photos.values())))
    heading = (_("class"), *(_("photos in {split}").format(split=literal(split)) for split in photos))
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (heading, ("---",) * len(heading), *rows))


def _results(manifest: Manifest) -> str:
    if not manifest.metrics:
        return _("It was never measured on photos it had not seen.")
    rows = [_("| photos | n | accuracy (95 % interval) | macro F1 (95 % interval) |"), "|---|---|---|---|"]
    rows += [_row(split, score) for split, score in manifest.metrics.items()]
    remarks = [_remark(split, manifest.kind) for split in manifest.metrics]
    if manifest.views != ONE:
        remarks.append(
            _("All of this was measured in one view of each photo, and not in the {n} in which it answers.").format(
                n=VIEWS[manifest.views]
            )
        )
    said = "\n".join(rows) + "\n\n" + "\n".join(f"- {remark}" for remark in remarks if remark)
    return "\n\n".join(filter(None, (said, calibration(manifest))))


def _row(split: str, score: SplitScore) -> str:
    accuracy, f1 = _with(score.accuracy, score.accuracy_ci), _with(score.macro_f1, score.macro_f1_ci)
    return f"| {literal(split)} | {count(score.n)} | {accuracy} | {f1} |"


def _with(value: float, ends: tuple[float, float]) -> str:
    return f"{percent(value)} ({interval(ends)})"


def _remark(split: str, kind: str) -> str:
    if split == "oof":
        return _("`oof`: the training photos, each judged by a probe that was fitted without it (cross-validation).")
    if split == "val":
        return (
            _(
                "`val`: held out of the fitting; the epoch that was kept was chosen on these photos, so it flatters a "
                "little."
            )
            if kind == "finetune"
            else _("`val`: held out of the fitting. If you chose this backbone by these photos, it flatters a little.")
        )
    return _("`test`: held out of the fitting and of every choice Graft made.") if split == "test" else ""


def _provenance(manifest: Manifest) -> str:
    fitted = _("Fitted {created} with {versions}.").format(
        created=literal(manifest.created), versions=_versions(manifest.versions)
    )
    return "\n\n".join(filter(None, (fitted, settings(manifest), _chosen(manifest), _tools(manifest))))


def _chosen(manifest: Manifest) -> str:
    """The C of a probe's head, where it has one."""
    if "c" not in manifest.chosen:
        return ""
    how = (
        _("The head was fitted with C = {c} (the inverse strength of its penalty), chosen inside the training photos.")
        if manifest.config.get("c") is None
        else _("The head was fitted with C = {c} (the inverse strength of its penalty), as it was set.")
    )
    return how.format(c=f"{manifest.chosen['c']:g}")


def _tools(manifest: Manifest) -> str:
    """What wrote and checked the networks."""
    opsets = sorted({facts.opset for facts in manifest.graphs.values() if facts.opset})
    if not manifest.tools or not opsets:
        return ""
    return _("Networks as ONNX: opset {opset}; written and checked here with {versions}.").format(
        opset=", ".join(map(str, opsets)), versions=_versions(manifest.tools)
    )


def _versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{literal(name)} {literal(version)}" for name, version in versions.items())
