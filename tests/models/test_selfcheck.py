"""The program in a bundle: it answers as Graft does, and not at all where something is done otherwise."""

from __future__ import annotations

import dataclasses
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.bundle.contents import Contents
from core.data.dataset import Dataset
from core.data.images.decode import open_rgb
from core.evaluation.abstention.fitting import fit_sets
from core.evaluation.abstention.kept import keep_rule
from core.evaluation.predictions import Predictions
from core.models.export import export
from core.models.load import classifier_of
from core.models.strangers import learn_strangers
from core.progress import silent
from core.runs import Run
from core.tasks.answering import answers_of
from core.tasks.using import NamedFile
from tests.conftest import photo
from tests.models.conftest import asked, program

Mutate = Callable[[Any], None]


def awkward_photos(folder: Path) -> list[Path]:
    """Photos of every mode and shape that Graft takes."""
    rgb = photo((200, 60, 50), 1, 200).resize((260, 150))
    deep = Image.fromarray((np.arange(200 * 90).reshape(90, 200) * 3 % 4096).astype(np.uint16))
    exif = Image.Exif()
    exif[0x0112] = 8
    cut_out = rgb.copy()
    cut_out.putalpha(Image.fromarray(np.tile(np.arange(260) % 256, (150, 1)).astype(np.uint8)))
    images: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        "plain.png": (rgb, {}), "turned.jpg": (rgb, {"exif": exif, "quality": 90}), "deep.png": (deep, {}),
        "palette.gif": (rgb.quantize(40), {}), "see-through.png": (cut_out, {}), "grey.png": (rgb.convert("L"), {}),
        "cmyk.jpg": (rgb.convert("CMYK"), {}), "bits.png": (rgb.convert("1"), {}), "small.webp": (rgb, {}),
        "strip.png": (rgb.resize((1200, 9)), {}), "float.tiff": (rgb.convert("F"), {}),
        "dot.bmp": (rgb.resize((1, 1)), {}),
    }  # fmt: skip
    for name, (image, options) in images.items():
        image.save(folder / name, **options)
    return [folder / name for name in images]


def test_every_kind_of_photo_is_answered_as_graft_answers_it(unpacked: Path, tmp_path: Path) -> None:
    photos = awkward_photos(tmp_path)
    expected = classifier_of(unpacked).predict(photos)
    model = program(unpacked).Model(unpacked)
    for path, proba in zip(photos, expected, strict=True):
        np.testing.assert_allclose(list(model.about(path)["proba"].values()), proba, atol=1e-4, err_msg=path.name)


def test_deep_grey_is_scaled_by_the_models_own_window(unpacked: Path, tmp_path: Path) -> None:
    values = np.linspace(500, 900, 64 * 64).reshape(64, 64)
    Image.fromarray(values.astype(np.uint16)).save(tmp_path / "deep.png")
    from core.data.images.levels import Levels

    mine = np.asarray(open_rgb(tmp_path / "deep.png", levels=Levels(whole=(256.0, 1279.0))))
    assert np.array_equal(np.asarray(program(unpacked).opened(tmp_path / "deep.png", {"whole": [256, 1279]})), mine)


def colours_swapped(module: Any) -> None:
    seen = module.seen
    module.seen = lambda image, how: seen(Image.merge("RGB", image.split()[::-1]), how)


def another_mean(module: Any) -> None:
    seen = module.seen
    module.seen = lambda image, how: seen(image, {**how, "mean": [value + 0.02 for value in how["mean"]]})


def another_spread(module: Any) -> None:
    seen = module.seen
    module.seen = lambda image, how: seen(image, {**how, "std": [1.1 * value for value in how["std"]]})


def no_scaling(module: Any) -> None:
    seen = module.seen
    module.seen = lambda image, how: 255 * seen(image, how)


def no_antialias(module: Any) -> None:
    def cropped(image: Image.Image, how: dict[str, Any]) -> Image.Image:
        shrinking = min(image.size) / how["resize_px"]
        width, height = (round(side / shrinking) for side in image.size)
        whole = image.transform((width, height), Image.Transform.EXTENT, (0, 0, *image.size), Image.Resampling.BILINEAR)
        left, top = (width - how["crop_px"]) // 2, (height - how["crop_px"]) // 2
        return whole.crop((left, top, left + how["crop_px"], top + how["crop_px"]))

    module.cropped = cropped


def another_filter(module: Any) -> None:
    cropped = module.cropped
    other = {"bilinear": "bicubic", "bicubic": "bilinear"}
    module.cropped = lambda image, how: cropped(image, {**how, "interpolation": other[how["interpolation"]]})


def stretched(module: Any) -> None:
    module.cropped = lambda image, how: image.resize((how["crop_px"], how["crop_px"]), Image.Resampling.BILINEAR)


def off_by_a_pixel(module: Any) -> None:
    seen = module.seen
    module.seen = lambda image, how: np.roll(seen(image, how), 1, axis=2)


def not_turned(module: Any) -> None:
    module.TURNS = {}


def over_black(module: Any) -> None:
    module.as_rgb = lambda image, levels: image.convert("RGB")


@pytest.mark.parametrize(
    "mutate",
    [
        colours_swapped, another_mean, another_spread, no_scaling, no_antialias, another_filter, stretched,
        off_by_a_pixel, not_turned, over_black,
    ],
)  # fmt: skip
def test_whatever_is_done_otherwise_is_caught(unpacked: Path, mutate: Mutate) -> None:
    module = program(unpacked)
    mutate(module)
    with pytest.raises(module.Unusable, match="Self-check failed") as caught:
        module.Model(unpacked)
    assert caught.value.args[1] == module.DIFFERS == 3


def test_it_prints_a_list_with_an_entry_for_every_photo(unpacked: Path, tmp_path: Path) -> None:
    photo((60, 170, 70), 5, 80).save(tmp_path / "green.png")
    (tmp_path / "broken.jpg").write_bytes(b"no image at all")
    code, out, _err = asked(unpacked, tmp_path / "green.png", tmp_path / "broken.jpg", "--json")
    good, bad = json.loads(out)
    assert code == 1
    assert (good["image"], set(good)) == (str(tmp_path / "green.png"), {"image", "proba"})
    expected = classifier_of(unpacked).predict([tmp_path / "green.png"])[0]
    assert list(good["proba"].values()) == pytest.approx(expected.tolist(), abs=1e-4)
    assert bad["proba"] == {}
    assert bad["error"] == "It is not a photo that can be read here."


def test_when_not_to_answer_is_what_graft_says(runs: dict[str, Run], dataset: Dataset, tmp_path: Path) -> None:
    run = dataclasses.replace(runs["pixels"], path=shutil.copytree(runs["pixels"].path, tmp_path / "run"))
    keep_rule(run.path, fit_sets(Predictions.load(run.predictions_path("val")), 0.7))
    learn_strangers(run, dataset)
    with zipfile.ZipFile(export(run, tmp_path / "b.zip", contents=Contents(), dataset=dataset)) as bundle:
        bundle.extractall(tmp_path / "bundle")
    classifier, model = classifier_of(tmp_path / "bundle"), program(tmp_path / "bundle").Model(tmp_path / "bundle")
    files = []
    for n, colour in enumerate([(200, 60, 50), (60, 170, 70), (130, 70, 120), (250, 250, 10), (0, 0, 0)]):
        photo(colour, 900 + n).save(tmp_path / f"{n}.png")
        files.append(NamedFile(path=str(tmp_path / f"{n}.png"), name=str(n)))
    answers = answers_of(classifier, files, silent, lambda: silent, {})
    assert {answer.stranger for answer in answers} == {True, False}
    for file, answer in zip(files, answers, strict=True):
        expected, told = answer.as_json(), model.about(Path(file.path))
        assert told.keys() | {"image"} == expected.keys()
        assert {key: told[key] for key in ("label", "abstained", "set", "none_of_these")} == {
            key: expected[key] for key in ("label", "abstained", "set", "none_of_these")
        }
        assert told["distance_percentile"] == pytest.approx(expected["distance_percentile"], abs=0.3)
    code, out, _err = asked(tmp_path / "bundle", *(file.path for file in files))
    assert code == 0
    assert ["none of these" in line for line in out.splitlines()] == [answer.stranger for answer in answers]
    manifest = json.loads((tmp_path / "bundle" / "manifest.json").read_text())
    looser = {**manifest, "abstention": {**manifest["abstention"], "threshold": 0.0}}
    trusting = {**manifest, "files": {k: v for k, v in manifest["files"].items() if k != "strangers.safetensors"}}
    del trusting["strangers"]
    for what, bent in (("abstention", looser), ("strangers", trusting)):
        (tmp_path / "bundle" / "manifest.json").write_text(json.dumps(bent))
        code, out, err = asked(tmp_path / "bundle", *(file.path for file in files))
        assert (code, out) == (3, "")
        assert err == f"Self-check failed: '{what}' in the manifest is not what was exported.\n"


def test_a_folder_stands_for_its_photos_and_all_well_ends_with_zero(unpacked: Path) -> None:
    code, out, err = asked(unpacked, unpacked / "selfcheck")
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 16
    assert out.splitlines()[0].endswith(" %")


def test_a_bundle_that_was_changed_gives_no_answer(unpacked: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(unpacked, tmp_path / "bundle")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["preprocessing"]["mean"] = [0.5, 0.5, 0.5]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    code, out, err = asked(folder, folder / "selfcheck", "--json")
    assert (code, out) == (3, "")
    assert err == "Self-check failed: 'preprocessing' in the manifest is not what was exported.\n"
    (folder / "model.onnx").write_bytes(b"another")
    assert asked(folder, folder / "selfcheck")[0] == 3
    (folder / "manifest.json").unlink()
    code, out, err = asked(folder, folder / "selfcheck")
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_smaller_networks_are_checked_each_by_itself(runs: dict[str, Run], dataset: Dataset, tmp_path: Path) -> None:
    contents = Contents(onnx=("fp32", "fp16", "int8", "photo"))
    with zipfile.ZipFile(export(runs["pixels"], tmp_path / "b.zip", contents=contents, dataset=dataset)) as bundle:
        bundle.extractall(tmp_path / "bundle")
    for name in ("model.onnx", "model.photo.onnx", "model.fp16.onnx", "model.int8.onnx"):
        code, out, err = asked(tmp_path / "bundle", tmp_path / "bundle" / "selfcheck" / "00.png", "--model", name)
        assert (code, err) == (0, ""), name
        assert " %" in out
    (tmp_path / "bundle" / "model.int8.onnx").unlink()
    code, _out, err = asked(tmp_path / "bundle", tmp_path / "b.zip", "--model", "model.int8.onnx")
    assert (code, err) == (2, "'model.int8.onnx' is not in this bundle. Unpack all of it, or export it with that.\n")


def test_thumbnails_of_ones_own_photos_come_along_only_where_that_is_wanted(
    runs: dict[str, Run], dataset: Dataset, tmp_path: Path
) -> None:
    ours = {dataset.thumbnail(item).read_bytes() for item in dataset.split("val")}

    def own(contents: Contents) -> int:
        with zipfile.ZipFile(export(runs["pixels"], tmp_path / "b.zip", contents=contents, dataset=dataset)) as bundle:
            photos = [bundle.read(name) for name in bundle.namelist() if name.startswith("selfcheck/")]
        assert len(photos) == 16
        return sum(content in ours for content in photos)

    assert own(Contents()) == 0
    assert own(Contents(photos=True)) == min(10, len(dataset.split("val")))
