"""Locks that note in which order they are taken.

Two threads that take two locks in different orders will, some day, wait for each other. Of its own
locks the program never takes a second one: that needs no order. Those of the libraries it calls
meanwhile (of a log, say) must always be taken in one.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OURS = (str(ROOT / "viewer"), str(ROOT / "models"))


class Order:
    """Knows which locks were ever taken while which others were held, and what is wrong in that."""

    def __init__(self, ours: tuple[str, ...] = OURS) -> None:
        self.breaches: list[str] = []
        self._ours = ours
        self._here = threading.local()
        self._after: dict[str, set[str]] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch all locks that are made from now on."""
        kinds = {"Lock": threading.Lock, "RLock": threading.RLock}
        for name, make in kinds.items():
            setattr(threading, name, self._maker(make))
        try:
            yield
        finally:
            for name, make in kinds.items():
                setattr(threading, name, make)

    def _maker(self, make: Callable[[], Any]) -> Callable[[], Watched]:
        return lambda: Watched(make(), _maker_of_this(), self)

    @property
    def held(self) -> list[Watched]:
        """What this thread holds, once for each time it was taken."""
        if not hasattr(self._here, "held"):
            self._here.held = []
        return self._here.held

    def look(self, lock: Watched) -> None:
        """Note that a lock is about to be waited for."""
        for other in self.held:
            if other is lock:
                continue
            if other.name.startswith(self._ours) and lock.name.startswith(self._ours):
                self.breaches.append(f"{lock.name} while {other.name} is held")
            elif other.name != lock.name:
                self._after.setdefault(other.name, set()).add(lock.name)
                if self._leads(lock.name, other.name):
                    self.breaches.append(f"{lock.name} and {other.name} in either order")

    def _leads(self, start: str, goal: str) -> bool:
        """Tell whether a lock was taken, through whatever others, while another was held."""
        found, next_ones = {start}, [start]
        while next_ones:
            for name in self._after.get(next_ones.pop(), set()) - found:
                found.add(name)
                next_ones.append(name)
        return goal in found


class Watched:
    """A lock of `threading`, named after the line that made it."""

    def __init__(self, lock: Any, name: str, order: Order) -> None:
        self.name = name
        self._lock, self._order = lock, order
        self._holders: list[list[Watched]] = []

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if blocking:
            self._order.look(self)
        taken = self._lock.acquire(blocking, timeout)
        if taken:
            self._hold(1)
        return taken

    def release(self) -> None:
        self._let_go(1)
        self._lock.release()

    __enter__ = acquire

    def __exit__(self, *_: object) -> None:
        self.release()

    def __getattr__(self, name: str) -> Any:
        """What a `Condition` asks of a lock that may be taken twice, it has if the lock has."""
        if name == "_release_save":
            release = self._lock._release_save
            return lambda: (self._let_go(times := len(self._holders)), times, release())[1:]
        if name == "_acquire_restore":
            acquire = self._lock._acquire_restore
            return lambda kept: (acquire(kept[1]), self._hold(kept[0]))
        return getattr(self._lock, name)

    def _hold(self, times: int) -> None:
        for _ in range(times):
            self._holders.append(self._order.held)
            self._order.held.append(self)

    def _let_go(self, times: int) -> None:
        """Another thread may release a lock than the one that took it."""
        for _ in range(min(times, len(self._holders))):
            self._holders.pop().remove(self)


def _maker_of_this() -> str:
    """Return the file and line outside of `threading` that make a lock."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename == threading.__file__:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
