"""How late the event loop answers while a 24 MP photo is zoomed and dragged. Prints JSON.

    python bench/ui.py [--seconds 10] [--platform offscreen]

A timer that should fire every 5 ms tells how late it was: all that painting, planning and Python's
lock held elsewhere cost a user. `open` and `load` are the times of decoding the photo and of
importing torch and loading the network; `off` and `on` are the scripted run without and with it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QEventLoop, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from viewer.app import App
from viewer.core.options import Options

TICK_MS = 5
NO_BUTTON, NO_KEY = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier


class Lateness(QObject):
    """Collects by how many milliseconds each tick was late."""

    def __init__(self) -> None:
        super().__init__()
        self._late_ms: list[float] = []
        self._last = time.perf_counter()
        timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)
        timer.timeout.connect(self._tick)
        timer.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        self._late_ms.append(max(0.0, 1000 * (now - self._last) - TICK_MS))
        self._last = now

    def taken(self) -> dict[str, float]:
        """Return the figures since the last call, in milliseconds."""
        late, self._late_ms = np.array(self._late_ms), []
        figures = {f"p{q}": float(np.percentile(late, q)) for q in (50, 95, 99)}
        return {name: round(ms, 1) for name, ms in {**figures, "max": float(late.max())}.items()}


def wait(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def wheel(app: App, notches: float, x: float, y: float) -> None:
    at = QPointF(x, y)
    turn = QPoint(0, round(120 * notches))
    there = app.canvas.mapToGlobal(at)
    phase = Qt.ScrollPhase.NoScrollPhase
    QApplication.postEvent(
        app.canvas, QWheelEvent(at, there, QPoint(), turn, NO_BUTTON, NO_KEY, phase, False)
    )


def exercise(app: App, seconds: float) -> None:
    """Zoom in and out and pan in bursts, with rests in which tiles are begun."""
    end = time.perf_counter() + seconds
    app.canvas.motion.one_to_one()
    wait(0.3)
    while time.perf_counter() < end:
        for notches in (1, 1, 1, -0.5, 0.7, -2.2):
            for _ in range(4):
                wheel(app, notches / 2, 300 + 80 * notches, 250)
                wait(0.02)
            wait(0.3)
        for _ in range(20):
            app.canvas.motion.pan_by(-11, 7)
            wait(0.016)
        wait(0.25)


def photo(folder: Path) -> Path:
    """Save 6000 x 4000 pixels of detail as a JPEG."""
    rng = np.random.default_rng(1)
    coarse = Image.fromarray(rng.integers(0, 256, (400, 600, 3), dtype=np.uint8))
    path = folder / "photo.jpg"
    coarse.resize((6000, 4000), Image.Resampling.BICUBIC).save(path, quality=90)
    return path


def measure(path: Path, preset: str, seconds: float) -> dict[str, object]:
    app = App(Options(paths=(path,), preset=preset, size=(1600, 1000)))
    lateness = Lateness()
    loop = QEventLoop()
    app.scheduler.idle.connect(loop.quit)
    app.start()
    loop.exec()
    figures: dict[str, object] = {"open": lateness.taken()}
    if preset != "off":
        while "models.upscaler" not in sys.modules:
            wait(0.1)
        wait(1.0)
        figures["load"] = lateness.taken()
    passes: list[float] = []
    app.worker.finished.connect(lambda result: passes.append(result.seconds))
    exercise(app, seconds)
    figures["run"] = lateness.taken()
    figures["passes"] = len(passes)
    figures["median_pass_ms"] = round(1000 * float(np.median(passes)), 1)
    app.window.close()
    app.stop()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--platform", help="Qt's, such as offscreen")
    given = parser.parse_args()
    if given.platform:
        os.environ["QT_QPA_PLATFORM"] = given.platform
    qt = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        path = photo(Path(folder))
        figures = {"off": measure(path, "off", given.seconds)}
        figures["on"] = measure(path, "balanced", given.seconds)
    qt.quit()
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
