"""What all figures share: colors, names shown literally, axes."""

from itertools import pairwise

import pytest

from pages.ui.charts import base
from tests.pages.charts.rows import NASTY, NASTY_SHOWN


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("color", base.PALETTE)
@pytest.mark.parametrize("background", ["#FFFFFF", "#0E1117", "#171614"])
def test_every_color_is_seen_on_a_light_and_a_dark_page(color, background):
    low, high = sorted((luminance(color), luminance(background)))
    assert (high + 0.05) / (low + 0.05) >= 3


def test_a_class_has_its_own_color_and_symbol():
    styles = [base.class_style(i) for i in range(48)]
    assert len(set(styles)) == 48
    assert all(a != b for a, b in pairwise(styles))


@pytest.mark.parametrize(
    ("text", "shown"),
    [("cat", "cat"), (NASTY, NASTY_SHOWN), ("&lt;", "&amp;lt;"), ("two\nlines", "two lines"), ("", ""), ("猫", "猫")],
)
def test_names_are_shown_literally(text, shown):
    assert base.literal(text) == shown


def test_long_names_lose_their_middle_before_they_are_escaped():
    assert base.short("a" * 30 + "<end>", 11) == "aaaaa…&lt;end&gt;"
    assert base.short("a" * 22) == "a" * 22
    assert base.short("a + b") == "a + b"
    assert base.short("efficientnet_lite0 + <graft>") == "efficientnet_lite0<br>+ &lt;graft&gt;"
    assert base.short(f"efficientnet_lite0 + {'b' * 30}", 11) == "effic…lite0<br>+ bbb…bbbbb"


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (
            ["Rhododendron ponticum variety 1 of the north", "Rhododendron ponticum variety 2 of the north", "oak"],
            ["…1…", "…2…", "oak"],
        ),
        (["A very long name of an early kind", "A very long name of a late kind"],
         ["A very lon…early kind", "A very lon… late kind"]),
        (["one word that is short", "one word that is shore"], ["one word that is short", "one word that is shore"]),
        (["x" * 30 + "1" + "y" * 30, "x" * 30 + "2" + "y" * 30], ["xxxxxxxxxx…yyyyyyyyyy"] * 2),
        (["the same long name of a class"] * 2, ["the same l…of a class"] * 2),
        (["seven words with an <a> and an end of it", "seven words with a <b> and an end of it"],
         ["…an &lt;a&gt;…", "…a &lt;b&gt;…"]),
    ],
)  # fmt: skip
def test_long_names_that_would_look_the_same_show_where_they_differ(names, shown):
    assert base.short_names(names) == shown
    assert base.names_axis(names)["ticktext"] == shown


def test_an_axis_over_names_is_numeric_so_that_digits_and_equal_names_stay_apart():
    axis = base.names_axis(["10", "2", "10"])
    assert axis["tickvals"] == [0, 1, 2]
    assert axis["ticktext"] == ["10", "2", "10"]
    assert axis["range"] == (2.5, -0.5)


def test_an_axis_over_many_names_shows_as_many_as_there_is_room_for():
    axis = base.names_axis([f"c{i}" for i in range(1000)], ticks=50)
    assert len(axis["tickvals"]) == 50
    assert axis["ticktext"][1] == "c20"


def test_error_bars_reach_from_each_value_to_the_ends_of_its_interval():
    bars = base.error_bars([0.8, 0.5, 0.9], [(0.7, 0.85), None, (0.6, 0.88)], base.ORANGE)
    assert bars["array"] == pytest.approx([0.05, 0, 0])  # none points backwards, where a mean is outside
    assert bars["arrayminus"] == pytest.approx([0.1, 0, 0.3])
    assert (bars["symmetric"], bars["color"]) == (False, base.ORANGE)
