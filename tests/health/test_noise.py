import numpy as np
import pytest

from core.health.noise import LEAST_PRECISION, LabelNoise, fit_noise


def drawn(n=2000, classes=4, spread=2.0, temperature=1.0, share=0.0, seed=0):
    """True classes drawn from probabilities, these as a probe states them at a temperature, and labels with errors."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, spread, (n, classes))
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    true = (proba.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    wrong = rng.random(n) < share
    labels = np.where(wrong, (true + rng.integers(1, classes, n)) % classes, true)
    stated = np.exp(logits * temperature) / np.exp(logits * temperature).sum(axis=1, keepdims=True)
    return labels, stated.astype(np.float32), wrong


def test_bayes_rule_by_hand():
    proba = np.array([[0.9, 0.06, 0.04], [0.9, 0.06, 0.04], [0.2, 0.5, 0.3]])
    noise = LabelNoise(1.0, 0.1, np.array([0, 2, 0]), proba)
    assert noise.p_wrong[0] == 0  # the likeliest class is the given one
    assert noise.p_wrong[1] == pytest.approx(0.05 * 0.96 / (0.05 * 0.96 + 0.9 * 0.04))
    assert noise.p_wrong[2] == pytest.approx(0.05 * 0.8 / (0.05 * 0.8 + 0.9 * 0.2))


def test_the_list_ends_where_too_many_would_be_false():
    proba = np.full((4, 2), (0.999, 0.001))
    proba[2] = (0.97, 0.03)
    proba[3] = (0.6, 0.4)
    noise = LabelNoise(1.0, 0.05, np.array([1, 0, 1, 1]), proba)
    first, _given, second, third = noise.p_wrong
    assert (first + second) / 2 >= LEAST_PRECISION > (first + second + third) / 3
    assert noise.suspects() == [0, 2]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.15])
def test_temperature_and_share_are_found_whatever_the_probe_says_of_itself(temperature, share):
    labels, stated, _wrong = drawn(temperature=temperature, share=share)
    noise = fit_noise(labels, stated)
    assert noise.temperature == pytest.approx(temperature, rel=0.2)
    assert noise.share == pytest.approx(share, abs=max(0.025, share / 3))


@pytest.mark.parametrize("spread", [1.0, 2.0, 4.0])
def test_most_suspects_are_wrong_whether_the_probe_is_good_or_poor(spread):
    """Spreads of 1 to 4 make a probe that is right for about 55, 73 and 86 %."""
    listed, hits = 0, 0
    for seed in range(6):
        labels, stated, wrong = drawn(spread=spread, share=0.05, seed=seed)
        rows = fit_noise(labels, stated).suspects()
        listed, hits = listed + len(rows), hits + int(wrong[rows].sum())
    assert hits >= 0.6 * listed


@pytest.mark.parametrize("spread", [1.0, 2.0, 4.0])
def test_next_to_no_label_of_a_clean_dataset_is_suspected(spread):
    listed = sum(len(fit_noise(*drawn(spread=spread, seed=seed)[:2]).suspects()) for seed in range(6))
    assert listed <= 12  # of 12,000


def test_settings_are_fitted_to_a_part_of_very_many_labels():
    labels, stated, _wrong = drawn(n=30_000, share=0.05)
    thinned = fit_noise(labels[::2], stated[::2])
    noise = fit_noise(labels, stated)
    assert (noise.temperature, noise.share) == (thinned.temperature, thinned.share)
    assert len(noise.p_wrong) == 30_000
