"""The layout of the code, proved from its imports: which room knows which, and what the server never loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

FOUNDATION = {"errors", "progress", "i18n", "paths", "machine", "runs", "tables", "workspaces"}
# A room imports rooms with a lower number, and the foundation. `jobs` does not know what it runs.
LEVELS = {
    **dict.fromkeys(FOUNDATION, 0),
    "jobs": 0,
    "data": 1,
    "backbones": 2,
    "features": 3,
    "evaluation": 3,
    "probing": 4,
    "training": 5,
    "health": 5,
    "bundle": 6,
    "tasks": 7,
    "cli": 7,
    "pretraining": 7,
    "__main__": 7,
}
HEAVY = {"torch", "torchvision", "openvino"}
# The server imports these, and the command line starts with them, so they load no network library.
WITHOUT_TORCH = (
    "core/*.py",
    "core/jobs/**/*.py",
    "core/data/**/*.py",
    "core/evaluation/**/*.py",
    "core/backbones/registry.py",
    "core/backbones/zoo.py",
    "core/features/maps.py",
    "core/features/reduce.py",
    "core/features/store.py",
    "core/probing/**/*.py",
    "core/health/**/*.py",
    "core/training/config.py",
    "core/bundle/manifest.py",
)


def sources(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern) if "__pycache__" not in path.parts)


CORE = sources("core/**/*.py")
PAGES = sources("streamlit_app.py", "pages/**/*.py")


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


def room(module: str) -> str | None:
    """The room in `core` that `module` belongs to; None where it is outside or `core` itself."""
    parts = module.split(".")
    return parts[1] if parts[0] == "core" and len(parts) > 1 else None


@cache
def files_of(module: str) -> tuple[Path, ...]:
    """The files of this repository that importing `module` runs: itself and the packages it is in."""
    parts = module.split(".")
    found = []
    for i in range(1, len(parts) + 1):
        place = ROOT.joinpath(*parts[:i])
        found += [p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file()]
    return tuple(found)


def reached(start: Path) -> dict[Path, Path | None]:
    """Every file of ours that importing `start` runs, with the file that imports it."""
    found: dict[Path, Path | None] = {start: None}
    waiting = [start]
    while waiting:
        path = waiting.pop()
        for module in sorted(imported(path, at_import(tree(path)))):
            for other in files_of(module):
                if other not in found:
                    found[other] = path
                    waiting.append(other)
    return found


def calls(path: Path, *names: str) -> Iterator[ast.Call]:
    """The calls of functions with one of these names, as `name(...)` or `module.name(...)`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in names:
            yield node


@pytest.mark.parametrize("path", CORE, ids=named)
def test_a_room_imports_only_rooms_below_it(path):
    mine = room(dotted(path))
    if mine is None:  # core/__init__.py: the version, and nothing else
        assert not imported(path, ast.walk(tree(path)))
        return
    assert mine in LEVELS, f"{named(path)} is in no room of the table above"
    others = {room(name) for name in imported(path, ast.walk(tree(path)))} - {None, mine, "__version__"} - FOUNDATION
    wrong = {other for other in others if mine in FOUNDATION | {"jobs"} or LEVELS[other] >= LEVELS[mine]}
    # The entries of one program: the command line runs the tasks.
    allowed = {"tasks"} if mine == "cli" else {"cli", "tasks"} if mine == "__main__" else set()
    assert not wrong - allowed


@pytest.mark.parametrize("path", CORE, ids=named)
def test_core_knows_no_page(path):
    tops = {name.partition(".")[0] for name in imported(path, ast.walk(tree(path)))}
    assert not tops & {"streamlit", "pages", "plotly", "tests", "benchmarks"}


@pytest.mark.parametrize("path", [*PAGES, *sources(*WITHOUT_TORCH)], ids=named)
def test_the_server_reaches_no_torch(path):
    for file, by in reached(path).items():
        tops = {name.partition(".")[0] for name in imported(file, at_import(tree(file)))}
        assert not tops & HEAVY, f"{named(file)}, imported by {named(by) if by else 'itself'}, loads {tops & HEAVY}"


def test_importing_what_the_server_imports_leaves_torch_alone():
    modules = [dotted(p) for p in [*sources("pages/ui/**/*.py"), *sources(*WITHOUT_TORCH)] if p.stem != "__main__"]
    script = f"""
import importlib, sys
for name in {modules!r}:
    importlib.import_module(name)
    loaded = set({sorted(HEAVY)!r}) & set(sys.modules)
    assert not loaded, (name, loaded)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_session_state_and_caches_have_one_home_each(path):
    used = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
    used |= {name.rpartition(".")[2] for name in imported(path, ast.walk(tree(path)))}
    if named(path) != "pages/ui/state.py":
        assert not used & {"session_state", "query_params"}
    if named(path) != "pages/ui/resources.py":
        assert not used & {"cache_data", "cache_resource"}


@pytest.mark.parametrize("path", CORE, ids=named)
def test_core_reads_nothing_that_can_run_code(path):
    unsafe = ("pickle", "cloudpickle", "dill", "shelve", "marshal")
    used = {ast.unparse(n) for n in ast.walk(tree(path)) if isinstance(n, ast.Attribute)}
    used |= {name for name in imported(path, ast.walk(tree(path))) if "." in name}
    # The error is caught where torch refuses a file; nothing else of these modules is of use.
    assert not {name for name in used if name.startswith(tuple(f"{u}." for u in unsafe))} - {"pickle.UnpicklingError"}
    for call in calls(path, "load"):
        if ast.unparse(call.func) in ("torch.load", "joblib.load"):
            assert any(k.arg == "weights_only" and ast.unparse(k.value) == "True" for k in call.keywords)
    keywords = [k for node in ast.walk(tree(path)) if isinstance(node, ast.Call) for k in node.keywords]
    assert not [k for k in keywords if k.arg == "allow_pickle" and ast.unparse(k.value) != "False"]


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=named)
def test_every_module_says_what_it_is(path):
    assert ast.get_docstring(tree(path))


@pytest.mark.parametrize("path", [p for p in [*CORE, *PAGES] if p.name != "i18n.py"], ids=named)
def test_translators_see_whole_sentences(path):
    for call in [*calls(path, "_", "gettext"), *calls(path, "ngettext")]:
        messages = call.args[:2] if ast.unparse(call.func).endswith("ngettext") else call.args[:1]
        # A name stands for a message that is marked where it is written; anything computed is no message at all.
        plain = (ast.Constant, ast.Name, ast.Attribute, ast.Subscript)
        assert all(isinstance(m, plain) for m in messages), f"line {call.lineno}: fill in after translating"


@pytest.mark.parametrize("path", [*CORE, *sources("pages/ui/**/*.py")], ids=named)
def test_nothing_is_translated_before_the_language_is_known(path):
    early = [n for n in at_import(tree(path)) if isinstance(n, ast.Call) and ast.unparse(n.func) in ("_", "ngettext")]
    assert not early, f"line {early[0].lineno}: this is translated once, when the module is imported"


def test_the_checks_above_see_what_they_look_for(tmp_path):
    source = tmp_path / "sample.py"
    source.write_text("import torch.nn\nfrom core.data import dataset\ndef f():\n    import openvino\n")
    parsed = ast.parse(source.read_text())
    here = ROOT / "core" / "sample.py"
    assert imported(here, at_import(parsed)) == {"torch.nn", "core.data", "core.data.dataset"}
    assert "openvino" in imported(here, ast.walk(parsed))
    relative = ast.parse("from . import dataset\nfrom ..errors import GraftError\n")
    assert {"core.data.dataset", "core.errors"} <= imported(ROOT / "core/data/near.py", ast.walk(relative))
    assert ROOT / "core/__init__.py" in reached(ROOT / "core/runs.py")
    assert room("core.data.images.decode") == "data"
