"""What a change does to the schema's users: breaking, dangerous and safe changes, against main's schema.graphql.

Run by ``make schema-check``. It compares with the first of these in which schema.graphql is another: where this branch
left origin/main, or main; the last tag; the commit before. All changes of what can be asked are to be named, with their
coordinates in backticks, in CHANGELOG.md's unreleased section, breaking ones in an entry that begins with "Breaking:";
else it exits with 1. Descriptions and most directives are told only.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from graphql import build_schema, parse, print_ast
from graphql.utilities.find_schema_changes import (
    BreakingChange,
    DangerousChange,
    SafeChangeType,
    find_schema_changes,
)

ROOT = Path(__file__).parent.parent
SCHEMA, CHANGELOG = "schema.graphql", "CHANGELOG.md"
Kind = Literal["breaking", "dangerous", "safe"]
# What a directive of Apollo Federation does when it goes or comes; of the others nobody outside depends.
_GONE: Mapping[str, Kind] = {"key": "breaking", "shareable": "breaking"}
_NEW: Mapping[str, Kind] = {
    "inaccessible": "breaking",
    "authenticated": "dangerous",
    "requiresScopes": "dangerous",
    "policy": "dangerous",
}
_LONGEST = 30.0  # seconds, for git


class Definition(NamedTuple):
    """What stands beside a definition: its description, and its directives as they are written."""

    description: str
    directives: frozenset[str]


class Change(NamedTuple):
    """``coordinate``: of what has changed, if that is to be named in the changelog."""

    kind: Kind
    text: str
    coordinate: str = ""


def definitions(sdl: str) -> dict[str, Definition]:
    """Return all that a text defines, by its coordinate: types, fields, arguments, values, directives, the schema."""
    return {
        coordinate: Definition(
            node.description.value if node.description else "",
            frozenset(print_ast(directive) for directive in getattr(node, "directives", None) or ()),
        )
        for definition in parse(sdl).definitions
        for coordinate, node in _nodes(definition)
    }


def _nodes(definition: Any) -> Iterator[tuple[str, Any]]:
    kind = definition.kind
    name = "schema" if kind == "schema_definition" else definition.name.value
    name = f"@{name}" if kind == "directive_definition" else name
    yield name, definition
    yield from _arguments(name, definition)
    for field in (*(getattr(definition, "fields", None) or ()), *(getattr(definition, "values", None) or ())):
        coordinate = f"{name}.{field.name.value}"
        yield coordinate, field
        yield from _arguments(coordinate, field)


def _arguments(coordinate: str, node: Any) -> Iterator[tuple[str, Any]]:
    return ((f"{coordinate}({each.name.value}:)", each) for each in getattr(node, "arguments", None) or ())


def changes(old: str, new: str) -> list[Change]:
    """Return what has changed from one text to another, the worst first."""
    found = [*_asked(old, new), *_beside(definitions(old), definitions(new))]
    return sorted(found, key=lambda change: (change.kind != "breaking", change.kind != "dangerous"))


def _asked(old: str, new: str) -> Iterator[Change]:
    """Yield the changes of what can be asked, as graphql-core finds them; it names what has changed first."""
    kinds: dict[type, Kind] = {BreakingChange: "breaking", DangerousChange: "dangerous"}
    known = definitions(old) | definitions(new)
    for change in find_schema_changes(*(build_schema(each, assume_valid_sdl=True) for each in (old, new))):
        words = re.findall(r"@?\w+(?:\.\w+)*(?:\(\w+:\))?", change.description)
        coordinate = next((word for word in words if word in known), None)  # GraphQL's own scalars have none
        if coordinate and change.type is not SafeChangeType.DESCRIPTION_CHANGED:
            yield Change(kinds.get(type(change), "safe"), change.description, coordinate)


def _beside(old: Mapping[str, Definition], new: Mapping[str, Definition]) -> Iterator[Change]:
    """Yield the changes of directives and descriptions, of what is in both."""
    for coordinate in (each for each in new if each in old):
        was, now = old[coordinate], new[coordinate]
        for directive in sorted(was.directives - now.directives):
            yield _of_directive(_GONE, coordinate, directive, "is gone")
        for directive in sorted(now.directives - was.directives):
            yield _of_directive(_NEW, coordinate, directive, "is new")
        if was.description != now.description:
            yield Change("safe", f"The description of {coordinate} has changed.")


def _of_directive(kinds: Mapping[str, Kind], coordinate: str, directive: str, what: str) -> Change:
    kind = kinds.get(re.findall(r"\w+", directive)[0], "safe")
    return Change(kind, f"{directive} of {coordinate} {what}.", "" if kind == "safe" else coordinate)


def unnamed(found: list[Change], changelog: str) -> list[Change]:
    """Return the changes that the unreleased section does not name as it should."""
    section = changelog.partition("\n## Unreleased\n")[2].partition("\n## ")[0]
    entries = re.split(r"\n- ", section)
    breaking = "\n".join(entry for entry in entries if entry.startswith("Breaking:"))
    return [
        change
        for change in found
        if change.coordinate and f"`{change.coordinate}`" not in (breaking if change.kind == "breaking" else section)
    ]


def bases(root: Path) -> Iterator[tuple[str, str]]:
    """Yield what there is to compare with, by name: schema.graphql as it was."""
    revisions = {
        "origin/main": _git(root, "merge-base", "HEAD", "origin/main"),
        "main": _git(root, "merge-base", "HEAD", "main"),
        "the last tag": _git(root, "describe", "--tags", "--abbrev=0"),
        "the commit before": _git(root, "rev-parse", "--verify", "--quiet", "HEAD~1"),
    }
    for name, revision in revisions.items():
        if revision and (text := _git(root, "show", f"{revision.strip()}:{SCHEMA}")) is not None:
            yield name, text


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git says; None where it has nothing to say, or is not there."""
    try:
        done = subprocess.run(
            ["git", "-C", root, *arguments],  # noqa: S607  # as it is on the path
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def main(root: Path = ROOT) -> int:
    new = (root / SCHEMA).read_text()
    compared = dict(bases(root))
    if not compared:
        return _told(f"There is nothing to compare {SCHEMA} with: no main, no tag, no commit before this one.")
    for name, old in compared.items():
        if old != new:
            return _judge(name, changes(old, new), (root / CHANGELOG).read_text())
    return _told(f"{SCHEMA} is as in {', '.join(compared)}.")


def _judge(name: str, found: list[Change], changelog: str) -> int:
    _told(f"{SCHEMA} against {name}:")
    for change in found:
        _told(f"  {change.kind:<10}{change.text}")
    missing = unnamed(found, changelog)
    for change in missing:
        entry = ' in an entry that begins with "Breaking:"' if change.kind == "breaking" else ""
        _told(f"The unreleased section of {CHANGELOG} does not name `{change.coordinate}`{entry}.")
    return int(bool(missing))


def _told(line: str) -> int:
    sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
