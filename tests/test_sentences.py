"""What the user reads can be translated: whole sentences, and only once the language is known."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.imports import at_import, calls, listed, named, sources, tree


def test_translators_see_whole_sentences():
    faults = [
        f"{named(path)}, line {call.lineno}: fill in after translating"
        for path in sources("core/**/*.py", "streamlit_app.py", "pages/**/*.py")
        for call in computed_messages(tree(path))
        if path.name != "i18n.py"
    ]
    assert not faults, listed(faults)


def computed_messages(parsed: ast.Module) -> Iterator[ast.Call]:
    """The calls for a translation whose message is computed, and so is no message that a translator could see."""
    for call in [*calls(parsed, "_", "gettext"), *calls(parsed, "ngettext")]:
        messages = call.args[:2] if ast.unparse(call.func).endswith("ngettext") else call.args[:1]
        # A name stands for a message that is marked where it is written.
        plain = (ast.Constant, ast.Name, ast.Attribute, ast.Subscript)
        if not all(isinstance(message, plain) for message in messages):
            yield call


def test_nothing_is_translated_before_the_language_is_known():
    faults = [
        f"{named(path)}, line {node.lineno}: this is translated once, when the module is imported"
        for path in sources("core/**/*.py", "pages/ui/**/*.py")
        for node in at_import(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("_", "ngettext")
    ]
    assert not faults, listed(faults)


def test_a_message_that_is_computed_is_seen() -> None:
    messages = ast.parse("_('whole')\n_(f'half {x}')\n_(NAMED)\nngettext('one', 'many' + x, 2)")
    assert [call.lineno for call in computed_messages(messages)] == [2, 4]
