"""How much of this machine Graft may use: memory and cores, with the limits of the container it runs in."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from pathlib import Path
from typing import Any

SMALL_MB = 2000
"""With less memory, one worker runs all jobs."""

ROOMY_MB = 3000
"""With so much memory, a worker may load torch before anyone needs it."""

MOST_DECODING_THREADS = 8
"""At most so many threads read photos ahead of a network."""

CGROUP = Path("/sys/fs/cgroup")
"""Where Linux tells the limits of the container that this process is in."""

VMSTAT = Path("/proc/vmstat")
"""Where Linux counts what it has ended for want of memory."""

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
"""What glibc's `mallopt` can be told, by its numbers in `malloc.h`."""

_AHEAD_BYTES = 64 * 2**20

_NO_MEMORY = ("can't allocate memory", "not enough memory", "unable to allocate", "out of memory")


def memory_mb() -> int | None:
    """The memory in MB that Graft may use: the machine's, or the container's limit where that is less.

    `GRAFT_MEMORY_MB` overrides it. None where it is not known.
    """
    setting = os.environ.get("GRAFT_MEMORY_MB", "")
    if setting.isdigit():
        return int(setting)
    limits = [n_bytes for n_bytes in (_physical(), *(_number(path) for path in _limit_files())) if n_bytes]
    return min(limits) // 2**20 if limits else None


def is_small() -> bool:
    """Whether there is too little memory for two workers."""
    memory = memory_mb()
    return memory is not None and memory < SMALL_MB


def is_roomy() -> bool:
    """Whether a worker may hold torch while it waits."""
    memory = memory_mb()
    return memory is not None and memory >= ROOMY_MB


def cores() -> int:
    """The cores that Graft may use: those of this process, at most the container's quota."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = (CGROUP / "cpu.max").read_text().split()
        return max(1, min(count, round(int(quota) / int(period))))
    except (OSError, ValueError):
        return max(1, count)


def decoding_threads() -> int:
    """How many threads read photos ahead of a network: one a core, at most `MOST_DECODING_THREADS`."""
    return min(MOST_DECODING_THREADS, cores())


def oom_kills() -> int | None:
    """How often the kernel has ended a process of this control group because memory ran out; None where nobody counts.

    Where the group does not count, the whole machine's count is taken.
    """
    for file in (*_group_files("memory.events"), CGROUP / "memory" / "memory.oom_control", VMSTAT):
        with contextlib.suppress(OSError, ValueError):
            counts = dict(line.split() for line in file.read_text().splitlines())
            if "oom_kill" in counts:
                return int(counts["oom_kill"])
    return None


def thread_settings() -> dict[str, str]:
    """The environment variables for a process that computes, which libraries read when they are loaded.

    Threads wait by sleeping instead of spinning, and OpenBLAS, whose problems here are small, has one: where other
    programs want the cores too, spinning made training 4 times slower and a logistic regression 100 times (2 cores).
    """
    threads = str(cores())
    return {
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
    }


def keep_memory() -> None:
    """Memory that is freed stays with this process, for its next array; `give_back_memory` ends that for what is free.

    glibc gives the memory of each large array back at once, and the kernel clears it anew for the next: on two cores a
    ResNet-50 was a third slower for that, its training an eighth. It costs about a tenth more memory at the peak, so it
    is left where there is little. Other systems keep their memory anyway.
    """
    libc = _glibc()
    if libc is not None and not is_small():
        libc.mallopt(_MMAP_MAX, 0)
        libc.mallopt(_TRIM_THRESHOLD, -1)
        libc.mallopt(_TOP_PAD, _AHEAD_BYTES)


def give_back_memory() -> None:
    """What this process has freed goes back to the system, as when a job is done."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def has_glibc() -> bool:
    """Whether this process can be told to keep its memory."""
    return _glibc() is not None


def _glibc() -> Any:
    """The C library, where it is glibc; None on other systems."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None


def _physical() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _limit_files() -> list[Path]:
    """Where the limit of this process's control group may be, version 2 and version 1."""
    return [*_group_files("memory.max"), CGROUP / "memory" / "memory.limit_in_bytes"]


def _group_files(name: str) -> list[Path]:
    """Where a file of this process's control group (version 2) may be: its own, its parents', the mounted one's."""
    files = []
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            number, _controllers, group = line.split(":", 2)
            if number == "0":
                files += [CGROUP / part / name for part in _with_parents(group)]
    return [*files, CGROUP / name]


def _with_parents(group: str) -> list[str]:
    parts = group.strip("/").split("/")
    return ["/".join(parts[:depth]) for depth in range(len(parts), 0, -1)]


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, of the machine or of its graphics card."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(phrase in str(error).lower() for phrase in _NO_MEMORY)
