import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from torch import Tensor, nn
from typer.testing import CliRunner

from core.backbones import pretrain
from core.backbones.architectures import ARCHITECTURES, Trunk
from core.backbones.pretraining.evaluate import Score, embed, load_exported, probe_score, read_labelled_zip, score_card
from core.backbones.pretraining.export import export, preprocessing
from core.backbones.pretraining.images import Images, load_images
from core.backbones.pretraining.optimiser import orthogonal
from core.backbones.pretraining.recipe import RECIPES, Recipe
from core.backbones.pretraining.student import Student
from core.backbones.pretraining.targets import compute_targets
from core.backbones.pretraining.teachers import Targets, TorchvisionTeacher, open_teacher
from core.backbones.pretraining.train import Source, Training
from core.backbones.pretraining.views import draw_views, view_boxes
from core.errors import BackboneError
from core.paths import read_json
from tests.conftest import ZipBuilder, photo_bytes

COLOURS = ((200, 60, 50), (60, 170, 70), (60, 80, 200))


class MeanColour:
    """A teacher that knows the mean colour of the left and the right half."""

    name = "mean_colour"
    outputs = {"embedding": 6, "logits": 3}  # noqa: RUF012

    def __call__(self, batches: Iterable[Tensor]) -> Iterator[Targets]:
        for images in batches:
            left, right = images.chunk(2, dim=3)
            halves = torch.cat([left.mean((2, 3)), right.mean((2, 3))], dim=1)
            yield {"embedding": halves.half().numpy(), "logits": (20 * halves[:, :3]).half().numpy()}


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    def build() -> Trunk:
        stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        return Trunk({"stem": stem, "stage1": nn.Sequential(nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU())}, feature_dim=16)

    monkeypatch.setitem(ARCHITECTURES, "tiny", build)


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """48 images of three colours, in the packed layout."""
    folder = tmp_path / "packed"
    folder.mkdir()
    images = [photo_bytes(COLOURS[i % 3], seed=i, size_px=32) for i in range(48)]
    (folder / "train.bin").write_bytes(b"".join(images))
    offsets = np.cumsum([0, *map(len, images)])
    np.savez(folder / "train_index.npz", offsets=offsets, labels=np.arange(48, dtype=np.int16) % 3)
    return folder


@pytest.fixture
def sources(packed: Path, tmp_path: Path) -> list[Source]:
    images = load_images(packed, tmp_path / "cache", side_px=32)
    answers = [compute_targets(MeanColour(), images, tmp_path, view=v, seed=0, input_px=24) for v in range(2)]
    views = {name: [torch.from_numpy(answer[name]) for answer in answers] for name in ("embedding", "logits")}
    pixels, labels = torch.from_numpy(images.pixels), torch.from_numpy(images.labels)
    return [Source(pixels, labels, 1, {"mean_colour": views["embedding"]}, {"mean_colour": views["logits"]})]


RECIPE = Recipe(
    "tiny", epochs=4, cooldown_epochs=2, batch_size=16, warmup_steps=2, views=2, sizes_px=(16, 24), learning_rate=0.02,
    cooldown_sizes_px=(24,), head_rate=1.0,
)  # fmt: skip


def test_packed_images_are_decoded_in_order_with_their_labels(packed: Path, tmp_path: Path) -> None:
    images = load_images(packed, tmp_path / "cache", side_px=32)
    assert images.pixels.shape == (48, 32, 32, 3)
    assert images.labels.tolist() == [0, 1, 2] * 16
    brightest = images.pixels.mean((1, 2)).argmax(1)
    assert brightest.tolist() == [0, 1, 2] * 16


def test_a_zip_and_a_folder_of_the_same_images_give_the_same_squares(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    with zipfile.ZipFile(tmp_path / "zipped.zip", "w") as archive:
        for i in range(3):
            data = photo_bytes(COLOURS[i], seed=i, size_px=40)
            (folder / f"{i}.png").write_bytes(data)
            archive.writestr(f"{i}.png", data)
    of_folder, of_zip = (load_images(tmp_path / name, tmp_path, side_px=32) for name in ("photos", "zipped.zip"))
    np.testing.assert_array_equal(of_folder.pixels, of_zip.pixels)
    assert of_folder.labels.tolist() == [-1, -1, -1]


def test_a_source_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="holds no images"):
        load_images(tmp_path / "nothing.zip", tmp_path, side_px=32)


def test_a_view_depends_on_seed_view_and_index_alone() -> None:
    few, many = view_boxes(3, 1, 5), view_boxes(3, 1, 50)
    np.testing.assert_array_equal(few, many[:5])
    assert not np.array_equal(view_boxes(3, 2, 5), few)
    assert (np.abs(many[:, :2]) + many[:, 2:4] <= 1 + 1e-6).all()


def test_a_box_over_everything_is_the_image_and_its_mirror() -> None:
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8))
    boxes = torch.tensor([[0, 0, 1, 1, 1.0], [0, 0, 1, 1, -1.0]])
    drawn = draw_views(pixels, boxes, 8)
    expected = pixels.permute(0, 3, 1, 2).float() / 255
    torch.testing.assert_close(drawn[0], expected[0])
    torch.testing.assert_close(drawn[1], expected[1].flip(2))


def test_shrinking_averages_instead_of_skipping() -> None:
    pixels = torch.zeros(1, 32, 32, 3, dtype=torch.uint8)
    pixels[:, ::2] = 200
    drawn = draw_views(pixels, torch.tensor([[0, 0, 1, 1, 1.0]]), 8)
    torch.testing.assert_close(drawn, torch.full_like(drawn, 100 / 255), atol=0.03, rtol=0)


def test_targets_are_the_teachers_answers_and_are_computed_once(tmp_path: Path) -> None:
    images = Images("four", np.full((40, 16, 16, 3), 51, np.uint8), np.full(40, -1))
    first = compute_targets(MeanColour(), images, tmp_path, view=0, seed=0, input_px=8)
    np.testing.assert_allclose(first["embedding"], np.full((40, 6), 0.2), atol=1e-3)

    class Silent(MeanColour):
        def __call__(self, batches: Iterable[Tensor]) -> Iterator[Targets]:
            raise AssertionError("asked again")

    again = compute_targets(Silent(), images, tmp_path, view=0, seed=0, input_px=8)
    np.testing.assert_array_equal(again["logits"], first["logits"])


def test_an_orthogonal_update_has_singular_values_near_one() -> None:
    values = torch.linalg.svdvals(orthogonal(torch.randn(6, 20, generator=torch.Generator().manual_seed(0))))
    assert values.min() > 0.5
    assert values.max() < 1.4


def test_the_student_learns_what_the_teacher_says(sources: list[Source], tmp_path: Path) -> None:
    training = Training(replace(RECIPE, epochs=12, ema_decay=0.5), sources, tmp_path / "state.pt")
    training.run()
    assert training.history[0]["embedding"] == pytest.approx(1.0, abs=0.25)
    assert training.history[-1]["embedding"] < 0.6
    assert training.history[-1]["labels"] < training.history[0]["labels"]


def test_heads_fitted_to_a_trained_trunk_know_at_once_what_it_knows(sources: list[Source], tmp_path: Path) -> None:
    taught = Training(replace(RECIPE, epochs=12, ema_decay=0.5), sources, tmp_path / "taught.pt").run()
    anew = Training(replace(RECIPE, learning_rate=0.0), sources, tmp_path / "cold.pt")
    warm = Training(replace(RECIPE, learning_rate=0.0), sources, tmp_path / "warm.pt", start=taught.trunk)
    for training in (anew, warm):
        training.run(until_step=3)
    assert warm.history[0]["embedding"] < 0.6 < anew.history[0]["embedding"]
    assert warm.history[0]["logits"] < anew.history[0]["logits"]


def test_a_resumed_run_equals_an_uninterrupted_one(sources: list[Source], tmp_path: Path) -> None:
    whole = Training(RECIPE, sources, tmp_path / "whole.pt").run().state_dict()
    Training(RECIPE, sources, tmp_path / "parts.pt").run(until_step=4)  # in the middle of the second epoch
    resumed = Training(RECIPE, sources, tmp_path / "parts.pt")
    assert resumed.steps_done == 4
    for name, value in resumed.run().state_dict().items():
        torch.testing.assert_close(value, whole[name], rtol=0, atol=0)


def test_a_run_may_be_made_longer_before_its_cooldown_only(sources: list[Source], tmp_path: Path) -> None:
    longer = replace(RECIPE, epochs=6)
    assert longer.may_continue(RECIPE, epochs_done=1)
    assert not longer.may_continue(RECIPE, epochs_done=3)
    assert not replace(RECIPE, seed=1).may_continue(RECIPE, epochs_done=0)
    Training(RECIPE, sources, tmp_path / "state.pt").run(until_step=1)
    with pytest.raises(BackboneError, match="another recipe"):
        Training(replace(RECIPE, seed=1), sources, tmp_path / "state.pt")


def test_the_learning_rate_warms_up_stays_and_falls_to_zero() -> None:
    rates = [RECIPE.rate_at(step, steps_per_epoch=5) for step in range(20)]
    assert rates[:3] == pytest.approx([0.01, 0.02, 0.02])
    assert rates[9:12] == pytest.approx([0.02, 0.02, 0.018])
    assert rates[19] == pytest.approx(0.002)


def test_an_exported_student_computes_the_same_features(tmp_path: Path) -> None:
    torch.manual_seed(0)
    student = Student("tiny", [], 3).eval()
    export(student, RECIPE, tmp_path / "mine.json", input_px=32, trained_on="nothing", epochs=0)
    trunk, how = load_exported(tmp_path / "mine.json")
    images = torch.rand(2, 3, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(trunk(images), student.trunk(images), atol=5e-3, rtol=5e-3)
    assert (how.resize_px, how.crop_px, how.interpolation) == (32, 32, "bicubic")


def test_wilsons_interval_and_the_probe_on_separable_features(small_zip: ZipBuilder, tmp_path: Path) -> None:
    low, high = Score(81, 100).interval
    assert (low, high) == pytest.approx((0.7222, 0.8749), abs=1e-3)
    images, classes = read_labelled_zip(small_zip())
    features = np.stack([np.asarray(image).mean((0, 1)) for image in images]).astype(np.float32)
    assert probe_score(features, classes) == Score(len(classes), len(classes))
    torch.manual_seed(0)
    export(Student("tiny", [], 1), RECIPE, tmp_path / "x.json", input_px=32, trained_on="nothing", epochs=0)
    found = score_card(tmp_path / "x.json", small_zip())
    written = read_json(tmp_path / "x.json")["accuracy"]
    assert [entry["value"] for entry in written.values()] == [round(found.value, 4)]


def test_features_do_not_depend_on_the_batch(small_zip: ZipBuilder) -> None:
    images, _classes = read_labelled_zip(small_zip())
    trunk = Student("tiny", [], 1).trunk
    together = embed(trunk, images, preprocessing(32))
    np.testing.assert_allclose(embed(trunk, images[2:3], preprocessing(32))[0], together[2], atol=1e-5)


def test_a_torch_teacher_gives_the_classifiers_input_and_output() -> None:
    torch.manual_seed(0)
    teacher = TorchvisionTeacher.__new__(TorchvisionTeacher)
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 5))
    teacher._set_up("mean", model, [0.0] * 3, [1.0] * 3, "cpu")
    images = torch.rand(2, 3, 4, 4)
    (targets,) = teacher([images])
    np.testing.assert_allclose(targets["embedding"], images.mean((2, 3)), atol=1e-3)
    assert teacher.outputs == {"embedding": 3, "logits": 5}
    assert targets["logits"].shape == (2, 5)


def test_a_missing_teacher_file_is_named() -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    with pytest.raises(BackboneError, match=r"no teacher file “none\.tflite”"):
        open_teacher("none.tflite", input_px=64)


def test_the_command_trains_exports_and_scores(
    packed: Path, small_zip: ZipBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretrain, "open_teacher", lambda *_a, **_k: MeanColour())
    monkeypatch.setitem(RECIPES, "tiny", RECIPE)
    app = typer.Typer()
    app.command()(pretrain.main)
    options = {"--architecture": "tiny", "--images": packed, "--teacher": "fake", "--work": tmp_path / "work"}
    options |= {"--out": tmp_path / "out", "--name": "mine", "--input-px": 32, "--score": small_zip()}
    result = CliRunner().invoke(app, [str(word) for pair in options.items() for word in pair])
    assert result.exit_code == 0, result.output
    card = read_json(tmp_path / "out" / "mine.json")
    assert (card["architecture"], card["epochs"], card["teacher"]) == ("tiny", 4, "mean_colour")
    assert len(card["accuracy"]) == 1
    options |= {"--name": "early", "--until-step": 2}
    assert CliRunner().invoke(app, [str(word) for pair in options.items() for word in pair]).exit_code == 0
    assert read_json(tmp_path / "out" / "early.json")["epochs"] == pytest.approx(2 / 3, abs=0.01)
