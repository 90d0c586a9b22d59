"""A comparison on disk: each result in a directory of its own, which is written as soon as it is there:

    <folder>/results/<backbone>.<probe>/
        held_out.npz        the probes' predictions for the images they had not seen
        result.json         everything else, and how it was made; written last
    <folder>/comparison.json        written when all results are there: their order, and what belongs to none of them

The verdict and all that is shown are computed from these files, and not stored. So a comparison that was stopped keeps
the results it had, and the comparisons of older versions, whose `comparison.json` holds more, can still be read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.backbones.names import as_file
from core.errors import GraftError, ProbeError
from core.i18n import gettext as _
from core.paths import file_sha256, read_json, write_json
from core.probing.comparison.comparison import Comparison, Failure
from core.probing.comparison.shortlist import Shortlist
from core.probing.crossval.crossval import ProbeResult
from core.probing.crossval.heldout import HeldOut
from core.probing.facts import DatasetFacts
from core.probing.probes.probe import ProbeConfig
from core.records import Record

COMPARISON, RESULT, HELD_OUT = "comparison.json", "result.json", "held_out.npz"
FACTS = ("backbone", "probe", "feature_dim", "images_per_s", "size_mb", "seconds", "converged", "chosen")


def save_comparison(comparison: Comparison, folder: Path) -> None:
    """Makes a finished comparison of the results that `save_result` kept in a folder."""
    content = {
        "results": [{"backbone": result.backbone, "probe": result.probe} for result in comparison.results],
        "shortlist": comparison.shortlist.as_json() if comparison.shortlist else None,
        "failed": [failure.as_json() for failure in comparison.failures],
        "dataset": comparison.dataset.id,
        "dataset_name": comparison.dataset.name,
        "fingerprint": comparison.dataset.fingerprint,
        "warnings": list(comparison.dataset.warnings),
        "config": comparison.config.to_json(),
    }
    write_json(folder / COMPARISON, content)


def load_comparison(folder: Path) -> Comparison:
    """A finished comparison.

    Raises:
        ProbeError: it is not there, or damaged.
    """
    try:
        content = read_json(folder / COMPARISON)
        names = [(str(row["backbone"]), str(row["probe"])) for row in content["results"]]
        shortlist, config = content["shortlist"], ProbeConfig.from_json(content["config"])
        shortlisted = Shortlist.from_json(shortlist) if shortlist else None
        failures = tuple(Failure(str(row["backbone"]), str(row["message"])) for row in content["failed"])
        dataset = DatasetFacts.from_json(content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, GraftError) as problem:
        raise ProbeError(_("The comparison cannot be read. Compare again.")) from problem
    results = tuple(load_result(folder, *name) for name in names)
    return Comparison(results, shortlisted, failures, config, dataset)


@dataclass(frozen=True, kw_only=True)
class ResultOrigin(Record):
    """All that a result depends on; one from other photos, settings or weights is not used again.

    Attributes:
        fingerprint: the dataset's.
        weights: the sha256 of the backbone's weights.
        config: how the features were probed.
    """

    fingerprint: str = ""
    weights: str = ""
    config: ProbeConfig = field(default_factory=ProbeConfig)


def save_result(result: ProbeResult, folder: Path, origin: ResultOrigin) -> None:
    """Keeps a result in a comparison's folder, with its origin for `reusable_result`."""
    directory = _directory(folder, result.backbone, result.probe)
    result.held_out.save(directory / HELD_OUT)
    facts = {name: getattr(result, name) for name in FACTS}
    sha256 = file_sha256(directory / HELD_OUT)
    content = {**facts, "notes": list(result.notes), "made": origin.to_json(), "sha256": sha256}
    write_json(directory / RESULT, content)


def reusable_result(folder: Path, backbone: str, probe: str, origin: ResultOrigin) -> ProbeResult | None:
    """A kept result, if it is whole and has just this origin; else None."""
    try:
        is_same = _content(folder, backbone, probe)["made"] == origin.to_json()
        return load_result(folder, backbone, probe) if is_same else None
    except (ProbeError, KeyError, TypeError):
        return None


def load_result(folder: Path, backbone: str, probe: str) -> ProbeResult:
    """A kept result.

    Raises:
        ProbeError: it is not there, or damaged.
    """
    content, file = _content(folder, backbone, probe), _directory(folder, backbone, probe) / HELD_OUT
    try:
        facts = {name: content[name] for name in FACTS}
        numbers = [float(facts[name]) for name in ("feature_dim", "images_per_s", "size_mb", "seconds")]
        is_whole = all(map(math.isfinite, numbers)) and content["sha256"] == file_sha256(file)
        notes = tuple(map(str, content["notes"]))
    except (OSError, KeyError, TypeError, ValueError) as problem:
        raise _damaged(backbone) from problem
    if not is_whole:
        raise _damaged(backbone)
    return ProbeResult(**facts, notes=notes, held_out=HeldOut.load(file))


def result_file(folder: Path, backbone: str, probe: str) -> Path:
    """The file that is written last for a result; it changes whenever the result does."""
    return _directory(folder, backbone, probe) / RESULT


def _content(folder: Path, backbone: str, probe: str) -> Any:
    try:
        return read_json(result_file(folder, backbone, probe))
    except (OSError, ValueError) as problem:
        raise _damaged(backbone) from problem


def _damaged(backbone: str) -> ProbeError:
    return ProbeError(_("The result of '{name}' cannot be read. Compare again.").format(name=backbone))


def _directory(folder: Path, backbone: str, probe: str) -> Path:
    return folder / "results" / f"{as_file(backbone)}.{probe}"
