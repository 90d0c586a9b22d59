"""Numbers as text: one format for each kind, wherever it is shown."""

import pytest

from core import numbers


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (numbers.count(4250), "4,250"),
        (numbers.count(0), "0"),
        (numbers.signed_count(1200), "+1,200"),
        (numbers.signed_count(-3), "−3"),
        (numbers.signed_count(0), "0"),
        (numbers.decimal(1234.56), "1,234.6"),
        (numbers.decimal(-0.04), "0.0"),
        (numbers.decimal(-0.06), "−0.1"),
        (numbers.decimal(0.12345, 3), "0.123"),
        (numbers.significant(0.0231512), "0.02315"),
        (numbers.significant(1e-05), "1e−5"),
        (numbers.percent(0.7317), "73.2 %"),
        (numbers.percent(1), "100.0 %"),
        (numbers.percent(0.7317, 0), "73 %"),
        (numbers.percent(-0.0001), "0.0 %"),
        (numbers.percent(None), ""),
        (numbers.interval((0.901, 0.957)), "90.1 to 95.7 %"),
        (numbers.decimal_interval((-0.1234, 0.25)), "−0.123 to 0.250"),
        (numbers.decimal_interval((0.123, 0.25), 2), "0.12 to 0.25"),
        (numbers.decimal_interval(None), ""),
        (numbers.points_lost((-0.004, 0.031)), "−0.4 to 3.1"),
        (numbers.interval(None), ""),
        (numbers.plus_minus(0.9344, 0.0121), "93.4 ± 1.2 %"),
        (numbers.plus_minus(None, None), ""),
        (numbers.points(0.046), "4.6"),
        (numbers.points(-0.0004), "0.0"),
        (numbers.signed_points(0.0312), "+3.1"),
        (numbers.signed_points(-0.0041), "−0.4"),
        (numbers.signed_points(-0.0004), "0.0"),
        (numbers.points_interval((-0.004, 0.031)), "−0.4 to +3.1"),
        (numbers.points_interval(None), ""),
        (numbers.megabytes(1234.4), "1,234 MB"),
        (numbers.megabytes(0.4), "0.4 MB"),
        (numbers.megabytes(0.0123), "12 kB"),
    ],
)
def test_a_number_has_one_format(written, shown):
    assert written == shown
