"""What is pinned: the exact versions of ``constraints.txt``, and the hashes of their files.

``python -m building.locks`` says what is not whole, and exits 1; ``make hashes`` mends it.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import requires
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
VERSIONS, RUNTIME, ALL = "constraints.txt", "requirements.txt", "requirements-dev.txt"
TOOLS = "building/requirements.txt"
NODE = "building/node.txt"
_ENTRY = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9][0-9A-Za-z.]*)(?: ; (?P<marker>[^\\]+))?"
    r"(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
)
_VERSION = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[0-9][0-9A-Za-z.]*)\n")


class Pin(NamedTuple):
    """One version, where it is wanted, and the hashes of its files."""

    version: str
    marker: str
    hashes: str


def read(text: str, entry: re.Pattern[str] = _ENTRY) -> dict[str, Pin]:
    """Return the pins of a file by their names; ValueError for a line that is none."""
    if rest := entry.sub("", text):
        raise ValueError(f"no version with hashes: {rest.splitlines()[0]}")
    found = (each.groupdict() for each in entry.finditer(text))
    return {
        canonicalize_name(each["name"]): Pin(each["version"], each.get("marker") or "", each.get("hashes") or "")
        for each in found
    }


def faults(versions: Mapping[str, Pin], everything: Mapping[str, Pin], runtime: Mapping[str, Pin]) -> Iterator[str]:
    """Tell what is not whole: each version has its hashes, and nothing else but what other machines need."""
    for name, pin in versions.items():
        if name not in everything:
            yield f"{name} of {VERSIONS} has no hashes in {ALL}"
        elif everything[name].version != pin.version:
            yield f"{name} is {pin.version} in {VERSIONS}, {everything[name].version} in {ALL}"
    for name, pin in everything.items():
        if name not in versions and not pin.marker:
            yield f"{name} of {ALL} is not in {VERSIONS}"
    for name, pin in runtime.items():
        if name not in everything or everything[name][::2] != pin[::2]:
            yield f"{name} of {RUNTIME} is another one in {ALL}"


def needed(project: str) -> set[str]:
    """Return the names of all that the project of a pyproject.toml needs to run here, as it is installed."""
    left = [Requirement(each) for each in tomllib.loads(project)["project"]["dependencies"]]
    found: dict[str, set[str]] = {}
    while left:
        wanted = left.pop()
        name, extras = canonicalize_name(wanted.name), {"", *wanted.extras}
        if (wanted.marker and not wanted.marker.evaluate()) or extras <= found.get(name, set()):
            continue
        found[name] = found.get(name, set()) | extras
        of_it = map(Requirement, requires(name) or ())
        left += [each for each in of_it if _is_wanted(each, extras)]
    return set(found)


def _is_wanted(requirement: Requirement, extras: set[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)


def main() -> int:
    versions = read((ROOT / VERSIONS).read_text(), _VERSION)
    everything, runtime = (read((ROOT / name).read_text()) for name in (ALL, RUNTIME))
    told = list(faults(versions, everything, runtime))
    missing = needed((ROOT / "pyproject.toml").read_text()) - runtime.keys()
    told += [f"{name} is needed to run, and not in {RUNTIME}" for name in sorted(missing)]
    for name in (TOOLS, NODE):
        read((ROOT / name).read_text())
    for each in told:
        sys.stderr.write(f"{each}: make hashes\n")
    return bool(told)


if __name__ == "__main__":
    sys.exit(main())
