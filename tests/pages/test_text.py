"""Words: a name is text in Markdown, whatever is in it. That a browser agrees is for the e2e tests."""

from __future__ import annotations

import pytest

from pages.ui import text
from tests.hostile import INVISIBLE


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("cat 2.0", r"cat 2\.0"),
        ("**b** [a](c) <i>", r"\*\*b\*\* \[a\]\(c\) \<i\>"),
        ("$x^2$ `y` &lt;", r"\$x\^2\$ \`y\` \&lt;"),
        ("https://x.y", r"https\::small[]\/\/x\.y"),
        ("www.x.y WWW.", r"www:small[]\.x\.y WWW:small[]\."),
        ("me@x.y", r"me\@:small[]x\.y"),
        (":smile:", r"\::small[]smile\::small[]"),
        ("a -> b <-> c", r"a \-:small[]\> b \<:small[]\-:small[]\> c"),
        ("", ""),
    ],
)
def test_markup_is_escaped_and_what_escaping_does_not_stop_is_broken_up(name: str, written: str) -> None:
    assert text.literal(name) == written


def test_no_line_ends_between_a_number_and_its_percent_sign() -> None:
    unbroken = "63.3\N{NO-BREAK SPACE}% (95\N{NO-BREAK SPACE}%: 32.0 to 80.7\N{NO-BREAK SPACE}%) of % and 5 x"
    assert text.unbroken("63.3 % (95 %: 32.0 to 80.7 %) of % and 5 x") == unbroken


@pytest.mark.parametrize(("name", "shown"), INVISIBLE.items())
def test_what_cannot_be_seen_is_not_shown(name: str, shown: str) -> None:
    assert text.one_line(name) == text.shortened(name) == shown
    assert text.literal(name) == text.literal(shown)
