"""Known vulnerabilities of what is pinned: ``python -m building.audit`` exits 1 for what is found, for nothing else.

Advisories are asked for by pip-audit and npm where their services can be reached. What an index itself says of a
version, that it was withdrawn (yanked), is known wherever packages can be had. What could not be asked is said.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_TOOLS = ROOT / ".venv-tools" / "bin"
_PAGE = ROOT / "gateway" / "graphiql"
_FILES = ("requirements.txt", "requirements-dev.txt", "building/requirements.txt", "building/node.txt")
_LONGEST = 300.0  # seconds


def advisories(report: str) -> Iterator[tuple[bool, str]]:
    """Read pip-audit's report: whether it is a finding, and what to say; what was not audited is none."""
    try:
        dependencies: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, LookupError, TypeError):
        yield False, "Python packages: not asked, for the service of advisories does not answer"
        return
    skipped = [each["name"] for each in dependencies if "skip_reason" in each]
    if skipped:
        yield (
            False,
            f"Python packages: {len(skipped)} of {len(dependencies)} are not known to the service of advisories",
        )
    for each in dependencies:
        for known in each.get("vulns", ()):
            fixed = ", ".join(known["fix_versions"]) or "no version"
            yield True, f"{each['name']} {each['version']}: {known['id']}, mended in {fixed}"


def npm(report: str) -> Iterator[tuple[bool, str]]:
    """Read npm's report."""
    try:
        found: dict[str, dict[str, Any]] = json.loads(report)["vulnerabilities"]
    except (ValueError, LookupError, TypeError):
        yield False, "npm packages of the page: not asked, for the service of advisories does not answer"
        return
    for name, known in found.items():
        yield True, f"{name} {known['range']} (npm): {known['severity']}"


def yanked(told: str) -> Iterator[tuple[bool, str]]:
    """Read what uv says of pinned versions that were withdrawn; it has asked for all when it has resolved them."""
    if not re.search(r"^Resolved \d+ package", told, re.MULTILINE):
        yield False, "withdrawn versions: not all asked for, the index does not answer"
    for line in re.findall(r"warning: (.*is yanked.*)", told):
        yield True, line


def main() -> int:
    found: list[tuple[bool, str]] = []
    for name in _FILES:
        found += yanked(_run(_TOOLS / "uv", "pip", "compile", "--no-config", "--universal", "--no-deps", name)[1])
        audit = (
            _TOOLS / "pip-audit",
            "--format",
            "json",
            "--progress-spinner",
            "off",
            "--disable-pip",
            "--require-hashes",
        )
        found += advisories(_run(*audit, "--requirement", name)[0])
    found += npm(_run("npm", "audit", "--package-lock-only", "--omit=dev", "--json", folder=_PAGE)[0])
    for is_finding, what in dict.fromkeys(found):
        sys.stdout.write(f"{'FOUND  ' if is_finding else 'note   '}{what}\n")
    count = sum(is_finding for is_finding, _ in dict.fromkeys(found))
    sys.stdout.write(f"{count} found\n")
    return bool(count)


def _run(*command: str | Path, folder: Path = ROOT) -> tuple[str, str]:
    """Return what a program says, on both of its outputs; nothing where there is no such program."""
    path = f"{_PAGE / '.venv' / 'bin'}:{os.environ.get('PATH', '')}"  # where the page was built there is npm
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)
    return done.stdout, done.stderr


if __name__ == "__main__":
    sys.exit(main())
