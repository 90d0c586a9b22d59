from pathlib import Path

import pytest
import safetensors.torch
import torch
from torchvision import models

from core import paths, tasks
from core.backbones.registry import backbones, info
from core.backbones.sources import own
from core.errors import BackboneError, GraftError
from core.tasks.adopting import AddBackboneRequest, add_backbone
from core.tasks.specs import spec_of
from core.tasks.using import NamedFile


def silent(_step: object) -> None:
    pass


@pytest.fixture
def upload() -> NamedFile:
    """A checkpoint as the page keeps an upload, under another name than the user's."""
    folder = paths.workspace() / "uploads"
    folder.mkdir(parents=True)
    safetensors.torch.save_file(models.get_model("squeezenet1_1").state_dict(), folder / "0123")
    return NamedFile(path=str(folder / "0123"), name="my birds.safetensors")


def asked(file: NamedFile, **more: object) -> AddBackboneRequest:
    given = {"name": "mine", "files": (file,), "architecture": "squeezenet1_1", "delete_source": True}
    return AddBackboneRequest(**{**given, **more})  # type: ignore[arg-type]


def test_an_upload_becomes_a_backbone_of_its_workspace_and_is_gone(upload: NamedFile, tmp_path: Path) -> None:
    result = tasks.run(tmp_path, spec_of(asked(upload)), silent)
    assert result == {"backbone": "local:mine"}
    assert info("local:mine").weights == "my birds.safetensors"
    assert not Path(upload.path).exists()
    assert not (tmp_path / "checkpoint").exists()
    own.use_folder(paths.backbones("visitor"))
    assert not [known for known in backbones() if own.is_own(known.name)]


def test_a_file_of_the_machine_stays_where_it_is(upload: NamedFile, tmp_path: Path) -> None:
    file = Path(upload.path).rename(tmp_path / "mine.safetensors")
    added = add_backbone(tmp_path, asked(NamedFile(path=str(file), name=file.name), delete_source=False), silent)
    assert added.backbone == "local:mine"
    assert file.exists()


def test_a_visitor_brings_uploads_of_safetensors_alone(
    upload: NamedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    with pytest.raises(BackboneError, match="takes uploads alone"):
        add_backbone(tmp_path, asked(upload, delete_source=False), silent)
    torch.save({"weight": torch.zeros(3)}, upload.path)
    with pytest.raises(BackboneError, match="takes no others"):
        add_backbone(tmp_path, asked(NamedFile(path=upload.path, name="a.pth")), silent)


def test_it_counts_to_the_quota(upload: NamedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    full = paths.workspace() / "full"
    with full.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(GraftError, match="used up"):
        add_backbone(tmp_path, asked(upload), silent)
    assert not paths.backbones().exists()
