"""The dashboard where Graft's own folder cannot be used: one sentence on every page, and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages.conftest import Open, by_label

PAGES = ("data", "compare", "finetune", "evaluate", "explain", "predict", "runs")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_names_the_folder_and_the_remedy(
    visit: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "file" / "home"))
    app = visit(page)
    (error,) = app.error
    assert "file/home" in error.value.replace("\\", "")
    assert "Set GRAFT" in error.value.replace("\\", "")
    assert not app.button


def test_a_visitor_of_a_public_app_learns_no_path(visit: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    (error,) = visit().error
    assert "cannot keep any data" in error.value
    assert "file" not in error.value


def test_a_folder_of_nobody_is_not_there(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit()
    by_label(app.text_input, "A folder on this machine").set_value("~nobody-knows-whom/photos").run()
    assert not app.exception
