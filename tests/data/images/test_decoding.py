from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from PIL import Image

from core.data.images.decoding import DecoderProcesses, decoders_for, decoding_with
from core.data.images.worker import Decoded
from core.data.limits import Limits
from tests.conftest import photo_bytes
from tests.decoders import InProcessDecoders, slow_photo

ROOT = Path(__file__).resolve().parents[3]


def test_an_endless_decode_is_killed_and_the_others_go_on(tmp_path: Path) -> None:
    slow = slow_photo(tmp_path / "slow", 6000)
    quick = tmp_path / "quick"
    quick.write_bytes(photo_bytes((1, 2, 3), 1, 16))
    with DecoderProcesses(Limits(decode_timeout_s=0.25)) as decoders:
        order = [quick, slow, quick, slow, quick, quick]
        futures = [decoders.submit(path, tmp_path / f"{i}.jpg") for i, path in enumerate(order)]
        answers = [f.result(30) for f in futures]
    assert [a.reason for a in answers] == ["", "decode_timeout", "", "decode_timeout", "", ""]
    assert answers[0] == Decoded("", "PNG", 16, 16, answers[0].phash)
    assert len(answers[0].phash) == 16
    assert decoders.finished == 6


def test_leaving_a_block_restores_the_decoders_of_the_block_around_it() -> None:
    with decoding_with(DecoderProcesses):
        with decoding_with(InProcessDecoders):
            with decoding_with(DecoderProcesses), decoders_for(Limits(), 3) as innermost:
                assert isinstance(innermost, DecoderProcesses)
            assert isinstance(decoders_for(Limits(), 3), InProcessDecoders)
        with decoders_for(Limits(), 3) as outer:
            assert isinstance(outer, DecoderProcesses)


def test_a_fresh_process_decodes_in_processes_of_its_own() -> None:
    code = """
from core.data.images.decoding import decoders_for
from core.data.limits import Limits
with decoders_for(Limits(), 3) as decoders:
    print(type(decoders).__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "DecoderProcesses"


def test_closing_ends_a_decode_under_way(tmp_path: Path) -> None:
    slow = slow_photo(tmp_path / "slow", 2000)
    with DecoderProcesses(Limits()) as decoders:
        for i in range(20):
            decoders.submit(slow, tmp_path / f"{i}.jpg")
        while not decoders.finished:  # then the next is under way
            time.sleep(0.01)
        started = time.monotonic()
    assert time.monotonic() - started < 2


def test_a_script_without_a_main_guard_can_ingest(tmp_path: Path, photos_zip: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(ROOT)!r})
        from core.data.ingest import ingest
        print(len(ingest({str(photos_zip)!r}).items), "torch" in sys.modules, "streamlit" in sys.modules)
        """)
    )
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["40", "False", "False"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux caps the memory of a decoder")
def test_an_image_that_takes_too_much_memory_is_lost_alone(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(photo_bytes((1, 2, 3), 1, 16))
    Image.new("RGB", (6000, 6000)).save(large, "PNG")
    code = """
import sys
from core.data.images.worker import serve
from core.data.limits import Limits
serve(sys.stdin, sys.stdout, Limits(), max_memory_bytes=180 << 20)
"""
    asked = "".join(
        json.dumps([str(path), str(tmp_path / "out.jpg"), None, 256]) + "\n" for path in (small, large, small)
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, input=asked, capture_output=True, text=True, timeout=60, check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    ready, *answers = done.stdout.splitlines()
    assert ready == "ready"
    assert [json.loads(answer)["reason"] for answer in answers] == ["", "too_much_memory", ""]
