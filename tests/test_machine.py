import subprocess
import sys
from pathlib import Path

import pytest

from core import machine


def test_memory_is_known_and_plausible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRAFT_MEMORY_MB", raising=False)
    memory = machine.memory_mb()
    assert memory is not None
    assert 256 < memory < 100_000_000


@pytest.mark.parametrize(
    ("mb", "small", "roomy"), [("1000", True, False), ("2700", False, False), ("8000", False, True)]
)
def test_one_worker_where_memory_is_small(monkeypatch: pytest.MonkeyPatch, mb: str, small: bool, roomy: bool) -> None:
    monkeypatch.setenv("GRAFT_MEMORY_MB", mb)
    assert (machine.is_small(), machine.is_roomy()) == (small, roomy)


def test_the_containers_limit_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GRAFT_MEMORY_MB", raising=False)
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text(f"{200 * 2**20}\n")
    assert machine.memory_mb() == 200


def test_no_limit_is_the_machines_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GRAFT_MEMORY_MB", raising=False)
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    unlimited = machine.memory_mb()
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.memory_mb() == unlimited


def test_the_containers_quota_of_cores_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert machine.cores() == 1
    assert machine.decoding_threads() == 1


@pytest.mark.parametrize(("cores", "threads"), [(2, 2), (64, machine.MOST_DECODING_THREADS)])
def test_photos_are_read_by_a_thread_a_core(monkeypatch: pytest.MonkeyPatch, cores: int, threads: int) -> None:
    monkeypatch.setattr(machine, "cores", lambda: cores)
    assert machine.decoding_threads() == threads


@pytest.mark.parametrize(
    ("file", "content", "count"),
    [
        ("memory.events", "low 0\noom 3\noom_kill 2\n", 2),
        ("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n", 5),
        ("vmstat", "pgfault 10\noom_kill 7\n", 7),
        ("vmstat", "pgfault 10\n", None),
    ],
)
def test_the_kernel_counts_what_it_ended_for_want_of_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str, content: str, count: int | None
) -> None:
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    monkeypatch.setattr(machine, "VMSTAT", tmp_path / "vmstat")
    (tmp_path / "memory").mkdir()
    (tmp_path / file).write_text(content)
    assert machine.oom_kills() == count


@pytest.mark.skipif(not machine.has_glibc(), reason="other systems keep the memory of their processes anyway")
@pytest.mark.parametrize(("memory_mb", "kept"), [("8000", True), ("1000", False)])
def test_memory_is_kept_for_the_next_array_and_given_back_in_the_end(
    monkeypatch: pytest.MonkeyPatch, memory_mb: str, kept: bool
) -> None:
    monkeypatch.setenv("GRAFT_MEMORY_MB", memory_mb)
    faults, before, after = map(int, subprocess.check_output([sys.executable, "-c", ARRAYS], text=True).split())
    pages = 50_000_000 // 4096
    assert (faults < 2 * pages) == kept  # else each of the twenty arrays is cleared anew
    assert (before > after + 40) == kept


ARRAYS = """
import resource
from pathlib import Path

from core import machine

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 2**20

machine.keep_memory()
begun = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    array = bytearray(b"x") * 50_000_000
    del array
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - begun
before = resident_mb()
machine.give_back_memory()
print(faults, before, resident_mb())
"""
