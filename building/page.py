"""GraphiQL's page, bundled by Vite from gateway/graphiql into its folder ``dist``: ``python -m building.page``."""

import hashlib
import shutil
import sys
from pathlib import Path

from building.node import VERSION, Installation, NotInstalled, alone

SOURCES = Path(__file__).parent.parent / "gateway" / "graphiql"
BUILT = SOURCES / "dist"
_INSTALLED = Installation(SOURCES)
_STAMP = BUILT / "built-from"
_NEW = "dist.new"


def build() -> None:
    """Build the page, unless it was built from these very sources; says so. NotInstalled where it fails."""
    with alone(SOURCES / ".building"):
        wanted = _wanted()
        if _STAMP.is_file() and _STAMP.read_text() == wanted:
            _STAMP.touch()
            return
        _INSTALLED.install("what builds GraphiQL's page (half a minute, 200 MB)")
        sys.stderr.write("building GraphiQL's page\n")
        _INSTALLED.run(
            _INSTALLED.node, "node_modules/vite/bin/vite.js", "build", "--outDir", _NEW, "--logLevel", "error"
        )
        shutil.rmtree(BUILT, ignore_errors=True)
        (SOURCES / _NEW).rename(BUILT)
        _STAMP.write_text(wanted)


def _wanted() -> str:
    """Return a mark of all that the page is built from."""
    mark = hashlib.sha256(VERSION.encode())
    for path in sorted(path for path in SOURCES.iterdir() if path.is_file() and path.name[0] != "."):
        mark.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return mark.hexdigest()


if __name__ == "__main__":
    try:
        build()
    except NotInstalled as error:
        sys.exit(f"GraphiQL's page could not be built: {error}")
