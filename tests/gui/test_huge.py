"""A picture of a gigapixel is looked at like any other, in little memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil
import pytest
from fakes import noise
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from viewer.app import App
from viewer.core import decoder
from viewer.core.options import Options

WIDTH, HEIGHT, TILE = 40_000, 25_000, 1_000
MOST_BYTES, MOST_BYTES_OF_A_PROCESS = 600_000_000, 300_000_000


def gigapixel(path: Path) -> np.ndarray:
    """Write one in which a square is repeated, and return that."""
    vips = pytest.importorskip("pyvips")
    square = noise(TILE, TILE)
    image = vips.Image.new_from_array(square).copy(interpretation="srgb")
    whole = image.replicate(WIDTH // TILE, HEIGHT // TILE)
    whole.tiffsave(str(path), tile=True, pyramid=True, compression="none", bigtiff=True)
    return square


def shown(app: App) -> np.ndarray:
    """Return the canvas as RGB."""
    image = app.canvas.picture().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


@pytest.mark.slow
@pytest.mark.skipif(not decoder.SEPARATE, reason="pictures are opened in this process")
def test_a_gigapixel_is_zoomed_to_its_pixels_and_beyond(tmp_path: Path, qtbot: QtBot) -> None:
    square = gigapixel(tmp_path / "map.tif")
    this = psutil.Process()
    before = this.memory_info().rss
    app = App(Options(paths=(tmp_path / "map.tif",), preset="off", size=(1600, 1000)))
    qtbot.addWidget(app.window)
    try:
        app.start()
        qtbot.waitUntil(lambda: app.canvas.view is not None)
        qtbot.waitUntil(lambda: not app.scheduler._scene.picture.reduced)
        for zoom in (0.05, 0.3, 1.0, 2.0, 16.0):
            app.canvas.motion.zoom_to(zoom)
            qtbot.waitUntil(lambda: app.canvas.view == app.canvas.motion.goal)
            assert app.canvas.view.zoom == pytest.approx(zoom, abs=1e-3)
            app.canvas.motion.centre_on((0.4, 0.7))
            qtbot.waitUntil(lambda: refined(app))
            if zoom == 1.0:
                left, top = round(-app.canvas.view.v_left), round(-app.canvas.view.v_top)
                expected = np.roll(square, (-top % TILE, -left % TILE), (0, 1))
                np.testing.assert_array_equal(shown(app)[:900, :1000], expected[:900])
        assert this.memory_info().rss - before < MOST_BYTES
        others = [child.memory_info().rss for child in this.children()]
        assert max(others) < MOST_BYTES_OF_A_PROCESS
    finally:
        app.stop()


def refined(app: App) -> bool:
    plan = app.scheduler.plan
    return app.scheduler._resting and plan is not None and plan.done == plan.total
