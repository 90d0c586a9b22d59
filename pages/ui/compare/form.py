"""The form of a comparison. The user's choices are kept when the page is left."""

from __future__ import annotations

import streamlit as st

from core import numbers
from core.backbones.registry import backbones, info
from core.data.dataset import Dataset
from core.features.reduce import Reduction
from core.probing.comparison.shortlist import KEEP as KEEP_BEST
from core.probing.comparison.shortlist import MANY
from core.probing.probes.kinds import KINDS, find
from core.probing.probes.probe import ProbeConfig
from core.tasks.requests import CompareRequest
from pages.ui import state
from pages.ui.backbones import KEEP, backbone_label
from pages.ui.compare.catalogue import catalogue
from pages.ui.i18n import _


def comparison(dataset: Dataset) -> CompareRequest | None:
    """Draws the form, and gives the request for a comparison; None while no backbone is chosen."""
    infos = sorted(backbones(), key=lambda backbone: (not backbone.ready, not backbone.embedded))
    embedded = [backbone.name for backbone in infos if backbone.embedded]
    names = st.multiselect(
        _("Backbones"),
        [backbone.name for backbone in infos],
        default=embedded,
        format_func=backbone_label,
        key="compare-backbones",
        persist_state=KEEP,
        select_all=False,
        help=_("Those that are on this machine come first. The others are downloaded once, where there is a network."),
    )
    missing = [name for name in names if not info(name).ready]
    if missing:
        size = sum(info(name).size_mb for name in missing)
        st.caption(_("{size} will be downloaded first.").format(size=numbers.megabytes(size)))
    shortlist = _shortlist(len(names))
    with st.expander(_("All backbones, and what each is")):
        catalogue(infos)
    with st.expander(_("How they are compared")):
        probes = _probes()
        config = _config(probes[0])
    if not names:
        return None
    return CompareRequest(
        workspace=state.workspace(),
        dataset=dataset.id,
        fingerprint=dataset.fingerprint,
        backbones=tuple(names),
        config=config,
        probes=probes,
        shortlist=shortlist,
    )


def _shortlist(count: int) -> int:
    """Draws the choice of a first look, and gives how many of its best are probed in full; 0 for all."""
    if count <= KEEP_BEST + 1:
        return 0
    look_first = st.checkbox(
        _("Look quickly first, and probe only the best {n} in full").format(n=KEEP_BEST),
        value=count > MANY,
        key=f"compare-look-{count > MANY}",
        persist_state=KEEP,
        help=_(
            "Every backbone sees a few hundred training images first. The best few go on, and with them the one with "
            "the best ImageNet accuracy. The page shows what was left out and why."
        ),
    )
    return KEEP_BEST if look_first else 0


def _probes() -> tuple[str, ...]:
    """Draws the choice of probes, and gives them, the one that the verdict is about first."""
    probes = st.multiselect(
        _("Probes"),
        list(KINDS),
        default=["logistic"],
        format_func=lambda kind: find(kind).label,
        key="compare-probes",
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


def _config(probe: str) -> ProbeConfig:
    """Draws the choice of reduction, folds, repeats and seed, and gives the config for this kind of probe."""
    pca = _reduction()
    left, middle, right = st.columns(3)
    folds = left.slider(_("Folds"), 2, 10, 5, key="compare-folds", persist_state=KEEP)
    repeats = middle.slider(
        _("Repeats"), 1, 10, 2, key="compare-repeats", persist_state=KEEP,
        help=_("The whole cross-validation again with other folds: steadier numbers, for more time."),
    )  # fmt: skip
    seed = right.number_input(_("Seed"), 0, 2**31 - 1, 0, key="compare-seed", persist_state=KEEP)
    return ProbeConfig(probe=probe, pca=pca, folds=folds, repeats=repeats, seed=seed)


def _reduction() -> Reduction:
    kinds = {
        "": _("none"),
        "components": _("PCA, a number of components"),
        "share": _("PCA, a share of the variance"),
        "lda": _("LDA, one dimension fewer than there are classes"),
    }
    kind = st.selectbox(
        _("Reduce the features first"),
        list(kinds),
        format_func=kinds.__getitem__,
        key="compare-pca",
        persist_state=KEEP,
        help=_("The reduction is fitted inside each training fold, so that nothing leaks."),
    )
    if kind == "lda":
        return Reduction("lda")
    if kind not in ("components", "share"):
        return Reduction()
    amount: float
    if kind == "components":
        amount = st.slider(_("Components"), 2, 256, 64, key="compare-components", persist_state=KEEP)
    else:
        amount = st.slider(_("Share of the variance"), 0.50, 0.99, 0.95, key="compare-share", persist_state=KEEP)
    whiten = st.checkbox(_("Whiten: give every component the same spread"), key="compare-whiten", persist_state=KEEP)
    return Reduction("pca", amount, whiten=whiten)
