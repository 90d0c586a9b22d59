"""A page for browsers that is not as it was exported: it says so, and answers nothing."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.bundle.contents import Contents
from core.data.ingest import ingest
from core.evaluation.abstention.fitting import fit_sets
from core.evaluation.abstention.kept import keep_rule
from core.evaluation.predictions import Predictions
from core.features.extract import extract
from core.models.export import export
from core.models.strangers import learn_strangers
from core.probing.crossval.crossval import cross_validate
from core.probing.crossval.save import save_probe_run
from core.probing.probes.probe import ProbeConfig, fit_probe
from tests.conftest import zip_of_photos
from tests.e2e.conftest import at_home

PATIENCE_MS = 120_000


@pytest.fixture(scope="module")
def content(home: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page whose model has a rule for not answering, and knows strangers."""
    folder = tmp_path_factory.mktemp("page")
    with at_home(home):
        names = ("ant <b>&", "bee 蜂", "wasp")
        dataset = ingest(zip_of_photos(folder / "bugs.zip", classes=names, per_class=10), name="Bugs")
        features, config = extract(dataset, "graft_plain"), ProbeConfig(folds=2)
        result, probe = cross_validate(features, config), fit_probe(features, config)
        run = save_probe_run(features, config, probe, result, folder / "run")
        keep_rule(run.path, fit_sets(Predictions.load(run.predictions_path("val")), 0.7))
        learn_strangers(run, dataset)
        export(run, folder / "b.zip", contents=Contents(page=True), dataset=dataset)
    with zipfile.ZipFile(folder / "b.zip") as archive:
        return archive.read("index.html").decode()


def shown(page: Page, folder: Path, content: str) -> None:
    (folder / "page.html").write_text(content, encoding="utf-8")
    page.goto((folder / "page.html").as_uri())


def test_a_page_with_a_rule_that_knows_strangers_proves_itself(page: Page, tmp_path: Path, content: str) -> None:
    shown(page, tmp_path, content)
    expect(page.locator("#status")).to_contain_text("Self-check passed: all 16 photos", timeout=PATIENCE_MS)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"mean": [', '"mean": [0.1, 0.1, 0.1], "was": ['),
        ('"interpolation": "bi', '"framing": "squashed", "interpolation": "bi'),
    ],
)
def test_a_page_that_does_something_else_with_photos_gives_no_answer(
    page: Page, tmp_path: Path, content: str, right: str, wrong: str
) -> None:
    at = content.index('id="about"')
    assert right in content[at:]
    shown(page, tmp_path, content[:at] + content[at:].replace(right, wrong, 1))
    expect(page.locator("#status")).to_contain_text("Self-check failed on photo 1 of 16", timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Choose photos")).to_be_disabled()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r'"classes": \["ant[^"]*", "bee[^"]*", ', '"classes": ["bee", "ant", '),
        (r'"photos": \[', '"photos": [], "were": ['),
        (r'"rule": \{', '"was": {'),
        (r'"threshold": ', '"threshold": 0.0, "was": '),
        (r'"views": 1', '"views": 2'),
        (r'"strangers": \{', '"strangers": null, "were": {'),
        (r'"distances": \[', '"distances": [0.0, '),
        (r'id="strangers">[^<]*<', 'id="strangers"><'),
    ],
)
def test_a_page_whose_self_check_is_another_gives_no_answer(
    page: Page, tmp_path: Path, content: str, right: str, wrong: str
) -> None:
    at = content.index('id="about"')
    bent, n = re.subn(right, wrong, content[at:], count=1)
    assert n == 1
    shown(page, tmp_path, content[:at] + bent)
    expect(page.locator("#status")).to_contain_text("Self-check failed: this page is not", timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Choose photos")).to_be_disabled()
