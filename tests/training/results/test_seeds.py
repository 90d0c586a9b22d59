"""One fine-tuning with several seeds."""

from __future__ import annotations

from pathlib import Path

import pytest
from scipy import stats

from core.data.ingest import ingest
from core.evaluation.pairwise.difference import Difference, paired_interval
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from core.training.results.seeds import OverSeeds, folder_for, over_seeds, siblings, with_other_seeds
from tests.conftest import ZipBuilder


def brought(only_a: int, only_b: int, n: int = 100) -> Difference:
    return Difference("a", "b", n, only_a, only_b, (only_a - only_b) / n, paired_interval(only_a, only_b, n))


def test_the_mean_has_the_t_interval_of_so_many_seeds() -> None:
    told = OverSeeds((0, 1, 2), (brought(5, 1), brought(6, 1), brought(6, 3)))
    assert told.mean == pytest.approx(0.04)
    assert told.spread == pytest.approx(0.01)
    low, high = stats.ttest_1samp([0.04, 0.05, 0.03], 0).confidence_interval(0.95)
    assert told.interval == pytest.approx((low, high))
    assert told.photos_interval == pytest.approx(paired_interval(17 / 3, 5 / 3, 100))


@pytest.mark.parametrize(
    ("gains", "verdict", "words"),
    [
        ([(15, 1), (16, 1), (16, 3)], "more", "That is more than another seed would do."),
        (
            [(5, 1), (6, 1), (6, 3)],
            "few",
            "Another seed would hardly undo that, but other photos might: these are too few",
        ),
        (
            [(1, 5), (1, 6), (3, 6)],
            "few",
            "Another seed would hardly undo that, but other photos might: these are too few",
        ),
        ([(5, 1), (0, 1), (6, 3)], "unsure", "Another seed might undo it"),
        ([(1, 15), (1, 16), (3, 16)], "less", "It is worse than the probe, whatever the seed."),
    ],
)
def test_only_what_another_seed_would_not_undo_is_a_gain(
    gains: list[tuple[int, int]], verdict: str, words: str
) -> None:
    told = OverSeeds((0, 1, 2), tuple(brought(*each) for each in gains))
    assert told.verdict == verdict
    assert told.sentences[1].startswith(words)
    assert told.as_json()["verdict"] == verdict


def test_the_first_sentence_tells_mean_range_and_interval() -> None:
    told = OverSeeds((0, 1), (brought(5, 1), brought(6, 0)))
    assert told.sentences[0] == (
        "Over 2 seeds, fine-tuning brings +5.0 points over the probe on average, +4.0 to +6.0 by seed "
        "(95 % interval of the mean: −7.7 to +17.7)."
    )


@pytest.mark.parametrize(
    ("gain", "n", "words"),
    [
        (
            (0, 0),
            6,
            "With each of 3 seeds, the model is as accurate as the probe. All gains are alike: the seed makes no "
            "difference here, and there is no interval over seeds. Other photos like these would move a seed's gain "
            "within −34.6 to +34.6: these are too few to tell.",
        ),
        (
            (1, 0),
            6,
            "With each of 3 seeds, fine-tuning brings +16.7 points over the probe. All gains are alike: the seed makes "
            "no difference here, and there is no interval over seeds. Other photos like these would move a seed's gain "
            "within −29.0 to +54.0: these are too few to tell.",
        ),
        (
            (40, 0),
            100,
            "With each of 3 seeds, fine-tuning brings +40.0 points over the probe. All gains are alike: the seed makes "
            "no difference here, and there is no interval over seeds. Other photos like these would move a seed's gain "
            "within +29.4 to +49.1.",
        ),
    ],
)
def test_gains_that_are_all_alike_have_no_interval_over_seeds(gain: tuple[int, int], n: int, words: str) -> None:
    told = OverSeeds((0, 1, 2), (brought(*gain, n),) * 3)
    assert told.interval is None
    assert " ".join(told.sentences) == words
    assert (told.as_json()["verdict"], told.as_json()["interval"]) == ("alike", None)


def test_one_seed_is_not_enough() -> None:
    with pytest.raises(ValueError, match="two seeds"):
        OverSeeds((0,), (brought(1, 0),))


def test_other_seeds_follow_the_first_and_have_their_own_folders() -> None:
    first = FinetuneConfig("pixels_16", seed=2**31 - 1)
    others = with_other_seeds(first, 2)
    assert [config.seed for config in others] == [0, 1]
    assert folder_for(Path("runs/RUN"), others[1]) == Path("runs/RUN-seed1")


def test_siblings_are_of_the_same_photos_and_settings(small_zip: ZipBuilder, tmp_path: Path) -> None:
    photos = ingest(small_zip(per_class=12))
    configs = [FinetuneConfig("pixels_16", epochs=n, seed=seed) for n, seed in ((1, 3), (1, 2), (2, 1))]
    runs = [finetune(photos, config, tmp_path / str(n)) for n, config in enumerate(configs)]
    alike = siblings(runs[0], runs)
    assert [run.config.seed for run in alike] == [2, 3]
    told = over_seeds(alike)
    assert told is not None
    assert told.seeds == (2, 3)
    assert over_seeds(runs[2:]) is None
