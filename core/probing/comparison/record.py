"""Results of a comparison on disk, each a directory that is written as soon as it is there:

    <folder>/results/<backbone>.<probe>/
        held_out.npz        what the probes said of the images they had not seen
        result.json         everything else, and how it was made; written last

and, when all are there, <folder>/comparison.json, which names them in order. So what a comparison that was stopped had
found is still there, and the verdict can be computed anew from what is on the disk.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import ProbeError
from core.i18n import gettext as _
from core.paths import file_sha256, read_json, write_json
from core.probing.comparison.compare import Comparison
from core.probing.crossval.crossval import ProbeResult
from core.probing.crossval.heldout import HeldOut

COMPARISON, HELD_OUT = "comparison.json", "held_out.npz"
FACTS = ("backbone", "probe", "feature_dim", "images_per_s", "size_mb", "seconds", "converged", "chosen")


def save_result(result: ProbeResult, folder: Path, made: Mapping[str, Any]) -> None:
    """Keeps a result in a comparison's folder; `made` says how it was made, and is asked for again by `kept_result`."""
    place = _place(folder, result.backbone, result.probe)
    result.held_out.save(place / HELD_OUT)
    facts = {name: getattr(result, name) for name in FACTS}
    content = {**facts, "notes": list(result.notes), "made": dict(made), "sha256": file_sha256(place / HELD_OUT)}
    write_json(place / "result.json", content)


def kept_result(folder: Path, backbone: str, probe: str, made: Mapping[str, Any]) -> ProbeResult | None:
    """A result that was kept, if it was made in just this way and is whole."""
    try:
        return load_result(folder, backbone, probe) if _content(folder, backbone, probe)["made"] == dict(made) else None
    except (ProbeError, KeyError, TypeError):
        return None


def load_result(folder: Path, backbone: str, probe: str) -> ProbeResult:
    """A result that was kept.

    Raises:
        ProbeError: it is not there, or damaged.
    """
    content, file = _content(folder, backbone, probe), _place(folder, backbone, probe) / HELD_OUT
    try:
        facts = {name: content[name] for name in FACTS}
        numbers = [float(facts[name]) for name in ("feature_dim", "images_per_s", "size_mb", "seconds")]
        whole = all(map(math.isfinite, numbers)) and content["sha256"] == file_sha256(file)
        notes = tuple(map(str, content["notes"]))
    except (OSError, KeyError, TypeError, ValueError) as problem:
        raise _damaged(backbone) from problem
    if not whole:
        raise _damaged(backbone)
    return ProbeResult(**facts, notes=notes, held_out=HeldOut.load(file))


def load_comparison(folder: Path) -> Comparison:
    """A finished comparison, whose verdict is computed anew from what its probes said.

    Raises:
        ProbeError: it is not there, or damaged.
    """
    try:
        rows = read_json(folder / COMPARISON)["results"]
        named = [(str(row["backbone"]), str(row["probe"])) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ProbeError(_("The comparison cannot be read. Compare again.")) from problem
    return Comparison(tuple(load_result(folder, *pair) for pair in named))


def _content(folder: Path, backbone: str, probe: str) -> Any:
    try:
        return read_json(_place(folder, backbone, probe) / "result.json")
    except (OSError, ValueError) as problem:
        raise _damaged(backbone) from problem


def _damaged(backbone: str) -> ProbeError:
    return ProbeError(_("The result of '{name}' cannot be read. Compare again.").format(name=backbone))


def _place(folder: Path, backbone: str, probe: str) -> Path:
    return folder / "results" / f"{backbone}.{probe}"
