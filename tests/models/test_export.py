import contextlib
import dataclasses
import io
import json
import re
import zipfile

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from core.backbones.load import load as load_backbone
from core.backbones.registry import info
from core.bundle.archive import read_card, read_manifest
from core.bundle.card import model_card
from core.bundle.contents import Contents, Purpose
from core.bundle.manifest import Manifest
from core.errors import BundleError, Cancelled
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.models.classifier import Classifier
from core.models.export import export
from core.models.load import classifier_of
from core.numbers import percent
from core.runs import Run
from core.training.config import FinetuneConfig
from tests.models.conftest import CLASSES, EMBEDDED


def test_a_probes_bundle_holds_the_pretrained_backbone_and_the_head(runs, tmp_path):
    with zipfile.ZipFile(export(runs["probe"], tmp_path / "bundle.zip")) as bundle:
        state = safetensors.torch.load(bundle.read("model.safetensors"))
    classifier = Classifier(load_backbone(EMBEDDED, pretrained=False), tuple(CLASSES))
    classifier.load_state_dict(state, strict=True)
    pretrained = load_backbone(EMBEDDED).state_dict()
    assert all(torch.equal(state[f"backbone.{key}"], value) for key, value in pretrained.items())


def test_the_zip_has_three_stored_entries_and_equal_content_is_an_equal_file(runs, tmp_path):
    first, second = (export(runs["pixels"], tmp_path / name) for name in ("a.zip", "deep/er/b.zip"))
    with zipfile.ZipFile(first) as bundle:
        assert bundle.testzip() is None
        assert {entry.filename for entry in bundle.infolist()} == {
            "manifest.json",
            "model.safetensors",
            "MODEL_CARD.md",
        }
        assert {entry.compress_type for entry in bundle.infolist()} == {zipfile.ZIP_STORED}
    assert first.read_bytes() == second.read_bytes()
    assert [entry.name for entry in second.parent.iterdir()] == ["b.zip"]


def test_the_manifest_says_what_the_run_knew(runs, pixels_bundle):
    run, manifest = runs["pixels"], read_manifest(pixels_bundle)
    with zipfile.ZipFile(pixels_bundle) as bundle:
        document = json.loads(bundle.read("manifest.json"))
    assert document["schema"] == 1
    assert document["backbone"] == {"name": "pixels_16", "weights": "", "architecture": "", "feature_dim": 768}
    assert document["classes"] == list(CLASSES)
    assert document["preprocessing"] == info("pixels_16").preprocessing.to_json()
    assert document["metrics"]["val"]["n"] == run.metrics["val"].n > 0
    assert document["dataset"] == {
        "name": "Bugs *of* <mine>", "fingerprint": run.fingerprint, "photos": run.composition,
    }  # fmt: skip
    assert document["seed"] == run.config.seed
    assert document["config"] == run.config.to_json()
    assert document["versions"]["torch"] == torch.__version__.split("+")[0] or document["versions"]["torch"]
    assert document["model"]["tensors"]["head.weight"] == {"dtype": "F32", "shape": [3, 768]}
    assert manifest.to_json() == document


def test_exporting_can_be_stopped_and_leaves_what_was_there(runs, tmp_path):
    def stop(progress):
        raise Cancelled

    (tmp_path / "old.zip").write_text("the old one")
    with pytest.raises(Cancelled):
        export(runs["pixels"], tmp_path / "old.zip", stop)
    assert (tmp_path / "old.zip").read_text() == "the old one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["old.zip"]


def test_a_run_with_missing_or_damaged_files_is_not_exported(runs, tmp_path):
    import dataclasses

    run = dataclasses.replace(runs["pixels"], path=tmp_path / "run")
    with pytest.raises(BundleError, match=r"'head\.safetensors' is missing"):
        export(run, tmp_path / "bundle.zip")
    run.path.mkdir()
    (run.path / "head.safetensors").write_bytes(b"nonsense")
    with pytest.raises(BundleError, match=r"'head\.safetensors' is damaged"):
        export(run, tmp_path / "bundle.zip")
    assert not (tmp_path / "bundle.zip").exists()


def test_a_fine_tuned_model_that_was_cut_off_is_not_exported(runs, tmp_path):
    import dataclasses

    run = dataclasses.replace(runs["finetune"], path=tmp_path / "run")
    run.path.mkdir()
    whole = (runs["finetune"].path / "model.safetensors").read_bytes()
    (run.path / "model.safetensors").write_bytes(whole[:-1])
    with pytest.raises(BundleError, match=r"'model\.safetensors' is damaged"):
        export(run, tmp_path / "bundle.zip")


def test_a_probe_is_not_joined_to_other_weights_than_it_was_fitted_on(runs, tmp_path):
    import dataclasses

    run = dataclasses.replace(runs["probe"], weights_sha256="0" * 64)
    with pytest.raises(BundleError, match="others than when this probe was fitted"):
        export(run, tmp_path / "bundle.zip")


def test_a_place_that_cannot_be_written_is_said(runs, tmp_path):
    with pytest.raises(BundleError, match="is a folder"):
        export(runs["pixels"], tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(BundleError, match=r"'b\.zip' cannot be written"):
        export(runs["pixels"], tmp_path / "file" / "b.zip")


def older(manifest):
    """The manifest as one would read that an earlier version of Graft wrote."""
    content = manifest.to_json()
    del content["dataset"]["photos"]
    return Manifest.from_json(content)


def test_the_card_says_what_a_stranger_has_to_know(runs, pixels_bundle):
    card = read_card(pixels_bundle)
    score = runs["pixels"].metrics["test"]
    assert "# Image classifier: `Bugs *of* <mine>`\n" in card
    photos = runs["pixels"].composition
    assert list(photos) == ["train", "val", "test"]
    bees, all_of_test = [of["bee 蜂"] for of in photos.values()], sum(photos["test"].values())
    assert all_of_test == score.n
    assert "| class | photos in train | photos in val | photos in test |\n" in card
    assert f"| `bee 蜂` | {' | '.join(map(str, bees))} |\n| `wasp\\|x` |" in card
    assert "- `ant_*`\n- `bee 蜂`\n- `wasp|x`\n" in model_card(older(read_manifest(pixels_bundle)), info("pixels_16"))
    low, high = score.accuracy_ci
    f1_low, f1_high = score.macro_f1_ci
    assert (
        f"| test | {score.n} | {percent(score.accuracy)} ({100 * low:.1f} to {percent(high)}) | "
        f"{percent(score.macro_f1)} ({100 * f1_low:.1f} to {percent(f1_high)}) |"
    ) in card
    assert "must not be used" not in card
    assert "cross-validation" in card
    assert "## Use and limits" in card


def test_what_a_model_is_for_and_not_for_stands_on_its_card_as_text(runs, tmp_path):
    purpose = Purpose(meant_for="counting *bees*", not_for="deciding about\npeople | <b>ever</b>")
    bundle = export(runs["pixels"], tmp_path / "bundle.zip", contents=Contents(onnx=(), purpose=purpose))
    assert read_manifest(bundle).purpose == purpose
    card = read_card(bundle)
    assert "- It is for: `counting *bees*`\n" in card
    assert "- It must not be used for: `deciding about people | <b>ever</b>`\n" in card
    with pytest.raises(BundleError, match="2000 letters"):
        Purpose(not_for="x" * 2001)


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("head", "a new linear head on the frozen backbone `graft_plain`"),
        ("norms", "`graft_plain`, whose norm layers and biases were fine-tuned, with a new linear head"),
        ("lora", "`graft_plain`, fine-tuned by low-rank factors (LoRA), with a new linear head"),
        ("last", "`graft_plain`, fine-tuned, with a"),
    ],
)
def test_the_card_says_whether_the_backbone_was_trained(runs, tmp_path, mode, said):
    bundle = export(runs["finetune"], tmp_path / "bundle.zip")
    manifest = read_manifest(bundle)
    trained = dataclasses.replace(manifest, backbone="graft_plain", config={**manifest.config, "mode": mode})
    assert said in model_card(trained, info("graft_plain"))


def random_run(backbone, path, classes=("x", "y")):
    """A fine-tuned run of a torchvision backbone with random weights."""
    torch.manual_seed(0)
    classifier = Classifier(load_backbone(backbone, pretrained=False), classes)
    path.mkdir()
    safetensors.torch.save_file(classifier.state_dict(), path / "model.safetensors")
    predictions = Predictions(classes, np.array([0, 1]), np.eye(2), ("1", "2"), "val")
    return Run(
        path=path, backbone=backbone, classes=classes, dataset_id="d", dataset_name="noise",
        fingerprint="f", preprocessing=info(backbone).preprocessing, config=FinetuneConfig(backbone),
        metrics={"val": evaluate(predictions).summary()},
    )  # fmt: skip


def check_the_cards_code(bundle, folder, monkeypatch, tolerance):
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (300, 260, 3), dtype=np.uint8)).resize((130, 150)).save(folder / "photo.jpg")
    proba = classifier_of(bundle).predict([folder / "photo.jpg"])[0]
    graft, plain = re.findall(r"```python\n(.*?)```", read_card(bundle), re.DOTALL)
    monkeypatch.chdir(folder)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(graft, {})
    assert printed.getvalue().strip() == classifier_of(bundle).classes[proba.argmax()]
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(plain, names)
    assert names["proba"].numpy() == pytest.approx(proba, abs=tolerance)


@pytest.mark.parametrize("framing", ["whole", "squashed"])
@pytest.mark.parametrize("backbone", ["squeezenet1_1", EMBEDDED])
@pytest.mark.filterwarnings("ignore")
def test_a_framing_goes_into_the_bundle_and_the_cards_code(backbone, framing, tmp_path, monkeypatch):
    run = random_run(f"{backbone}@{framing}", tmp_path / "run")
    bundle = export(run, tmp_path / "bundle.zip")
    assert read_manifest(bundle).backbone == f"{backbone}@{framing}"
    assert classifier_of(bundle).preprocessing == info(f"{backbone}@{framing}").preprocessing
    assert "cut from the middle" not in read_card(bundle)
    check_the_cards_code(bundle, tmp_path, monkeypatch, 0.02)


@pytest.mark.parametrize("name", ["pixels", "probe", "pair", "finetune"])
def test_the_code_in_the_card_runs_and_agrees(name, runs, tmp_path, monkeypatch):
    check_the_cards_code(export(runs[name], tmp_path / "bundle.zip"), tmp_path, monkeypatch, 0.02)


@pytest.mark.parametrize(
    "backbone", ["squeezenet1_1", "googlenet", "mnasnet0_5", "efficientnet_lite0", "timm:test_vit.r160_in1k"]
)
@pytest.mark.filterwarnings("ignore")
def test_the_code_in_the_card_runs_for_models_of_others(backbone, tmp_path, monkeypatch):
    run = random_run(backbone, tmp_path / "run")
    check_the_cards_code(export(run, tmp_path / "bundle.zip"), tmp_path, monkeypatch, 0.02)
