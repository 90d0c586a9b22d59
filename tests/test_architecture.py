"""The layout of the code, proved from its imports: which room knows which, and what the server never loads.

Every test lists all the faults it sees: a list that is empty is the proof.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.imports import (
    ROOT,
    at_import,
    calls,
    dotted,
    imported,
    imported_files,
    listed,
    named,
    named_at_import,
    named_in,
    reached,
    sources,
    tree,
)  # fmt: skip

# Every room may import these.
FOUNDATION = frozenset(
    (
        "checks", "errors", "estimate", "i18n", "machine", "numbers", "paces", "parquet", "paths", "progress", "rates",
        "records", "scores", "tables", "versions", "workspaces",
    )
)  # fmt: skip
# A room imports rooms with a lower number, and the foundation. `jobs` does not know what it runs.
LEVELS = {
    **dict.fromkeys(FOUNDATION, 0),
    "jobs": 0,
    "data": 1,
    "backbones": 2,
    "engines": 3,
    "runs": 3,
    "features": 4,
    "evaluation": 4,
    "probing": 5,
    "strangers": 5,
    "training": 6,
    "health": 6,
    "bundle": 7,
    "models": 8,
    "explaining": 9,
    "tasks": 10,
    "pretraining": 10,
    "serving": 11,
    "cli": 12,
    "__main__": 13,
}
HEAVY = {"torch", "torchvision", "timm", "huggingface_hub", "keras", "openvino"}
# The server imports these, and the command line starts with them, so they load no network library.
WITHOUT_TORCH = (
    "core/*.py",
    "core/jobs/**/*.py",
    "core/data/**/*.py",
    "core/evaluation/**/*.py",
    "core/backbones/registry.py",
    "core/backbones/sources/**/*.py",
    "core/engines/choose.py",
    "core/features/maps.py",
    "core/features/reduce.py",
    "core/features/store.py",
    "core/probing/**/*.py",
    "core/health/**/*.py",
    "core/strangers/**/*.py",
    "core/training/choices.py",
    "core/training/config.py",
    "core/training/results/history.py",
    "core/training/cache/estimate.py",
    "core/training/cache/reasons.py",
    "core/training/cache/record.py",
    "core/models/runs.py",
    "core/bundle/**/*.py",
    "core/tasks/**/*.py",
)


CORE = sources("core/**/*.py")
PAGES = sources("streamlit_app.py", "pages/**/*.py")


def room(module: str) -> str | None:
    """The room in `core` that `module` belongs to; None where it is outside or `core` itself."""
    parts = module.split(".")
    return parts[1] if parts[0] == "core" and len(parts) > 1 else None


def owner(path: Path) -> str | None:
    """The page that has `path` for itself; None for what pages share, and outside of `pages`."""
    match path.relative_to(ROOT).parts:
        case ("pages", file) if file != "__init__.py":
            return file.removesuffix(".py")
        case ("pages", "ui", folder, *_, _file) if folder != "charts":
            return folder
    return None


def circles(graph: dict[str, set[str]]) -> list[str]:
    """The circles of a graph, each as "a → b → a"; each is opened where it was seen, to find the next."""
    graph = {name: set(others) for name, others in graph.items()}
    seen = []
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = error.args[1][::-1]  # the sorter gives what is imported before what imports it
            seen.append(" → ".join(circle))
            graph[circle[0]].remove(circle[1])
        else:
            return seen


def test_a_room_imports_only_rooms_below_it():
    faults = []
    for path in CORE:
        mine = room(dotted(path))
        modules = named_in(path)
        if mine is None:  # core/__init__.py: the version, and nothing else
            faults += [f"{named(path)} imports {name}" for name in modules]
        elif mine not in LEVELS:
            faults.append(f"{named(path)} is in no room of the table above")
        else:
            others = {room(name) for name in modules} - {None, mine, "__version__"} - FOUNDATION
            faults += [f"{named(path)} imports {o}" for o in others if LEVELS.get(o, 99) >= LEVELS[mine]]
    assert not faults, listed(faults)


def test_no_files_import_each_other_in_a_circle():
    faults = circles({named(path): {named(file) for file in imported_files(path)} for path in [*CORE, *PAGES]})
    assert not faults, listed(faults)


def test_no_package_imports_its_own_parts():
    """Two threads that import a package and one of its parts at once would wait for each other: one gets half of it."""
    packages = [path for path in (*CORE, *PAGES) if path.name == "__init__.py"]
    faults = [
        f"{named(path)} imports {module}"
        for path in packages
        for module in sorted(named_at_import(path))
        if module.startswith(dotted(path) + ".")
    ]
    assert not faults, listed(faults)


def test_what_a_page_has_for_itself_is_imported_by_that_page_alone():
    scripts = sources("streamlit_app.py", "pages/*.py")
    faults = [
        f"{named(path)} imports {named(file)}"
        for path in PAGES
        for file in imported_files(path)
        if owner(file) not in (None, owner(path)) or file in scripts
    ]
    homes = {None, *(owner(script) for script in scripts)}
    faults += [f"{named(path)} is of no page" for path in PAGES if owner(path) not in homes]
    assert not faults, listed(faults)


def test_a_page_is_a_short_script():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources("pages/*.py")}
    faults = [f"{named(path)} has {n} lines: its parts go into its folder" for path, n in lengths.items() if n > 60]
    assert not faults, listed(faults)


def test_core_knows_no_page_and_nothing_knows_the_factory_of_the_backbones():
    faults = []
    for path in CORE:
        modules = named_in(path)
        tops = {name.partition(".")[0] for name in modules}
        faults += [f"{named(path)} imports {n}" for n in tops & {"streamlit", "pages", "plotly", "tests", "benchmarks"}]
    for path in [*CORE, *PAGES]:
        if room(dotted(path)) != "pretraining" and "pretraining" in map(room, named_in(path)):
            faults.append(f"{named(path)} imports core.pretraining")
    assert not faults, listed(faults)


def test_the_server_reaches_no_torch():
    faults = []
    for path in [*PAGES, *sources(*WITHOUT_TORCH)]:
        for file, by in reached(path).items():
            tops = {name.partition(".")[0] for name in named_at_import(file)}
            if tops & HEAVY:
                way = f"{named(file)}, imported by {named(by) if by else 'itself'}"
                faults.append(f"{named(path)} loads {', '.join(tops & HEAVY)}: {way}")
    assert not faults, listed(faults)


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


def test_session_state_caches_and_fragments_have_one_home_each():
    homes = {"pages/ui/state.py": {"session_state", "query_params"}}
    homes["pages/ui/resources.py"] = {"cache_data", "cache_resource"}
    homes["pages/ui/i18n.py"] = {"fragment"}  # which would forget the browser's language
    faults = []
    for path in PAGES:
        used = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
        used |= {name.rpartition(".")[2] for name in named_in(path)}
        for home, names in homes.items():
            faults += [f"{named(path)} uses {name}" for name in used & names if named(path) != home]
    assert not faults, listed(faults)


def test_core_reads_nothing_that_can_run_code():
    faults = [f"{named(path)}: {fault}" for path in CORE for fault in unsafe_reads(tree(path), path)]
    assert not faults, listed(faults)


def unsafe_reads(parsed: ast.Module, path: Path) -> Iterator[str]:
    """What could run code that a file holds: pickles and what is like them, torch and numpy where they allow those."""
    unsafe = ("pickle", "cloudpickle", "dill", "shelve", "marshal")
    used = {ast.unparse(n) for n in ast.walk(parsed) if isinstance(n, ast.Attribute)}
    used |= {name for name in imported(path, ast.walk(parsed)) if "." in name}
    # The error is caught where torch refuses a file; nothing else of these modules is of use.
    yield from {n for n in used if n.startswith(tuple(f"{u}." for u in unsafe))} - {"pickle.UnpicklingError"}
    for call in calls(parsed, "load"):
        safe = any(k.arg == "weights_only" and ast.unparse(k.value) == "True" for k in call.keywords)
        if ast.unparse(call.func) in ("torch.load", "joblib.load") and not safe:
            yield f"line {call.lineno} loads without weights_only=True"
    for node in ast.walk(parsed):
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False":
                yield f"line {keyword.lineno} allows pickles"


def test_every_module_says_what_it_is():
    faults = [named(path) for path in [*CORE, *PAGES] if not ast.get_docstring(tree(path))]
    assert not faults, listed(faults)


def test_the_checks_above_see_what_they_look_for():
    here = ROOT / "core" / "sample.py"
    parsed = ast.parse("import torch.nn\nfrom core.data import dataset\ndef f():\n    import openvino\n")
    assert imported(here, at_import(parsed)) == {"torch.nn", "core.data", "core.data.dataset"}
    assert "openvino" in imported(here, ast.walk(parsed))
    relative = ast.parse("from . import dataset\nfrom ..errors import GraftError\n")
    assert {"core.data.dataset", "core.errors"} <= imported(ROOT / "core/data/near.py", ast.walk(relative))
    assert ROOT / "core/__init__.py" in reached(ROOT / "core/runs.py")
    assert room("core.data.images.decode") == "data"
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"e"}, "e": {"d", "a"}}) == ["a → b → c → a", "e → d → e"]
    assert owner(ROOT / "pages/compare.py") == owner(ROOT / "pages/ui/compare/charts/side.py") == "compare"
    assert owner(ROOT / "pages/ui/charts/base.py") is owner(ROOT / "pages/ui/text.py") is owner(here) is None
    loads = "import pickle\npickle.load(f)\ntorch.load(f)\ntorch.load(f, weights_only=True)\nnp.load(f, allow_pickle=1)"
    faults = ["pickle.load", "line 3 loads without weights_only=True", "line 5 allows pickles"]
    assert sorted(unsafe_reads(ast.parse(loads), here)) == sorted(faults)
