"""What a framing brings on wide photos, and whether the right one is proposed: python -m benchmarks.framing ZIP...

The square middle of each photo of a zip is put at the left or right end, at random, of a canvas so many times as wide
as high (twice by default), whose rest has the blurred colours of the square's edge. The centre of the canvas then shows
half of that square; of a canvas three times as wide, nothing of it. The same photos as they came are the control.

Printed for each backbone: what share of a typical photo its centre leaves out; for each framing the cross-validated
accuracy on the training split, from which the proposal comes, and the accuracy on the held-out photos (validation and
test); and what the proposal loses there against the framing that is best there (regret; the best of three on few
photos owes some of its lead to luck).
"""

from __future__ import annotations

import argparse
import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from core.backbones.framing import left_out
from core.backbones.names import FRAMINGS, framing_of
from core.backbones.registry import info
from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.features.extract import extract
from core.probing.comparison.compare import compare
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.probing.studies.framing import framings_of, names_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zips", nargs="+", type=Path, help="labelled photos")
    parser.add_argument("--backbones", default="graft_residual", help="names, separated by commas")
    parser.add_argument("--ratio", type=int, default=2, help="width of the canvas in its heights")
    parser.add_argument("--seed", type=int, default=0, help="of sides and folds")
    options = parser.parse_args()
    heads = "".join(f"{framing:>10}{'held out':>10}" for framing in FRAMINGS)
    print(f"{'photos':22}{'n':>6}  {'backbone':20}{'left out':>9}{heads}  {'proposed':10}{'regret':>8}")
    for path in options.zips:
        with tempfile.TemporaryDirectory() as folder:
            wide = Path(folder) / f"{path.stem}_{options.ratio}to1.zip"
            widen(path, wide, options.ratio, options.seed)
            for photos in (ingest(path), ingest(wide)):
                for backbone in options.backbones.split(","):
                    print(row(photos, backbone, options.seed), flush=True)


def widen(source: Path, out: Path, ratio: int, seed: int) -> None:
    """Writes the photos of a zip, each at one end of a wide canvas, under their names."""
    random = np.random.default_rng(seed)
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(out, "w") as written:
        for name in sorted(given.namelist()):
            if name.lower().endswith((".jpg", ".jpeg", ".png")):
                with Image.open(io.BytesIO(given.read(name))) as opened:
                    photo = ImageOps.exif_transpose(opened).convert("RGB")
                content = io.BytesIO()
                off_centre(photo, ratio, to_the_left=random.random() < 0.5).save(content, "JPEG", quality=95)
                written.writestr(str(Path(name).with_suffix(".jpg")), content.getvalue())


def off_centre(photo: Image.Image, ratio: int, *, to_the_left: bool) -> Image.Image:
    """The photo's square middle at one end of a wide canvas."""
    side = min(photo.size)
    square = ImageOps.fit(photo, (side, side))
    x = side - 1 if to_the_left else 0
    canvas = square.crop((x, 0, x + 1, side)).resize((ratio * side, side))
    canvas = canvas.filter(ImageFilter.GaussianBlur(side / 16))
    canvas.paste(square, (0 if to_the_left else (ratio - 1) * side, 0))
    return canvas


def row(photos: Dataset, backbone: str, seed: int) -> str:
    """One line of the table."""
    features = [extract(photos, name) for name in names_of(backbone)]
    config = ProbeConfig(seed=seed)
    cut = left_out(((item.width, item.height) for item in photos.items), info(backbone).preprocessing)
    study = framings_of(compare(features, config), backbone, cut)
    held_out = {}
    for framing, of_framing in zip(FRAMINGS, features, strict=True):
        probe, rows = fit_probe(of_framing, config), [of_framing.of(split) for split in ("val", "test")]
        held_out[framing] = float(np.concatenate([probe.predict(part).correct for part in rows]).mean())
    proposed = framing_of(study.recommended)
    cells = "".join(f"{each.accuracy_mean:10.3f}{held_out[each.framing]:10.3f}" for each in study.framings)
    regret = max(held_out.values()) - held_out[proposed]
    return f"{photos.name:22}{study.n:6}  {backbone:20}{cut:9.0%}{cells}  {proposed:10}{regret:8.3f}"


if __name__ == "__main__":
    main()
