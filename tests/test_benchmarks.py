"""Benchmarks are run by hand and seldom: what they name must still be there when they are."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAMES = sorted(file.stem for file in (ROOT / "benchmarks").glob("*.py") if file.stem != "__init__")


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_can_be_started(name: str) -> None:
    benchmark = importlib.import_module(f"benchmarks.{name}")
    assert name in ("unlike", "workspace") or callable(benchmark.main)
