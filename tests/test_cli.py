"""The command line: what is printed where, and how it ends."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core import tasks
from core.cli import progress
from core.cli.app import main
from core.cli.progress import Lines, reporting
from core.errors import BackboneError, Cancelled
from core.progress import Progress
from tests.conftest import ZipBuilder, photo_bytes

ROOT = Path(__file__).resolve().parents[1]
COLOURS = {"cat": (200, 60, 50), "dog [bold]": (60, 80, 200)}


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Runs a command in this process: its exit code, stdout and stderr."""
    code = main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def document(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    """The one JSON document that a command prints when all is well, with nothing on stderr."""
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def mistake(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line with which a command refuses."""
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


@pytest.fixture(autouse=True)
def no_lines_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is, stderr holds only what the tests look for."""
    monkeypatch.setattr(progress, "EVERY_S", 3600.0)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip of two classes with twelve generated photos each; one name looks like markup."""
    path = tmp_path_factory.mktemp("data") / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for c, (name, colour) in enumerate(COLOURS.items()):
            for i in range(12):
                archive.writestr(f"{name}/{i}.png", photo_bytes(colour, seed=100 * c + i))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for what the commands write."""
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def finetuned(data: Path, folder: Path) -> tuple[Path, Any]:
    """A fine-tuned run and the document that the command printed, made in a process of its own."""
    command = ["finetune", data, "--backbone", "graft_plain", "--mode", "head", "--epochs", "2", "--seed", "3",
               "--augment", "flip,rotation=15", "--out", folder / "run", "--json"]  # fmt: skip
    env = {**os.environ, "GRAFT_HOME": str(folder / "home")}
    line = [sys.executable, "-m", "core", *map(str, command)]
    done = subprocess.run(line, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    return folder / "run", json.loads(done.stdout)


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
    found = {b["name"]: b for b in document(capsys, "backbones")}
    keys = {"name", "family", "embedded", "ready", "feature_dim", "params", "size_mb", "input_px"}
    assert all(keys <= set(b) for b in found.values())
    assert found["pixels_16"]["feature_dim"] == 768
    assert found["resnet18"]["feature_dim"] == 512
    assert found["graft_residual"]["ready"]


def test_backbones_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "backbones", "--ready")
    assert (code, err) == (0, "")
    assert "graft_residual" in out


def test_inspect_accepts(capsys: pytest.CaptureFixture[str], small_zip: ZipBuilder) -> None:
    path = small_zip(splits={"train": 4, "val": 2}, extra={"train/cat/note.txt": b"hello", ".DS_Store": b"x"})
    found = document(capsys, "inspect", path)
    assert {k: found[k] for k in ("action", "code", "images", "ignored", "classes", "splits")} == {
        "action": "accept", "code": None, "images": 12, "ignored": 1, "classes": ["cat", "dog"],
        "splits": {"train": 8, "val": 4},
    }  # fmt: skip
    assert [skip["entry"] for skip in found["skipped"]] == ["train/cat/note.txt"]


def test_inspect_explains_in_sentences(capsys: pytest.CaptureFixture[str], small_zip: ZipBuilder) -> None:
    path = small_zip(
        splits={"train": 4, "val": 2}, extra={"val/owl/1.png": photo_bytes((9, 9, 9), seed=1), "val/owl/2.jpg": b""}
    )
    code, out, err = run(capsys, "inspect", path)
    assert (code, err) == (0, "")
    assert "Class 'owl' has no photo in the training split" in out
    assert "The file is empty." in out


def test_inspect_rejects_with_a_document_and_a_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"this is no zip")
    code, out, err = run(capsys, "inspect", tmp_path / "bad.zip", "--json")
    assert code == 2
    assert json.loads(out)["action"] == "reject"
    assert json.loads(out)["code"] == "not_a_zip"
    assert err.count("\n") == 1


def test_compare_as_json(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    found = document(capsys, "compare", data, "--backbones", "graft_plain,pixels_16", "--pca", "0.95")
    assert found["folds"] == 5
    assert [row["backbone"] for row in found["results"]] == ["graft_plain", "pixels_16"]
    keys = {"probe", "accuracy_mean", "accuracy_ci", "macro_f1_mean", "fold_accuracy", "feature_dim", "images_per_s"}
    for row in found["results"]:
        assert keys <= set(row)
        assert len(row["fold_accuracy"]) == 10  # 5 folds, twice
        assert row["accuracy_mean"] > 0.9, "two colours are easily told apart"
        assert row["accuracy_ci"][0] <= row["accuracy_mean"] <= row["accuracy_ci"][1]


def test_compare_as_a_table_and_kept(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    out = tmp_path / "kept"
    code, said, err = run(capsys, "compare", data, "--backbones", "pixels_16", "--pca", "8", "--out", out)
    assert (code, err) == (0, "")
    assert "pixels_16" in said
    assert "%" in said
    assert "cross-validation on 16 training images" in said
    assert (out / "comparison.json").is_file()
    judged = document(capsys, "evaluate", out / "probes" / "pixels_16", "--split", "oof")
    assert judged["n"] == json.loads((out / "comparison.json").read_text())["results"][0]["n"]


def test_finetune_as_json(finetuned: tuple[Path, Any]) -> None:
    path, found = finetuned
    assert found["run"] == str(path)
    assert [epoch["epoch"] for epoch in found["history"]] == [1, 2]
    assert found["metrics"]["val"]["n"] > 0
    assert (path / "run.json").is_file()
    record = json.loads((path / "run.json").read_text())
    assert record["config"]["augmentation"]["rotation"] == 15.0
    assert record["seed"] == 3


def test_finetune_as_a_table_leaves_the_test_images_for_the_end(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    code, out, err = run(
        capsys, "finetune", data, "--backbone", "pixels_16", "--epochs", "2", "--out", tmp_path / "run"
    )
    assert (code, err) == (0, "")
    assert "Validation: accuracy" in out
    assert "on 4 images" in out
    assert "test: accuracy" not in out
    assert "--split test" in out


def test_a_finished_run_is_not_overwritten(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], data: Path
) -> None:
    path, _found = finetuned
    before = (path / "run.json").read_bytes()
    said = mistake(capsys, "finetune", data, "--backbone", "graft_plain", "--epochs", "1", "--seed", "4", "--out", path)
    assert "run" in said
    assert (path / "run.json").read_bytes() == before


@pytest.mark.parametrize("split", ["val", "test"])
def test_evaluate_as_json(capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], split: str) -> None:
    found = document(capsys, "evaluate", finetuned[0], "--split", split)
    assert found["classes"] == list(COLOURS)
    assert sum(map(sum, found["confusion_matrix"])) == found["n"]
    assert {"accuracy", "accuracy_ci", "macro_f1", "per_class"} <= set(found)
    told = finetuned[1]["metrics"][split]
    assert {key: told[key] for key in ("n", "accuracy", "accuracy_ci", "macro_f1", "macro_f1_ci")} == {
        key: found[key] for key in ("n", "accuracy", "accuracy_ci", "macro_f1", "macro_f1_ci")
    }


@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_doubtful_about_the_data_is_told_with_its_numbers(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, small_zip: ZipBuilder, as_json: bool
) -> None:
    shared = {f"{split}/cat/same.png": photo_bytes((9, 9, 9), seed=1) for split in ("train", "val")}
    path = small_zip(splits={"train": 6, "val": 3}, extra=shared)
    for command in (["compare", "--backbones", "pixels_16"], ["finetune", "--backbone", "pixels_16", "--epochs", "1"]):
        where = tmp_path / command[0]
        code, out, _err = run(capsys, *command, path, "--out", where, *(["--json"] if as_json else []))
        assert code == 0
        if as_json:
            assert json.loads(out)["warnings"] == ["train_val_leak"]
        else:
            assert "in both training and validation" in out


def test_evaluate_as_a_table_shows_names_literally(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any]
) -> None:
    code, out, err = run(capsys, "evaluate", finetuned[0])
    assert (code, err) == (0, "")
    assert "dog [bold]" in out


def test_export_and_predict(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], data: Path, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.zip"
    assert document(capsys, "export", finetuned[0], "--out", bundle)["file"] == str(bundle)
    assert {"manifest.json", "model.safetensors"} <= set(zipfile.ZipFile(bundle).namelist())
    photos = tmp_path / "photos"
    for n, (name, colour) in enumerate(COLOURS.items()):
        photos.mkdir(exist_ok=True)
        (photos / f"{n}-{name}.png").write_bytes(photo_bytes(colour, seed=900 + n))
    (photos / "notes.txt").write_text("no image")
    rows = document(capsys, "predict", bundle, photos)
    assert [Path(row["image"]).stem[2:] for row in rows] == list(COLOURS)
    for row in rows:
        assert set(row) == {"image", "label", "proba"}
        assert set(row["proba"]) == set(COLOURS)
        assert sum(row["proba"].values()) == pytest.approx(1.0, abs=1e-5)
        assert row["proba"][row["label"]] == max(row["proba"].values())
    same = document(capsys, "predict", finetuned[0], photos / "0-cat.png")
    assert same[0]["proba"] == pytest.approx(rows[0]["proba"], abs=1e-5)
    code, out, err = run(capsys, "predict", bundle, photos)
    assert (code, err) == (0, "")
    assert "dog [bold]" in out


def test_an_image_that_cannot_be_read_is_named_and_the_others_are_answered(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], tmp_path: Path
) -> None:
    (tmp_path / "good.png").write_bytes(photo_bytes((200, 60, 50), 1))
    (tmp_path / "bad.png").write_bytes(b"no image at all")
    code, out, err = run(capsys, "predict", finetuned[0], tmp_path / "bad.png", tmp_path / "good.png", "--json")
    assert code == 2
    assert [Path(row["image"]).name for row in json.loads(out)] == ["good.png"]
    assert "bad.png" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
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
        (["predict", "DATA"], "IMAGES"),
        (["fly"], "fly"),
        (["backbones", "--fast"], "--fast"),
    ],
)
def test_a_mistake_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path, arguments: list[str], word: str
) -> None:
    named = {"DATA": str(data), "OUT": str(tmp_path / "OUT")}
    said = mistake(capsys, *[named.get(a, a) for a in arguments])
    assert word.lower() in said.lower()


def test_a_split_that_is_not_there(capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any]) -> None:
    assert "val, test" in mistake(capsys, "evaluate", finetuned[0], "--split", "oof")


def test_a_backbone_that_fails_is_told_and_the_others_are_shown(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.features import extract as room

    real = room.extract

    def unavailable(dataset: Any, name: str, **rest: Any) -> Any:
        if name == "resnet18":
            raise BackboneError("the weights\nare not here")
        return real(dataset, name, **rest)

    monkeypatch.setattr(room, "extract", unavailable)
    code, out, err = run(capsys, "compare", data, "--backbones", "resnet18,pixels_16", "--json")
    assert code == 0
    assert [row["backbone"] for row in json.loads(out)["results"]] == ["pixels_16"]
    assert err == "resnet18: the weights are not here\n"


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
        said = raw.getvalue().decode("ascii")
    if as_json:
        assert json.loads(said)["classes"] == ["ñandú", "蜂"]
    else:
        assert r"\u8702/none.txt" in said


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Cancelled])
def test_a_stop_is_one_line(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    def stopped(*_arguments: Any) -> None:
        raise stop

    monkeypatch.setattr(tasks, "compare", stopped)
    assert run(capsys, "compare", data) == (130, "", "Stopped.\n")


def test_a_bug_shows_as_one(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "compare", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["compare", str(data)])


def test_what_libraries_print_does_not_reach_stdout(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = tasks.compare

    def chatty(*arguments: Any) -> Any:
        print("a library's greeting")
        return compare(*arguments)

    monkeypatch.setattr(tasks, "compare", chatty)
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
def look(source, report):
    print("begun", file=sys.stderr, flush=True)
    open({str(fifo)!r}).read()
inspection.inspect = look
from core.cli import progress
from core.cli.app import main
sys.exit(main(["inspect", {str(tmp_path)!r}]))
"""
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    assert process.stderr.readline() == "begun\n"
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    try:
        _out, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert said == "Stopped.\n"
    assert process.returncode == 130


def test_progress_without_a_terminal_is_a_line_now_and_then() -> None:
    out = io.StringIO()
    report = Lines(out, every_s=0.0)
    report(Progress(1, 4, "fold 1", "resnet18"))
    report(Progress(3, 0, "loading"))
    assert out.getvalue() == " 25% resnet18: fold 1\nloading\n"
    quick = Lines(out, every_s=60.0)
    quick(Progress(1, 1, "no line for what is quick"))
    assert "quick" not in out.getvalue()


def test_progress_in_a_terminal_is_a_bar_on_stderr(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with reporting() as report:
        report(Progress(1, 4, "class [bold]", "resnet18"))
        time.sleep(0.15)
    out, err = capsys.readouterr()
    assert out == ""
    assert "class [bold]" in err


def test_health_says_what_is_wrong(capsys: pytest.CaptureFixture[str], small_zip: ZipBuilder) -> None:
    green = photo_bytes((60, 170, 70), 950)
    data = small_zip(per_class=12, extra={"cat/wrong.png": green, "dog/right.png": green})
    found = document(capsys, "health", data, "--backbone", "pixels_16")
    assert found["duplicates"]["conflicts"] == 1
    assert found["images"] == 26
    code, out, _err = run(capsys, "health", data, "--backbone", "pixels_16")
    assert code == 0
    assert "1 pair of alike photos lies in two classes" in " ".join(out.split())
    assert "cat/wrong.png" in out


def test_clean_carries_out_edits_and_tells_what_they_bring(
    capsys: pytest.CaptureFixture[str], small_zip: ZipBuilder, tmp_path: Path
) -> None:
    data = small_zip(per_class=12)
    with zipfile.ZipFile(data) as archive:
        digest = hashlib.sha256(archive.read("cat/0.png")).hexdigest()
    edits, out = tmp_path / "edits.csv", tmp_path / "clean.zip"
    edits.write_text(f"image,sha256,action,new_class\ncat/0.png,{digest},exclude,\n")
    result = document(capsys, "clean", data, "--edits", edits, "--out", out, "--backbone", "pixels_16")
    assert (result["images"], result["edits"]) == (23, 1)
    assert result["effect"]["before"]["n"] == result["effect"]["after"]["n"] > 0
    with zipfile.ZipFile(out) as archive:
        assert digest not in {hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
        assert len(archive.namelist()) == 23
    edits.write_text("image,sha256,action,new_class\nother.png,00,exclude,\n")
    assert "Row 2" in mistake(capsys, "clean", data, "--edits", edits, "--out", out)
    assert "no list of edits" in mistake(capsys, "clean", data, "--edits", tmp_path / "none.csv", "--out", out)


def test_groups_are_named_by_a_pattern(capsys: pytest.CaptureFixture[str], small_zip: ZipBuilder) -> None:
    data = small_zip(per_class=12)
    found = document(capsys, "health", data, "--backbone", "pixels_16", "--group-pattern", "{group}/*")
    assert found["balance"]["counts"] == {"train": {"cat": 12, "dog": 12}}  # a group is never split
    assert "{group}" in mistake(capsys, "health", data, "--group-pattern", "x")
