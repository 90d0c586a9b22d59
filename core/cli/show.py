"""Results for people: tables on stdout. Names come from users and are shown literally."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from core.data.labels.grouping import CLASS, GROUP
from core.data.names import visible
from core.data.warnings import warning_text
from core.i18n import gettext as _
from core.numbers import count, decimal, interval, percent, signed_points

if TYPE_CHECKING:
    from core.backbones.spec import BackboneInfo
    from core.data.inspection import Inspection
    from core.health.duplicates import PhotoPair
    from core.health.labels import Suspect
    from core.health.quality import Flaw
    from core.health.record import HealthReport
    from core.strangers.record import ExpectedAlarms
    from core.tasks.answers import Answer
    from core.training.results.history import Averages, Epoch
    from core.training.results.outcome import Outcome
    from core.training.results.seeds import OverSeeds


_NAME = 32
_PIPED = 200


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1, title: str = "") -> None:
    """Draws a table.

    Args:
        headings: of the columns.
        rows: the cells.
        left: how many columns hold words; the others hold numbers, and stand to the right.
        title: above it.
    """
    drawn = Table(
        title=visible(title) or None, title_justify="left", header_style="bold", box=SIMPLE_HEAD, pad_edge=False
    )
    widest = max((len(row[0]) for row in rows), default=0)
    for n, heading in enumerate(headings):
        justify: Literal["left", "right"] = "left" if n < left else "right"
        drawn.add_column(visible(heading), justify=justify, overflow="fold", min_width=0 if n else min(widest, _NAME))
    for row in rows:
        drawn.add_row(*(visible(cell) for cell in row))
    _console().print(drawn)


def lines(*sentences: str) -> None:
    """Writes sentences, wrapped."""
    console = _console()
    for sentence in sentences:
        console.print(visible(sentence))


def _console() -> Console:
    """As wide as the terminal; wide enough for any table where the output goes elsewhere. It reads no markup."""
    width = None if Console().is_terminal else _PIPED
    return Console(width=width, markup=False, emoji=False, highlight=False)


def backbones(infos: Sequence[BackboneInfo]) -> None:
    """The backbones there are."""
    headings = (
        _("Backbone"), _("Family"), _("Ready"), _("Params"), _("GFLOPs"), _("MB"), _("px"), _("or px"), _("Width"),
        _("Top-1"),
    )  # fmt: skip
    rows = [
        (
            info.name, info.family, _("yes") if info.ready else "", f"{decimal(info.params / 1e6)} M",
            decimal(info.gflops, 2), decimal(info.size_mb), str(info.input_px),
            f"{info.sizes[0]}–{info.sizes[-1]}" if info.sizes else "", count(info.feature_dim),
            percent(info.imagenet_top1),
        )
        for info in infos
    ]  # fmt: skip
    table(headings, rows, left=3)
    missing = [part for info in infos for part in info.each if part.to_install]
    for package in dict.fromkeys(part.to_install for part in missing):
        names = dict.fromkeys(part.base for part in missing if part.to_install == package)
        lines(_("To have {names}: pip install {package}").format(names=", ".join(names), package=package))


def inspection(inspection: Inspection) -> None:
    """What `inspect` found: what was understood first, as a sentence to check."""
    if inspection.is_refused:
        lines(_("This would be refused."))
        return
    lines(inspection.understood)
    outline = inspection.outline
    if outline.above:
        text = _("They can be groups (--group-pattern '{groups}') or the classes (--class-pattern '{classes}').")
        lines(text.format(groups=outline.above_pattern(GROUP), classes=outline.above_pattern(CLASS)))
    if inspection.splits:
        lines(_("It comes with splits: {splits}.").format(splits=_joined(inspection.splits)))
    warnings(inspection.warnings)
    if inspection.skipped:
        rows = [(skip.entry, skip.why) for skip in inspection.skipped]
        table((_("Skipped"), _("Why")), rows, left=2)
    if inspection.ignored:
        lines(_("{n} system files were ignored.").format(n=inspection.ignored))


def health(report: HealthReport, most: int = 15) -> None:
    """What a health report found, the serious first, and the photos to look at."""
    from core.health.words import SERIOUS, findings

    for finding in findings(report):
        sign = {SERIOUS: "!!", "good": "ok"}.get(finding.weight, " !")
        lines(f"{sign} {finding.text}")
    lines(*report.notes)
    _pairs(report.duplicates.pairs[:most])
    _suspects(report.labels.suspects[:most] if report.labels else ())
    _flaws(report.quality.flaws[:most])
    lines(_("All of it, with every photo, is in the output of `health --json`."))


def _pairs(pairs: Sequence[PhotoPair]) -> None:
    from core.health.words import kind_name

    rows = [(pair.a.name, pair.b.name, kind_name(pair.kind), _("yes") if pair.exact else _("nearly")) for pair in pairs]
    if rows:
        table((_("Photo"), _("is like"), _("in"), _("the same")), rows, left=4)


def _suspects(suspects: Sequence[Suspect]) -> None:
    rows = [
        (
            suspect.photo.name, suspect.photo.class_name, suspect.suggested, percent(suspect.p_given),
            percent(suspect.p_suggested), percent(suspect.p_wrong),
        )
        for suspect in suspects
    ]  # fmt: skip
    if rows:
        table((_("Photo"), _("Label"), _("Rather"), _("Label's"), _("Other's"), _("Wrong")), rows, left=3)


def _flaws(flaws: Sequence[Flaw]) -> None:
    from core.health.words import flaw_name

    rows = [(flaw.photo.name, flaw.photo.class_name, flaw_name(flaw.kind)) for flaw in flaws]
    if rows:
        table((_("Photo"), _("Class"), _("Flaw")), rows, left=3)


def warnings(codes: Sequence[str], most: int = 8) -> None:
    """What is doubtful about the data, as sentences."""
    lines(*(_("Warning: {text}").format(text=warning_text(code)) for code in codes[:most]))
    if len(codes) > most:
        lines(_("{n} more warnings are in the output of `inspect --json`.").format(n=len(codes) - most))


def finetuning(outcome: Outcome, warning_codes: Sequence[str]) -> None:
    """A finished fine-tuning: its epochs, what it is worth beside a probe, and what is doubtful about its photos."""
    from core.training.cache.record import cache_in_words
    from core.training.results.outcome import kept_in_words

    run = outcome.run
    epochs(outcome.history)
    if outcome.averages:
        _averages(outcome.averages)
    if words := cache_in_words(outcome.cache):
        lines(words)
    score = run.metrics["val"]
    lines(
        _("Validation: accuracy {accuracy} (95 % interval {ci}) on {n} photos; {kept}").format(
            accuracy=percent(score.accuracy),
            ci=interval(score.accuracy_ci),
            n=score.n,
            kept=kept_in_words(run.kept),
        )
    )
    _worth(outcome, "val")
    if test := run.metrics.get("test"):
        lines(
            _("Test: accuracy {accuracy} (95 % interval {ci}) on {n} photos").format(
                accuracy=percent(test.accuracy), ci=interval(test.accuracy_ci), n=test.n
            )
        )
        _worth(outcome, "test")
    elif run.predictions_path("test").exists():
        lines(_("Look at the test photos once, when all choices are made: `evaluate RUN --split test`."))
    warnings(warning_codes)
    lines(_("The run is in {path}").format(path=run.path))


def over_seeds(told: OverSeeds, split: str) -> None:
    """The gain with each of several seeds on the photos of a split, and what follows from them."""
    rows = [
        (str(seed), signed_points(each.accuracy), count(each.only_a), count(each.only_b))
        for seed, each in zip(told.seeds, told.gains, strict=True)
    ]
    title = _("On the test photos:") if split == "test" else _("On the validation photos:")
    headings = (_("Seed"), _("Gain in points"), _("Right only fine-tuned"), _("Right only by the probe"))
    table(headings, rows, title=title)
    lines(*told.sentences)


def epochs(epochs: Sequence[Epoch]) -> None:
    """The epochs of a fine-tuning."""
    headings = (
        _("Epoch"), _("Training loss"), _("Validation loss"), _("Average's"), _("Training accuracy"),
        _("Validation accuracy"), _("Average's"), _("Photos a second"), _("Seconds"),
    )  # fmt: skip
    rows = [
        (
            str(epoch.epoch), _number(epoch.train_loss), _number(epoch.val_loss), _number(epoch.ema_val_loss),
            percent(epoch.train_accuracy), percent(epoch.val_accuracy), percent(epoch.ema_val_accuracy),
            _number(epoch.images_per_s, 1), decimal(epoch.seconds),
        )
        for epoch in epochs
    ]  # fmt: skip
    table(headings, rows, left=0)


def _averages(averages: Averages) -> None:
    """The averages of weights that were tried at the end, with the one that is kept."""
    from core.training.results.outcome import weights_name

    best = averages.best
    rows = [
        (weights_name(each.weights), _("kept") if each == best else "", _number(each.loss), percent(each.accuracy))
        for each in averages.tried
    ]
    table((_("Weights"), "", _("Validation loss"), _("Validation accuracy")), rows, left=2)


def _worth(outcome: Outcome, split: str) -> None:
    """What fine-tuning brought beyond the probe on a split, where there is a probe."""
    from core.training.results.outcome import evidence, judgement

    improvement, kept = outcome.gains.get(split), outcome.run.kept
    if improvement is not None:
        lines(judgement(improvement, kept), *evidence(improvement, kept, split))


def predictions(answers: Sequence[Answer], expected: ExpectedAlarms | None = None, most: int = 3) -> None:
    """The likeliest classes of each image, and why some images have none; how many are none of the classes."""
    from core.strangers.words import none_of_these_in_words
    from core.tasks.answers import alarms_among

    rows = []
    for answer in (answer for answer in answers if not answer.error):
        likely = sorted(answer.proba.items(), key=lambda pair: -pair[1])[:most]
        rows.append((answer.image, answer.in_words, ", ".join(f"{name} {percent(share)}" for name, share in likely)))
    if rows:
        table((_("Photo"), _("Label"), _("Likeliest")), rows, left=3)
    failed = [(answer.image, answer.error) for answer in answers if answer.error]
    if failed:
        table((_("Cannot be read"), _("Why")), failed, left=2)
    alarms = alarms_among(answers)
    if alarms and alarms.n > 1 and expected:
        lines(none_of_these_in_words(alarms, expected))


def _number(value: float | None, digits: int = 3) -> str:
    return "" if value is None else decimal(value, digits)


def _joined(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counts.items())
