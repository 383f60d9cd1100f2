"""How late the event loop answers: a timer that should fire every 5 ms tells how late it was."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer

TICK_MS = 5


def figures(values: list[float]) -> dict[str, float]:
    """Return the percentiles and the maximum of some milliseconds."""
    if not values:
        return {}
    found = {f"p{q}": float(np.percentile(values, q)) for q in (50, 95, 99)}
    return {name: round(ms, 1) for name, ms in {**found, "max": max(values)}.items()}


class Lateness(QObject):
    """Collects by how many milliseconds each tick was late, and how many this thread worked for.

    What others take of the processor makes ticks late, too; what this thread works does not hold
    anything up that others do.
    """

    def __init__(self) -> None:
        super().__init__()
        self._late_ms: list[float] = []
        self._last, self._work = time.perf_counter(), time.thread_time()
        self._work_ms: list[float] = []
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def taken(self) -> list[float]:
        """Return those since the last call."""
        late, self._late_ms = self._late_ms, []
        return late

    def worked(self) -> list[float]:
        """Return the milliseconds of work between two ticks, since the last call."""
        work, self._work_ms = self._work_ms, []
        return work

    def stop(self) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        now, work = time.perf_counter(), time.thread_time()
        self._work_ms.append(1000 * (work - self._work))
        self._work = work
        self._late_ms.append(max(0.0, 1000 * (now - self._last) - TICK_MS))
        self._last = now


class Holdups(QObject):
    """Knows what held up the event loop most, in milliseconds, and its thread's work meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.begin()
        self._timer.start()

    def begin(self) -> None:
        """Forget what was before."""
        self._last, self._worked = time.perf_counter(), time.thread_time()
        self.longest, self.hardest = 0.0, 0.0

    def stop(self) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        self.longest = max(self.longest, 1000 * (now - self._last) - TICK_MS)
        self.hardest = max(self.hardest, 1000 * (worked - self._worked))
        self._last, self._worked = now, worked
