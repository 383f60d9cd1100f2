"""What measuring needs: the scheduler and the engine without a window, and pictures for them."""

from __future__ import annotations

import math
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import QCoreApplication, QDeadlineTimer, QEventLoop, QObject, Qt, QTimer

from viewer.core import geometry
from viewer.core.cache import TileCache
from viewer.core.errors import ViewerError
from viewer.core.picture import Picture
from viewer.core.plan import Layer, Scene
from viewer.core.presets import Recipe
from viewer.core.shapes import Size
from viewer.core.tiles import Failure, TileResult
from viewer.engine import Engine, load_upscaler
from viewer.monitor import full_limits
from viewer.scheduler import TileScheduler
from viewer.threads import INFERENCE_NICENESS, WorkThread
from viewer.worker import TileWorker

if TYPE_CHECKING:
    from models.upscaler import Upscaler
    from viewer.app import App

#: What a made-up picture shows beyond the edges of the canvas, so that halos find pixels.
BESIDE_PX = 160


class BenchError(ViewerError):
    """Something could not be measured."""


def photo(width: int, height: int) -> np.ndarray:
    """Return made-up uint8 RGB with detail; what it shows makes no difference to networks."""
    rows = np.arange(height, dtype=np.int64)[:, None, None]
    cols = np.arange(width, dtype=np.int64)[None, :, None]
    colours = np.arange(1, 4, dtype=np.int64)
    return ((rows * cols // 97 + rows * colours + cols * 3) % 251).astype(np.uint8)


def photo_for(canvas: Size, scale: float) -> Picture:
    """Return a picture that is larger than the canvas at that scale."""
    pixels = photo(*(math.ceil(side / scale) + 2 * BESIDE_PX for side in canvas))
    pixels.setflags(write=False)
    height, width = pixels.shape[:2]
    return Picture(
        path=Path("made-up.png"),
        size=(width, height),
        pixels=pixels,
        alpha=None,
        reduced=False,
        lossy=False,
        icc_profile=None,
        exif=None,
    )


class Stage(QObject):
    """Refines one viewport after the other, each at once by its best subnet, and takes the time."""

    upscaler: Upscaler

    def __init__(self, recipe: Recipe, device: str) -> None:
        """Raises `BenchError` if the recipe has no network."""
        super().__init__()
        if recipe.preset.model is None:
            raise BenchError("This preset runs no network: there is nothing to measure.")
        self._application = QCoreApplication.instance() or QCoreApplication([])
        self._device = device
        self.limits = full_limits()
        self.threads = self.limits.threads
        cache = TileCache(self.limits.tiles_bytes)
        self.scheduler = TileScheduler(cache, recipe.at_once, self.limits)
        self._stop_flag = threading.Event()
        self.worker = TileWorker(Engine(self._load), self._stop_flag)
        self._thread = WorkThread("inference", self.worker, niceness=INFERENCE_NICENESS)
        self.scheduler.requested.connect(self.worker.run)
        self.worker.finished.connect(self._on_finished, Qt.ConnectionType.DirectConnection)
        self.worker.finished.connect(self.scheduler.on_finished)
        self.worker.failed.connect(self.scheduler.on_failed)
        self.worker.failed.connect(self._on_failed)
        self.refining_passes: list[tuple[float, TileResult]] = []
        self._failure = ""
        self._number = 0
        self._thread.start()

    def refine(self, picture: Picture, zoom: float, canvas: Size) -> tuple[float, float]:
        """Show the middle of a picture anew; return the seconds to the first and the last tile.

        Raises `BenchError` if a part could not be refined.
        """
        self._number += 1
        self.refining_passes = []
        view = geometry.look_at(geometry.fit(Size(*picture.size), canvas), zoom, (0.5, 0.5))
        loop = QEventLoop()
        self.scheduler.idle.connect(loop.quit)
        start = time.perf_counter()
        self.scheduler.set_scene(Scene(self._number, picture, Layer((1.0, 1.0), (), True)))
        self.scheduler.set_view(view, view.v_centre)
        loop.exec()
        self.scheduler.idle.disconnect(loop.quit)
        if self._failure or not self.refining_passes:
            raise BenchError(self._failure or "At this scale no network runs: choose one above 1.")
        times = [at - start for at, _ in self.refining_passes]
        return times[0], times[-1]

    def stop(self) -> None:
        """End the thread."""
        self.scheduler.stop()
        self._stop_flag.set()
        self._thread.quit()
        self._thread.wait()

    def _load(self, model: str) -> Upscaler:
        self.upscaler = cast("Upscaler", load_upscaler(model, self._device))
        return self.upscaler

    def _on_finished(self, result: TileResult) -> None:
        if result.request.sheet.quality.model is not None:
            self.refining_passes.append((time.perf_counter(), result))

    def _on_failed(self, failure: Failure) -> None:
        self._failure = failure.message


def leave(app: App) -> None:
    """End a viewer however long its threads take: what it measured is still to be told."""
    app.window.close()
    app.stop(QDeadlineTimer(QDeadlineTimer.ForeverConstant.Forever))


def wait(seconds: float) -> None:
    """Let the event loop run for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()
