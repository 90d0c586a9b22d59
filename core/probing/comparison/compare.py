"""Which backbone carries over best: the same probes, on the same folds of the training split, for each of them.

Validation and test images are never looked at here, but to keep what a fitted probe says of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.backbones import registry
from core.errors import Cancelled, GraftError
from core.i18n import gettext as _
from core.probing.comparison.comparison import Comparison, Failure
from core.probing.comparison.ensemble import Ensemble, beside_each_other, ensembles, two_best
from core.probing.comparison.record import kept_result, save_comparison, save_result
from core.probing.comparison.shortlist import Shortlist, look_config, shortlist_of
from core.probing.comparison.sources import Extracted, FeatureSource
from core.probing.crossval.crossval import ProbeResult, cross_validate
from core.probing.crossval.save import save_probe_run
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.progress import Progress, Report, part, silent
from core.runs import Run

if TYPE_CHECKING:
    from core.features.features import Features


def compare(
    features: Iterable[Features] | FeatureSource,
    config: ProbeConfig | Sequence[ProbeConfig] | None = None,
    report: Report = silent,
    *,
    folder: Path | None = None,
    shortlist: int = 0,
    ensemble: bool = False,
) -> Comparison:
    """Cross-validates one or more probes on each backbone's features of one dataset.

    A backbone that cannot be used is among the comparison's failures and does not stop the others.

    Reports with the backbone as the stage. The step that ends a backbone's probe carries `data={"result": …}`, its
    backbone and probe; the one that ends the first look `data={"shortlist": …}`, the shortlist as JSON; the one that
    gives a backbone up `data={"failed": …}`.

    Args:
        features: one for each backbone, or where to get them from when it is time.
        config: how to probe; several with the same folds, repeats and seed, of which the verdict is about the first.
        report: told of every fold.
        folder: where to keep each result as soon as it is there, each fitted probe as a run in `probes/<backbone>`, and
            the whole at the end. What is kept there already is taken up, so that a comparison that was stopped goes on.
        shortlist: how many of the best of a first look at few images are probed in full; 0 for all.
        ensemble: whether to try the two best backbones together, too.

    Raises:
        GraftError: nothing to compare, an unknown backbone, features of different images, or no backbone can be used.
    """
    source = features if isinstance(features, FeatureSource) else Extracted(features)
    configs = (config,) if isinstance(config, ProbeConfig) else tuple(config or (ProbeConfig(),))
    for name in source.backbones:
        registry.info(name)
    keep = shortlist if shortlist < len(source.backbones) else 0
    work = _Work(source, configs, folder, report, total=len(source.backbones) + 1 + (keep + 2 if keep else 0))
    first_look = work.look_at_all(keep) if keep else None
    for name in source.backbones:
        if first_look is None or name in first_look.kept:
            work.attempt(name, work.probe)
    if not work.results:
        raise work.problems[0]
    comparison = Comparison(tuple(work.results), (), first_look, tuple(work.failures), configs[0], source.dataset)
    if ensemble:
        comparison = replace(comparison, ensembles=work.together(comparison))
    if folder is not None:
        save_comparison(comparison, folder)
    report(Progress(work.total, work.total, _("Compared")))
    return comparison


@dataclass
class _Work:
    """The state of one comparison, whose work has `total` parts of about the same length."""

    source: FeatureSource
    configs: tuple[ProbeConfig, ...]
    folder: Path | None
    report: Report
    total: int
    begun: int = 0
    results: list[ProbeResult] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    problems: list[GraftError] = field(default_factory=list)

    def next_part(self, name: str) -> Report:
        """A report for the next part of the work."""
        self.begun += 1
        return part(self.report, 100 * (self.begun - 1), 100, 100 * self.total, name)

    def attempt(self, name: str, step: Callable[[str, Report], Any]) -> Any:
        """One step about one backbone; None where it cannot be used, which is noted and told."""
        report = self.next_part(name)
        try:
            return step(name, report)
        except Cancelled:
            raise
        except GraftError as problem:
            self.problems.append(problem)
            self.failures.append(Failure(name, str(problem)))
            report(Progress(1, 1, str(problem), data={"failed": self.failures[-1].as_json()}))
        return None

    def look_at_all(self, keep: int) -> Shortlist:
        """What a first look at few images says: which backbones to probe in full."""
        looks = [self.attempt(name, self._look) for name in self.source.backbones]
        seen = [look for look in looks if look is not None]
        if not seen:
            raise self.problems[0]
        shortlist = shortlist_of(seen, keep)
        step = Progress(self.begun, self.total, _("Looked at all backbones"), data={"shortlist": shortlist.as_json()})
        self.report(step)
        return shortlist

    def _look(self, name: str, report: Report) -> ProbeResult:
        features = self.source.few(name, self.configs[0].seed, part(report, 0, 90, 100))
        return cross_validate(features, look_config(self.configs[0]), part(report, 90, 10, 100))

    def probe(self, name: str, report: Report) -> None:
        """One backbone's features, and for each probe a cross-validation and, where it is kept, the probe itself."""
        features = self.source.whole(name, part(report, 0, self.source.percent, 100))
        each = (100 - self.source.percent) / len(self.configs)
        for turn, config in enumerate(self.configs):
            here = part(report, round(self.source.percent + turn * each), round(each), 100)
            result = self._kept(features, config) or self._judged(features, config, here)
            self.results.append(result)
            here(Progress(1, 1, in_a_line(result), data={"result": {"backbone": name, "probe": config.probe}}))

    def _kept(self, features: Features, config: ProbeConfig) -> ProbeResult | None:
        """The result in the folder, where it was made in just this way and its probe is there, too."""
        if self.folder is None:
            return None
        try:
            run = Run.load(self._run_folder(self.folder, features.backbone, config))
        except GraftError:
            return None
        if dict(run.config) != config.to_json() or "oof" not in run.splits():  # of another comparison, or not whole
            return None
        return kept_result(self.folder, features.backbone, config.probe, self._made([features.backbone], config))

    def _judged(self, features: Features, config: ProbeConfig, report: Report) -> ProbeResult:
        if self.folder is None:
            return cross_validate(features, config, report)
        result = cross_validate(features, config, part(report, 0, 90, 100))
        report(Progress(9, 10, _("fitting the probe on the whole training split")))
        save_result(result, self.folder, self._made([features.backbone], config))
        place = self._run_folder(self.folder, features.backbone, config)
        save_probe_run(features, config, fit_probe(features, config), result, place)
        return result

    def together(self, comparison: Comparison) -> tuple[Ensemble, ...]:
        """The two best backbones together, where there are two."""
        report, members = self.next_part(""), two_best(comparison.ranked)
        if not members:
            return ()
        names, message = [member.backbone for member in members], _("The two best together")

        def tell(step: Progress) -> None:
            report(replace(step, message=message, stage="", data={}))

        config, made = self.configs[0], self._made(names, self.configs[0])
        beside = kept_result(self.folder, " + ".join(names), config.probe, made) if self.folder else None
        if beside is None:
            beside = beside_each_other(members, [self.source.whole(name) for name in names], config, tell)
            if self.folder is not None:
                save_result(beside, self.folder, made)
        return ensembles(members, beside)

    def _made(self, names: Sequence[str], config: ProbeConfig) -> dict[str, Any]:
        """What a result depends on; one of other photos, settings or weights is not taken up."""
        weights = "+".join(registry.info(name).sha256 for name in names)
        return {"fingerprint": self.source.dataset.fingerprint, "weights": weights, "config": config.to_json()}

    def _run_folder(self, folder: Path, backbone: str, config: ProbeConfig) -> Path:
        """Where a probe is kept as a run; the first one's place is named by the backbone alone."""
        first = config.probe == self.configs[0].probe
        return folder / "probes" / (backbone if first else f"{backbone}.{config.probe}")


def in_a_line(result: ProbeResult) -> str:
    """How well a backbone does, in a line."""
    return _("{backbone}: accuracy {accuracy:.1%}").format(backbone=result.backbone, accuracy=result.accuracy_mean)
