"""What a card says, from manifests made by hand."""

from __future__ import annotations

import dataclasses

import pytest

from core.backbones.registry import info
from core.bundle.card import model_card
from core.bundle.files import PREDICT, FileFacts
from core.bundle.graphs import GraphFacts
from core.bundle.manifest import Manifest
from core.evaluation.abstention.rule import Rule
from core.scores import SplitScore
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


def test_settings_do_not_say_that_c_is_none() -> None:
    text = card(dataclasses.replace(manifest_of(), config={"c": None, "seed": 3}))
    assert "seed 3" in text
    assert "c None" not in text


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
