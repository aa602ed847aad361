"""`python -m gateway`, word for word, in a process that tells what it has under way when it gets SIGUSR1.

Nothing of that is in the product. Ctrl+C is for who began the soak, not for this; and should that one be killed, this
ends by itself. ``SOAK_FOLDER``: where the log is written and what is under way is told; ``SOAK_LIFE``: seconds.
"""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path

from gateway.__main__ import main
from tests.chaos.leftovers import kept

LOG = "log"
TOLD = "told"


def under_way() -> dict[str, dict[str, int]]:
    """Count the tasks of the running loop by their coroutines, and what belongs to operations."""
    tasks = Counter(getattr(task.get_coro(), "__qualname__", "?") for task in asyncio.all_tasks())
    return {"tasks": dict(tasks), "kept": dict(kept())}


def _tell(folder: Path) -> None:
    written = folder / f"{TOLD}.part"
    written.write_text(json.dumps(under_way()))
    written.replace(folder / TOLD)


def _launched() -> int:
    folder = Path(os.environ["SOAK_FOLDER"])
    os.setsid()
    signal.alarm(int(os.environ["SOAK_LIFE"]))
    signal.signal(signal.SIGUSR1, lambda *_: _tell(folder))
    with (folder / LOG).open("ab") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
    return main()


if __name__ == "__main__":
    sys.exit(_launched())
