import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageEnhance, ImageOps

from core.evaluation.intervals import wilson
from core.health.shortcut_words import shortcut_text
from core.health.shortcuts import Shortcut, audit, is_grey
from core.health.words import findings
from tests.health.conftest import saved, scene
from tests.health.reports import report_of


def audited(dataset):
    return {shortcut.sees: shortcut for shortcut in audit(dataset, np.arange(len(dataset.items)))}


def test_nothing_is_found_where_there_is_nothing(taken_in):
    shortcuts = audited(taken_in({f"{'ab'[seed % 2]}/{seed}.jpg": saved(scene(seed)) for seed in range(120)}))
    assert set(shortcuts) == {"file", "border", "thumbnail"}
    for shortcut in shortcuts.values():
        assert not shortcut.alarming
        assert shortcut.chance == 0.5
        assert shortcut.interval[0] < 0.6


def test_a_border_that_tells_the_class_is_found(taken_in):
    files = {}
    for seed in range(120):
        framed = ImageOps.expand(scene(seed, (140, 104)), border=10, fill=("white", "black")[seed % 2])
        files[f"{'ab'[seed % 2]}/{seed}.jpg"] = saved(framed)
    border = audited(taken_in(files))["border"]
    assert border.accuracy > 0.95
    assert border.serious
    assert "background" in shortcut_text(border)


def test_files_that_tell_the_class_are_found_and_it_is_said_by_what(taken_in):
    files = {f"{'ab'[s % 2]}/{s}.jpg": saved(scene(s), quality=(95, 40)[s % 2]) for s in range(120)}
    file = audited(taken_in(files))["file"]
    assert file.accuracy > 0.9
    assert file.telling in ("bytes", "compression")
    assert file.telling_accuracy > 0.9
    text = shortcut_text(file)
    assert "alone predicts the class at 9" in text or "alone predicts the class at 100" in text
    assert "check how the photos were collected" in text


@pytest.mark.slow
def test_no_single_fact_is_blamed_for_what_two_tell_together(taken_in):
    """The class is format XOR size: neither tells anything by itself."""
    files = {}
    for seed in range(160):
        large, png = seed % 2, seed // 2 % 2
        image, out = scene(seed, (160, 120) if large else (80, 60)), io.BytesIO()
        image.save(out, "PNG" if png else "BMP")
        files[f"{'ab'[large ^ png]}/{seed}.{'png' if png else 'bmp'}"] = out.getvalue()
    file = audited(taken_in(files))["file"]
    assert file.accuracy > 0.9
    if file.telling_accuracy < file.interval[0]:
        assert "together predict" in shortcut_text(file)
    assert file.telling != "format"


def test_few_photos_rule_no_shortcut_out(taken_in):
    few = Shortcut("border", 0.5, wilson(3, 6), 0.5, 6)
    dataset = taken_in({f"{'ab'[seed % 2]}/{seed}.jpg": saved(scene(seed)) for seed in range(6)})
    report = report_of(dataset, shortcuts=(few,))
    (finding,) = (finding for finding in findings(report) if finding.topic == "shortcuts")
    assert finding.weight == "doubtful"
    assert "6 photos are too few" in finding.text


def test_the_same_seed_gives_the_same_answer(taken_in):
    dataset = taken_in({f"{'ab'[seed % 2]}/{seed}.jpg": saved(scene(seed)) for seed in range(40)})
    assert audited(dataset) == audited(dataset)


@pytest.mark.slow
def test_colour_is_not_blamed_for_what_grey_photos_show(taken_in):
    files = {}
    for seed in range(120):
        bright = ImageEnhance.Brightness(scene(seed)).enhance((0.4, 1.0)[seed % 2])
        files[f"{'ab'[seed % 2]}/{seed}.jpg"] = saved(bright.convert("L"))
    thumbnail = audited(taken_in(files))["thumbnail"]
    assert thumbnail.alarming
    assert thumbnail.grey
    assert "Colour" not in shortcut_text(thumbnail)
    assert "Brightness and rough shape may be what the classes are about" in shortcut_text(thumbnail)
    assert "Colour may be what the classes are about" in shortcut_text(replace(thumbnail, grey=False))


def test_photos_are_grey_where_nearly_all_are():
    grey = np.repeat(np.random.default_rng(0).random((100, 64, 1), np.float32), 3, axis=2)
    assert is_grey(grey.reshape(100, -1))
    grey[:4, 0, 0] = 1 - grey[:4, 0, 0].round()
    assert is_grey(grey.reshape(100, -1))
    grey[:8, 0, 0] = 1 - grey[:8, 0, 0].round()
    assert not is_grey(grey.reshape(100, -1))
