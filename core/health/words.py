"""What a health report means, in sentences: the same for the page and the command line, in the language in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.health import shortcuts as sight
from core.health.composition import Balance
from core.health.duplicates import Duplicates
from core.health.effect import Effect
from core.health.labels import LabelCheck
from core.health.leaks import Accuracy, Leak
from core.health.record import HealthReport
from core.health.shortcut_words import shortcut_text
from core.health.shortcuts import Shortcut
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, interval, no_points, percent, points_interval, signed_points

SERIOUS, DOUBTFUL, GOOD = "serious", "doubtful", "good"
UNBALANCED = 5.0


@dataclass(frozen=True)
class Finding:
    """One thing to know about the data.

    Attributes:
        weight: "serious" (mend it before you train), "doubtful" (look at it) or "good".
        topic: "duplicates", "groups", "leaks", "labels", "shortcuts", "balance" or "quality".
        text: the sentence.
    """

    weight: str
    topic: str
    text: str


def findings(report: HealthReport) -> tuple[Finding, ...]:
    """Everything there is to say, the serious first."""
    everything = [
        *_duplicates(report.duplicates),
        *_groups(report.groups_apart),
        *_leaks(report.leaks),
        *_labels(report.labels, report.images),
        *_shortcuts(report.shortcuts),
        *_balance(report.balance),
        *_quality(report.quality.counts),
    ]
    order = (SERIOUS, DOUBTFUL, GOOD)
    return tuple(sorted(everything, key=lambda finding: order.index(finding.weight)))


def _duplicates(duplicates: Duplicates) -> list[Finding]:
    notable = []
    if n := duplicates.conflicts:
        text = ngettext(
            "{n} pair of alike photos lies in two classes. No model can satisfy both: decide for one class.",
            "{n} pairs of alike photos lie in two classes. No model can satisfy both: decide for one class.",
            n,
        )
        notable.append(Finding(SERIOUS, "duplicates", text.format(n=n)))
    if n := duplicates.leaks:
        text = ngettext(
            "{n} pair of alike photos lies in two splits, so that scores flatter. Leave out the one in training.",
            "{n} pairs of alike photos lie in two splits, so that scores flatter. Leave out the ones in training.",
            n,
        )
        notable.append(Finding(SERIOUS, "duplicates", text.format(n=n)))
    others = duplicates.exact + duplicates.near
    if others and not notable:
        text = ngettext(
            "{n} pair of photos is alike, in one class and split. That does little harm; they count twice.",
            "{n} pairs of photos are alike, in one class and split. That does little harm; they count twice.",
            others,
        )
        notable.append(Finding(DOUBTFUL, "duplicates", text.format(n=others)))
    return notable or [
        Finding(GOOD, "duplicates", _("No copies were found, not resized, mirrored or slightly cropped ones either."))
    ]


def _groups(apart: Sequence[str]) -> list[Finding]:
    if not apart:
        return []
    text = ngettext(
        "{n} group (such as '{name}') has photos in training and in another split, so that scores flatter.",
        "{n} groups (such as '{name}') have photos in training and in another split, so that scores flatter.",
        len(apart),
    )
    return [Finding(SERIOUS, "groups", text.format(n=len(apart), name=apart[0]))]


def _leaks(leaks: Sequence[Leak]) -> list[Finding]:
    return [Finding(SERIOUS, "leaks", leak_text(leak)) for leak in leaks]


def leak_text(leak: Leak) -> str:
    """What a leak is worth."""
    facts = {
        "leaked": leak.leaked, "n": leak.with_leak.n, "split": _split(leak.split), "all": _accuracy(leak.with_leak),
    }  # fmt: skip
    if leak.without_leak is None:
        return _(
            "All {n} photos in {split} have a copy or relative in training: its scores say nothing about new photos."
        ).format(**facts)
    return _(
        "{leaked} of the {n} photos in {split} have a copy or relative in training. A probe gets {all} with them and "
        "{clean} without."
    ).format(clean=_accuracy(leak.without_leak), **facts)


def _labels(check: LabelCheck | None, images: int) -> list[Finding]:
    if check is None:
        return []
    if not check.able:
        text = _(
            "A probe on '{name}' tells these classes apart no better than chance ({accuracy} of labels, n = {n}), so "
            "it cannot judge the labels."
        )
        sentence = text.format(name=check.backbone, accuracy=percent(check.accuracy), n=count(check.n))
        return [Finding(DOUBTFUL, "labels", sentence)]
    if not check.count:
        return [Finding(GOOD, "labels", _("No label looks wrong to a probe on '{name}'.").format(name=check.backbone))]
    facts = {
        "n": count(check.count),
        "images": count(images),
        "accuracy": percent(check.accuracy),
        "judged": count(check.n),
    }
    text = ngettext(
        "{n} of {images} photos may have the wrong label. Look at it: the probe that says so agrees with {accuracy} of "
        "{judged} labels, and errs as well.",
        "{n} of {images} photos may have the wrong label. Look at them, the most doubtful first: the probe that says "
        "so agrees with {accuracy} of {judged} labels, and errs as well.",
        check.count,
    ).format(**facts)
    return [Finding(DOUBTFUL, "labels", f"{text} {expected_text(check)}".strip())]


def expected_text(check: LabelCheck) -> str:
    """How many of the suspects should really be wrong; "" where an earlier Graft did not tell."""
    if check.expected is None or check.count < 2:
        return ""
    return _("About {expected:.0f} of the {n} should really be wrong.").format(expected=check.expected, n=check.count)


def _shortcuts(shortcuts: Sequence[Shortcut]) -> list[Finding]:
    if not shortcuts:
        return []
    alarming = [shortcut for shortcut in shortcuts if shortcut.alarming]
    if not alarming and any(shortcut.possible for shortcut in shortcuts):
        text = _("No shortcut is seen in border, thumbnail or file facts, but {n} photos are too few to rule one out.")
        return [Finding(DOUBTFUL, "shortcuts", text.format(n=shortcuts[0].n))]
    if not alarming:
        return [Finding(GOOD, "shortcuts", _("Neither border, nor thumbnail, nor file facts give the class away."))]
    return [Finding(_weight(shortcut), "shortcuts", shortcut_text(shortcut)) for shortcut in alarming]


def _weight(shortcut: Shortcut) -> str:
    """Colours may well be what the classes are about, so a thumbnail that tells them is doubtful at most."""
    return SERIOUS if shortcut.serious and shortcut.sees != sight.THUMBNAIL else DOUBTFUL


def _balance(balance: Balance) -> list[Finding]:
    notable = []
    if balance.ratio and balance.ratio >= UNBALANCED:
        text = _(
            "The largest class has {ratio:.0f} times as many training photos as the smallest. Look at macro F1, and "
            "balance the classes when you fine-tune."
        )
        notable.append(Finding(DOUBTFUL, "balance", text.format(ratio=balance.ratio)))
    if n := len(balance.few):
        text = ngettext(
            "{n} class has fewer than 20 training photos ('{name}' has {least}): its scores will be rough.",
            "{n} classes have fewer than 20 training photos ('{name}' has {least}): their scores will be rough.",
            n,
        )
        name = balance.few[0]
        notable.append(Finding(DOUBTFUL, "balance", text.format(n=n, name=name, least=balance.training[name])))
    return notable or [Finding(GOOD, "balance", _("The classes are balanced, and none is very small."))]


def _quality(counts: Mapping[str, int]) -> list[Finding]:
    if not counts:
        return [Finding(GOOD, "quality", _("No photo is blurry, dark, over-bright, empty, or of an odd size."))]
    flaws = ", ".join(f"{flaw_name(kind).lower()} {n}" for kind, n in counts.items())
    return [Finding(DOUBTFUL, "quality", _("Some photos show little: {flaws}.").format(flaws=flaws))]


def flaw_name(kind: str) -> str:
    """What a flaw is called."""
    names = {
        "blurry": _("Blurry"), "dark": _("Dark"), "bright": _("Over-bright"), "low_information": _("Nearly empty"),
        "odd_aspect": _("Long and narrow"), "odd_size": _("Odd size"),
    }  # fmt: skip
    return names[kind]


def kind_name(kind: str) -> str:
    """What a kind of pair is called."""
    names = {"conflict": _("two classes"), "leak": _("two splits"), "within": _("one class and split")}
    return names[kind]


def effect_text(effect: Effect) -> str:
    """What the edits brought, on photos they did not touch."""
    change = effect.difference
    sentence = _(
        "On {n} photos of {split} that no edit touches and that have no copy or relative in training, a probe gets "
        "{after} with the edits and {before} without: {points} (95 % interval {ends})."
    ).format(
        n=count(effect.after.n), split=_split(effect.split), after=_share(effect.after), before=_share(effect.before),
        points=_points(change.accuracy), ends=points_interval(change.interval),
    )  # fmt: skip
    if not change.beyond_chance:
        verdict = _("That is no more than chance may bring.")
    elif change.accuracy > 0:
        verdict = _("That is more than chance: the edits help.")
    else:
        verdict = _("That is more than chance: the edits cost accuracy. Look at them again.")
    return f"{sentence} {verdict}"


def gain_text(effect: Effect) -> str:
    """What the edits brought, in one line; `effect_text` says how that was measured."""
    change = effect.difference
    if not change.beyond_chance:
        verdict = _("no more than chance may bring")
    else:
        verdict = _("they help") if change.accuracy > 0 else _("they cost accuracy")
    if no_points(change.accuracy):
        return _("A probe is right as often with them as without ({ends} points, {n} photos): {verdict}.").format(
            ends=points_interval(change.interval), n=count(effect.after.n), verdict=verdict
        )
    return _("A probe gains {points} points by them ({ends}, {n} photos): {verdict}.").format(
        points=signed_points(change.accuracy), ends=points_interval(change.interval),
        n=count(effect.after.n), verdict=verdict,
    )  # fmt: skip


def _points(difference: float) -> str:
    return (
        _("no difference") if no_points(difference) else _("{points} points").format(points=signed_points(difference))
    )


def _accuracy(share: Accuracy) -> str:
    return f"{percent(share.value)} ({interval(share.interval)}, n = {count(share.n)})"


def _share(share: Accuracy) -> str:
    return f"{percent(share.value)} ({interval(share.interval)})"


def _split(split: str) -> str:
    return {"train": _("training"), "val": _("validation"), "test": _("test")}[split]
