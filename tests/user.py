"""Somebody who uses the viewer at random, always in the same way for the same seed."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from viewer.app import App

#: What is done now and then, by name in the menus.
ACTIONS = (
    *("view.zoom_in", "view.zoom_out", "view.fit", "view.fit_width", "view.fill"),
    *("view.one_to_one", "view.turn_right", "view.flip_horizontally", "view.turn_back"),
    *("view.histogram", "view.inspector", "view.minimap", "view.metadata", "view.strip"),
    *("go.next", "go.next", "go.next", "go.previous", "go.first", "go.last", "file.reload"),
    *("preset.fast", "preset.balanced", "preset.off", "treat_as.photo", "treat_as.auto"),
    *("compare.split", "compare.side-by-side", "compare.difference", "compare.off"),
    *("compare.off", "compare.exchange", "compare.line_left", "compare.gain_more"),
)


@dataclass
class Sample:
    """What the process held at a moment of rest, and what handling events had cost until then.

    That is processor time of the interface's thread, which other programs do not lengthen.
    """

    resident: int
    threads: int
    files: int
    children: int
    busy_ms: float


@dataclass
class User:
    """Does one thing after the other to a viewer of pictures in `paths`."""

    app: App
    paths: list[Path]
    seed: int = 0
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)
        self._delays: list[float] = []

    def act(self) -> None:
        """Do something, and let the viewer go on for a moment."""
        acts: tuple[Callable[[], object], ...] = (
            *(self._turn_wheel,) * 5,
            *(self._drag,) * 4,
            *(self._choose,) * 5,
            self._resize,
            self._open,
        )
        acts[int(self._random.integers(len(acts)))]()
        self._pause(float(self._random.exponential(0.06)))

    def _pause(self, seconds: float) -> None:
        """Let events be handled, and note how long each turn keeps the viewer."""
        end = time.monotonic() + seconds
        while True:
            start = time.thread_time()
            QTest.qWait(1)
            self._delays.append(time.thread_time() - start)
            if time.monotonic() >= end:
                break

    def rest(self, timeout: float = 240.0) -> None:
        """Wait until nothing is left to do, and note what the process holds then."""
        end = time.monotonic() + timeout
        while time.monotonic() < end and not self.app.scheduler._resting:
            QTest.qWait(20)
        assert self.app.scheduler._resting, "it never comes to rest"
        while self.app.calm.waits:
            QTest.qWait(20)
        QTest.qWait(100)  # another thread gives memory back
        gc.collect()
        own = psutil.Process()
        busy = statistics.quantiles(self._delays, n=20)[-1] * 1000 if self._delays else 0.0
        self._delays.clear()
        files = own.num_fds() if hasattr(own, "num_fds") else 0
        facts = (own.memory_info().rss, own.num_threads(), files, len(own.children()))
        self.samples.append(Sample(*facts, busy))

    def _place(self) -> QPointF:
        size = self.app.canvas.size()
        x, y = self._random.uniform(0.1, 0.9, 2)
        return QPointF(x * size.width(), y * size.height())

    def _turn_wheel(self) -> None:
        place, notches = self._place(), int(self._random.integers(-4, 5))
        event = QWheelEvent(
            place,
            self.app.canvas.mapToGlobal(place),
            QPoint(),
            QPoint(0, notches * 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.app.canvas, event)

    def _drag(self) -> None:
        canvas, left = self.app.canvas, Qt.MouseButton.LeftButton
        QTest.mousePress(canvas, left, pos=self._place().toPoint())
        for _ in range(3):
            QTest.mouseMove(canvas, self._place().toPoint())
            self._pause(0.01)
        QTest.mouseRelease(canvas, left, pos=self._place().toPoint())

    def _choose(self) -> None:
        action = self.app.window.registry[ACTIONS[int(self._random.integers(len(ACTIONS)))]]
        if action.isEnabled():
            action.trigger()

    def _resize(self) -> None:
        width, height = self._random.integers((300, 200), (900, 600))
        self.app.window.resize(int(width), int(height))

    def _open(self) -> None:
        self.app.open([self.paths[int(self._random.integers(len(self.paths)))]])
