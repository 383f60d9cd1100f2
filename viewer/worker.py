"""Runs on the inference thread: makes tiles, one request at a time, and tells.

Errors end here: each becomes a `Failure` for the window.
"""

from __future__ import annotations

import logging
import threading
import time

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from models.spec import GivenUp
from viewer.core import careful
from viewer.core.errors import GpuLost, NoNumbers, OutOfMemory, ViewerError
from viewer.core.shapes import Rect
from viewer.core.tiles import Failure, Tile, TileKey, TileRequest, TileResult
from viewer.core.words import mark
from viewer.engine import Engine, give_memory_back
from viewer.images import qimage

log = logging.getLogger(__name__)


class TileWorker(QObject):
    """Answers requests in the order they come.

    Signals: finished(TileResult); failed(Failure).
    """

    finished = Signal(object)
    failed = Signal(object)

    def __init__(self, engine: Engine, stop_flag: threading.Event) -> None:
        super().__init__()
        self._engine = engine
        self._stop_flag = stop_flag
        self._used_memory = False

    @Slot(object)
    def run(self, request: TileRequest) -> None:
        """Make the tiles of a request; none if it was dropped, before that or meanwhile."""
        if self._stop_flag.is_set():
            return
        try:
            if request.dropped.is_set():
                raise GivenUp
            self._used_memory = True
            pixels, seconds = self._engine.render(request)
            with careful.told():
                tiles = tuple((key, _cut(pixels, request, key)) for key in request.tile_keys())
            self.finished.emit(TileResult(request, tiles, seconds))
        except GivenUp:
            self.finished.emit(TileResult(request, (), 0.0))
        except ViewerError as error:
            log.info("Tiles failed", exc_info=True)
            failure = Failure(
                request,
                str(error),
                out_of_memory=isinstance(error, OutOfMemory),
                gpu_lost=isinstance(error, GpuLost),
                no_numbers=isinstance(error, NoNumbers),
            )
            self.failed.emit(failure)
        except Exception:
            log.exception("Tiles failed in a way nobody thought of")
            self.failed.emit(Failure(request, mark("A part of the picture could not be refined.")))

    @Slot()
    def give_memory_back(self) -> None:
        """Keep no freed memory for passes that are not asked for."""
        if self._used_memory:
            self._used_memory = False
            give_memory_back()

    @Slot(str)
    def prepare(self, model: str) -> None:
        """Load a model before it is needed; if that fails, the first request will say so."""
        try:
            self._engine.prepare(model)
        except Exception:  # whatever it is, the request that needs the model meets it again
            log.info("Loading %s ahead failed", model, exc_info=True)


def _cut(pixels: np.ndarray, request: TileRequest, key: TileKey) -> Tile:
    """Return one tile, with its gutter, of the pixels made for a whole request."""
    core, outer = request.areas(key)
    whole = request.l_rect
    part = pixels[
        outer.top - whole.top : outer.bottom - whole.top,
        outer.left - whole.left : outer.right - whole.left,
    ]
    image = qimage(part, request.picture.alpha is not None)
    return Tile(Rect(*core), Rect(*outer), image, image.sizeInBytes(), arrived=time.monotonic())
