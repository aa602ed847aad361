"""A release in ``dist/``: wheel, sdist, what they are made of, and sums. ``python -m building.release``.

The same commit gives the same bytes: times are the commit's. Exits 1 when it cannot be released, and says why.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from building import page
from building.sbom import sbom
from gateway import __version__

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
_TOOLS = ROOT / ".venv-tools" / "bin"
_LONGEST = 600.0  # seconds


def fault(changelog: str, version: str, changed: str) -> str | None:
    """Return why there can be no release of the version; ``changed``: what is not committed."""
    if changed:
        return f"what is released is a commit, and there is more:\n{changed}"
    if not re.search(rf"^## {re.escape(version)}\b", changelog, re.MULTILINE):
        return f'CHANGELOG.md has no heading "## {version}"; the version is in gateway/__init__.py'
    return None


def sums(folder: Path) -> str:
    """Return the SHA-256 of each file, as ``sha256sum --check`` reads it."""
    files = sorted(path for path in folder.iterdir() if path.name != "SHA256SUMS")
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)


def main() -> int:
    if why := fault((ROOT / "CHANGELOG.md").read_text(), __version__, _git("status", "--porcelain")):
        sys.stderr.write(f"no release: {why}\n")
        return 1
    page.build()
    shutil.rmtree(DIST, ignore_errors=True)
    when = {"SOURCE_DATE_EPOCH": _git("log", "-1", "--format=%ct")}
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(DIST)]
    subprocess.run(command, cwd=ROOT, env=os.environ | when, check=True, timeout=_LONGEST)
    bill = json.dumps(sbom(_TOOLS, __version__), indent=1, sort_keys=True)
    (DIST / f"customer-kpi-gateway-{__version__}.cdx.json").write_text(f"{bill}\n")
    (DIST / "SHA256SUMS").write_text(sums(DIST))
    sys.stdout.write(f"{DIST / 'SHA256SUMS'}:\n{(DIST / 'SHA256SUMS').read_text()}")
    return 0


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
