"""Parts of a page that are drawn again without the rest of it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def page(outer_s: float | None) -> None:
    """A part in a part; each writes which part Streamlit takes it for."""
    import streamlit as st
    from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

    from pages.ui.i18n import redrawn

    def part() -> str:
        return str(ThreadState.get().fragment_id)

    @redrawn()
    def inner() -> None:
        st.text(part())

    @redrawn(every_s=outer_s)
    def outer() -> None:
        st.text(part())
        inner()

    st.text(part())
    outer()
    inner()


@pytest.mark.parametrize(("outer_s", "inner_is_its_own"), [(None, True), (5.0, False)])
def test_a_part_within_one_that_is_drawn_again_by_itself_is_no_part_of_its_own(
    outer_s: float | None, inner_is_its_own: bool
) -> None:
    app = AppTest.from_function(page, args=(outer_s,)).run()
    assert not app.exception
    whole, outer, inner, later = (text.value for text in app.text)
    assert whole == "None" != outer
    assert (inner != outer) is inner_is_its_own
    assert later not in (whole, outer), "the page itself is no such part"
