"""What one training takes over from another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.dataset import Dataset
from core.errors import Cancelled, TrainingError
from core.progress import Progress
from core.runs import FILE, LAST, Run
from core.training import checkpoint
from core.training.checkpoint import read_best
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from core.training.results.history import Epoch, best_of, read_averages, read_history
from tests.training.tiny import pets, tiny_backbone

CONFIG = FinetuneConfig("graft_residual", mode="full", epochs=3, batch_size=8, lr=0.01)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    with pets(tmp_path_factory.mktemp("photos"), cat=(140, 100, 90), dog=(100, 140, 90)) as photos:
        yield photos


def fit(dataset: Dataset, config: FinetuneConfig, out: Path, **given: object) -> Run:
    return finetune(dataset, config, out, backbone=tiny_backbone(), **given)


def pause(dataset: Dataset, out: Path, *, at: str) -> None:
    """Begins a training and stops it at a message's second report."""
    seen: list[str] = []

    def report(step: Progress) -> None:
        seen.append(step.message)
        if seen.count(at) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        fit(dataset, CONFIG, out, report=report)


def epochs_of(out: Path) -> list[Epoch]:
    return [replace(epoch, seconds=0.0, images_per_s=None) for epoch in read_history(out)]


def model(out: Path) -> bytes:
    return (out / "model.safetensors").read_bytes()


@pytest.mark.parametrize("given", [{}, {"optimizer": "sgd", "ema": 0.0}, {"schedule": "plateau", "average": False}])
def test_an_extended_training_ends_as_one_that_was_to_be_so_long(
    dataset: Dataset, tmp_path: Path, given: dict[str, object]
) -> None:
    config = replace(CONFIG, **given)
    fit(dataset, config, tmp_path / "short")
    before = model(tmp_path / "short")
    longer = config.extended(2)
    run = fit(dataset, longer, tmp_path / "longer", source=tmp_path / "short")
    fit(dataset, longer, tmp_path / "whole")
    assert epochs_of(tmp_path / "longer") == epochs_of(tmp_path / "whole")
    assert model(tmp_path / "longer") == model(tmp_path / "whole")
    assert run.kept.epochs == 5
    assert model(tmp_path / "short") == before


def test_one_that_stopped_early_goes_on_from_where_it_stopped(dataset: Dataset, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=40, patience=1, schedule="none", lr=0.3, optimizer="sgd", clip_norm=0.1)
    short = fit(dataset, config, tmp_path / "short")
    assert short.kept.epochs < 40
    longer = config.extended(1, short.kept.epochs)
    run = fit(dataset, longer, tmp_path / "longer", source=tmp_path / "short")
    assert run.kept.epochs == short.kept.epochs + 1


def test_a_finished_run_keeps_little_to_go_on_from(dataset: Dataset, tmp_path: Path) -> None:
    fit(dataset, CONFIG, tmp_path)
    size = (tmp_path / "best.safetensors").stat().st_size
    assert (tmp_path / LAST).stat().st_size < size + 5000
    assert not (tmp_path / "previous.safetensors").exists()


@pytest.mark.parametrize("at", ["Epoch 2 of 3", "Epoch 3 of 3"])
def test_the_best_so_far_becomes_a_model_and_the_training_can_go_on(dataset: Dataset, tmp_path: Path, at: str) -> None:
    paused, taken = tmp_path / "paused", tmp_path / "taken"
    pause(dataset, paused, at=at)
    files = {file.name: file.read_bytes() for file in paused.iterdir() if file.is_file()}
    run = fit(dataset, CONFIG, taken, source=paused, take_best=True)
    _state, best = read_best(paused)
    assert run.kept.best_epoch == best.epoch
    assert run.kept.weights == best.weights  # within an epoch no averages are tried
    assert run.kept.epochs == int(at[6]) - 1
    assert run.metrics["val"].accuracy == best.accuracy
    assert {file.name: file.read_bytes() for file in paused.iterdir() if file.is_file()} == files
    fit(dataset, CONFIG, paused)
    fit(dataset, CONFIG, tmp_path / "whole")
    assert model(paused) == model(tmp_path / "whole")


def test_where_the_loss_ran_away_the_best_epoch_can_still_be_taken(dataset: Dataset, tmp_path: Path) -> None:
    config = replace(
        CONFIG, epochs=20, optimizer="sgd", lr=10.0, clip_norm=0.0, warmup_epochs=20.0, ema=0.0, layer_decay=1.0
    )
    with pytest.raises(TrainingError, match=r"ran away in epoch \d+.* best epoch so far, \d+, is kept"):
        fit(dataset, config, tmp_path / "away")
    assert not (tmp_path / "away" / FILE).exists()
    best = best_of(read_history(tmp_path / "away"))
    assert best is not None
    assert best.epoch > 0
    run = fit(dataset, config, tmp_path / "taken", source=tmp_path / "away", take_best=True)
    assert (run.kept.best_epoch, run.kept.weights) == (best.epoch, best.weights)
    assert run.kept.epochs >= best.epoch
    assert run.metrics["val"].accuracy == best.accuracy
    assert epochs_of(tmp_path / "taken") == epochs_of(tmp_path / "away")


def test_a_moving_average_that_has_seen_no_step_is_not_taken_for_the_last_epochs(
    dataset: Dataset, tmp_path: Path
) -> None:
    """An extension that is stopped before its first step has no average of its own, and tries none."""
    short = fit(dataset, replace(CONFIG, schedule="none", ema=0.9), tmp_path / "short")
    assert isinstance(short.config, FinetuneConfig)
    longer = short.config.extended(2)

    def stop(step: Progress) -> None:
        if step.message.startswith("Epoch"):
            raise Cancelled

    with pytest.raises(Cancelled):
        fit(dataset, longer, tmp_path / "longer", source=tmp_path / "short", report=stop)
    run = fit(dataset, longer, tmp_path / "taken", source=tmp_path / "longer", take_best=True)
    known = {candidate.weights: candidate for candidate in read_history(tmp_path / "short")[-1].candidates()}
    averages = read_averages(tmp_path / "taken")
    assert averages is not None
    assert averages.end.weights in {"raw", read_best(tmp_path / "short")[1].weights}
    assert run.kept.epochs == 3
    if averages.soup is None:
        assert run.metrics["val"].accuracy >= known["raw"].accuracy - 1e-9


def test_a_directory_is_never_made_of_itself_nor_a_model_of_a_finished_training(
    dataset: Dataset, tmp_path: Path
) -> None:
    fit(dataset, CONFIG, tmp_path / "done")
    pause(dataset, tmp_path / "paused", at="Epoch 2 of 3")
    before = {file.name: file.read_bytes() for file in (tmp_path / "paused").iterdir() if file.is_file()}
    for given in ({"take_best": True}, {}):
        with pytest.raises(TrainingError, match="where the training itself is"):
            fit(dataset, CONFIG, tmp_path / "paused", source=tmp_path / "." / "paused", **given)
    assert {file.name: file.read_bytes() for file in (tmp_path / "paused").iterdir() if file.is_file()} == before
    with pytest.raises(TrainingError, match="is finished"):
        fit(dataset, CONFIG, tmp_path / "taken", source=tmp_path / "done", take_best=True)


def test_an_extension_that_is_killed_while_it_is_made_can_be_made_again(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(dataset, CONFIG, tmp_path / "short")
    longer = CONFIG.extended(1)

    def killed(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "copy_last", killed)
        with pytest.raises(KeyboardInterrupt):
            fit(dataset, longer, tmp_path / "longer", source=tmp_path / "short")
    run = fit(dataset, longer, tmp_path / "longer", source=tmp_path / "short")
    assert run.kept.epochs == 4


def test_what_cannot_be_taken_over_says_why(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="has kept no weights yet"):
        fit(dataset, CONFIG, tmp_path / "a", source=tmp_path / "nothing", take_best=True)
    paused = tmp_path / "paused"
    pause(dataset, paused, at="Epoch 2 of 3")
    with pytest.raises(TrainingError, match="Resume it first"):
        fit(dataset, CONFIG.extended(2), tmp_path / "b", source=paused)
    with pytest.raises(TrainingError, match="has other settings"):
        fit(dataset, replace(CONFIG, lr=0.5), tmp_path / "c", source=paused, take_best=True)
    others = replace(dataset, fingerprint="other")
    with pytest.raises(TrainingError, match="The photos have changed"):
        fit(others, CONFIG, tmp_path / "d", source=paused, take_best=True)
