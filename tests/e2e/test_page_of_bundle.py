"""The page in a bundle, opened from a file in a real browser that has no network."""

from __future__ import annotations

import json
import re
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.bundle import portable
from core.bundle.contents import Contents
from core.data.images.views import CROPS, VIEWS, view_of
from core.data.ingest import ingest
from core.evaluation.abstention.rule import CONFORMAL, COSTS, THRESHOLD, Rule, decide
from core.features.extract import extract
from core.models.export import export
from core.models.load import classifier_of
from core.probing.crossval.crossval import cross_validate
from core.probing.crossval.save import save_probe_run
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.strangers.detector import Mahalanobis, Nearest, Strangers, unit_rows
from core.strangers.store import as_bytes
from tests.conftest import photo, zip_of_photos
from tests.decoders import with_scans
from tests.e2e.conftest import at_home

PATIENCE_MS = 120_000


@pytest.fixture(scope="module")
def bundle(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which a bundle with a page was unpacked; its classes have awkward names."""
    folder = tmp_path_factory.mktemp("page")
    with at_home(home):
        names = ("ant <b>&", "bee 蜂", "wasp")
        dataset = ingest(zip_of_photos(folder / "bugs.zip", classes=names, per_class=10), name="Bugs </script>")
        features, config = extract(dataset, "graft_plain"), ProbeConfig(folds=2)
        result, probe = cross_validate(features, config), fit_probe(features, config)
        run = save_probe_run(features, config, probe, result, folder / "run")
        export(run, folder / "b.zip", contents=Contents(page=True), dataset=dataset)
    with zipfile.ZipFile(folder / "b.zip") as archive:
        archive.extractall(folder / "bundle")
    return folder / "bundle"


def answers(page: Page) -> list[list[float]]:
    """The probabilities of all photos that were answered, the newest first."""
    cards = page.locator("article[data-proba]").all()
    return [json.loads(card.get_attribute("data-proba") or "") for card in cards]


def test_the_page_proves_itself_and_answers_as_torch_does(bundle: Path, page: Page, tmp_path: Path) -> None:
    photos = [tmp_path / "red.png", tmp_path / "wide.jpg"]
    photo((200, 60, 50), 900, 300).save(photos[0])
    photo((60, 170, 70), 901, 400).resize((500, 210)).save(photos[1], quality=95, subsampling=0)
    page.goto((bundle / "index.html").as_uri())
    expect(page.locator("#status")).to_contain_text("Self-check passed: all 16 photos", timeout=PATIENCE_MS)
    expect(page.get_by_role("heading", level=1)).to_have_text("Image classifier: Bugs </script>")
    page.locator("#files").set_input_files(photos)
    expect(page.locator("article[data-proba]")).to_have_count(2, timeout=PATIENCE_MS)
    expected = classifier_of(bundle).predict(photos)[::-1]
    np.testing.assert_allclose(answers(page), expected, atol=1e-3)  # browsers decode JPEG each a little differently
    np.testing.assert_allclose(answers(page)[1], expected[1], atol=1e-4)
    best = classifier_of(bundle).classes[int(expected[0].argmax())]
    expect(page.locator("article").first.get_by_role("heading")).to_have_text(best)
    expect(page.locator("article").first.get_by_role("meter").first).to_have_accessible_name(best)


def test_a_dropped_photo_is_answered_and_what_is_none_is_said_to_be_none(bundle: Path, page: Page) -> None:
    page.goto((bundle / "index.html").as_uri())
    expect(page.locator("#status")).to_have_attribute("data-state", "passed", timeout=PATIENCE_MS)
    content = list((bundle / "selfcheck" / "01.jpg").read_bytes())
    dropped = page.evaluate_handle(
        """([photo, text]) => { const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(photo)], "turned.jpg"));
            data.items.add(new File([text], "notes.txt")); return data; }""",
        [content, "no photo"],
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})
    expect(page.locator("article")).to_have_count(2, timeout=PATIENCE_MS)
    expect(page.locator(".problem")).to_have_text(
        "'notes.txt' is no photo. Choose a JPEG, PNG or WebP.", timeout=PATIENCE_MS
    )
    check = json.loads((bundle / "selfcheck.json").read_text())["models"]["model.onnx"]
    np.testing.assert_allclose(answers(page), [check["proba"][1]], atol=1e-3)


def broken_photos(folder: Path) -> dict[Path, str]:
    """Files that give no answer, with what is said of each."""
    image, png, jpeg, webp = photo((200, 60, 50), 3, 64), BytesIO(), BytesIO(), BytesIO()
    image.save(webp, "WEBP", lossless=True)
    image.save(png, "PNG")
    image.save(jpeg, "JPEG", progressive=True)
    at = png.getvalue().index(b"IDAT") + 4
    size = int.from_bytes(png.getvalue()[at - 8 : at - 4], "big")
    head, data = png.getvalue()[: at - 8], png.getvalue()[at : at + size]
    end = chunk(b"IEND", b"")
    swelling = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2 << 20)))
    broken, large = "is broken or was cut off. Copy it again", "has too many pixels. Make it smaller"
    files = {
        "cut.png": (png.getvalue()[: at + size // 2], broken),
        "short.png": (head + chunk(b"IDAT", data[: size // 2]) + end, broken),
        "rows.png": (head + chunk(b"IDAT", zlib.compress(zlib.decompress(data)[: 32 * 193])) + end, broken),
        "rows.stream.png": (
            head + chunk(b"IDAT", zlib.compress(zlib.decompress(data)[: 32 * 193]) + b"spare") + end,
            broken,
        ),
        "zeros.webp": (webp.getvalue()[: len(webp.getvalue()) // 2] + bytes(len(webp.getvalue()) // 2), broken),
        "stream.png": (head + chunk(b"IDAT", data[:-4] + b"none") + end, broken),
        "spare.stream.png": (head + chunk(b"IDAT", data[:-4] + b"nonespare") + end, broken),
        "checksum.png": (head + chunk(b"IDAT", data)[:-4] + b"none" + end, broken),
        "swelling.png": (head + swelling + chunk(b"IDAT", data) + end, broken),
        "huge.png": (head[:16] + struct.pack(">II", 60_000, 60_000) + head[24:] + chunk(b"IDAT", data) + end, large),
        "cut.jpg": (jpeg.getvalue()[: len(jpeg.getvalue()) // 2], broken),
        "scans.jpg": (with_scans(jpeg.getvalue(), 1_001), "take very long to read. Save it anew"),
        "empty.jpg": (b"", "is empty. Copy it again"),
        "page.svg": (b"<svg/>", "is no photo. Choose a JPEG"),
        "phone.heic": (b"\0\0\0\x18ftypheic" + bytes(40), "this browser cannot read. Save it as JPEG"),
        "scan.tif": (b"II*\0" + bytes(40), "this browser cannot read. Save it as JPEG"),
    }
    for name, (content, _said) in files.items():
        (folder / name).write_bytes(content)
    return {folder / name: said for name, (_content, said) in files.items()}


def chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_spare_bytes(image: Image.Image) -> bytes:
    """A PNG with a few bytes more behind the end of its compressed data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *image.size, 8, 2, 0, 0, 0))
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in np.asarray(image))) + b"spare"
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_what_cannot_be_read_says_why_and_what_to_do(bundle: Path, page: Page, tmp_path: Path) -> None:
    files = broken_photos(tmp_path)
    film = tmp_path / "film.jpg"
    photo((200, 60, 50), 3, 64).save(film, "JPEG")
    film.write_bytes(film.read_bytes() + b"\xff\xda" * 2_000)
    (spare := tmp_path / "spare.png").write_bytes(with_spare_bytes(photo((200, 60, 50), 3, 300)))
    page.goto((bundle / "index.html").as_uri())
    expect(page.locator("#status")).to_have_attribute("data-state", "passed", timeout=PATIENCE_MS)
    page.locator("#files").set_input_files([*files, film, spare])
    expect(page.locator("article")).to_have_count(len(files) + 2, timeout=PATIENCE_MS)
    expect(page.locator("article[data-proba]")).to_have_count(2, timeout=PATIENCE_MS)  # whatever follows them, whole
    np.testing.assert_allclose(answers(page)[0], classifier_of(bundle).predict([spare])[0], atol=1e-3)
    told = page.locator(".problem").all_inner_texts()[::-1]
    assert len(told) == len(files)
    for text, (file, said) in zip(told, files.items(), strict=True):
        assert text.startswith(f"'{file.name}' ")
        assert said in text


def test_views_of_a_photo_are_grafts(page: Page) -> None:
    page.goto("about:blank")
    for name in ("resize.js", "views.js"):
        page.add_script_tag(path=Path(portable.__file__).parent / "page" / name)
    rng = np.random.default_rng(0)
    for width, height in ((16, 8), (13, 21), (1, 1)):
        image = Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        for number in range(VIEWS[CROPS]):
            expected = np.asarray(view_of(image, number))
            got = page.evaluate(
                """([data, width, height, number]) => {
                    const view = viewOf({ width, height, data: Uint8ClampedArray.from(data) }, number);
                    return [view.width, view.height, [...view.data]]; }""",
                [np.asarray(image).ravel().tolist(), width, height, number],
            )
            assert got[:2] == list(expected.shape[1::-1])
            assert got[2] == expected.ravel().tolist()


def test_the_camera_is_an_alternative_and_its_absence_is_said(bundle: Path, page: Page) -> None:
    page.goto((bundle / "index.html").as_uri())
    expect(page.locator("#status")).to_have_attribute("data-state", "passed", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Use the camera").click()
    expect(page.locator("#status")).to_contain_text("There is no camera here")


def test_photos_are_shrunk_exactly_as_pillow_does_it(page: Page) -> None:
    page.goto("about:blank")
    page.add_script_tag(path=Path(portable.__file__).parent / "page" / "resize.js")
    rng = np.random.default_rng(0)
    sizes = (((61, 40), (16, 16)), ((9, 200), (30, 31)), ((33, 33), (33, 20)), ((5, 4), (50, 44)), ((40, 9), (12, 30)))
    for method in ("BILINEAR", "BICUBIC"):
        for size, target in sizes:
            pixels = rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
            expected = np.asarray(Image.fromarray(pixels).resize(target, Image.Resampling[method]))
            got = page.evaluate(
                """([data, width, height, [w, h], method]) =>
                    [...resized({ width, height, data: Uint8ClampedArray.from(data) }, w, h, method).data]""",
                [pixels.ravel().tolist(), *size, list(target), method.lower()],
            )
            assert np.array_equal(np.reshape(got, expected.shape), expected), (method, size, target)


def test_what_the_page_doubts_is_what_graft_doubts(page: Page) -> None:
    page.goto("about:blank")
    page.add_script_tag(path=Path(portable.__file__).parent / "page" / "doubts.js")
    rng = np.random.default_rng(0)
    features = rng.normal(size=(20, 6)).astype(np.float32)
    directions = np.linalg.qr(rng.normal(size=(6, 2)))[0].T.astype(np.float32)
    variances = np.array([0.5, 0.2], np.float32)
    measures = (
        Nearest(unit_rows(rng.normal(size=(9, 6))).astype(np.float16), 3),
        Mahalanobis(rng.normal(size=(3, 6)).astype(np.float32), directions, variances, 0.04),
    )
    for measure in measures:
        content = as_bytes(Strangers(measure, 0.5, np.array([0.1, 0.2], np.float32)))
        got = page.evaluate(
            "([bytes, rows]) => { const known = strangersOf(Uint8Array.from(bytes));"
            "return [Number(known.facts.threshold), ...rows.map((row) => distance(known, Float32Array.from(row)))]; }",
            [list(content), features.tolist()],
        )
        np.testing.assert_allclose(got, [0.5, *measure.distances(features)], rtol=1e-5)


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": THRESHOLD, "promised": 0.05, "threshold": 0.5},
        {"kind": CONFORMAL, "promised": 0.9, "threshold": 0.3},
        {"kind": COSTS, "promised": 1.2, "costs": ((0.0, 1.0, 9.0), (2.0, 0.0, 1.0), (1.0, 5.0, 0.0))},
    ],
)
def test_a_rule_is_applied_as_graft_applies_it(page: Page, rule: dict[str, Any]) -> None:
    page.goto("about:blank")
    page.add_script_tag(path=Path(portable.__file__).parent / "page" / "doubts.js")
    whole = Rule(**rule, n=10, answered=0.5, answered_ci=(0.3, 0.7))
    proba = np.random.default_rng(1).dirichlet([1, 1, 1], 30)
    expected = decide(whole, proba)
    got = page.evaluate("([rule, rows]) => rows.map((row) => decided(rule, row))", [whole.to_json(), proba.tolist()])
    assert [one["answers"] for one in got] == expected.answered.tolist()
    assert [one["label"] for one in got] == expected.labels.tolist()
    assert [one["possible"] for one in got] == [np.flatnonzero(row).tolist() for row in expected.possible]
    assert 0 < sum(one["answers"] for one in got) < 30


def test_the_page_asks_nothing_of_a_network(bundle: Path) -> None:
    content = (bundle / "index.html").read_text(encoding="utf-8")
    head = content[: content.index("<script")]
    assert "default-src 'none'" in head
    assert not re.findall(r"(?:src|href)=", head)
