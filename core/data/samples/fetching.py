"""Downloads one of torchvision's data sets, in a process of its own so that it can be stopped.

torchvision's own classes fetch, check and unpack; this file watches the folder grow and explains what went wrong. Run
as `python -m core.data.samples.fetching NAME FOLDER` it is that process: its last line of output is "" or the error.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

import core
from core import paths
from core.errors import DatasetError
from core.i18n import gettext as _
from core.progress import Progress, Report

COMMAND = (sys.executable, "-m", "core.data.samples.fetching")
"""The process that downloads, but for its arguments: the sample's name and the folder."""

_ROOT = Path(core.__file__).resolve().parents[1]
_POLL_S = 0.3
_MB = 1_000_000


@dataclass(frozen=True)
class SampleRecipe:
    """How torchvision names and files a data set.

    Attributes:
        cls: the class in `torchvision.datasets`.
        parts: our split (None where it has none) and the arguments that select it.
        most: images of each class to take from a split; all where it is not named.
        folder: below the root, where a file that was downloaded by hand belongs.
        files: what to download by hand.
        unpacked: the folders that unpacking makes; half of one looks whole to torchvision.
    """

    cls: str
    parts: tuple[tuple[str | None, Mapping[str, Any]], ...]
    folder: str
    files: tuple[str, ...]
    unpacked: tuple[str, ...]
    most: Mapping[str | None, int] = field(default_factory=dict)

    def datasets(self, root: Path, *, download: bool) -> list[tuple[str | None, Any]]:
        """torchvision's data set for each split."""
        import torchvision.datasets

        dataset_class = getattr(torchvision.datasets, self.cls)
        return [(split, dataset_class(str(root), download=download, **options)) for split, options in self.parts]


_THREE = tuple((split, {"split": split}) for split in ("train", "val", "test"))
RECIPES: dict[str, SampleRecipe] = {
    "cifar10": SampleRecipe(
        "CIFAR10",
        (("train", {"train": True}), ("test", {"train": False})),
        ".",
        ("cifar-10-python.tar.gz",),
        ("cifar-10-batches-py",),
        {"train": 500, "test": 100},
    ),
    "flowers102": SampleRecipe(
        "Flowers102",
        _THREE,
        "flowers-102",
        ("102flowers.tgz", "imagelabels.mat", "setid.mat"),
        ("flowers-102/jpg",),
        {"test": 20},
    ),
    "pets": SampleRecipe(
        "OxfordIIITPet",
        (("train", {"split": "trainval"}), ("test", {"split": "test"})),
        "oxford-iiit-pet",
        ("images.tar.gz", "annotations.tar.gz"),
        ("oxford-iiit-pet/images", "oxford-iiit-pet/annotations"),
        {"test": 50},
    ),
    "eurosat": SampleRecipe("EuroSAT", ((None, {}),), "eurosat", ("EuroSAT.zip",), ("eurosat/2750",), {None: 300}),
    "dtd": SampleRecipe("DTD", _THREE, "dtd", ("dtd-r1.0.1.tar.gz",), ("dtd/dtd",)),
}


def sample_root(name: str) -> Path:
    """Where a sample's downloads are kept, for all workspaces."""
    return paths.home() / "samples" / name


def fetched(name: str, title: str, download_mb: int, report: Report) -> Path:
    """The folder that holds the data set `name`, downloaded where it was not yet.

    Raises:
        DatasetError: it could not be downloaded; says which file to put where.
        Cancelled: by the report; the download is stopped.
    """
    root = sample_root(name)
    done = root / ".complete"
    if done.exists():
        return root
    paths.made(root)
    message = _("Downloading {title}").format(title=title)
    lock = FileLock(root / ".lock")
    while True:
        try:
            lock.acquire(timeout=_POLL_S)
            break
        except Timeout:
            report(_so_far(root, download_mb, message))
    try:
        if not done.exists():
            with _whole_or_not(name, root):
                _run(name, root, title, download_mb, message, report)
            done.touch()
    finally:
        lock.release()
    return root


@contextmanager
def _whole_or_not(name: str, root: Path) -> Iterator[None]:
    """Removes what the block, or one that was killed before it, unpacked and did not finish; downloads are kept."""
    unpacked = [root / folder for folder in RECIPES[name].unpacked]
    mark = root / ".unpacking"
    ours = [folder for folder in unpacked if mark.exists() or not folder.exists()]
    for folder in ours:
        shutil.rmtree(folder, ignore_errors=True)
    mark.touch()
    try:
        yield
    except BaseException:
        for folder in ours:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        mark.unlink(missing_ok=True)


def _run(name: str, root: Path, title: str, download_mb: int, message: str, report: Report) -> None:
    process = subprocess.Popen(
        [*COMMAND, name, str(root.resolve())],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_ROOT, encoding="utf-8",
    )  # fmt: skip
    try:
        while process.poll() is None:
            report(_so_far(root, download_mb, message))
            time.sleep(_POLL_S)
        output = process.stdout.read().strip() if process.stdout else ""
        if process.returncode != 0:
            raise DatasetError(explanation(name, title, output.splitlines()[-1] if output else ""))
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _so_far(root: Path, download_mb: int, message: str) -> Progress:
    total = download_mb * _MB
    got = 0
    for file in root.rglob("*"):
        if file.suffix in (".gz", ".tgz", ".zip", ".mat"):
            try:
                got += file.stat().st_size
            except OSError:
                continue
    return Progress(min(got, total), total, message)


def explanation(name: str, title: str, problem: str) -> str:
    """What failed, which files to put where, and what works without a network."""
    recipe = RECIPES[name]
    failed = _("{title} could not be downloaded ({problem}).").format(title=title, problem=problem or _("no answer"))
    offline = _("With no network, the samples 'textures' and 'digits' work.")
    if paths.is_public():
        return f"{failed} {offline}"
    by_hand = _("To use it here, put {files} into the folder {folder} and try again.").format(
        files=", ".join(recipe.files), folder=(sample_root(name) / recipe.folder).resolve()
    )
    return f"{failed} {by_hand} {offline}"


def _main() -> int:
    name, root = sys.argv[1], Path(sys.argv[2])
    socket.setdefaulttimeout(30)
    try:
        RECIPES[name].datasets(root, download=True)
    except Exception as problem:  # whatever torchvision, a server or a disk brings up is told in one line
        reason = getattr(problem, "reason", problem)
        print(" ".join(str(reason).split())[:200] or type(problem).__name__)
        return 1
    return 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(_main())
