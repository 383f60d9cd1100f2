"""`anyzoom bench ui`: how late the interface answers while a photo is zoomed and dragged.

A timer that should fire every 5 ms tells how late it was: all that painting, planning and Python's
lock held elsewhere cost a user. The same script runs without a network and with one.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QEventLoop, QPoint, QPointF, Qt
from PySide6.QtGui import QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from viewer.app import App
from viewer.bench.lateness import Lateness, figures
from viewer.bench.photos import save_photo
from viewer.bench.stage import leave, wait
from viewer.canvas import Canvas
from viewer.core.options import Options

SIZE = (1600, 1000)
NO_BUTTON, NO_KEY = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier


def measure(
    preset: str, seconds: float, width: int = 6000, height: int = 4000
) -> dict[str, object]:
    """Return milliseconds of the event loop's delay and of painting, off and on, and ratios."""
    application = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        path = save_photo(Path(folder, "photo.jpg"), width, height)
        with _painting_timed() as paints:
            off = _run(path, "off", seconds, paints)
            on = _run(path, preset, seconds, paints)
    application.processEvents()
    return {
        "seconds": seconds,
        "off": off,
        "on": on,
        "ratio_p99": {
            kind: round(on[kind]["p99"] / max(off[kind]["p99"], 0.1), 2)
            for kind in ("event_loop_ms", "paint_ms")
        },
    }


def _run(path: Path, preset: str, seconds: float, paints: list[float]) -> dict[str, dict]:
    app = App(Options(paths=(path,), preset=preset, size=SIZE))
    lateness = Lateness()
    loop = QEventLoop()
    app.scheduler.idle.connect(loop.quit)
    app.start()
    loop.exec()
    opening = figures(lateness.taken())
    loading = None
    if preset != "off":
        while "models.upscaler" not in sys.modules:
            wait(0.1)
        wait(1.0)
        loading = figures(lateness.taken())
    passes: list[float] = []
    app.worker.finished.connect(lambda result: passes.append(1000 * result.seconds))
    paints.clear()
    exercise(app, seconds)
    found = {
        "event_loop_ms": figures(lateness.taken()),
        "paint_ms": figures(paints),
        "pass_ms": figures(passes),
        "while_opening_ms": opening,
    }
    lateness.stop()
    leave(app)
    return found if loading is None else {**found, "while_loading_ms": loading}


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


def wheel(app: App, notches: float, x: float, y: float) -> None:
    """Turn the wheel over a place of the canvas."""
    at = QPointF(x, y)
    turn = QPoint(0, round(120 * notches))
    there = app.canvas.mapToGlobal(at)
    phase = Qt.ScrollPhase.NoScrollPhase
    QApplication.postEvent(
        app.canvas, QWheelEvent(at, there, QPoint(), turn, NO_BUTTON, NO_KEY, phase, False)
    )


@contextmanager
def _painting_timed() -> Iterator[list[float]]:
    """Collect the milliseconds that each painting of a canvas takes."""
    taken: list[float] = []
    paint = Canvas.paintEvent

    def timed(canvas: Canvas, event: QPaintEvent) -> None:
        start = time.perf_counter()
        paint(canvas, event)
        taken.append(1000 * (time.perf_counter() - start))

    Canvas.paintEvent = timed  # type: ignore[method-assign]
    try:
        yield taken
    finally:
        Canvas.paintEvent = paint  # type: ignore[method-assign]
