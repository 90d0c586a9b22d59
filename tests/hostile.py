"""Names that a user may give, each of which some reader of it would take for more than text."""

from __future__ import annotations

import json
from pathlib import Path

# None holds a slash, so that all of them can be folders in a zip.
FOLDERS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)<script>",
    "<b>b<b> &lt;i&gt;",
    "[a](javascript:alert(3))",
    "![x](http:evil.example)",
    "**bold** _it_ `code`",
    ":red[x] $x^2$",
    ":material_home: :streamlit:",
    ":smile: a -> b",
    "www.evil.example",
    "me@evil.example",
    "10",
    "=cmd|' C calc'!A0",
    "long" * 45,
)
# What a folder cannot be called, but a bundle's class, a file's label in a table or a dataset can.
OTHERS = (
    "</script><script>alert(4)</script>",
    "<a href='http://evil.example/'>a</a>",
    "![x](http://evil.example/x.png)",
    "https://evil.example/x",
    "http://user:p@evil.example:80/?q=a&b=c#d",
    ":material/home:",
    "<br/>x</b>",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "-2;=1+1",
    "# h",
    "1. x",
    "| a | b |",
    "~~s~~ -- <= ~= ->",
    "%{x} {y} {{z}}",
    "\\alpha \\* \\",
    "🐱‍👤 猫 🇧🇷",
)
# As they come, and as they are shown: without what turns text around, ends lines or cannot be seen.
INVISIBLE = {"cat\u202egnp.exe": "catgnp.exe", "a\u200bb\x1b[31m": "ab[31m", "two\nlines\tx": "two lines x"}

HOSTILE = (*FOLDERS, *OTHERS)


def of_the_corpus() -> tuple[str, ...]:
    """The awkward class names in the collection of uploads beside the repository; none where it is not there."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "bad_inputs"
    if not (folder / "manifest.json").is_file():
        return ()
    cases = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["cases"]
    names = (name for case in cases if case["group"] == "names" for name in case["expect"].get("classes", ()))
    return tuple(dict.fromkeys(name for name in names if not name.isalnum()))
