"""Tables that leave the house: no cell of theirs is a formula."""

from __future__ import annotations

import csv
import io

import pytest

from core.tables import BOM, as_csv, as_meant, flat, harmless


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        ("a;=1+1;b", "a;'=1+1;b"),
        ("a\n=1", "a\n'=1"),
        ("well-known = a+b @ home", "well-known = a+b @ home"),
        ("'=1", "'=1"),
        ("001", "001"),
        ("", ""),
    ],
)
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(cell: str, safe: str) -> None:
    assert harmless(cell) == safe
    assert as_meant(safe) == cell or cell == safe


@pytest.mark.parametrize("cell", ["'tis", "rock'n'roll", "'", "a;'b", "well-known"])
def test_an_apostrophe_that_was_meant_stays(cell: str) -> None:
    assert as_meant(harmless(cell)) == cell


def test_a_table_keeps_its_numbers_and_the_shape_of_its_cells() -> None:
    written = as_csv(["image", "=heading"], [["a,b", -0.5], ['say "x"\nand y', None]])
    assert written.startswith(BOM)
    assert list(csv.reader(io.StringIO(written.removeprefix(BOM)))) == [
        ["image", "'=heading"],
        ["a,b", "-0.5"],
        ['say "x"\nand y', ""],
    ]


def test_records_become_rows_with_both_ends_of_their_intervals():
    records = [
        {"name": "a", "accuracy": 0.5, "accuracy_ci": [0.4, 0.6], "notes": ["One.", "Two."], "fold": [1, 2]},
        {"name": "b", "accuracy": None, "accuracy_ci": None, "notes": [], "fold": [3], "more": True},
    ]
    assert flat(records) == (
        ["name", "accuracy", "accuracy_ci_low", "accuracy_ci_high", "notes", "fold", "more"],
        [["a", 0.5, 0.4, 0.6, "One. Two.", "1 2", None], ["b", None, None, None, "", "3", True]],
    )
    assert flat([]) == ([], [])
