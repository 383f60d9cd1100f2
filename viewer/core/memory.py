"""How much memory is left: of the machine, or of the container that this process runs in."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import psutil

#: Where Linux mounts its control groups (version 2), and says which one a process is in.
GROUPS, OWN_GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def free_bytes() -> int:
    """Return what may still be taken; where the system does not tell, what is surely unused."""
    return min(_of_the_machine(), *_of_groups())


def _of_the_machine() -> int:
    # Linux tells through a file, which a container need not have, nor this process open one more.
    with suppress(OSError, psutil.Error):
        return psutil.virtual_memory().available
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 1 << 62


def _of_groups() -> list[int]:
    """Return what is left of each limit on the way from the root of all groups to this one's."""
    left: list[int] = []
    with suppress(OSError):
        names = OWN_GROUP.read_text(errors="replace").splitlines()
        own = next((name.removeprefix("0::/") for name in names if name.startswith("0::/")), "")
        folder = GROUPS / own
        for group in (folder, *folder.parents[: len(Path(own).parts)]):
            with suppress(OSError, ValueError):
                left.append(_left(group))
    return left or [1 << 62]


def _left(group: Path) -> int:
    """Return what a group may still take. Raises `OSError` or `ValueError` if that has no limit."""
    most = int((group / "memory.max").read_text())
    used = int((group / "memory.current").read_text())
    facts = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    return max(0, most - used + int(facts.get("inactive_file", 0)))  # those are copies of files
