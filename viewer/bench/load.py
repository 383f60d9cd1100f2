"""`anyzoom bench load`: how soon Anyzoom gives way to busy programs, and comes back."""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import pairwise

from PySide6.QtCore import Qt

from viewer.bench.stage import BenchError, Stage, photo_for, wait
from viewer.core.budget import Limits
from viewer.core.presets import Recipe
from viewer.core.shapes import Size
from viewer.core.tiles import TileRequest
from viewer.monitor import ResourceMonitor

#: How long to wait for a calm machine at the start, and for recovery in the end.
PATIENCE_S = 20.0
CALM_S = 2.0
BUSY = (sys.executable, "-c", "while True: pass")


class Record:
    """Which subnet was asked for, and how the limits changed; times in monotonic seconds."""

    def __init__(self, full: Limits) -> None:
        self.full = self.limits = full
        self.changes: list[tuple[float, Limits]] = []
        self.asked: list[tuple[float, float]] = []

    def first(self, since: float, *, full: bool) -> float | None:
        """Return the seconds from `since` until the full subnet was asked for, or a smaller."""
        best = max(subnet for _, subnet in self.asked)
        found = [at - since for at, subnet in self.asked if (subnet == best) is full]
        return next((round(seconds, 2) for seconds in found if seconds > 0), None)

    def swings(self, start: float, end: float) -> int:
        """Return how often the limits turned from tighter to looser or back in between."""
        found = [limits for at, limits in self.changes if start <= at <= end]
        ways = [
            (b.threads, b.subnet_cap) > (a.threads, a.subnet_cap)
            for a, b in zip([self.full, *found], found, strict=False)
        ]
        return sum(a != b for a, b in pairwise(ways))

    def on_limits(self, limits: Limits) -> None:
        self.limits = limits
        self.changes.append((time.monotonic(), limits))

    def on_requested(self, request: TileRequest) -> None:
        if request.sheet.quality.model is not None:
            self.asked.append((time.monotonic(), request.sheet.quality.subnet))


def measure(
    recipe: Recipe, scale: float, canvas: Size, device: str, seconds: float
) -> dict[str, object]:
    """Refine viewports without a pause, keep every core busy for some `seconds`, then stop that.

    Raises `BenchError` if other programs keep the machine busy from the start.
    """
    stage = Stage(recipe, device)
    monitor = ResourceMonitor(stage.limits)
    record = Record(stage.limits)
    # In this thread, as the scheduler is told.
    monitor.limits_changed.connect(stage.scheduler.set_limits, Qt.ConnectionType.QueuedConnection)
    monitor.limits_changed.connect(record.on_limits, Qt.ConnectionType.QueuedConnection)
    stage.scheduler.requested.connect(record.on_requested)
    picture = photo_for(canvas, scale)

    def work(until: float, *, calm: bool = False) -> None:
        while time.monotonic() < until and not (calm and record.limits == record.full):
            stage.refine(picture, scale, canvas)

    busy: list[subprocess.Popen[bytes]] = []
    try:
        monitor.set_on(True)
        stage.refine(picture, scale, canvas)
        wait(CALM_S)
        work(time.monotonic() + PATIENCE_S, calm=True)
        if record.limits != record.full:
            raise BenchError(f"Other programs use this machine ({record.limits.reason}).")
        start = time.monotonic()
        busy = [subprocess.Popen(BUSY) for _ in range(stage.threads)]
        work(start + seconds)
        end, held = time.monotonic(), record.limits
        for process in busy:
            process.kill()
            process.wait()
        work(end + PATIENCE_S, calm=True)
        stage.refine(picture, scale, canvas)
    finally:
        for process in busy:
            process.kill()
        monitor.stop()
        stage.stop()
    gave_way = record.first(start, full=False)
    return {
        "busy_processes": len(busy),
        "loaded_seconds": round(end - start, 1),
        "subnet": {
            "before": max(subnet for at, subnet in record.asked if at <= start),
            "during": min(subnet for at, subnet in record.asked if start < at <= end),
            "after": record.asked[-1][1],
        },
        "threads": {"before": record.full.threads, "during": held.threads},
        "reason": held.reason,
        "downshift_seconds": gave_way,
        "recovery_seconds": None if gave_way is None else record.first(end, full=True),
        "swings": record.swings(start, end),
    }
