import dataclasses

import numpy as np
from PIL import ImageOps

from core.health.shortcuts import audit
from core.health.words import shortcut_text
from tests.health.conftest import saved, scene


def audited(dataset):
    return {one.sees: one for one in audit(dataset, np.arange(len(dataset.items)))}


def test_nothing_is_found_where_there_is_nothing(taken_in):
    found = audited(taken_in({f"{'ab'[seed % 2]}/{seed}.jpg": saved(scene(seed)) for seed in range(120)}))
    assert set(found) == {"file", "border", "thumbnail"}
    for one in found.values():
        assert not one.alarming
        assert one.chance == 0.5
        assert one.interval[0] < 0.6


def test_a_border_that_tells_the_class_is_found(taken_in):
    files = {}
    for seed in range(120):
        framed = ImageOps.expand(scene(seed, (140, 104)), border=10, fill=("white", "black")[seed % 2])
        files[f"{'ab'[seed % 2]}/{seed}.jpg"] = saved(framed)
    border = audited(taken_in(files))["border"]
    assert border.accuracy > 0.95
    assert border.serious
    assert "background" in shortcut_text(dataclasses.asdict(border) | {"alarming": True})


def test_files_that_tell_the_class_are_found_and_it_is_said_by_what(taken_in):
    files = {f"{'ab'[s % 2]}/{s}.jpg": saved(scene(s), quality=(95, 40)[s % 2]) for s in range(120)}
    file = audited(taken_in(files))["file"]
    assert file.accuracy > 0.9
    assert file.telling == "bytes"
    said = shortcut_text(dataclasses.asdict(file) | {"alarming": file.alarming})
    assert said.startswith("File size alone predicts the class at 9") or said.startswith(
        "File size alone predicts the class at 100"
    )
    assert "check how the photos were collected" in said


def test_the_same_seed_gives_the_same_answer(taken_in):
    dataset = taken_in({f"{'ab'[seed % 2]}/{seed}.jpg": saved(scene(seed)) for seed in range(40)})
    assert audited(dataset) == audited(dataset)
