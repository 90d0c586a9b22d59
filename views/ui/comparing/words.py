"""What several parts of the Compare page say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.probing.kinds import find
from views.ui.i18n import _


def judged_by(document: Mapping[str, Any], n: int) -> str:
    """The probe, the folds and the number of photos behind a result."""
    said = _("{probe}: {folds}-fold cross-validation on {n:,} training photos, {repeats} times.")
    label = find(document["probe"]).label
    return said.format(probe=label, folds=document["folds"], n=n, repeats=document["repeats"])
