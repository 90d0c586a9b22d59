"""The program of a bundle is one file that stands by itself."""

from __future__ import annotations

import ast
import sys

from core.bundle.files import BY_PREDICT
from core.bundle.program import program


def test_it_imports_nothing_but_three_packages_and_the_standard_library() -> None:
    tree = ast.parse(program())
    names = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert names - set(sys.stdlib_module_names) == {"numpy", "onnxruntime", "PIL", "pillow_heif"}


def test_what_it_says_of_doubts_stands_in_it() -> None:
    defined = {node.name for node in ast.walk(ast.parse(program())) if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    assert {"Model", "Doubts", "decided", "distance", "in_words", "opened", "is_scan_bomb", "why", "main"} <= defined


def test_it_asks_the_networks_in_the_order_that_the_card_tells() -> None:
    (networks,) = (
        ast.literal_eval(node.value)
        for node in ast.parse(program()).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NETWORKS"
    )
    assert networks == BY_PREDICT
