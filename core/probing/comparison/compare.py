"""Which backbone carries over best: the same probes, on the same folds of the training split, for each of them.

Of the validation and test images only a fitted probe's predictions are kept; nothing is chosen by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.backbones import registry
from core.errors import Cancelled, GraftError
from core.i18n import gettext as _
from core.numbers import percent
from core.probing.comparison.comparison import Comparison, Failure, Probed
from core.probing.comparison.ensemble import Ensemble, ensembles, probe_concatenated, two_best
from core.probing.comparison.record import ResultOrigin, reusable_result, save_comparison, save_result
from core.probing.comparison.shortlist import Shortlist, look_config, shortlist_of
from core.probing.comparison.sources import Extracted, FeatureSource
from core.probing.crossval.crossval import ProbeResult, cross_validate
from core.probing.crossval.save import save_probe_run
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.progress import Progress, Report, part, silent
from core.runs import read_run

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

    Reports with the backbone as the stage. The step that ends a backbone's probe carries `data={"result": …}`, a
    `Probed` as JSON; the one that ends the first look `data={"shortlist": …}`, the shortlist as JSON.

    Args:
        features: one for each backbone, or a source that provides them when they are needed.
        config: how to probe; several with the same folds, repeats and seed, of which the verdict is about the first.
        report: called after every fold.
        folder: where each result is kept as soon as it is computed, each fitted probe as a run in `probes/<backbone>`,
            and the whole comparison at the end. Results that are there already are used again, so that a comparison
            that was stopped goes on.
        shortlist: how many of the best in a first look at few images are probed in full; 0 for all.
        ensemble: whether to try the two best backbones together, too.

    Raises:
        GraftError: there is nothing to compare, a backbone is unknown, the features are of different images, or no
            backbone can be used.
    """
    source = features if isinstance(features, FeatureSource) else Extracted(features)
    configs = (config,) if isinstance(config, ProbeConfig) else tuple(config or (ProbeConfig(),))
    for name in source.backbones:
        registry.info(name)
    keep = shortlist if shortlist < len(source.backbones) else 0
    parts = len(source.backbones) + 1 + (keep + 2 if keep else 0)
    work = _Work(source, configs, folder, report, total=parts)
    first_look = work.look_at_all(keep) if keep else None
    for name in source.backbones:
        if first_look is None or name in first_look.kept:
            work.attempt(name, work.probe)
    if not work.results:
        raise work.problems[0]
    comparison = Comparison(tuple(work.results), (), first_look, tuple(work.failures), configs[0], source.dataset)
    if ensemble:
        comparison = replace(comparison, ensembles=work.try_together(comparison))
    if folder is not None:
        save_comparison(comparison, folder)
    report(Progress(work.total, work.total, _("Compared")))
    return comparison


@dataclass
class _Work:
    """The state of one comparison, whose work has `total` parts of about the same length.

    Attributes:
        parts_begun: how many of the parts have begun.
        results: of the backbones that were probed in full, in order.
        failures: the backbones that could not be used.
        problems: the errors behind the failures.
    """

    source: FeatureSource
    configs: tuple[ProbeConfig, ...]
    folder: Path | None
    report: Report
    total: int
    parts_begun: int = 0
    results: list[ProbeResult] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    problems: list[GraftError] = field(default_factory=list)

    def next_part(self, name: str) -> Report:
        """A report for the next part of the work."""
        self.parts_begun += 1
        return part(self.report, 100 * (self.parts_begun - 1), 100, 100 * self.total, name)

    def attempt(self, name: str, step: Callable[[str, Report], Any]) -> Any:
        """Does one step for one backbone; gives None where the backbone cannot be used, and records and reports why."""
        report = self.next_part(name)
        try:
            return step(name, report)
        except Cancelled:
            raise
        except GraftError as problem:
            self.problems.append(problem)
            self.failures.append(Failure(name, str(problem)))
            report(Progress(1, 1, str(problem)))
        return None

    def look_at_all(self, keep: int) -> Shortlist:
        """Takes a first look at few images of every backbone, to choose which are probed in full."""
        attempts = [self.attempt(name, self._look) for name in self.source.backbones]
        looks = [attempt for attempt in attempts if attempt is not None]
        if not looks:
            raise self.problems[0]
        shortlist = shortlist_of(looks, keep)
        step = Progress(
            self.parts_begun, self.total, _("Looked at all backbones"), data={"shortlist": shortlist.as_json()}
        )
        self.report(step)
        return shortlist

    def _look(self, name: str, report: Report) -> ProbeResult:
        features = self.source.of_sample(name, self.configs[0].seed, part(report, 0, 90, 100))
        return cross_validate(features, look_config(self.configs[0]), part(report, 90, 10, 100))

    def probe(self, name: str, report: Report) -> None:
        """Cross-validates every kind of probe on one backbone's features."""
        features = self.source.of_all(name, part(report, 0, self.source.percent, 100))
        percent_each = (100 - self.source.percent) / len(self.configs)
        for position, config in enumerate(self.configs):
            probe_report = part(report, round(self.source.percent + position * percent_each), round(percent_each), 100)
            result = self._reusable(features, config) or self._new_result(features, config, probe_report)
            self.results.append(result)
            probe_report(
                Progress(1, 1, in_a_line(result), data={"result": Probed(backbone=name, probe=config.probe).to_json()})
            )

    def _reusable(self, features: Features, config: ProbeConfig) -> ProbeResult | None:
        """The result in the folder, where it was made with the same data and settings and its fitted probe is there."""
        if self.folder is None:
            return None
        try:
            run = read_run(self._run_folder(self.folder, features.backbone, config), [ProbeConfig])
        except GraftError:
            return None
        if run.config != config or "oof" not in run.splits():  # of another comparison, or incomplete
            return None
        return reusable_result(self.folder, features.backbone, config.probe, self._origin([features.backbone], config))

    def _new_result(self, features: Features, config: ProbeConfig, report: Report) -> ProbeResult:
        if self.folder is None:
            return cross_validate(features, config, report)
        result = cross_validate(features, config, part(report, 0, 90, 100))
        report(Progress(9, 10, _("fitting the probe on the whole training split")))
        save_result(result, self.folder, self._origin([features.backbone], config))
        run_folder = self._run_folder(self.folder, features.backbone, config)
        save_probe_run(features, config, fit_probe(features, config), result, run_folder)
        return result

    def try_together(self, comparison: Comparison) -> tuple[Ensemble, ...]:
        """The ensembles of the two best networks; none where there are fewer than two."""
        part_report, members = self.next_part(""), two_best(comparison.ranked)
        if not members:
            return ()
        names, message = [member.backbone for member in members], _("The two best together")

        def report_step(step: Progress) -> None:
            part_report(replace(step, message=message, stage="", data={}))

        config, origin = self.configs[0], self._origin(names, self.configs[0])
        concatenated = reusable_result(self.folder, " + ".join(names), config.probe, origin) if self.folder else None
        if concatenated is None:
            concatenated = probe_concatenated(
                members, [self.source.of_all(name) for name in names], config, report_step
            )
            if self.folder is not None:
                save_result(concatenated, self.folder, origin)
        return ensembles(members, concatenated)

    def _origin(self, names: Sequence[str], config: ProbeConfig) -> ResultOrigin:
        weights = "+".join(registry.info(name).sha256 for name in names)
        return ResultOrigin(fingerprint=self.source.dataset.fingerprint, weights=weights, config=config)

    def _run_folder(self, folder: Path, backbone: str, config: ProbeConfig) -> Path:
        """The directory of a fitted probe's run; that of the first kind of probe is named by the backbone alone."""
        is_first = config.probe == self.configs[0].probe
        return folder / "probes" / (backbone if is_first else f"{backbone}.{config.probe}")


def in_a_line(result: ProbeResult) -> str:
    """A result in one line."""
    return _("{backbone}: accuracy {accuracy}").format(backbone=result.backbone, accuracy=percent(result.accuracy_mean))
