"""What becomes of the classes, and the averages of weights, as figures."""

import numpy as np
import pytest

from core.training.results.history import Averages, Candidate
from pages.ui.charts.matrices import confusion_difference
from pages.ui.finetune.charts import averages_line, averages_table, confusion_change, recall_by_epoch, recall_table
from tests.pages.charts.rows import epoch

CLASSES = ("ant", "bee", "none")
EPOCHS = [epoch(0, recall=(0.5, 1.0, None)), epoch(1, recall=(0.75, 0.5, None))]
START = Candidate(epoch=0, weights="start", loss=0.5, accuracy=0.8)
HALF = Candidate(epoch=3, weights="0.5", loss=0.3, accuracy=0.9)
END = Candidate(epoch=3, weights="ema", loss=0.4, accuracy=0.85)
SOUP = Candidate(epoch=3, weights="soup", loss=0.35, accuracy=0.85)


def test_the_class_with_the_lowest_recall_by_now_is_on_top():
    (cells,) = recall_by_epoch(EPOCHS, CLASSES).data
    assert cells.z[:2].tolist() == [[1.0, 0.5], [0.5, 0.75]]
    assert np.isnan(cells.z[2]).all()
    assert cells.text[0].tolist() == ["100 %", "50 %"]
    assert cells.hovertext[0][1] == "bee<br>epoch 1<br>recall 50.0 %<br>−50.0 points since the first"
    assert cells.hovertext[2][0] == ""


def test_the_recalls_in_numbers_are_in_the_order_of_the_classes():
    headings, rows = recall_table(EPOCHS, CLASSES)
    assert headings == ["class", "0", "1"]
    assert rows == [["ant", 0.5, 0.75], ["bee", 1.0, 0.5], ["none", None, None]]


def test_many_epochs_have_no_numbers_and_many_classes_are_the_lowest():
    recalls = tuple(n / 50 for n in range(50))
    (cells,) = recall_by_epoch([epoch(n, recall=recalls) for n in range(9)], [str(n) for n in range(50)]).data
    assert cells.texttemplate is None
    assert cells.z[:, -1] == pytest.approx([n / 50 for n in range(30)])


def test_the_change_since_the_probe_is_signed():
    now, before = np.array([[4, 0], [1, 5]]), np.array([[3, 1], [2, 4]])
    (cells,) = confusion_difference(confusion_change(now, before, ("ant", "bee"))).data
    assert cells.text.tolist() == [["+1", "−1"], ["−1", "+1"]]
    assert "called so by the latest epoch" in cells.hovertext[0][0]


def test_the_line_of_averages_leads_from_the_probe_to_the_end_and_leaves_the_soup_beside_it():
    line, points = averages_line(Averages(start=START, line=(HALF,), end=END, soup=SOUP)).data
    assert line.y == (0.5, 0.3, 0.4)
    assert points.y == (0.5, 0.3, 0.4, 0.35)
    assert points.marker.symbol == ("circle", "star", "circle", "circle")
    assert points.text == ("80.0 %", "90.0 %", "85.0 %", "85.0 %")
    assert points.hovertext[1].startswith("50 % fine-tuned<br>")


def test_the_averages_in_numbers():
    _headings, rows = averages_table(Averages(start=START, line=(), end=END))
    assert rows == [["probe", 0.5, 0.8, 0], ["fine-tuned", 0.4, 0.85, 1]]
