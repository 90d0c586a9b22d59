"""Backbones with their weights, ready to run.

`load` gives pretrained weights or an error, never random weights in their place. The sources in
`core.backbones.sources` know where weights come from.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from core.backbones import registry
from core.backbones.backbone import Backbone, SideBySide
from core.backbones.sources.source import BackboneSource
from core.backbones.spec import BackboneInfo
from core.errors import WeightsUnavailable
from core.i18n import gettext as _
from core.paths import is_public
from core.progress import Progress, Report, silent

CACHED = 3
PUBLIC_MOST_MB = 500
"""The largest weights that a public app fetches: strangers choose among all there are, and its disk is not theirs."""

_cache: OrderedDict[tuple[str, str, str, BackboneSource], Backbone] = OrderedDict()
_lock = threading.Lock()


def load(name: str, *, pretrained: bool = True, report: Report = silent) -> Backbone:
    """The backbone `name` in eval mode.

    Pretrained ones are shared: the last three stay in this process, and a caller that changes one copies it first. One
    with a size or a framing shares the network of the one without, as a rule, and several side by side share those of
    each. With `pretrained=False` the weights are random and the backbone is the caller's own (to load a bundle into, or
    to test).

    Args:
        name: a name of the registry.
        pretrained: whether to load its weights, downloading them on first use.
        report: called while weights are downloaded, with bytes.

    Raises:
        BackboneError: there is no such backbone.
        WeightsUnavailable: its weights are missing and cannot be downloaded.
    """
    info = registry.info(name)
    if info.parts:
        parts = [load(part.name, pretrained=pretrained, report=report) for part in info.parts]
        return SideBySide(registry.info(name), parts).eval()
    if info.name != info.network:
        base = load(info.network, pretrained=pretrained, report=report)
        return Backbone(registry.info(name), base.trunk, base.stages).eval()
    source = registry.source(name)
    if not pretrained:
        return source.build(info, None)
    with _lock:
        if (key := _key(info, source)) not in _cache:
            backbone = _pretrained(info, source, report)
            key = _key(backbone.info, source)
            _cache[key] = backbone
        _cache.move_to_end(key)
        while len(_cache) > CACHED:
            _cache.popitem(last=False)
        return _cache[key].eval()


def _key(info: BackboneInfo, source: BackboneSource) -> tuple[str, str, str, BackboneSource]:
    return info.name, str(info.file), info.sha256, source


def _pretrained(info: BackboneInfo, source: BackboneSource, report: Report) -> Backbone:
    if is_public() and info.size_mb > PUBLIC_MOST_MB and not info.ready:
        raise WeightsUnavailable(
            _("The weights of '{name}' are {size:.0f} MB, and this app fetches none of more than {most} MB.").format(
                name=info.name, size=info.size_mb, most=PUBLIC_MOST_MB
            )
        )
    if info.file is not None:
        report(Progress(0, 0, _("Loading {name}").format(name=info.name)))
    try:
        state = source.read(info, report)
    except WeightsUnavailable as problem:
        ready = ", ".join(name for name in registry.ready_names() if name != info.name) or _("none")
        raise WeightsUnavailable(
            _("{problem} Ready on this machine: {ready}.").format(problem=problem, ready=ready)
        ) from problem
    return source.build(registry.info(info.name), state)  # once more: what was fetched just now has its hash only now
