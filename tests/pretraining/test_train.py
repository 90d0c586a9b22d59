from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import BackboneError
from core.pretraining.student import Student
from core.pretraining.train import ORDER_STREAM, TaughtImages, Training, lessons_of
from core.pretraining.views import draw_views
from tests.pretraining.conftest import RECIPE


def test_the_student_learns_what_the_teacher_says(sources: list[TaughtImages], tmp_path: Path) -> None:
    training = Training(replace(RECIPE, epochs=12, ema_decay=0.5), sources, tmp_path / "state.pt")
    training.run()
    assert training.history[0]["embedding"] == pytest.approx(1.0, abs=0.25)
    assert training.history[-1]["embedding"] < 0.6
    assert training.history[-1]["labels"] < training.history[0]["labels"]


def test_heads_fitted_to_a_trained_trunk_know_at_once_what_it_knows(
    sources: list[TaughtImages], tmp_path: Path
) -> None:
    taught = Training(replace(RECIPE, epochs=12, ema_decay=0.5), sources, tmp_path / "taught.pt").run()
    anew = Training(replace(RECIPE, learning_rate=0.0), sources, tmp_path / "cold.pt")
    warm = Training(replace(RECIPE, learning_rate=0.0), sources, tmp_path / "warm.pt", start=taught.trunk)
    for training in (anew, warm):
        training.run(until_step=3)
    assert warm.history[0]["embedding"] < 0.6 < anew.history[0]["embedding"]
    assert warm.history[0]["logits"] < anew.history[0]["logits"]


def test_a_resumed_run_equals_an_uninterrupted_one(sources: list[TaughtImages], tmp_path: Path) -> None:
    whole = Training(RECIPE, sources, tmp_path / "whole.pt").run().state_dict()
    Training(RECIPE, sources, tmp_path / "parts.pt").run(until_step=4)  # in the middle of the second epoch
    resumed = Training(RECIPE, sources, tmp_path / "parts.pt")
    assert resumed.steps_done == 4
    for name, value in resumed.run().state_dict().items():
        torch.testing.assert_close(value, whole[name], rtol=0, atol=0)


def test_a_run_may_be_made_longer_before_its_cooldown_only(sources: list[TaughtImages], tmp_path: Path) -> None:
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


def test_a_run_is_left_off_where_its_recipe_says(sources: list[TaughtImages], tmp_path: Path) -> None:
    training = Training(replace(RECIPE, stop_epoch=3), sources, tmp_path / "state.pt")
    training.run()
    assert (training.epochs_done, training.steps_per_epoch) == (3, 3)
    on = Training(RECIPE, sources, tmp_path / "state.pt")
    on.run()
    assert on.epochs_done == 4  # it may go on to its end


def test_each_teacher_is_scaled_by_rows_of_all_classes(sources: list[TaughtImages]) -> None:
    (lesson,) = lessons_of(sources, rows=24)
    embedding = sources[0].answers(0)["embedding"]["mean_colour"].float()
    torch.testing.assert_close(lesson.mean, embedding[::2].mean(0))
    torch.testing.assert_close(lesson.std, embedding[::2].std(0).clamp_min(1e-2))
    assert lesson.classes == 3


def test_every_batch_holds_as_many_of_each_source_and_images_seen_alone_have_labels(
    sources: list[TaughtImages], tmp_path: Path
) -> None:
    unlabelled = replace(sources[0], labels=torch.full((48,), -1))
    training = Training(replace(RECIPE, wild=1.0), [sources[0], unlabelled], tmp_path / "state.pt")
    batches = list(training.batches(0, 0, training.steps_per_epoch))
    assert [len(batch.images) for batch in batches] == [16] * 6
    order = torch.cat([batch.labels[:8] for batch in batches])
    alone = int((sources[0].plan(0).mix == 0).sum())
    assert int((order >= 0).sum()) == alone  # the plan of the fixture has mixed views, and those have no label
    assert all((batch.labels[8:] == -1).all() for batch in batches)


def test_labels_cost_nothing_where_there_are_none() -> None:
    torch.manual_seed(0)
    student = Student("tiny", [], 3)
    torch.nn.init.normal_(student.label_head.weight)
    features = torch.randn(4, 16)
    some_labelled = student.labels_loss(features, torch.tensor([0, -1, 2, -1]))
    torch.testing.assert_close(some_labelled, student.labels_loss(features[[0, 2]], torch.tensor([0, 2])))
    assert some_labelled > 0.1
    assert student.labels_loss(features, torch.full((4,), -1)) == 0


def test_a_student_can_begin_with_another_trunk(sources: list[TaughtImages], tmp_path: Path) -> None:
    torch.manual_seed(5)
    start = Student("tiny", [], 1).trunk
    with torch.no_grad():
        start.get_parameter("stem.0.weight").fill_(0.5)
    training = Training(RECIPE, sources, tmp_path / "state.pt", start=start)
    for name, value in start.state_dict().items():
        torch.testing.assert_close(training.student.trunk.state_dict()[name], value)


def test_sizes_grow_in_the_cooldown() -> None:
    recipe = replace(RECIPE, epochs=4, cooldown_epochs=1.5, sizes_px=(16,), cooldown_sizes_px=(24, 32))
    assert [recipe.sizes_at(epoch) for epoch in range(4)] == [(16,), (16,), (16,), (24, 32)]


def test_the_student_mirrors_half_of_what_it_sees_and_blurs_its_share(
    sources: list[TaughtImages], tmp_path: Path
) -> None:
    def drawn(blur: float) -> torch.Tensor:
        recipe = replace(RECIPE, blur=blur, sizes_px=(32,))
        return next(Training(recipe, sources, tmp_path / "state.pt").batches(0, 0, 1)).images

    rows = np.random.default_rng((ORDER_STREAM, RECIPE.seed, 0)).permutation(48)[:16]
    teacher_images = draw_views(sources[0].pixels, rows, sources[0].plan(0).of(rows), 32)
    sharp = drawn(0.0)
    mirrored = [bool(torch.equal(image, as_seen.flip(2))) for image, as_seen in zip(sharp, teacher_images, strict=True)]
    unchanged = [bool(torch.equal(image, as_seen)) for image, as_seen in zip(sharp, teacher_images, strict=True)]
    assert all(a != b for a, b in zip(mirrored, unchanged, strict=True))
    assert 3 < sum(mirrored) < 13
    blurred = drawn(1.0)
    assert blurred.shape == sharp.shape
    rough = [images.diff(dim=3).abs().mean() for images in (blurred, sharp)]
    assert rough[0] < 0.9 * rough[1]


def test_a_checkpoint_that_is_damaged_or_of_other_teachers_is_refused(
    sources: list[TaughtImages], tmp_path: Path
) -> None:
    Training(RECIPE, sources, tmp_path / "state.pt").run(until_step=1)
    with pytest.raises(BackboneError, match="other images or other teachers"):
        Training(RECIPE, [replace(sources[0], name="others")], tmp_path / "state.pt")
    (tmp_path / "state.pt").write_bytes((tmp_path / "state.pt").read_bytes()[:500])
    with pytest.raises(BackboneError, match=r"'state\.pt' is damaged"):
        Training(RECIPE, sources, tmp_path / "state.pt")
