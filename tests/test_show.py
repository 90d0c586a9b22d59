"""Tables and sentences in a terminal: a name is text there too."""

from __future__ import annotations

import pytest

from core.cli import show
from tests.hostile import HOSTILE, INVISIBLE


@pytest.mark.parametrize("name", [*HOSTILE, "[bold]x[/bold]", ":smile:", "[/]"])
def test_a_name_is_written_as_it_is(capsys: pytest.CaptureFixture[str], name: str) -> None:
    show.table(("Class", name[:20]), [(name[:60], "1")], title=name[:60])
    show.lines(name[:60])
    assert capsys.readouterr().out.count(name[:20]) >= 4


@pytest.mark.parametrize(("name", "shown"), [(n, s) for n, s in INVISIBLE.items() if "\n" not in n])
def test_a_name_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str], name: str, shown: str) -> None:
    show.table(("Class",), [(name,)])
    show.lines(name)
    out = capsys.readouterr().out
    assert out.count(shown) == 2
    assert not {"\x1b", "\u202e", "\u200b"} & set(out)
