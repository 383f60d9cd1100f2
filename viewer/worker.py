"""Runs on the inference thread: opens pictures and makes tiles, one at a time, and tells.

The one place where errors are caught: each becomes a `Failure` for the window.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from viewer.core.errors import OutOfMemory, ViewerError
from viewer.core.shapes import Rect
from viewer.core.source import Picture, open_picture
from viewer.core.tiles import (
    Failure,
    Opened,
    OpenRequest,
    Tile,
    TileKey,
    TileRequest,
    TileResult,
)
from viewer.engine import Engine

#: Of the inference thread on Linux: where two threads want one core, it gets a quarter.
NICENESS = 5

log = logging.getLogger(__name__)


class TileWorker(QObject):
    """Answers requests in the order they come.

    Signals: opened(Opened), twice if a reduced decoding comes first; finished(TileResult);
    failed(Failure).
    """

    opened = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    _half_opened = Signal(object)

    def __init__(self, engine: Engine, stop_flag: threading.Event) -> None:
        super().__init__()
        self._engine = engine
        self._stop_flag = stop_flag
        self._generation = 0  # of the picture opened last
        # Through the event queue, so that what was asked meanwhile comes before the long part.
        self._half_opened.connect(self._open_fully)

    @Slot()
    def begin(self) -> None:
        """Let the interface go first: this thread, and those that it starts, ask for less."""
        if sys.platform.startswith("linux"):  # elsewhere a nicer thread makes a nicer process
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)

    @Slot(object)
    def open(self, request: OpenRequest) -> None:
        """Open a picture, reduced first where that is quicker."""
        picture = self._open(request, request.canvas)
        if picture is None:
            return  # the picture before it stays on screen
        self._generation = request.generation
        if picture.reduced:
            self._half_opened.emit(request)

    @Slot(object)
    def _open_fully(self, request: OpenRequest) -> None:
        if request.generation == self._generation:
            self._open(request, None)

    @Slot(object, object)
    def redisplay(self, request: OpenRequest, picture: Picture) -> None:
        """Show an opened picture again in the colours of another display."""
        if not self._stop_flag.is_set():
            self._show(request, picture)

    @Slot(object)
    def run(self, request: TileRequest) -> None:
        """Make the tiles of a request."""
        if self._stop_flag.is_set():
            return
        try:
            pixels, seconds = self._engine.render(request)
            tiles = tuple((key, _cut(pixels, request, key)) for key in request.tile_keys())
            self.finished.emit(TileResult(request, tiles, seconds))
        except ViewerError as error:
            log.info("Tiles failed", exc_info=True)
            short = isinstance(error, OutOfMemory)
            self.failed.emit(Failure(request, str(error), out_of_memory=short))
        except Exception:
            log.exception("Tiles failed in a way nobody thought of")
            self.failed.emit(Failure(request, "A part of the picture could not be refined."))

    @Slot(str)
    def prepare(self, model: str) -> None:
        """Load a model before it is needed; if that fails, the first request will say so."""
        try:
            self._engine.prepare(model)
        except Exception:  # whatever it is, the request that needs the model meets it again
            log.info("Loading %s ahead failed", model, exc_info=True)

    def _open(self, request: OpenRequest, at_most: tuple[int, int] | None) -> Picture | None:
        if self._stop_flag.is_set():
            return None
        try:
            picture = open_picture(request.path, at_most, keep_space=True)
            self._show(request, picture)
        except ViewerError as error:
            log.info("Opening failed", exc_info=True)
            self.failed.emit(Failure(request, str(error)))
        except Exception:
            log.exception("Opening failed in a way nobody thought of")
            self.failed.emit(Failure(request, f"{request.path.name} could not be opened."))
        else:
            return picture
        return None

    def _show(self, request: OpenRequest, picture: Picture) -> None:
        base, base_size = self._engine.base(picture, request.display)
        self.opened.emit(Opened(request, picture, _image(base, picture), base_size))


def _cut(pixels: np.ndarray, request: TileRequest, key: TileKey) -> Tile:
    """Return one tile, with its gutter, of the pixels made for a whole request."""
    core, outer = request.areas(key)
    whole = request.l_rect
    part = pixels[
        outer.top - whole.top : outer.bottom - whole.top,
        outer.left - whole.left : outer.right - whole.left,
    ]
    image = _image(part, request.picture)
    return Tile(Rect(*core), Rect(*outer), image, image.sizeInBytes(), arrived=time.monotonic())


def _image(bgra: np.ndarray, picture: Picture) -> QImage:
    """Wrap premultiplied BGRA; the image keeps its own copy of the array alive."""
    kind = QImage.Format.Format_RGB32
    if picture.alpha is not None:
        kind = QImage.Format.Format_ARGB32_Premultiplied
    pixels = np.array(bgra, order="C")
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 4 * width, kind)
