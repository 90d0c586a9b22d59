"""The process that downloads a data set, with small programs of the tests' own in its place."""

from __future__ import annotations

import sys

import pytest

from core.data.inspection import inspect
from core.data.samples import fetching
from core.data.samples.fetching import explanation, fetched, sample_root
from core.errors import Cancelled, DatasetError
from core.progress import Progress, silent


def download_by(patch: pytest.MonkeyPatch, code: str) -> None:
    """From here on `code` downloads; its arguments are the sample's name and the folder."""
    patch.setattr(fetching, "COMMAND", (sys.executable, "-c", code))


def test_with_no_network_the_error_says_what_to_do() -> None:
    text = explanation("flowers102", "Oxford Flowers-102", "Name or service not known")
    assert "Name or service not known" in text
    assert "102flowers.tgz, imagelabels.mat, setid.mat" in text
    assert str(sample_root("flowers102") / "flowers-102") in text
    assert "textures" in text


def test_a_public_app_shows_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    assert str(sample_root("dtd").parent) not in explanation("dtd", "DTD", "x")


def test_a_failed_download_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    download_by(monkeypatch, "print('noise'); print('no route to host'); raise SystemExit(1)")
    with pytest.raises(DatasetError, match=r"EuroSAT could not be downloaded \(no route to host\).*EuroSAT\.zip"):
        inspect("sample:eurosat")


def test_a_download_reports_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    download_by(
        monkeypatch,
        "import pathlib, sys, time\n"
        "root = pathlib.Path(sys.argv[2]); (root / 'x.zip').write_bytes(bytes(3_000_000))\n"
        "while not (root / 'go').exists(): time.sleep(0.01)",
    )
    root = sample_root("eurosat")
    seen: list[Progress] = []

    def let_go_when_all_is_reported(step: Progress) -> None:
        seen.append(step)
        if step.done == 3_000_000:
            (root / "go").touch()

    assert fetched("eurosat", "EuroSAT", 94, let_go_when_all_is_reported) == root
    assert (seen[-1].done, seen[-1].total) == (3_000_000, 94_000_000)
    assert (root / ".complete").exists()
    download_by(monkeypatch, "raise SystemExit('nothing is left to download')")
    assert fetched("eurosat", "EuroSAT", 94, silent) == root


def test_a_download_can_be_cancelled_and_leaves_no_half_unpacked_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    download_by(
        monkeypatch,
        "import pathlib, sys, time\n"
        "root = pathlib.Path(sys.argv[2]); (root / 'eurosat.zip').touch()\n"
        "(root / 'eurosat/2750/x').mkdir(parents=True)\n"
        "time.sleep(60)",
    )
    root = sample_root("eurosat")

    def stop(step: Progress) -> None:
        if (root / "eurosat/2750/x").exists():
            raise Cancelled

    with pytest.raises(Cancelled):
        fetched("eurosat", "EuroSAT", 94, stop)
    assert (root / "eurosat.zip").exists()
    assert not (root / "eurosat/2750").exists()
    assert not (root / ".complete").exists()
