"""How fast each preset is on this machine: measured once, when nobody wants anything, and kept.

`Stopwatch` measures on the inference thread, `Speeds` decides when, on the GUI thread.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from models import spec
from viewer.core.budget import Limits
from viewer.core.presets import Preset
from viewer.engine import Load, use_threads
from viewer.settings import Settings

log = logging.getLogger(__name__)

#: What is made in one pass: a block at x2, as large as the viewer's own, amid a picture.
SCALE, BLOCK_PX, PICTURE_PX = 2, 320, 480
WARM_UP_PX = 32

#: The best of several passes counts, unless one alone takes long.
PASSES, LONG_SECONDS = 3, 0.3

#: How long nothing must have happened before a preset is measured.
IDLE_MS = 4_000


class Stopwatch(QObject):
    """Measures networks. Signals: measured(str, float): a model, and its megapixels per second."""

    measured = Signal(str, float)

    def __init__(self, load: Load, stop_flag: threading.Event) -> None:
        """`load` returns a model's upscaler; it is let go of afterwards."""
        super().__init__()
        self._load = load
        self._stop_flag = stop_flag

    @Slot(str, int)
    def measure(self, model: str, threads: int) -> None:
        """Measure a model as the viewer uses it; one that cannot be run tells nothing."""
        try:
            seconds = self._seconds(model, threads)
        except Exception:  # whoever chooses the model is told what is wrong with it
            log.info("%s could not be measured", model, exc_info=True)
        else:
            if seconds > 0:
                self.measured.emit(model, BLOCK_PX**2 / 1e6 / seconds)

    def _seconds(self, model: str, threads: int) -> float:
        """Return what the best pass took, or 0 if there is no time left for any."""
        upscaler = self._load(model)
        use_threads(threads)
        subnet = spec.automatic_subnet(SCALE, spec.find(model).subnets)
        side = PICTURE_PX // SCALE
        image = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
        best = 0.0
        for size in (WARM_UP_PX, *[BLOCK_PX] * PASSES):
            if self._stop_flag.is_set():
                return 0.0
            first = (PICTURE_PX - size) // 2
            block = (first, first + size)
            start = time.perf_counter()
            upscaler.region(image, (PICTURE_PX, PICTURE_PX), block, block, subnet)
            seconds = time.perf_counter() - start
            if size == BLOCK_PX:
                best = min(best or seconds, seconds)
                if seconds > LONG_SECONDS:
                    break
        return best


class Speeds(QObject):
    """Knows how fast presets are. Signals: changed(); requested(str, int), for the stopwatch."""

    changed = Signal()
    requested = Signal(str, int)

    def __init__(
        self, presets: Sequence[Preset], device: str, limits: Limits, settings: Settings
    ) -> None:
        """`device` is the one that networks run on, `limits` are those of a machine to itself."""
        super().__init__()
        self._models = {preset.name: preset.model for preset in presets if preset.model}
        self._device = device
        self._full = self._limits = limits
        self._settings = settings
        self._tried: set[str] = set()  # at this start
        self._wait = QTimer(self, singleShot=True, interval=IDLE_MS)
        self._wait.timeout.connect(self._on_idle)

    def of(self, preset: str) -> float | None:
        """Return the megapixels per second of a preset; None if it is not known, or has none."""
        model = self._models.get(preset)
        kept = self._kept().get(self._key(model)) if model else None
        return float(kept) if isinstance(kept, (int, float)) else None

    def stop(self) -> None:
        """Measure nothing more."""
        self._wait.stop()

    @Slot()
    def on_idle(self) -> None:
        """Wait a while, now that the viewer has nothing to do."""
        if self._missing():
            self._wait.start()

    @Slot()
    def on_busy(self) -> None:
        """Put it off."""
        self._wait.stop()

    @Slot(object)
    def set_limits(self, limits: Limits) -> None:
        """Learn what may be used; while that is less than all, speeds would be wrong."""
        self._limits = limits

    @Slot(str, float)
    def on_measured(self, model: str, speed: float) -> None:
        """Keep a speed, and go on with the next model."""
        self._settings.latest("speeds")
        kept = {**self._kept(), self._key(model): round(speed, 4)}
        current = {self._key(name) for name in self._models.values() if name}
        self._settings.set("speeds", json.dumps({key: kept[key] for key in kept if key in current}))
        self.changed.emit()
        self.on_idle()

    def _on_idle(self) -> None:
        if self._limits.threads < self._full.threads or self._limits.reason:
            self._wait.start()
        elif missing := self._missing():
            self._tried.add(missing[0])
            self.requested.emit(missing[0], self._full.threads)

    def _missing(self) -> list[str]:
        kept = self._kept()
        models = dict.fromkeys(self._models.values())
        return [each for each in models if each not in self._tried and self._key(each) not in kept]

    def _kept(self) -> dict[str, object]:
        try:
            kept = json.loads(self._settings.get("speeds") or "{}")
        except ValueError:
            return {}
        return kept if isinstance(kept, dict) else {}

    def _key(self, model: str) -> str:
        """Name what was measured: other weights, or another device, must be measured anew."""
        found = {each.name: each.sha256[:12] for each in spec.available()}
        return f"{model} {found.get(model, '')} {self._device} {self._full.threads}"
