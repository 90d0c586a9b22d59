"""The health report on the Data page: what is wrong with these photos, with the pictures, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core import numbers
from core.data.dataset import Dataset
from core.health import words
from core.health.composition import Sizes, Spread
from core.health.duplicates import Duplicates
from core.health.labels import LabelCheck
from core.health.quality import Quality
from core.health.record import HealthReport
from core.health.report import read_report
from core.health.shortcut_words import shortcut_text
from core.health.shortcuts import Shortcut
from pages.ui import figures, jobs, progress, state, text
from pages.ui.data import decisions, edits
from pages.ui.data.charts_health import shortcut_bars, shortcut_table
from pages.ui.desk import Desk
from pages.ui.figures import Files
from pages.ui.i18n import _, redrawn

SIGNS = {
    words.SERIOUS: ":material/error:",
    words.DOUBTFUL: ":material/warning:",
    words.GOOD: ":material/check_circle:",
}
COLORS = {words.SERIOUS: "red", words.DOUBTFUL: "orange", words.GOOD: "green"}


def section(dataset: Dataset) -> None:
    """The report, or the button that makes one; the decisions there are."""
    st.subheader(_("Are they fit to learn from?"))
    report = read_report(dataset.root)
    job = jobs.looked_at("health", dataset.id)
    running = job is not None and not job.status().is_over
    if job is not None and (running or (report is None and job.status().state != "done")):
        progress.panel(job)
        progress.beside(job)
    if report is not None:
        findings(report)
        onwards()
        details(report, dataset)
        return
    if not running:
        invitation(dataset)
    onwards()


def invitation(dataset: Dataset) -> None:
    """What a check looks for."""
    with st.container(border=True):
        st.markdown(
            _(
                "Look for what ruins models before one is trained: photos that are there twice or in two classes, "
                "splits that leak, labels that look wrong, photos that show little, and shortcuts such as a border "
                "that gives the class away."
            )
        )
        edits.check(dataset, _("Check these photos"), primary=True)


def onwards() -> None:
    """The way to the next page, for whoever has seen enough."""
    state.link("compare", _("Next: compare backbones on these photos"), ":material/arrow_forward:")


def findings(report: HealthReport) -> None:
    """The findings, one line each."""
    with st.container(border=True):
        for finding in words.findings(report):
            sign = f":{COLORS[finding.weight]}[{SIGNS[finding.weight]}]"
            st.markdown(f"{sign} {text.unbroken(text.literal(finding.text))}")
        for note in report.notes:
            st.caption(text.literal(note))


@redrawn()
def details(report: HealthReport, shown: Dataset) -> None:
    """The photos behind the findings, and the user's decisions about them; a decision draws this part anew alone."""
    dataset = state.dataset()
    if dataset is None:  # deleted in another tab
        return
    desk = Desk.open(state.original(dataset))
    edits.freshness(dataset, report.fingerprint)
    edits.bar(dataset, desk)
    parts = _parts(dataset, desk, report)
    names = [f"{part.name} ({part.n:,})" if part.n else part.name for part in parts]
    for tab, part in zip(st.tabs(names, key=f"health-{dataset.id}", on_change="rerun"), parts, strict=True):
        if tab.open:
            with tab:
                part.draw()
    if dataset.fingerprint != shown.fingerprint:
        with st.container(horizontal=True, vertical_alignment="center"):
            sentence = _("The numbers at the top, the charts and the photos below are without your last decisions.")
            st.caption(sentence, width="content")
            if st.button(_("Show them as decided"), type="tertiary", icon=":material/refresh:"):
                st.rerun()


@dataclass(frozen=True)
class Part:
    """One tab: its name, how many photos, pairs or probes there are to look at, and what draws it."""

    name: str
    n: int
    draw: Callable[[], None]


def _parts(dataset: Dataset, desk: Desk, report: HealthReport) -> list[Part]:
    """The tabs: those that have something to look at come first."""
    labels, quality, probes = report.labels, report.quality, report.shortcuts
    alarming = sum(shortcut.alarming for shortcut in probes)
    to_look_at = [
        Part(_("Duplicates"), len(report.duplicates.pairs), lambda: pairs(desk, report.duplicates)),
        Part(_("Labels"), labels.count if labels else 0, lambda: suspects(desk, labels)),
        Part(_("Poor photos"), sum(quality.counts.values()), lambda: flaws(desk, quality)),
        Part(_("Shortcuts"), alarming, lambda: shortcuts(dataset, probes, labels)),
    ]
    return [
        *sorted(to_look_at, key=lambda part: not part.n),
        Part(_("Sizes"), 0, lambda: spread(report.sizes)),
        Part(_("Your decisions"), 0, lambda: edits.listing(dataset, desk)),
    ]


def pairs(desk: Desk, duplicates: Duplicates) -> None:
    """Alike photos side by side."""
    if not duplicates.pairs:
        st.caption(_("No copies were found, not resized, mirrored or slightly cropped ones either."))
        return
    st.caption(
        _(
            "{exact} exact copies, {near} near duplicates: resized, recompressed, mirrored, turned by quarters or "
            "slightly cropped. Graft keeps alike photos on one side of every split and fold that it makes. Copies that "
            "were turned a little, and different shots of one subject, are found by groups only (below)."
        ).format(exact=duplicates.exact, near=duplicates.near)
    )
    decisions.extra_copies(desk, duplicates.pairs)
    decisions.pair_list(desk, duplicates.pairs)


def suspects(desk: Desk, labels: LabelCheck | None) -> None:
    """Photos whose label is doubtful, the most doubtful first."""
    if not labels or not labels.suspects:
        able = labels is None or labels.able
        st.caption(_("No label looks wrong.") if able else _("The backbone cannot judge these labels, see above."))
        return
    explanation = _(
        "A probe on '{backbone}' that has not seen the photo finds another class much likelier. It agrees with "
        "{accuracy} of all labels ({ci}, n = {n}), so it errs as well: only your eyes can tell. {expected}"
    ).format(
        backbone=text.literal(labels.backbone),
        accuracy=numbers.percent(labels.accuracy),
        ci=numbers.interval(labels.accuracy_ci),
        n=labels.n,
        expected=words.expected_text(labels),
    )
    st.caption(text.unbroken(explanation))
    if len(labels.suspects) > decisions.MORE:
        st.caption(_("The {n} strongest come first.").format(n=decisions.MORE))
    decisions.label_list(desk, labels.suspects)


def flaws(desk: Desk, quality: Quality) -> None:
    """Photos that show little, by flaw and worst first."""
    kinds = list(quality.counts)
    if not kinds:
        st.caption(_("No photo is blurry, dark, over-bright, empty, or of an odd size."))
        return
    kind = st.segmented_control(
        _("Flaw"),
        kinds,
        format_func=lambda k: f"{words.flaw_name(k)} ({quality.counts[k]})",
        default=kinds[0],
        required=True,
        key=f"flaw-{desk.original.id}",
    )
    st.caption(_("The worst come first. A photo like those you want the model to judge should stay, however dark."))
    decisions.flaw_list(desk, [flaw for flaw in quality.flaws if flaw.kind == kind], str(kind))


def shortcuts(dataset: Dataset, probes: Sequence[Shortcut], labels: LabelCheck | None) -> None:
    """What probes get that cannot see the subject, beside the one that judged the labels and sees it."""
    if not probes:
        st.caption(_("There are too few photos to look for shortcuts."))
        return
    st.caption(
        _(
            "Probes that cannot see the subject, in cross-validation on {n} photos. Where one of them tells the "
            "classes apart, a model may learn the same shortcut and fail on photos taken elsewhere. The grey lines: "
            "what always predicting the commonest class gets."
        ).format(n=probes[0].n)
    )
    figures.shown(
        shortcut_bars(probes, labels),
        f"shortcuts-{dataset.id}",
        _("Dots: accuracy of probes that see only the border, a thumbnail or file facts, against chance"),
        Files(
            "shortcuts",
            lambda: shortcut_table(probes, labels),
            _("What tells the classes without the photo's subject"),
        ),
    )
    for probe in probes:
        if probe.alarming:
            st.markdown(text.unbroken(text.literal(shortcut_text(probe))))


def spread(sizes: Mapping[str, Sizes]) -> None:
    """Sizes and formats, by split."""
    rows = [
        {
            _("Split"): text.split_name(split),
            _("Width (px)"): _from_to(photos.width),
            _("Height (px)"): _from_to(photos.height),
            _("Width / height"): _from_to(photos.aspect),
            _("Size (kB)"): _from_to(photos.kilobytes),
            _("Formats"): ", ".join(f"{name} {n}" for name, n in photos.formats.items()),
        }
        for split, photos in sizes.items()
    ]
    st.dataframe(rows, hide_index=True)
    st.caption(_("Smallest – middle – largest."))


def _from_to(spread: Spread) -> str:
    return " – ".join(f"{value:,.4g}" for value in spread)
