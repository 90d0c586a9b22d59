"""Which backbone carries over best: the same probes, on the same folds of the training split, for each of them.

Of the validation and test images only a fitted probe's predictions are kept; nothing is chosen by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.backbones import registry
from core.backbones.names import as_file, joined
from core.errors import Cancelled, GraftError
from core.i18n import gettext as _
from core.numbers import percent
from core.probing.comparison.candidates import best_pair, is_alone
from core.probing.comparison.comparison import Comparison, Failure, Probed
from core.probing.comparison.record import ResultOrigin, reusable_result, save_comparison, save_result
from core.probing.comparison.shortlist import Shortlist, look_config, shortlist_of
from core.probing.comparison.sources import Extracted, FeatureSource
from core.probing.crossval.crossval import ProbeResult, cross_validate
from core.probing.crossval.save import save_probe_run
from core.probing.phases import Rows, probing
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.progress import Phase, Plan, Progress, Report, silent
from core.runs import read_run

if TYPE_CHECKING:
    from core.features.features import Features

_Result = TypeVar("_Result")

PROBES = "probes"
"""The directory of the fitted probes, in that of a comparison."""

_LOOK, _LOOKED, _FEATURES, _FAILED = "look", "looked", "features", "failed"
_KEPT, _END = " kept", "end"


def compare(
    features: Iterable[Features] | FeatureSource,
    config: ProbeConfig | Sequence[ProbeConfig] | None = None,
    report: Report = silent,
    *,
    folder: Path | None = None,
    shortlist: int = 0,
    pair: bool = False,
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
        pair: whether the two best networks side by side are a candidate, too. They are chosen on the same folds, so the
            pair is a little flattered, as the best of many always is.

    Raises:
        GraftError: there is nothing to compare, a backbone is unknown, the features are of different images, or no
            backbone can be used.
    """
    source = features if isinstance(features, FeatureSource) else Extracted(features)
    configs = (config,) if isinstance(config, ProbeConfig) else tuple(config or (ProbeConfig(),))
    for name in source.backbones:
        registry.info(name)
    keep = shortlist if shortlist < len(source.backbones) else 0
    work = _ComparisonWork(source, configs, folder, report, pair=pair)
    first_look = work.look_at_all(keep) if keep else None
    chosen = [name for name in source.backbones if first_look is None or name in first_look.kept]
    work.plan.expect(work.in_full(chosen))
    for name in chosen:
        work.attempt(name, work.probe)
    if not work.results:
        raise work.problems[0]
    if pair:
        work.probe_pair()
    comparison = Comparison(tuple(work.results), first_look, tuple(work.failures), configs[0], source.dataset)
    if folder is not None:
        save_comparison(comparison, folder)
    work.plan.begin(_END)(Progress(1, 1, _("Compared")))
    return comparison


@dataclass
class _ComparisonWork:
    """The state of one comparison.

    Attributes:
        plan: of the parts of each backbone, which are named by it and by what is done.
        results: of the backbones that were probed in full, in order.
        failures: the backbones that could not be used.
        problems: the errors behind the failures.
    """

    source: FeatureSource
    configs: tuple[ProbeConfig, ...]
    folder: Path | None
    report: Report
    pair: bool
    plan: Plan = field(init=False)
    results: list[ProbeResult] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    problems: list[GraftError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.plan = Plan(self.report, {})

    def in_full(self, names: Sequence[str]) -> dict[str, tuple[Phase, ...]]:
        """The parts of probing these backbones in full, and of what follows."""
        parts: dict[str, tuple[Phase, ...]] = {}
        for name in dict.fromkeys([*names, *self._likely_pair(names)]):
            planned = {phase.work for phases in parts.values() for phase in phases}
            features = (phase for phase in self.source.phases(name) if phase.work not in planned)
            parts |= {_part(name, _FEATURES): tuple(features)}
            for config in self.configs:
                parts |= {_part(name, config.probe): self._probing(name, config), _part(name, config.probe + _KEPT): ()}
            parts |= {_part(name, _FAILED): ()}
        return {**parts, _END: ()}

    def _likely_pair(self, names: Sequence[str]) -> list[str]:
        """The pair to plan for while nobody knows which two are the best: that of the widest."""
        alone = sorted(filter(is_alone, names), key=lambda name: -registry.info(name).feature_dim)
        return [joined(alone[:2])] if self.pair and len(alone) > 1 else []

    def _probing(self, name: str, config: ProbeConfig) -> tuple[Phase, ...]:
        phases = probing(config, self._rows(name, registry.info(name).feature_dim))
        return phases if self.folder else phases[:1]

    def _rows(self, of: str, width: int) -> Rows:
        return Rows(of, self.source.n_train, width, self.source.classes)

    def attempt(self, name: str, step: Callable[[str], _Result]) -> _Result | None:
        """Does one step for one backbone; gives None where the backbone cannot be used, and records and reports why."""
        try:
            return step(name)
        except Cancelled:
            raise
        except GraftError as problem:
            self.problems.append(problem)
            self.failures.append(Failure(name, str(problem)))
            self.plan.begin(_part(name, _FAILED), name)(Progress(1, 1, str(problem)))
        return None

    def look_at_all(self, keep: int) -> Shortlist:
        """Takes a first look at few images of every backbone, to choose which are probed in full."""
        names = self.source.backbones
        parts: dict[str, tuple[Phase, ...]] = {}
        for name in names:
            parts |= {_part(name, _LOOK): self.source.sample_phases(name), _part(name, _FAILED): ()}
        self.plan.expect({**parts, _LOOKED: (), **self.in_full(names[: keep + 2])})  # the floor and one more go on
        attempts = [self.attempt(name, self._look) for name in names]
        looks = [attempt for attempt in attempts if attempt is not None]
        if not looks:
            raise self.problems[0]
        shortlist = shortlist_of(looks, keep, self.configs[0].seed)
        data = {"shortlist": shortlist.as_json()}
        self.plan.begin(_LOOKED)(Progress(1, 1, _("Looked at all backbones"), data=data))
        return shortlist

    def _look(self, name: str) -> ProbeResult:
        report = self.plan.begin(_part(name, _LOOK), name)
        features = self.source.of_sample(name, self.configs[0].seed, report)
        return cross_validate(features, look_config(self.configs[0]))

    def probe(self, name: str) -> None:
        """Cross-validates every kind of probe on one backbone's features."""
        features = self.source.of_all(name, self.plan.begin(_part(name, _FEATURES), name))
        for config in self.configs:
            report = self.plan.begin(_part(name, config.probe), name)
            result = self._reusable(features, config) or self._new_result(features, config, report)
            self.results.append(result)
            probed = Probed(backbone=name, probe=config.probe)
            report = self.plan.begin(_part(name, config.probe + _KEPT), name)
            report(Progress(1, 1, in_a_line(result), data={"result": probed.to_json()}))

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
        return reusable_result(self.folder, features.backbone, config.probe, self._origin(features.backbone, config))

    def _new_result(self, features: Features, config: ProbeConfig, report: Report) -> ProbeResult:
        if self.folder is None:
            return cross_validate(features, config, report)
        *phases, last = self._probing(features.backbone, config)
        plan = Plan(report, {"cross-validate": phases, "fit": (last,)})
        result = cross_validate(features, config, plan.begin("cross-validate"))
        plan.begin("fit")(Progress(0, 1, _("fitting the probe on the whole training split")))
        save_result(result, self.folder, self._origin(features.backbone, config))
        run_folder = self._run_folder(self.folder, features.backbone, config)
        save_probe_run(features, config, fit_probe(features, config), result, run_folder)
        return result

    def probe_pair(self) -> None:
        """Probes the two best networks side by side, where there are two and nobody asked for them."""
        first = [result for result in self.results if result.probe == self.configs[0].probe]
        name = best_pair(sorted(first, key=lambda result: -result.accuracy_mean))
        if name and name not in self.source.backbones:
            self.plan.expect(self.in_full([name]))
            self.attempt(name, self.probe)

    def _origin(self, name: str, config: ProbeConfig) -> ResultOrigin:
        weights = registry.info(name).sha256
        return ResultOrigin(fingerprint=self.source.dataset.fingerprint, weights=weights, config=config)

    def _run_folder(self, folder: Path, backbone: str, config: ProbeConfig) -> Path:
        """The directory of a fitted probe's run; that of the first kind of probe is named by the backbone alone."""
        is_first = config.probe == self.configs[0].probe
        name = as_file(backbone)
        return folder / PROBES / (name if is_first else f"{name}.{config.probe}")


def _part(backbone: str, what: str) -> str:
    return f"{backbone}: {what}"


def in_a_line(result: ProbeResult) -> str:
    """A result in one line."""
    return _("{backbone}: accuracy {accuracy}").format(backbone=result.backbone, accuracy=percent(result.accuracy_mean))
