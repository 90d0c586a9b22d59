"""What a file of Graft imports and calls, read from its source: nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def sources(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern) if "__pycache__" not in path.parts)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    """The name under which the file at `path` is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=named(path))


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when the module is imported: all but the bodies of functions and what is for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from at_import(child)


def calls(parsed: ast.Module, *names: str) -> Iterator[ast.Call]:
    """The calls of functions with one of these names, as `name(...)` or `module.name(...)`."""
    for node in ast.walk(parsed):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in names:
            yield node


def imported(path: Path, nodes: Iterator[ast.AST]) -> set[str]:
    """The modules that import statements among `nodes` name; `from a import b` names `a` and `a.b`."""
    names: set[str] = set()
    package = dotted(path).split(".") if path.name == "__init__.py" else dotted(path).split(".")[:-1]
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (start, node.module) if part)
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names


@cache
def named_in(path: Path) -> frozenset[str]:
    """The modules that the import statements anywhere in the file at `path` name."""
    return frozenset(imported(path, ast.walk(tree(path))))


@cache
def named_at_import(path: Path) -> frozenset[str]:
    """Those that it names where importing the file runs them."""
    return frozenset(imported(path, at_import(tree(path))))


@cache
def files_of(module: str) -> tuple[Path, ...]:
    """The files of this repository that importing `module` runs: itself and the packages it is in."""
    parts = module.split(".")
    files = []
    for i in range(1, len(parts) + 1):
        place = ROOT.joinpath(*parts[:i])
        files += [p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file()]
    return tuple(files)


def reached(start: Path) -> dict[Path, Path | None]:
    """Every file of ours that importing `start` runs, with the file that imports it."""
    reached_by: dict[Path, Path | None] = {start: None}
    waiting = [start]
    while waiting:
        path = waiting.pop()
        for module in sorted(named_at_import(path)):
            for other in files_of(module):
                if other not in reached_by:
                    reached_by[other] = path
                    waiting.append(other)
    return reached_by


@cache
def imported_files(path: Path) -> frozenset[Path]:
    """The files of ours that the import statements in `path` name, also those in functions and for type checkers.

    A package's `__init__` counts where it is named itself and imports something: what imports nothing closes no circle.
    """
    files = frozenset(file for module in named_in(path) for file in files_of(module)[-1:])
    quiet = {f for f in files if f.name == "__init__.py" and not named_in(f)}
    return files - quiet - {path}


def listed(faults: list[str]) -> str:
    """The faults one a line, for an assertion's message."""
    return "\n" + "\n".join(faults)
