"""Takes rights away from the process that calls it, for good: as many as the system can take.

Made for the process that decodes pictures, which needs none: its files are opened for it. What a
system does not offer is left out; `confine` tells what it found.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

from viewer.core import seccomp

#: Of the process, asked by Linux's out-of-memory killer: it goes long before the viewer does.
OOM_SCORE = 600

_SET_DUMPABLE, _SET_NO_NEW_PRIVS = 4, 38

# Landlock, from linux/landlock.h; its calls have the same numbers on every processor.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
#: How many rights over files each version knows: reading, writing, making, removing ...
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_ALL_TCP = 0b11  # bind and connect
_ALL_SCOPES = 0b11  # abstract sockets of others, and signals to others


def confine(readable: Sequence[Path]) -> tuple[str, ...]:
    """Give up all rights but to read the files under `readable` and use what is open already.

    Returns the names of the means that the system offered.
    """
    found: list[str] = []
    if _forbid_core_dumps():
        found.append("no core dumps")
    if not sys.platform.startswith("linux"):
        return tuple(found)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0)
    if libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return tuple(found)
    found.append("no new privileges")
    if _landlock(libc, readable):
        found.append("landlock")
    if seccomp.confine():
        found.append("seccomp")
    return tuple(found)


def _forbid_core_dumps() -> bool:
    try:
        import resource
    except ImportError:  # Windows
        return False
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        return True
    return False


def _landlock(libc: ctypes.CDLL, readable: Sequence[Path]) -> bool:
    """Forbid all of the file system but reading `readable`, and the network."""
    version = libc.syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)
    if version < 1:
        return False
    files = (1 << _FILE_RIGHTS.get(version, 16)) - 1
    network = _ALL_TCP if version >= 4 else 0
    scopes = _ALL_SCOPES if version >= 6 else 0
    attributes = struct.pack("=QQQ", files, network, scopes)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(_CREATE_RULESET, attributes, size, 0)
    if ruleset < 0:
        return False
    try:
        for path in readable:
            _allow_reading(libc, ruleset, path)
        return libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _allow_reading(libc: ctypes.CDLL, ruleset: int, path: Path) -> None:
    with contextlib.suppress(OSError):
        folder = os.open(path, getattr(os, "O_PATH", 0) | os.O_DIRECTORY)
        try:
            rule = struct.pack("=Qi", _READ_FILE | _READ_DIR, folder)
            libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
        finally:
            os.close(folder)
