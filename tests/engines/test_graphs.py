import os
from pathlib import Path

import pytest
import torch

from core import paths
from core.engines import graphs
from tests.engines.networks import backbone

IMAGES = torch.zeros(1, 3, 16, 16)


def only_file() -> Path:
    (file,) = (paths.home() / "graphs").iterdir()
    return file


def test_a_graph_is_kept_by_the_networks_content() -> None:
    network = backbone(apart=False)
    assert not graphs.is_kept(network, IMAGES)
    assert graphs.kept(network, IMAGES) is None
    assert graphs.keep(network, IMAGES, b"graph") == b"graph"
    assert graphs.is_kept(backbone(apart=False), IMAGES)
    assert graphs.kept(backbone(apart=False), IMAGES) == b"graph"


def test_a_damaged_graph_is_removed() -> None:
    network = backbone(apart=False)
    graphs.keep(network, IMAGES, b"graph")
    only_file().write_bytes(b"grap")
    assert graphs.kept(network, IMAGES) is None
    assert not graphs.is_kept(network, IMAGES)


def test_those_used_longest_ago_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "MOST_BYTES", 25)
    network, sizes = backbone(apart=False), [torch.zeros(1, 3, side, side) for side in (8, 9, 10)]
    for age, like in enumerate(sizes):
        graphs.keep(network, like, bytes([age]) * 10)
        for file in (paths.home() / "graphs").glob("*.onnx"):
            os.utime(file, (file.stat().st_mtime - 100,) * 2)
    assert [graphs.is_kept(network, like) for like in sizes] == [False, True, True]
    assert graphs.kept(network, sizes[1]) == bytes([1]) * 10  # and so it is the latest that was used
    graphs.keep(network, IMAGES, b"another 10")
    assert [graphs.is_kept(network, like) for like in sizes] == [False, True, False]


@pytest.mark.parametrize("home", ["file/home", 300 * "x", "~nobody-knows-whom/graft"])
def test_where_nothing_can_be_kept_the_graph_is_given_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GRAFT_HOME", home if home.startswith("~") else str(tmp_path / home))
    network = backbone(apart=False)
    assert graphs.keep(network, IMAGES, b"graph") == b"graph"
    assert graphs.kept(network, IMAGES) is None
    assert not graphs.is_kept(network, IMAGES)
