"""The shared hostile and awkward uploads: each must come out as its manifest says, and leave nothing behind."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from core import paths
from core.cli.photos import document
from core.data.ingest import ingest
from core.data.inspection import inspect
from core.data.library import open_dataset
from core.errors import RejectedError

_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "bad_inputs"
_MANIFEST = _FOLDER / "manifest.json"
_CASES: list[dict[str, Any]] = json.loads(_MANIFEST.read_text("utf-8"))["cases"] if _MANIFEST.exists() else []

# In the test's own process; and as the program does it, in processes that can be killed.
PLACES = ["here", pytest.param("processes", marks=[pytest.mark.processes, pytest.mark.slow])]


def _by_entry(skipped: list[dict[str, str]]) -> list[tuple[str, str]]:
    return sorted((s["entry"], s["reason"]) for s in skipped)


@pytest.mark.skipif(not _CASES, reason="the shared directory with awkward uploads is not beside the repository")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("case", _CASES, ids=[c["id"] for c in _CASES])
def test_an_awkward_upload_comes_out_as_expected(case: dict[str, Any], place: str, graft_home: Path) -> None:
    expected = case["expect"]
    started = time.monotonic()
    answer = document(inspect(_FOLDER / case["file"]))
    assert time.monotonic() - started < 20
    assert answer["action"] == expected["action"]
    assert not [p for p in graft_home.rglob("*") if p.is_file()]
    if expected["action"] == "reject":
        assert answer["code"] == expected["code"]
        assert "Traceback" not in answer["message"]
        assert str(graft_home) not in answer["message"]
        assert str(_FOLDER) not in answer["message"]
        return
    if "either" not in expected:
        assert answer["images"] == expected["images"]
        assert _by_entry(answer["skipped"]) == _by_entry(expected["skipped"])
    assert answer["classes"] == expected["classes"]
    assert answer["ignored"] == expected.get("ignored", 0)
    assert answer["splits"] == expected.get("splits", answer["splits"])
    assert sorted(answer["warnings"]) == sorted(expected.get("warnings", []))


@pytest.mark.skipif(not _CASES, reason="the shared directory with awkward uploads is not beside the repository")
@pytest.mark.parametrize("place", PLACES)
def test_one_workspace_takes_them_one_after_the_other(place: str) -> None:
    small = [c for c in _CASES if c["bytes"] < 30_000][::4]
    for case in small:
        if case["expect"]["action"] == "reject":
            with pytest.raises(RejectedError) as refused:
                ingest(_FOLDER / case["file"])
            assert refused.value.code == case["expect"]["code"]
        else:
            dataset = ingest(_FOLDER / case["file"])
            assert open_dataset("default", dataset.id) == dataset
            assert len(dataset.skipped) == case["expect"]["n_skipped"]
            assert all(dataset.path(i).stat().st_size == i.n_bytes for i in dataset.items)
    left = [p.name for p in paths.datasets().iterdir() if p.name.startswith(".")]
    assert left == []
