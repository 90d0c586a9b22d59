"""The verb that compares backbones, from photos to a document with a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.backbones import registry
from core.errors import Cancelled, GraftError
from core.i18n import gettext as _
from core.paths import write_json
from core.progress import Progress, Report, part
from core.runs import Run
from core.tasks.common import Result, dataset_of
from core.tasks.requests import CompareRequest

if TYPE_CHECKING:
    from core.data.dataset import Dataset
    from core.features.features import Features
    from core.probing.comparison.compare import Comparison
    from core.probing.comparison.ensemble import Ensemble
    from core.probing.comparison.shortlist import Shortlist
    from core.probing.crossval.crossval import ProbeResult
    from core.probing.probes.probe import ProbeConfig


def compare(job_dir: Path, request: CompareRequest, report: Report) -> Result:
    """Compares backbones by probes, and keeps each result, and each probe as a run in `probes/<backbone>`.

    Run again in the same directory, it goes on with what is missing there.

    Reports by backbone as the stage; the step that ends one's probe carries `data={"result": …}`, the one that ends the
    first look `data={"shortlist": …}`. A backbone that cannot be used is told under "failed" and does not stop the
    others.

    Raises:
        GraftError: the dataset or a name is wrong, or none of the backbones could be used.
    """
    work = _work(job_dir, request, report)
    names = _shortlisted(work)
    for name in names:
        _attempt(work, name, _probed)
    if not work.results:
        raise work.failed[0][1]
    from core.probing.comparison.compare import Comparison
    from core.probing.comparison.record import COMPARISON

    comparison = Comparison(tuple(work.results))
    document = _document(work, comparison, _together(work, comparison))
    write_json(job_dir / COMPARISON, document)
    return document


@dataclass
class _Work:
    """The state of one comparison: `done` of `total` equal parts of the work are begun."""

    job_dir: Path
    dataset: Dataset
    names: list[str]
    configs: list[ProbeConfig]
    keep: int
    ensemble: bool
    report: Report
    done: int = 0
    total: int = 1
    results: list[ProbeResult] = field(default_factory=list)
    failed: list[tuple[str, GraftError]] = field(default_factory=list)
    shortlist: Shortlist | None = None

    def next(self, name: str) -> Report:
        """A report for the next equal part of the work."""
        self.done += 1
        return part(self.report, 100 * (self.done - 1), 100, 100 * self.total, name)


def _work(job_dir: Path, request: CompareRequest, report: Report) -> _Work:
    from core.probing.comparison.shortlist import KEEP, MANY

    names = list(request.backbones)
    for name in names:
        registry.info(name)
    keep = (KEEP if len(names) > MANY else 0) if request.shortlist is None else request.shortlist
    work = _Work(
        job_dir,
        dataset_of(request, part(report, 0, 0, 100)),
        names,
        list(request.configs),
        keep if keep < len(names) else 0,
        request.ensemble,
        report,
    )
    work.total = len(names) + 1 + (keep + 2 if work.keep else 0)
    return work


def _attempt(work: _Work, name: str, what: Any) -> Any:
    """One step about one backbone; where it cannot be used, that is noted and told."""
    report = work.next(name)
    try:
        return what(work, name, report)
    except Cancelled:
        raise
    except GraftError as problem:
        work.failed.append((name, problem))
        report(Progress(1, 1, str(problem), data={"failed": {"backbone": name, "message": str(problem)}}))
    return None


def _shortlisted(work: _Work) -> Sequence[str]:
    """The backbones to probe in full, in the order they were given."""
    if not work.keep:
        return work.names
    from core.probing.comparison.shortlist import sample, shortlist

    whole = work.dataset
    work.dataset = sample(whole, work.configs[0].seed)
    looks = [_attempt(work, name, _looked) for name in work.names]
    work.dataset = whole
    found = [look for look in looks if look is not None]
    if not found:
        raise work.failed[0][1]
    work.shortlist = shortlist(found, work.keep)
    step = Progress(work.done, work.total, _("Looked at all backbones"), data={"shortlist": work.shortlist.as_json()})
    work.report(step)
    return [name for name in work.names if name in work.shortlist.kept]


def _looked(work: _Work, name: str, report: Report) -> ProbeResult:
    from core.features.extract import extract
    from core.probing.comparison.shortlist import look_config
    from core.probing.crossval.crossval import cross_validate

    features = extract(work.dataset, name, report=part(report, 0, 90, 100))
    return cross_validate(features, look_config(work.configs[0]), part(report, 90, 10, 100))


def _probed(work: _Work, name: str, report: Report) -> None:
    """One backbone of a comparison: its features, and for each probe a cross-validation and the probe itself."""
    from core.features.extract import extract
    from core.probing.comparison.compare import said

    features = extract(work.dataset, name, report=part(report, 0, 60, 100))
    each = 40 / len(work.configs)
    for turn, config in enumerate(work.configs):
        here = part(report, round(60 + turn * each), round(each), 100)
        result = _kept(work, features, config) or _judged(work, features, config, here)
        work.results.append(result)
        here(Progress(1, 1, said(result), data={"result": result.as_json()}))


def _made(work: _Work, name: str, config: ProbeConfig) -> dict[str, Any]:
    """What a result depends on; one of other photos, settings or weights is not taken up."""
    return {
        "fingerprint": work.dataset.fingerprint,
        "weights": registry.info(name).sha256,
        "config": config.to_json(),
    }


def _kept(work: _Work, features: Features, config: ProbeConfig) -> ProbeResult | None:
    from core.probing.comparison.record import kept_result

    try:
        run = Run.load(_place(work, features.backbone, config))
    except GraftError:
        return None
    if dict(run.config) != config.to_json() or "oof" not in run.splits():  # of another comparison, or not whole
        return None
    made = _made(work, features.backbone, config)
    return kept_result(work.job_dir, features.backbone, config.probe, made)


def _judged(work: _Work, features: Features, config: ProbeConfig, report: Report) -> ProbeResult:
    from core.probing.comparison.record import save_result
    from core.probing.crossval.crossval import cross_validate
    from core.probing.crossval.save import save_probe_run
    from core.probing.probes.probe import fit_probe

    result = cross_validate(features, config, part(report, 0, 90, 100))
    report(Progress(9, 10, _("fitting the probe on the whole training split")))
    save_result(result, work.job_dir, _made(work, features.backbone, config))
    place = _place(work, features.backbone, config)
    save_probe_run(features, config, fit_probe(features, config), result, place)
    return result


def _place(work: _Work, backbone: str, config: ProbeConfig) -> Path:
    """Where a probe is kept as a run; the first one's place is named by the backbone alone."""
    first = config.probe == work.configs[0].probe
    return work.job_dir / "probes" / (backbone if first else f"{backbone}.{config.probe}")


def _together(work: _Work, comparison: Comparison) -> tuple[Ensemble, ...]:
    """The two best backbones together, where there are two."""
    from core.features.extract import extract
    from core.probing.comparison.ensemble import ensembles, two_best

    members = two_best(comparison.ranked) if work.ensemble else ()
    report = work.next("")
    if not members:
        return ()
    features = [extract(work.dataset, member.backbone) for member in members]
    message = _("The two best together")
    return ensembles(
        members, features, work.configs[0], lambda step: report(replace(step, message=message, stage="", data={}))
    )


def _document(work: _Work, comparison: Comparison, together: Sequence[Ensemble]) -> Result:
    from core.probing.comparison.pareto import fronts

    work.report(Progress(work.total, work.total, _("Compared")))
    return {
        **comparison.as_json(),
        "side_by_side": _side_by_side(comparison),
        "pareto": fronts([result.as_json() for result in comparison.ranked]),
        "ensembles": [one.as_json() for one in together],
        "shortlist": work.shortlist.as_json() if work.shortlist else None,
        "failed": [{"backbone": name, "message": str(problem)} for name, problem in work.failed],
        "dataset": work.dataset.id,
        "dataset_name": work.dataset.name,
        "fingerprint": work.dataset.fingerprint,
        "config": work.configs[0].to_json(),
        "seed": work.configs[0].seed,
        "warnings": list(work.dataset.warnings),
    }


def _side_by_side(comparison: Comparison) -> dict[str, Any] | None:
    """The best against the recommended one, or against the next where that is the same; None where there is one."""
    from core.probing.pairwise.sidebyside import side_by_side

    verdict = comparison.verdict
    other = next((pair.b for pair in verdict.pairs if pair.b == verdict.recommended), None)
    if not verdict.pairs:
        return None
    said = {result.backbone: result.oof for result in comparison.ranked}
    return side_by_side(said, verdict.best, other or verdict.pairs[0].b)
