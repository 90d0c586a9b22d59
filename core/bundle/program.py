"""The program of a bundle, one file: what it imports of Graft here stands in it there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import core

_ROOT = Path(core.__file__).parent
_IMPORT = re.compile(r"^from core\.([\w.]+) import .*\n", re.MULTILINE)
_BODY = "from __future__ import annotations\n"


def program() -> bytes:
    """The content of `predict.py`."""
    text = _text("bundle.portable.predict")
    return _with_parts(text, text).encode()


def _with_parts(text: str, whole: str) -> str:
    """A text with the files of Graft in it that it imports."""
    return _IMPORT.sub(lambda found: _part(found[1], whole), text)


def _part(name: str, whole: str) -> str:
    """A file of Graft as a part of the program `whole`: what that imports is not imported again."""
    part = _text(name)
    title = (ast.get_docstring(ast.parse(part)) or "").partition("\n")[0]
    lines = part.partition(_BODY)[2].splitlines(keepends=True)
    kept = [line for line in lines if not (line.startswith(("import ", "from ")) and line in whole)]
    body = _with_parts("".join(kept), whole).strip("\n")
    return f"\n\n# {title}\n\n{body}\n\n"


def _text(name: str) -> str:
    return (_ROOT / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8")
