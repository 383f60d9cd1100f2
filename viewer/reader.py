"""Runs on a thread of its own: opens pictures, one at a time, and tells."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from viewer.core.colour import convert
from viewer.core.errors import OpenError, ViewerError, shown
from viewer.core.picture import Picture, Wish
from viewer.core.resample import Resampler, premultiplied_bgra
from viewer.core.shapes import Size
from viewer.core.stamp import stamp_of
from viewer.core.tiles import Failure, Opened, OpenRequest
from viewer.core.turn import Turn, turned
from viewer.core.words import mark
from viewer.images import qimage

#: Opens a file. Raises `ViewerError`.
Read = Callable[[Path, Wish], Picture]

log = logging.getLogger(__name__)


class Reader(QObject):
    """Answers requests in the order they come.

    Signals: opened(Opened), twice if a reduced decoding comes first; failed(Failure);
    turned(Opened, Turn, Opened): a picture, how it was turned, and the outcome.
    """

    opened = Signal(object)
    failed = Signal(object)
    turned = Signal(object, object, object)
    _half_opened = Signal(object)

    def __init__(self, read: Read, stop_flag: threading.Event, *, partial: bool = True) -> None:
        """With `partial`, of a damaged file what can be read is shown."""
        super().__init__()
        self._partial = partial
        self._read = read
        self._stop_flag = stop_flag
        self._generation = 0  # of the picture opened last
        # Through the event queue, so that what was asked meanwhile comes before the long part.
        self._half_opened.connect(self._open_fully)

    @Slot(object)
    def open(self, request: OpenRequest) -> None:
        """Open a picture, reduced first where that is quicker."""
        picture = self._open(request, request.canvas if request.shrink == 1 else None)
        if picture is None:
            return  # the picture before it stays on screen
        self._generation = request.generation
        if picture.reduced:
            self._half_opened.emit(request)

    @Slot(object)
    def _open_fully(self, request: OpenRequest) -> None:
        if request.generation == self._generation:
            self._open(request, None)

    @Slot(object)
    def redisplay(self, opened: Opened) -> None:
        """Show an opened picture again, in the colours of the display that its request names."""
        if self._stop_flag.is_set():
            return
        try:
            base, _ = _base(opened.picture, opened.request.display)
        except MemoryError:  # it stays in the colours it has
            log.info("Converting failed", exc_info=True)
        else:
            self.opened.emit(replace(opened, base=base))

    @Slot(object, object)
    def turn(self, opened: Opened, turn: Turn) -> None:
        """Turn a picture."""
        if self._stop_flag.is_set():
            return
        try:
            picture = turned(opened.picture, turn)
            base, size = _base(picture, opened.request.display)
        except MemoryError:
            log.info("Turning failed", exc_info=True)
            self.failed.emit(
                Failure(
                    opened.request, mark("There is too little free memory to turn the picture.")
                )
            )
        else:
            after = replace(opened, picture=picture, base=base, base_size=size)
            self.turned.emit(opened, turn, after)

    def _open(self, request: OpenRequest, at_most: Size | None) -> Picture | None:
        if self._stop_flag.is_set():
            return None
        try:
            opened = self._opened(request, at_most)
            self.opened.emit(opened)
        except ViewerError as error:
            log.info("Opening failed", exc_info=True)
            shrink = error.shrink if isinstance(error, OpenError) else 0
            self.failed.emit(Failure(request, str(error), shrink=shrink))
        except MemoryError:
            log.info("Opening failed", exc_info=True)
            name = shown(request.path)
            self.failed.emit(
                Failure(request, mark(f"There is not enough free memory to open {name}."))
            )
        except Exception:
            log.exception("Opening failed in a way nobody thought of")
            self.failed.emit(Failure(request, mark(f"{shown(request.path)} could not be opened.")))
        else:
            return opened.picture
        return None

    def _opened(self, request: OpenRequest, at_most: Size | None) -> Opened:
        which = (request.path, request.page, request.shrink)
        try:
            stamp = stamp_of(*which)  # before: a later change must show
        except OSError:
            stamp = None  # reading it says what is wrong
        partial = self._partial and not request.whole
        wish = Wish(at_most, request.page, request.shrink, partial, keep_space=True)
        picture = self._read(request.path, wish)
        if request.pasted:
            picture = replace(picture, path=Path(request.path.name))
        base, size = _base(picture, request.display)
        return Opened(request, picture, base, size, stamp or stamp_of(*which))


def _base(picture: Picture, display: bytes | None) -> tuple[QImage, tuple[float, float]]:
    """Return a reduced copy in the colours of a display, and how many pixels the picture spans."""
    pixels, size = Resampler(picture).base()
    alpha = picture.alpha if pixels.shape[:2] == picture.pixels.shape[:2] else None
    bgra = premultiplied_bgra(convert(pixels, picture.space, display), alpha)
    return qimage(bgra, picture.alpha is not None), size
