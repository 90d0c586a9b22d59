"""What a card says of how a model was fitted: the settings that matter, as a table. The manifest has all of them."""

from __future__ import annotations

from core.bundle.manifest import Manifest
from core.errors import GraftError
from core.i18n import gettext as _
from core.numbers import count, significant
from core.probing.probes import kinds
from core.probing.probes.probe import ProbeConfig
from core.training.choices import mode_label, optimizer_label, schedule_label
from core.training.config import FinetuneConfig
from core.training.images.augmentation import KINDS

Row = tuple[str, str]


def settings(manifest: Manifest) -> str:
    """A table of them, and where the others are; the latter alone where they are none that this Graft knows."""
    try:
        rows = _of_probe(manifest) if manifest.kind == "probe" else _of_finetuning(manifest)
    except (GraftError, TypeError, ValueError):
        rows = []
    table = [f"| {name} | {value} |" for name, value in rows]
    others = _("All settings are in `manifest.json`, below `config`.")
    return "\n".join([_("| setting | value |"), "|---|---|", *table]) + f"\n\n{others}" if table else others


def _of_probe(manifest: Manifest) -> list[Row]:
    config = ProbeConfig.from_json(manifest.config)
    return [
        (_("Probe"), kinds.find(config.probe).label),
        (_("Fewer dimensions"), str(config.pca) or _("no")),
        (_("Cross-validation"), _("{folds} folds, {repeats} times").format(folds=config.folds, repeats=config.repeats)),
        (_("Seed"), str(config.seed)),
    ]


def _of_finetuning(manifest: Manifest) -> list[Row]:
    config = FinetuneConfig.from_json(manifest.config)
    return [
        (_("What learns"), _what_learns(config)),
        (_("Epochs"), _epochs(manifest)),
        (_("Optimizer"), optimizer_label(config.optimizer)),
        (_("Learning rate"), significant(config.lr)),
        (_("Schedule"), schedule_label(config.schedule)),
        (_("Batch size"), count(config.batch_size)),
        (_("Weight decay"), significant(config.weight_decay)),
        (_("Augmentation"), _augmentation(config)),
        *_against_learning_by_heart(config),
        *_evening_classes(config),
        (_("Seed"), str(config.seed)),
    ]


def _what_learns(config: FinetuneConfig) -> str:
    more = {"last": _(": {n}").format(n=config.last_stages), "lora": _(", rank {n}").format(n=config.lora_rank)}
    return mode_label(config.mode) + more.get(config.mode, "")


def _epochs(manifest: Manifest) -> str:
    kept = manifest.kept
    if not kept.best_epoch:
        return _("{n}; none was better than the start, which is kept").format(n=count(kept.epochs))
    return _("{n}; epoch {best} is kept").format(n=count(kept.epochs), best=count(kept.best_epoch))


def _augmentation(config: FinetuneConfig) -> str:
    strengths = config.augmentation.strengths
    named = [f"{kind.label} {significant(strengths[kind.name])}" for kind in KINDS if kind.name in strengths]
    return ", ".join(named) or _("none")


def _against_learning_by_heart(config: FinetuneConfig) -> list[Row]:
    """Those that are on."""
    strengths = {
        _("Label smoothing"): config.label_smoothing, _("Dropout"): config.dropout, _("Mixup"): config.mixup,
        _("CutMix"): config.cutmix, _("Focal loss, gamma"): config.focal_gamma,
    }  # fmt: skip
    return [(name, significant(strength)) for name, strength in strengths.items() if strength]


def _evening_classes(config: FinetuneConfig) -> list[Row]:
    if config.balanced_sampling:
        return [(_("Classes"), _("each drawn equally often"))]
    return [(_("Classes"), _("rare ones weigh more in the loss"))] if config.balance_classes else []
