"""What the program is made of, as CycloneDX writes it: Python's packages and those in GraphiQL's page."""

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_LOCK = ROOT / "gateway" / "graphiql" / "package-lock.json"
_LONGEST = 120.0  # seconds


def sbom(tools: Path, version: str) -> dict[str, Any]:
    """Return the bill of the runtime dependencies at their pinned versions; ``tools`` has cyclonedx-py."""
    command = [str(tools / "cyclonedx-py"), "requirements", "requirements.txt", "--pyproject", "pyproject.toml"]
    done = subprocess.run(
        [*command, "--output-reproducible"], cwd=ROOT, capture_output=True, check=True, timeout=_LONGEST
    )
    bill: dict[str, Any] = json.loads(done.stdout)
    bill["metadata"]["component"]["version"] = version
    bill["components"] += npm(json.loads(_LOCK.read_text()))
    return bill


def npm(lock: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Return what a lock file of npm has for use, not for building."""
    for path, package in sorted(lock["packages"].items()):
        if path and not package.get("dev") and not package.get("devOptional"):
            name = package.get("name") or path.rpartition("node_modules/")[2]
            purl = f"pkg:npm/{name.replace('@', '%40')}@{package['version']}"
            scope, _, bare = name.rpartition("/")
            component = {"type": "library", "bom-ref": f"{purl}#{path}", "name": bare, "version": package["version"]}
            yield (
                component
                | ({"group": scope} if scope else {})
                | {
                    "purl": purl,
                    "hashes": [{"alg": "SHA-512", "content": _hex(package["integrity"])}],
                    "licenses": [{"expression": package["license"]}],
                }
            )


def _hex(integrity: str) -> str:
    algorithm, _, digest = integrity.partition("-")
    if algorithm != "sha512":
        raise ValueError(f"an integrity of {algorithm}")
    return base64.b64decode(digest).hex()
