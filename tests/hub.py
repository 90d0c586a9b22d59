"""A Hugging Face Hub on this machine: repositories of one file each, as `huggingface_hub` asks for them."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from core.backbones.places import SAFETENSORS, repository_folder

REVISION = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What is on it, and what was asked of it.

    Attributes:
        files: the content of each repository's weights; one without is there, and has none as safetensors.
        fetched: the repositories whose weights were sent.
        broken: whether something else is sent than what its name says.
        gated: whether an account is asked for.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    broken: bool = False
    gated: bool = False
    url: str = ""


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub that answers at `hub.url`."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(with_content=False)

        def do_GET(self) -> None:
            self._answer(with_content=True)

        def _tell(self, repository: str) -> None:
            content = hub.files[repository]
            lfs = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
            siblings = [{"rfilename": SAFETENSORS, "size": len(content), "lfs": lfs}, {"rfilename": "README.md"}]
            about = json.dumps({"id": repository, "sha": REVISION, "siblings": siblings}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(about)))
            self.end_headers()
            self.wfile.write(about)

        def _answer(self, *, with_content: bool) -> None:
            if self.path.startswith("/api/models/"):
                self._tell(self.path.removeprefix("/api/models/").partition("?")[0])
                return
            repository, _, rest = self.path.lstrip("/").partition("/resolve/")
            if hub.gated or rest.split("/")[-1] != SAFETENSORS or repository not in hub.files:
                self.send_response(401 if hub.gated else 404)
                self.send_header("X-Error-Code", "GatedRepo" if hub.gated else "EntryNotFound")
                self.send_header("X-Repo-Commit", REVISION)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            content = hub.files[repository]
            self.send_response(200)
            self.send_header("X-Repo-Commit", REVISION)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if with_content:
                hub.fetched.append(repository)
                self.wfile.write(b"x" * len(content) if hub.broken else content)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        hub.url = f"http://127.0.0.1:{server.server_port}"
        yield hub
        server.shutdown()
        thread.join()


def put(repository: str, state: dict[str, Tensor], *, name: str = "") -> Path:
    """Puts weights where a download would, and gives the file.

    Args:
        repository: such as "timm/resnet50.a1_in1k".
        state: the tensors.
        name: of the blob; by default the hash of the file, as on the Hub.
    """
    content = safetensors.torch.save(state)
    folder = repository_folder(repository)
    blob = folder / "blobs" / (name or hashlib.sha256(content).hexdigest())
    file = folder / "snapshots" / REVISION / SAFETENSORS
    for path in (blob, file, folder / "refs" / "main"):
        path.parent.mkdir(parents=True, exist_ok=True)
    (folder / "refs" / "main").write_text(REVISION)
    blob.write_bytes(content)
    file.unlink(missing_ok=True)
    file.symlink_to(Path("../../blobs") / blob.name)
    return file


def random_state(name: str, *, seed: int = 0) -> dict[str, Tensor]:
    """Random weights of a model of timm, the classifier's included."""
    from core.backbones.networks.timm_trunks import hollow_model

    torch.manual_seed(seed)
    shapes = hollow_model(name, 0).state_dict()
    return {key: _filled(value) if value.is_meta else value.contiguous() for key, value in shapes.items()}


def _filled(hollow: Tensor) -> Tensor:
    """Values such that what a layer makes of its input stays about as large."""
    if hollow.ndim <= 1:
        return torch.rand(hollow.shape) + 0.5
    return torch.randn(hollow.shape) / hollow[0].numel() ** 0.5
