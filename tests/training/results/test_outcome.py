"""What a fine-tuning came to, in words that are as sure as its numbers."""

from __future__ import annotations

import pytest

from core.evaluation.pairwise.difference import Difference, paired_interval
from core.scores import KeptEpoch
from core.training.results.outcome import evidence, judgement, kept_in_words, verdict, weights_name

KEPT = KeptEpoch(best_epoch=4, epochs=8, weights="ema")
START = KeptEpoch(best_epoch=0, epochs=8, weights="start")
UNSURE = "Whether fine-tuning helped cannot be told from so few photos."


def brought(accuracy: float, interval: tuple[float, float]) -> Difference:
    return Difference("tuned", "frozen", 100, 0, 0, accuracy, interval)


@pytest.mark.parametrize(
    ("accuracy", "interval", "code", "words"),
    [
        (0.1, (0.02, 0.18), "better", "Fine-tuning helped."),
        (0.02, (-0.02, 0.06), "unsure", UNSURE),
        (0.005, (-0.005, 0.015), "unsure", UNSURE),
        (0.0, (-0.49, 0.49), "unsure", UNSURE),
        (0.0, (-0.021, 0.021), "unsure", UNSURE),
        (-0.02, (-0.08, 0.04), "unsure", UNSURE),
        (0.0, (-0.02, 0.02), "none", "Fine-tuning did not help."),
        (-0.046, (-0.1, 0.01), "none", "Fine-tuning did not help."),
        (-0.1, (-0.18, -0.02), "worse", "Fine-tuning made it worse."),
    ],
)
def test_only_a_gain_beyond_chance_is_help(
    accuracy: float, interval: tuple[float, float], code: str, words: str
) -> None:
    assert verdict(brought(accuracy, interval), KEPT) == code
    assert judgement(brought(accuracy, interval), KEPT) == words


def test_one_photo_against_one_of_six_tells_nothing() -> None:
    interval = paired_interval(1, 1, 6)
    assert interval == pytest.approx((-0.49, 0.49), abs=0.01)
    assert verdict(Difference("tuned", "frozen", 6, 1, 1, 0.0, interval), KEPT) == "unsure"


def test_where_the_probe_is_kept_there_is_nothing_to_praise() -> None:
    same = brought(0.0, (-0.02, 0.02))
    assert verdict(same, START) == "start"
    assert "the model is that probe" in judgement(same, START)
    assert evidence(same, START, "val") == ()


@pytest.mark.parametrize(
    ("only_tuned", "only_frozen", "words"),
    [
        (7, 2, "it is better than the probe by 5.0 points (95 %: −1.4 to +11.2)."),
        (2, 7, "it is worse than the probe by 5.0 points (95 %: −11.2 to +1.4)."),
        (2, 2, "it is as accurate as the probe (95 % interval −4.7 to +4.7 points)."),
    ],
)
def test_the_evidence_is_the_gain_its_interval_and_the_counts(only_tuned: int, only_frozen: int, words: str) -> None:
    accuracy = (only_tuned - only_frozen) / 100
    paired = Difference("a", "b", 100, only_tuned, only_frozen, accuracy, paired_interval(only_tuned, only_frozen, 100))
    gained, counts, chosen = evidence(paired, KEPT, "test")
    assert gained == f"On the same 100 test photos {words}"
    assert counts.startswith(f"{only_tuned} are right only fine-tuned, {only_frozen} only with the probe (exact")
    assert chosen == "Nothing was chosen by the test photos."
    assert "flatters" in evidence(paired, KEPT, "val")[2]


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ("start", "the probe it began with is kept"),
        ("raw", "epoch 4 is kept"),
        ("ema", "the moving average of the weights after epoch 4 is kept"),
        ("0.25", "an average is kept: 25 % of the way from the probe to epoch 4"),
        ("soup", "an average of checkpoints is kept"),
    ],
)
def test_the_kept_weights_are_named(weights: str, words: str) -> None:
    assert kept_in_words(KeptEpoch(best_epoch=4, epochs=8, weights=weights)) == words


def test_what_was_tried_is_named_from_the_probe_to_the_end() -> None:
    names = [weights_name(code) for code in ("start", "0.25", "0.75", "ema", "soup")]
    assert names == ["probe", "25 % fine-tuned", "75 % fine-tuned", "fine-tuned", "soup"]
