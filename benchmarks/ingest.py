"""How fast and in how little memory photos are taken in: python -m benchmarks.ingest [--photos 20000] [--folder DIR]

Makes JPEGs of 640 × 480 px in ten classes, zips them, and takes the zip in, in a process of its own: for the first
time, again, and grown by one in twenty. Prints a table; RSS is the peak resident memory of the process that reads and
of the largest decoding process (Linux tells them).
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

CLASSES = 10
SIZE_PX = (640, 480)
_RUN = """
import json, sys, time
from pathlib import Path
from core.data.ingest import ingest

decoder, calls = [0], [0]
def peak_mb(pid):  # of this very program; what getrusage says begins with the parent's
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024
    except (OSError, StopIteration):
        return 0
def look(step):
    calls[0] += 1
    if calls[0] % 20 == 0:
        decoder[0] = max([decoder[0], *map(peak_mb, children())])
def children():
    found = []
    for task in Path("/proc/self/task").iterdir():
        try:
            found += (task / "children").read_text().split()
        except OSError:  # a thread that has ended
            continue
    return found

started = time.perf_counter()
dataset = ingest(sys.argv[1], report=look)
seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "images": dataset.images, "rss": [peak_mb("self"), decoder[0]]}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, help="where to put the zips and Graft's home (default: a temporary one)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        here = Path(folder)
        new = given.photos // 20
        started = time.perf_counter()
        make(here / "photos.zip", 0, given.photos)
        make(here / "grown.zip", 0, given.photos, new, here / "photos.zip")
        size_mb = (here / "photos.zip").stat().st_size / 1e6
        print(f"made {given.photos} photos, {size_mb:.0f} MB, in {time.perf_counter() - started:.0f} s")
        print("| zip | images | s | images/s | RSS of the reader, MB | RSS of a decoder, MB |")
        print("|---|---|---|---|---|---|")
        for name, file in (("first", "photos.zip"), ("again", "photos.zip"), (f"grown by {new}", "grown.zip")):
            found = run(here / file, here / "home")
            rate = found["images"] / found["seconds"]
            reader, decoder = found["rss"]
            print(f"| {name} | {found['images']} | {found['seconds']:.1f} | {rate:.0f} | {reader} | {decoder} |")


def make(path: Path, first: int, photos: int, more: int = 0, old: Path | None = None) -> None:
    """Writes a zip of generated photos, those of `old` as they are."""
    with zipfile.ZipFile(path, "w") as archive:
        if old is not None:
            with zipfile.ZipFile(old) as before:
                for name in before.namelist():
                    archive.writestr(name, before.read(name))
            first, photos = photos, more
        canvas = _canvas()
        for number in range(first, first + photos):
            archive.writestr(f"class {number % CLASSES}/{number:06d}.jpg", photo(canvas, number))


def photo(canvas: Image.Image, number: int) -> bytes:
    """The JPEG of a crop of the canvas with shapes on it."""
    rng = np.random.default_rng(number)
    width, height = SIZE_PX
    x, y = rng.integers(0, canvas.width - width), rng.integers(0, canvas.height - height)
    image = canvas.crop((x, y, x + width, y + height))
    draw = ImageDraw.Draw(image)
    for _shape in range(6):
        left, top = rng.integers(0, width), rng.integers(0, height)
        box = (left, top, left + rng.integers(40, 300), top + rng.integers(40, 300))
        colour = tuple(map(int, rng.integers(0, 255, 3)))
        draw.ellipse(box, fill=colour) if rng.random() < 0.5 else draw.rectangle(box, fill=colour)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def run(path: Path, home: Path) -> dict:
    environment = {**os.environ, "GRAFT_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", _RUN, path], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def _canvas() -> Image.Image:
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 255, (60, 80, 3)).astype(np.uint8)).resize(
        (3200, 2400), Image.Resampling.BICUBIC
    )
    noisy = np.asarray(coarse, dtype=np.int16) + rng.integers(-12, 12, (2400, 3200, 3))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


if __name__ == "__main__":
    main()
