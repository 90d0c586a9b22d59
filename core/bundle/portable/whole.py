"""Whether a manifest says what it said when the bundle was packed: no section changed, left out or put in.

The self-check holds a digest of each section, as most of them show on none of its photos. Needs nothing of Graft. In a
bundle it stands in `predict.py` itself.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

PACKING = ("files", "graphs", "left_out", "tools")  # of what was made later, or beside it: the files have hashes


def digests(manifest: dict[str, Any]) -> dict[str, str]:
    """A digest of each section of a manifest, but of those about the packing itself."""
    sections = {key: json.dumps(value, sort_keys=True) for key, value in manifest.items() if key not in PACKING}
    return {key: hashlib.sha256(text.encode()).hexdigest() for key, text in sections.items()}


def changed(manifest: dict[str, Any], packed: dict[str, str]) -> str:
    """The first section of a manifest that is not as its digest was; "" where all are."""
    here = digests(manifest)
    return next((key for key in sorted(here.keys() | packed) if here.get(key) != packed.get(key)), "")
