"""Names that come from users, in Markdown."""

import pytest
from markdown_it import MarkdownIt

from core.bundle.markdown import code, code_in_a_table, literal
from core.data.names import visible
from tests.hostile import HOSTILE, INVISIBLE


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\n# b  `c` [d](e) <b>", r"a \# b \`c\` \[d\](e) \<b\>"),
        ("- x", r"\- x"),
        ("1. x", r"1\. x"),
        ("https://x.y", r"https\://x.y"),
        ("well-known 2.0", "well-known 2.0"),
        ("", "–"),
    ],
)
def test_markup_in_names_is_literal(name, shown):
    assert literal(name) == shown


@pytest.mark.parametrize("name", [*HOSTILE, *INVISIBLE, "`", "``x`", "a `b` c"])
def test_a_users_name_is_text_in_the_card_whoever_reads_it(name):
    shown = " ".join(visible(" ".join(name.split())).split())
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for before in ("# Image classifier: ", "- "):
        (words,) = [token.children for token in reader.parse(before + code(name)) if token.type == "inline"]
        assert [(word.type, word.content) for word in words if word.content] == [
            *([("text", before[2:])] if before[2:] else []),
            ("code_inline", shown),
        ]


@pytest.mark.parametrize("name", [*HOSTILE, *INVISIBLE, "a|b", "|", "`|` x"])
def test_a_users_name_is_text_in_one_cell_of_a_table(name):
    shown = " ".join(visible(" ".join(name.split())).split())
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = reader.parse(f"| class | photos |\n|---|---|\n| {code_in_a_table(name)} | 3 |\n")
    cells = [token.children for token in tokens if token.type == "inline"]
    assert [[(word.type, word.content) for word in cell if word.content] for cell in cells[2:]] == [
        [("code_inline", shown)],
        [("text", "3")],
    ]


def test_a_name_that_shows_nothing_is_a_dash():
    assert code("\u202e ") == "–"
