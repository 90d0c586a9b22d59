"""What a card says, from manifests made by hand."""

from __future__ import annotations

import dataclasses
import re

import pytest

from core.backbones.registry import info
from core.bundle.card import model_card
from core.bundle.files import PREDICT, FileFacts
from core.bundle.graphs import GraphFacts
from core.bundle.manifest import Manifest
from core.evaluation.abstention.rule import Rule
from core.probing.probes.probe import ProbeConfig
from core.scores import KeptEpoch, SplitScore
from core.training.config import FinetuneConfig
from core.training.images.augmentation import Augmentation
from tests.bundle.conftest import manifest_of

HALF = SplitScore(n=8, accuracy=0.5, macro_f1=0.5, accuracy_ci=(0.2, 0.8), macro_f1_ci=(0.2, 0.8))


def card(manifest: Manifest) -> str:
    return model_card(manifest, info("pixels_16"))


def network(precision: str = "fp32", takes: str = "images") -> GraphFacts:
    return GraphFacts(precision=precision, takes=takes, n=16, photos="generated", largest=1e-6, agreeing=1.0)


def test_the_network_that_is_asked_without_a_wish_is_none_of_the_others() -> None:
    graphs = {"model.fp16.onnx": network("fp16"), "model.photo.onnx": network(takes="photo")}
    files = {PREDICT: FileFacts(sha256=64 * "0", n_bytes=1)}
    assert "Other networks answer by `--model model.fp16.onnx`." in card(manifest_of(graphs=graphs, files=files))


@pytest.mark.parametrize(
    ("kind", "config", "metrics", "words"),
    [
        ("probe", {}, {"oof": HALF}, "Calibrating did not help"),
        ("probe", {}, {"val": HALF}, "have not been calibrated"),
        ("finetune", {"calibrate": True}, {"val": HALF}, "Calibrating did not help"),
        ("finetune", {"calibrate": False}, {"val": HALF}, "have not been calibrated"),
    ],
)
def test_probabilities_that_are_not_divided_are_so_for_one_of_two_reasons(
    kind: str, config: dict[str, object], metrics: dict[str, SplitScore], words: str
) -> None:
    assert words in card(dataclasses.replace(manifest_of(), kind=kind, config=config, metrics=metrics))


def settings_on(text: str) -> dict[str, str]:
    """The rows of the table of settings."""
    lines = text[text.index("| setting | value |") :].split("\n\n", maxsplit=1)[0].splitlines()[2:]
    cells = [line.strip("| ").split(" | ") for line in lines]
    return {cell[0]: cell[1] for cell in cells}


def test_the_settings_of_a_fine_tuning_that_matter_are_a_table() -> None:
    config = FinetuneConfig(
        "pixels_16", mode="last", last_stages=2, epochs=12, mixup=0.2, weight_decay=0.02, balanced_sampling=True,
        seed=7, augmentation=Augmentation(horizontal_flip=0.5, rotation=15.0),
    )  # fmt: skip
    kept = KeptEpoch(best_epoch=9, epochs=12)
    text = card(dataclasses.replace(manifest_of(), kind="finetune", config=config.to_json(), kept=kept))
    assert settings_on(text) == {
        "What learns": "Last stages: 2", "Epochs": "12; epoch 9 is kept", "Optimizer": "AdamW",
        "Learning rate": "0.0003", "Schedule": "Cosine with warm-up", "Batch size": "32", "Weight decay": "0.02",
        "Augmentation": "Rotation 15, Horizontal flip 0.5", "Mixup": "0.2", "Classes": "each drawn equally often",
        "Seed": "7",
    }  # fmt: skip
    assert "All settings are in `manifest.json`, below `config`." in text
    assert not re.search(r"[{}]|None|True|False", text[text.index("## How it was made") :])


def test_the_settings_of_a_probe_are_a_table() -> None:
    text = card(dataclasses.replace(manifest_of(), config=ProbeConfig(folds=4, repeats=3, seed=3).to_json()))
    assert settings_on(text) == {
        "Probe": "Logistic regression", "Fewer dimensions": "no", "Cross-validation": "4 folds, 3 times", "Seed": "3",
    }  # fmt: skip
    assert "None" not in text[text.index("## How it was made") :]


@pytest.mark.parametrize("config", [{"probe": "oracle"}, {"seed": "x"}, {"folds": None}])
def test_settings_of_another_graft_are_left_to_the_manifest(config: dict[str, object]) -> None:
    text = card(dataclasses.replace(manifest_of(), config=config))
    assert "| setting | value |" not in text
    assert "All settings are in `manifest.json`" in text


def test_when_its_rule_was_chosen_stands_on_it() -> None:
    rule = Rule(kind="threshold", promised=0.05, threshold=0.9, n=40, answered=0.5, answered_ci=(0.3, 0.7))
    known, unknown = {"test": HALF}, {"val": HALF}
    chosen = dataclasses.replace(manifest_of(), rule=dataclasses.replace(rule, after_test=False), metrics=known)
    assert "before its answers to the test photos had been looked at." in card(chosen)
    assert "The certainty is that of one promise, chosen before looking at these photos" in card(chosen)
    late = dataclasses.replace(chosen, rule=dataclasses.replace(rule, after_test=True))
    assert "but after its answers to the test photos had been looked at" in card(late)
    assert "had been looked at is not known." in card(dataclasses.replace(chosen, rule=rule))
    assert "had been looked at" not in card(dataclasses.replace(chosen, metrics=unknown))  # there are no test photos
