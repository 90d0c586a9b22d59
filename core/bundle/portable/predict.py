"""What the model in this folder says of photos, without Graft, by Python 3.10, onnxruntime 1.18, numpy and Pillow 9.1.

They may be newer. To install and to ask it:

    pip install onnxruntime numpy pillow
    python predict.py PHOTO... [--json] [--model model.photo.onnx]

It lies in an unpacked bundle, beside `manifest.json`. A folder stands for the photos in it. HEIC photos are read where
`pillow-heif` is installed. First it answers the photos of the self-check, and where its answers are not those that the
model gave when it was packed, it answers nothing else. --model asks another network of the bundle, also the one that
has the preprocessing in it. Where the model looks at several views of a photo, so does this.

With --json it prints a list of {"image": ..., "proba": {class: probability}}; a photo that cannot be read has no
probabilities, and an "error". Where the bundle says when not to answer, "label" is null then, and the reason beside it.
It exits with 0 where all photos were answered, with 1 where some could not be read, with 2 where it cannot work at all
(no photo, no bundle, a package missing), and with 3 where the self-check differs.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

UNREADABLE, UNUSABLE, DIFFERS = 1, 2, 3
NETWORKS = ("model.onnx", "model.photo.onnx", "model.fp16.onnx", "model.int8.onnx")
LONG = 4  # an image longer than this many times its input is not resized as a whole

try:
    import numpy as np
    import onnxruntime
    from PIL import Image
    from PIL.Image import Resampling  # which Pillow before 9.1 does not have
except ImportError as missing:
    print(f"{missing}. Install what this needs: pip install --upgrade onnxruntime numpy pillow", file=sys.stderr)
    sys.exit(UNUSABLE)

from core.bundle.portable.doubts import Doubts, in_words  # noqa: E402
from core.bundle.portable.upright import ENDINGS, opened, why  # noqa: E402
from core.bundle.portable.whole import changed  # noqa: E402
from core.data.images.views import ONE, VIEWS, view_of  # noqa: E402


class Unusable(Exception):
    """This bundle cannot be used here; the second argument is what to exit with."""


class Model:
    """The network of an unpacked bundle, which has proved itself on the photos of the self-check.

    Args:
        folder: where the bundle was unpacked.
        name: of the network's file; "" for the first of `NETWORKS` that is there.
    """

    def __init__(self, folder: Path, name: str = "") -> None:
        self.folder, self.name = folder, name
        try:
            self._begin(name)
        except Unusable:
            raise
        except Exception as problem:  # whatever a file that is not as it should be brings any of this to raise
            what = f"{type(problem).__name__}: {problem}".partition("\n")[0]
            raise Unusable(f"This bundle is not as it was exported ({what}). Export it again.", UNUSABLE) from problem

    def _begin(self, name: str) -> None:
        self.manifest = self._document("manifest.json")
        if name and name not in NETWORKS:
            mine = [each for each in NETWORKS if each in self.manifest.get("files", {})]
            raise Unusable(f"'{name}' is no network for this program. It can ask: {', '.join(mine)}.", UNUSABLE)
        self.name = name = name or next((n for n in NETWORKS if n in self.manifest.get("files", {})), NETWORKS[0])
        self.classes = self.manifest["classes"]
        self.inputs = inputs_of(self.manifest["preprocessing"])
        self.n_views = VIEWS[self.manifest.get("views", ONE)]
        self.session = session(name, self._vouched(name))
        known = "strangers.safetensors" in self.manifest.get("files", {})
        self.doubts = Doubts(self.manifest, self._vouched("strangers.safetensors") if known else None)
        self._check()

    def answer(self, image: Image.Image) -> tuple[Any, Any]:
        """An upright RGB image -> the probabilities of the classes (c,) and the network's features (d,).

        Probabilities are means over the views of the image; features are those of the first, the image itself.
        """
        answers = [self._of_view(view_of(image, number)) for number in range(self.n_views)]
        proba = np.stack([proba for proba, _features in answers])
        return proba.mean(axis=0, dtype=np.float64).astype(np.float32), answers[0][1]

    def _of_view(self, image: Image.Image) -> tuple[Any, Any]:
        names = [entry.name for entry in self.session.get_inputs()]
        if names == ["photo"]:  # the preprocessing is in the network
            inputs = {"photo": np.asarray(image)[None]}
        else:
            inputs = {name: seen(image, how)[None] for name, how in zip(names, self.inputs, strict=True)}
        proba, features = self.session.run(["proba", "features"], inputs)
        return proba[0], features[0]

    def about(self, path: Path) -> dict[str, Any]:
        """The probability of each class for the photo at `path`, and what to doubt of that."""
        proba, features = self.answer(opened(path, self.manifest["preprocessing"].get("levels")))
        shares = dict(zip(self.classes, map(float, proba), strict=True))
        return {"proba": shares, **self.doubts.of(proba, features)}

    def _check(self) -> None:
        """Answers the photos of the self-check, which have to come out as they did where the model was packed."""
        check = json.loads(self._vouched("selfcheck.json"))
        expected = check["models"].get(self.name)
        if expected is None:
            raise Unusable(f"The self-check knows no '{self.name}'.", UNUSABLE)
        self._check_whole(check)
        if not len(check["photos"]) == len(expected["proba"]) == len(expected["features"]):
            raise Unusable("Self-check failed: it has not one answer for each of its photos.", DIFFERS)
        viewed = dict(zip(check["photos"], expected.get("viewed", ()), strict=False))  # only of the first few
        for name, proba, features in zip(check["photos"], expected["proba"], expected["features"], strict=True):
            self._vouched(name)
            image, most = opened(self.folder / name, None), expected["most"]
            wanted = np.frombuffer(base64.b64decode(features), "<f4")
            if not is_alike(self._of_view(image), (np.asarray(proba), wanted), most) or (
                name in viewed and not is_alike(self.answer(image), (np.asarray(viewed[name]), wanted), most)
            ):
                raise Unusable(
                    f"Self-check failed on '{name}': the answer differs from the model's own, so none is given. "
                    "Take the files of this bundle as they were exported, and newer packages.",
                    DIFFERS,
                )
        if self.n_views > 1 and not viewed:
            raise Unusable("Self-check failed: it has no answer for several views.", DIFFERS)

    def _check_whole(self, check: dict[str, Any]) -> None:
        """Holds what changes answers, and the photos of the self-check, against the manifest."""
        if check["classes"] != self.classes:
            raise Unusable("Self-check failed: its classes, or their order, are not the manifest's.", DIFFERS)
        what = changed(self.manifest, check["manifest"])
        if self.manifest["files"].get("strangers.safetensors", {}).get("sha256") != check["strangers"]:
            what = "strangers"
        if what:
            raise Unusable(f"Self-check failed: '{what}' in the manifest is not what was exported.", DIFFERS)
        meant = {name for name in self.manifest["files"] if name.startswith("selfcheck/")}
        if not meant or set(check["photos"]) != meant:
            raise Unusable("Self-check failed: its photos are not those that were exported.", DIFFERS)

    def _document(self, name: str) -> Any:
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except OSError as problem:
            raise Unusable(f"'{name}' is not beside this program. Unpack the whole bundle.", UNUSABLE) from problem

    def _vouched(self, name: str) -> bytes:
        """A file of the bundle, which is the one that the manifest means."""
        facts = self.manifest.get("files", {}).get(name)
        if facts is None or not (self.folder / name).is_file():
            raise Unusable(f"'{name}' is not in this bundle. Unpack all of it, or export it with that.", UNUSABLE)
        content = (self.folder / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != facts["sha256"]:
            raise Unusable(f"'{name}' is another file than the one that was exported.", DIFFERS)
        return content


def session(name: str, content: bytes) -> Any:
    """What runs a network that is the one that was exported: where it cannot, the runtime is to blame."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # its own exceptions have no common class but this
        what = str(problem).partition("\n")[0]
        remedy = "Install a newer one: pip install --upgrade onnxruntime"
        text = f"onnxruntime {onnxruntime.__version__}, which is installed here, cannot run '{name}' ({what}). {remedy}"
        raise Unusable(text, UNUSABLE) from problem


def is_alike(actual: tuple[Any, Any], expected: tuple[Any, Any], most: dict[str, float]) -> bool:
    """Whether probabilities and features are the expected ones: features by the length of their difference."""
    (proba, features), (expected_proba, expected_features) = actual, expected
    if proba.shape != expected_proba.shape or features.shape != expected_features.shape:
        return False
    far = float(np.abs(proba - expected_proba).max())
    apart = float(np.linalg.norm(features - expected_features)) / max(float(np.linalg.norm(expected_features)), 1e-12)
    return far <= most["proba"] and apart <= most["features"]  # False for what is no number


# How a photo becomes a network's input


def inputs_of(preprocessing: dict[str, Any]) -> list[dict[str, Any]]:
    """How each of the networks in the model sees a photo."""
    return [preprocessing, *preprocessing.get("beside", [])]


def seen(image: Image.Image, how: dict[str, Any]) -> Any:
    """An upright RGB image as normalised float32 (3, h, w)."""
    pixels = np.array(cropped(image, how)).transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    mean, std = (np.asarray(how[key], dtype=np.float32)[:, None, None] for key in ("mean", "std"))
    return np.ascontiguousarray((pixels - mean) / std)


def cropped(image: Image.Image, how: dict[str, Any]) -> Image.Image:
    """What a network sees of an image by its framing, `crop_px` on each side."""
    method, side = Resampling[how["interpolation"].upper()], how["crop_px"]
    framing = how.get("framing", "centre")
    if framing == "centre":
        return centre(image, how["resize_px"], side, method)
    if framing == "whole":
        width, height = (max(1, round(length / max(image.size) * side)) for length in image.size)
        square = Image.new("RGB", (side, side), tuple(round(255 * value) for value in how["mean"]))
        square.paste(image.resize((width, height), method), (round((side - width) / 2), round((side - height) / 2)))
        return square
    shrunk = image.resize((min(image.width, side), min(image.height, side)), method)
    return shrunk.resize((side, side), method)


def centre(image: Image.Image, resize_px: int, side: int, method: Resampling) -> Image.Image:
    """Resizes the short side and cuts out the centre."""
    width, height = image.size
    short = min(width, height)
    scaled = (int(resize_px * width / short), int(resize_px * height / short))
    left, top = (round((length - side) / 2) for length in scaled)
    if max(scaled) <= LONG * resize_px:
        return image.resize(scaled, method).crop((left, top, left + side, top + side))
    x, y = width / scaled[0], height / scaled[1]
    box = (left * x, top * y, min((left + side) * x, width), min((top + side) * y, height))
    return image.resize((side, side), method, box=box)


# The command


def photos_in(given: list[str]) -> list[str]:
    """The files that are meant; a folder stands for the photos in it, by their endings."""
    files: list[str] = []
    for name in given:
        inside = sorted(Path(name).rglob("*")) if name and Path(name).is_dir() else None
        found = [name] if inside is None else [str(file) for file in inside if file.suffix.lower() in ENDINGS]
        if not name or not found:
            raise Unusable(f"There is no photo in '{name}'.", UNUSABLE)
        files += found
    return files


def answered(model: Model, name: str) -> dict[str, Any]:
    """What is said of one photo; why nothing is, where it cannot be read."""
    try:
        said = {"image": name, **model.about(Path(name))}
        is_finite = all(map(math.isfinite, said["proba"].values()))
        return said if is_finite else {"image": name, "proba": {}, "error": "The network gives no numbers for this."}
    except Exception as problem:  # whatever a broken file brings a decoder to raise, only that file is lost
        return {"image": name, "proba": {}, "error": why(Path(name), problem)}


def in_a_line(answer: dict[str, Any]) -> str:
    """One line for a reader."""
    return f"{answer['image']}: {answer['error'] if 'error' in answer else in_words(answer)}"


def told(answers: Iterator[dict[str, Any]], as_json: bool) -> int:
    """Prints the answers, in lines as they come or as one list, and returns what to exit with."""
    kept = []
    try:
        for answer in answers:
            kept.append(answer)
            if not as_json:
                print(in_a_line(answer).encode(sys.stdout.encoding or "utf-8", "replace").decode(), flush=True)
        if as_json:
            print(json.dumps(kept, indent=1), flush=True)
    except BrokenPipeError:  # who reads has enough, as `head` has; Python would complain once more when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return UNREADABLE if any("error" in answer for answer in kept) else 0


def main() -> int:
    """Reads the command line, checks the model, and prints its answers."""
    parser = argparse.ArgumentParser(description="What the model in this folder says of photos.")
    parser.add_argument("photos", nargs="+", metavar="PHOTO", help="photos, or folders of them")
    parser.add_argument("--json", action="store_true", help="print a list of objects with image and proba")
    parser.add_argument("--model", default="", metavar="FILE", help=f"which network to ask, such as {NETWORKS[1]}")
    given = parser.parse_args()
    try:
        names = photos_in(given.photos)
        model = Model(Path(__file__).resolve().parent, given.model)
    except Unusable as problem:
        print(problem.args[0], file=sys.stderr)
        return int(problem.args[1])
    return told((answered(model, name) for name in names), given.json)


if __name__ == "__main__":
    sys.exit(main())
