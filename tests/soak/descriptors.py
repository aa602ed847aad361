"""What a process has open, as Linux tells it: its connections by whom they are with, and all else."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_SOCKET = re.compile(r"socket:\[(\d+)\]")
_LISTENING = "0A"


class Descriptors(NamedTuple):
    """``others``: files, pipes, what listens, and sockets without a peer."""

    clients: int = 0
    upstream: int = 0
    cache: int = 0
    others: int = 0


def descriptors(pid: int, named: Mapping[int, str]) -> Descriptors:
    """Count what a process has open; ``named``: which of these a connection is, by its own port or its peer's."""
    ports = dict(_connections(Path(f"/proc/{pid}/net/tcp").read_text()))
    counts = dict.fromkeys(Descriptors._fields, 0)
    for inode in _opened(pid):
        mine, other = ports.get(inode, (0, 0))
        counts[named.get(other) or named.get(mine) or "others"] += 1
    return Descriptors(**counts)


def _opened(pid: int) -> Iterator[str]:
    """Yield the inode of each open socket, and nothing's for what is none."""
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found = _SOCKET.fullmatch(str(entry.readlink()))
        except FileNotFoundError:  # closed since
            continue
        yield found[1] if found else ""


def _connections(table: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Read inodes with their ports, their own and the peer's, from the kernel's table; but not of what listens."""
    for line in table.splitlines()[1:]:
        columns = line.split()
        mine, other = (int(address.rpartition(":")[2], 16) for address in columns[1:3])
        if columns[3] != _LISTENING:
            yield columns[9], (mine, other)
