"""What is met of the edition, as a table in Markdown: read from the marks of the tests beside it."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
FILE = HERE.parent.parent / "CONFORMANCE.md"
_INTRODUCTION = """\
# GraphQL over HTTP, September 2026

Each thing in the edition that binds a server, in our words, and the test that shows that it is met. An assertion binds
without one of the key words. `python -m tests.edition` writes this table from the tests; a test compares.

| section | level | requirement | shown by |
|---|---|---|---|
"""


class Requirement(NamedTuple):
    section: str
    level: str
    text: str


def table() -> str:
    """Return the whole file."""
    rows = (
        f"| {it.section} | {it.level} | {it.text} | [{name.removeprefix('test_')}](tests/edition/{file}) |\n"
        for file, name, it in requirements()
    )
    return _INTRODUCTION + "".join(rows)


def requirements() -> Iterator[tuple[str, str, Requirement]]:
    """Yield the file, the test's name, and a requirement that it shows, in the order in which they are written."""
    for path in sorted(HERE.glob("test_*.py")):
        for name, test in vars(import_module(f"tests.edition.{path.stem}")).items():
            marks = getattr(test, "pytestmark", []) if name.startswith("test_") else []
            for mark in reversed([mark for mark in marks if mark.name == "edition"]):
                yield path.name, name, Requirement(*mark.args)
