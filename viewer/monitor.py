"""Watches what other programs use, on a thread of its own, and says how much is left for Anyzoom.

Sensors that fail or are not there count as nothing in the way. The rules are `core/budget.py`.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from types import ModuleType

import psutil
from PySide6.QtCore import QDeadlineTimer, QThread, Signal

from viewer.core.budget import Budget, Limits, ResourceSample, step

log = logging.getLogger(__name__)

#: Four times a second, loads over half of one: noticed soon wherever they begin, but no blips. Once
#: a second would often be too late to give way within one; a reading takes 0.4 ms.
PERIOD_S = 0.25
READINGS = 3
STOP_MS = 5_000

#: Tiles and pictures in hand may take this share of the memory that is free at the start, within
#: these bounds: at most sixty full screens of tiles and five pictures of 24 megapixels.
CACHE_SHARE, CACHE_MIN_BYTES, CACHE_MAX_BYTES = 0.25, 256 << 20, 768 << 20

#: What a sensor may raise; psutil passes on what the system says.
SENSOR_ERRORS = (psutil.Error, OSError, RuntimeError, ValueError, AttributeError)


def full_limits() -> Limits:
    """Return what Anyzoom may use of this machine when nobody else needs it."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    # Two threads on one core only get in each other's way.
    cores = min(usable or 1, psutil.cpu_count(logical=False) or usable or 1)
    free, _ = _memory()
    cache = max(CACHE_MIN_BYTES, min(CACHE_MAX_BYTES, int(free * CACHE_SHARE)))
    return Limits.none(cores, cache)


class ResourceMonitor(QThread):
    """Samples while it runs, and tells when the limits change.

    Signals: limits_changed(Limits), from this very thread.
    """

    limits_changed = Signal(object)

    def __init__(self, full: Limits, read: Callable[[], ResourceSample] | None = None) -> None:
        """`full` are the limits of a machine that nobody else uses; `read` takes a sample."""
        super().__init__()
        self.setObjectName("monitor")
        self._full = full
        self._read = read or Sensors().read
        self._stop_flag = threading.Event()

    def run(self) -> None:
        state = Budget.of(self._full)
        while not self._stop_flag.wait(PERIOD_S):
            before, state = state, step(state, self._read())
            if state.limits != before.limits:
                log.info("Limits: %s", state.limits)
                self.limits_changed.emit(state.limits)

    def set_on(self, on: bool) -> None:
        """Start watching, or stop it and take all limits back."""
        if on and not self.isRunning():
            self._stop_flag.clear()
            self.start(QThread.Priority.LowPriority)
        elif not on and self.isRunning():
            self.stop()
            self.limits_changed.emit(self._full)

    def stop(self, end: QDeadlineTimer | None = None) -> bool:
        """End the thread; tell whether it has ended by `end`: a sensor may hang, as drivers do."""
        self._stop_flag.set()
        return self.wait(end or QDeadlineTimer(STOP_MS))


class Sensors:
    """Takes samples. Loads are means over half a second, so it remembers a few readings."""

    def __init__(self) -> None:
        self._cores = psutil.cpu_count() or 1
        self._readings: deque[tuple[float, float, float, float]] = deque(maxlen=READINGS)
        self._readings.append(_reading())
        self._gpu = Gpu()

    def read(self) -> ResourceSample:
        """Return what is going on."""
        now = _reading()
        self._readings.append(now)
        time_then, *then = self._readings[0]
        seconds = max(now[0] - time_then, 1e-3)
        busy, own, swapped = (
            max(0.0, (new - old) / seconds) for new, old in zip(now[1:], then, strict=True)
        )
        own = min(own, float(self._cores))
        free, total = _memory()
        on_battery, battery = _battery()
        gpu_others, gpu_free = self._gpu.read()
        return ResourceSample(
            time=now[0],
            cores=self._cores,
            others=min(max(0.0, busy - own), float(self._cores)),
            own=own,
            memory_free=free,
            memory_total=total,
            swapped=swapped,
            on_battery=on_battery,
            battery=battery,
            gpu_others=gpu_others,
            gpu_free=gpu_free,
        )


class Gpu:
    """What others do on the NVIDIA GPU that this process uses, if it uses one and NVML is there."""

    def __init__(self, nvml: ModuleType | None = None) -> None:
        self._nvml = nvml or _nvml()
        self._last_seen = 0

    def read(self) -> tuple[float | None, int | None]:
        """Return the share of the GPU that others use, and its free bytes; None if unknown."""
        nvml = self._nvml
        if nvml is None:
            return None, None
        # NVML has errors of its own; a sensor must not end the thread, whatever it raises.
        try:
            for index in range(nvml.nvmlDeviceGetCount()):
                handle = nvml.nvmlDeviceGetHandleByIndex(index)
                ours = nvml.nvmlDeviceGetComputeRunningProcesses(handle)
                if any(process.pid == os.getpid() for process in ours):
                    return self._others(handle), nvml.nvmlDeviceGetMemoryInfo(handle).free
        except nvml.NVMLError:
            log.debug("NVML failed", exc_info=True)
        return None, None

    def _others(self, handle: object) -> float:
        nvml = self._nvml
        assert nvml is not None
        try:
            samples = nvml.nvmlDeviceGetProcessUtilization(handle, self._last_seen)
        except nvml.NVMLError:  # also raised when no process did anything
            return 0.0
        self._last_seen = max((each.timeStamp for each in samples), default=self._last_seen)
        return sum(each.smUtil for each in samples if each.pid != os.getpid()) / 100


def _nvml() -> ModuleType | None:
    with contextlib.suppress(ImportError):
        nvml = importlib.import_module("pynvml")
        with contextlib.suppress(nvml.NVMLError):
            nvml.nvmlInit()
            return nvml
    return None


def _reading() -> tuple[float, float, float, float]:
    """Return the time, the core seconds used by all and by this process, and the bytes swapped."""
    busy = own = swapped = 0.0
    with contextlib.suppress(*SENSOR_ERRORS):
        times = psutil.cpu_times()
        busy = sum(getattr(times, kind, 0.0) for kind in ("user", "nice", "system"))
        # Children that have ended included; os.times is far cheaper than looking for live ones.
        own = sum(os.times()[:4])
    with contextlib.suppress(*SENSOR_ERRORS):
        swap = psutil.swap_memory()
        swapped = float(swap.sin + swap.sout)
    return time.monotonic(), busy, own, swapped


def _memory() -> tuple[int, int]:
    with contextlib.suppress(*SENSOR_ERRORS):
        memory = psutil.virtual_memory()
        return memory.available, memory.total
    return 1 << 62, 1 << 62


def _battery() -> tuple[bool, float]:
    with contextlib.suppress(*SENSOR_ERRORS):
        battery = psutil.sensors_battery()
        if battery is not None and battery.power_plugged is False:
            return True, float(battery.percent)
    return False, 100.0
