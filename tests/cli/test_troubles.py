"""Every command under the machine's own troubles: one line with the folder and the remedy, and never a traceback."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from core.cli.frame import program
from core.data.ingest import ingest
from core.tasks import models
from tests.cli.commands import COMMANDS, GOES_ON, KEEPS, KEEPS_NOTHING, filled
from tests.cli.conftest import mistake, run
from tests.conftest import photo_bytes

if sys.platform != "linux":
    pytest.skip("folders go wrong in each system's own way; these are Linux's", allow_module_level=True)

TROUBLES = {
    "below a file": "FILE/home",
    "a file": "FILE",
    "too long": f"TMP/{'x' * 300}",
    "not to be made": "/proc/nothing",
    "a dead link": "LINK",
    "of nobody": "~nobody-knows-whom/graft",
    "read-only": "TMP/sealed",
}


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory, data: Path, finetuned: tuple[Path, Any]) -> dict[str, str]:
    """What the words in capitals stand for."""
    folder = tmp_path_factory.mktemp("named")
    edits, image = folder / "edits.csv", folder / "image.png"
    edits.write_text("image,sha256,action,new_class\n")
    image.write_bytes(photo_bytes((200, 60, 50), 7))
    run, stopped = folder / "run", folder / "stopped"
    for copy in (run, stopped):  # some commands write something down beside it
        shutil.copytree(finetuned[0], copy)
    (stopped / "run.json").unlink()  # as if it were stopped right before its end
    return {
        "DATA": str(data), "EDITS": str(edits), "RUN": str(run), "STOPPED": str(stopped), "IMAGE": str(image),
    }  # fmt: skip


@pytest.fixture(params=TROUBLES)
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A GRAFT_HOME that cannot be used."""
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "link").symlink_to("/nowhere/at/all")
    path = TROUBLES[request.param]
    for word, real in (("FILE", tmp_path / "file"), ("LINK", tmp_path / "link"), ("TMP", tmp_path)):
        path = path.replace(word, str(real))
    monkeypatch.setenv("GRAFT_HOME", path)
    if request.param == "read-only":
        seal(tmp_path / "sealed", monkeypatch)
    return path


def seal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be made in the folder from here on, not even by root, as on a disk that is mounted read-only."""
    folder.mkdir(exist_ok=True)
    make, open_file = Path.mkdir, Path.open

    def check(path: Path) -> None:
        if path != folder and path.is_relative_to(folder):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    def refuse(path: Path, *how: Any, **more: Any) -> None:
        if not path.is_dir():
            check(path)
        make(path, *how, **more)

    def read_only(path: Path, mode: str = "r", *how: Any, **more: Any) -> Any:
        if set(mode) & set("wax+"):
            check(path)
        return open_file(path, mode, *how, **more)

    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr(Path, "open", read_only)


def test_the_table_has_every_command() -> None:
    commands = ((command.name, command.callback) for command in program.registered_commands)
    alone = {name or callback.__name__ for name, callback in commands if callback}
    assert {*COMMANDS, *GOES_ON} == alone | {str(group.name) for group in program.registered_groups}


@pytest.mark.parametrize("command", KEEPS)
def test_what_keeps_data_names_the_folder_and_the_remedy(
    capsys: pytest.CaptureFixture[str], named: dict[str, str], tmp_path: Path, home: str, command: str
) -> None:
    line = mistake(capsys, command, *filled(command, named, tmp_path))
    assert home in line
    assert "Set" in line
    assert "GRAFT_HOME" in line


@pytest.mark.parametrize("command", KEEPS_NOTHING)
def test_what_keeps_nothing_works(
    capsys: pytest.CaptureFixture[str], named: dict[str, str], tmp_path: Path, home: str, command: str
) -> None:
    code, out, err = run(capsys, command, *filled(command, named, tmp_path))
    assert (code, err) == (0, "")
    assert out


@pytest.mark.parametrize("command", KEEPS)
def test_photos_that_are_known_need_nothing_kept(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    named: dict[str, str],
    tmp_path: Path,
    command: str,
) -> None:
    (tmp_path / "known").mkdir()
    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "known"))
    ingest(named["DATA"])
    seal(tmp_path / "known", monkeypatch)
    code, out, err = run(capsys, command, *filled(command, named, tmp_path))
    assert (code, err) == (0, "")
    assert out


@pytest.fixture
def unknown_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user has no entry among the system's users, and no variable says where their home is."""

    def nobody(_id: object) -> pwd.struct_passwd:
        raise KeyError("unknown")

    for name in ("HOME", "GRAFT_HOME", "XDG_CACHE_HOME", "TORCH_HOME", "USER", "LOGNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.setattr(pwd, "getpwnam", nobody)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.usefixtures("unknown_user")
def test_an_unknown_user_is_told_to_name_a_folder(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    named: dict[str, str],
    tmp_path: Path,
    command: str,
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    arguments = filled(command, named, tmp_path)
    if command in KEEPS:
        assert "no home folder. Set GRAFT_HOME to a folder" in mistake(capsys, command, *arguments)
        monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "home"))
    code, _out, err = run(capsys, command, *arguments)
    assert (code, err) == (0, "")
    assert not list((tmp_path / "here").iterdir())


@pytest.mark.usefixtures("unknown_user")
def test_weights_for_an_unknown_user_need_a_folder_as_well(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, named: dict[str, str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "home"))
    assert "TORCH_HOME" in mistake(capsys, "compare", named["DATA"], "--backbones", "resnet18")
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize("command", ["inspect", *(pytest.param(each, marks=pytest.mark.slow) for each in KEEPS)])
def test_a_home_and_data_whose_names_are_no_text(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    named: dict[str, str],
    tmp_path: Path,
    command: str,
) -> None:
    odd = tmp_path / os.fsdecode("caf\u00e9".encode("cp1252"))
    odd.mkdir()
    monkeypatch.setenv("GRAFT_HOME", str(odd / "home"))
    data = odd / "data.zip"
    data.write_bytes(Path(named["DATA"]).read_bytes())
    code, _out, err = run(capsys, command, *filled(command, {**named, "DATA": str(data)}, odd))
    assert (code, err) == (0, "")


def test_a_full_disk_is_said_with_the_file_and_the_remedy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, named: dict[str, str], tmp_path: Path
) -> None:
    sync = os.fsync

    def full(file: int) -> None:
        if "map.csv" in str(Path(f"/proc/self/fd/{file}").readlink()):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(file)

    monkeypatch.setattr(os, "fsync", full)
    line = mistake(capsys, "map", named["DATA"], "--backbone", "pixels_16", "--out", tmp_path / "map.csv")
    assert f"'{tmp_path / 'map.csv'}' cannot be written. Free some space" in line


WRITES = [command for command, words in COMMANDS.items() if "--out" in words and command != "export"]
"""Those that write into `--out`, but for the one with words of its own for that."""


@pytest.mark.parametrize("command", WRITES)
def test_where_nothing_can_be_made_is_said_with_the_place_and_the_remedy(
    capsys: pytest.CaptureFixture[str], named: dict[str, str], command: str
) -> None:
    words = filled(command, named, Path("/proc/graft"))
    line = mistake(capsys, command, *words)
    assert line.startswith("'/proc/graft")
    assert line.endswith("cannot be written (No such file or directory). Choose another place with --out.\n")


def test_a_file_that_is_missing_elsewhere_is_no_mistake_of_the_users(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, named: dict[str, str], tmp_path: Path
) -> None:
    def lost(*_how: Any, **_more: Any) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "/elsewhere/weights")

    monkeypatch.setattr(models, "finetune", lost)
    with pytest.raises(FileNotFoundError):
        run(capsys, "finetune", *filled("finetune", named, tmp_path))


def test_no_folder_for_temporary_files_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, named: dict[str, str]
) -> None:
    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    assert "Set TMPDIR" in mistake(capsys, "curve", named["DATA"], "--backbone", "pixels_16")


def test_a_zero_byte_in_an_argument_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "zero byte" in mistake(capsys, "inspect", "photos\0.zip")
    assert "no file or folder" in mistake(capsys, "inspect", "~nobody-knows-whom/photos.zip")


def test_a_run_and_a_bundle_whose_names_are_no_text(
    capsys: pytest.CaptureFixture[str], named: dict[str, str], tmp_path: Path
) -> None:
    odd = tmp_path / os.fsdecode("étés".encode("cp1252"))
    shutil.copytree(named["RUN"], odd)
    bundle = odd / "bundle.zip"
    image = shutil.copy(named["IMAGE"], odd / "image.png")
    for arguments in (
        ["evaluate", odd],
        ["export", odd, "--out", bundle],
        ["predict", odd, image],
        ["predict", bundle, image],
        ["finetune", named["DATA"], "--backbone", "graft_plain", "--epochs", "1", "--out", odd / "again"],
    ):
        code, _out, err = run(capsys, *arguments, "--json")
        assert (code, err) == (0, "")
