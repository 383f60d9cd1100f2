"""Runs on a thread of its own: has the pictures of the strip made small, one at a time."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal, Slot
from PySide6.QtGui import QImage

from viewer.core.colour import convert
from viewer.core.errors import ViewerError
from viewer.core.picture import Wish
from viewer.core.resample import premultiplied_bgra
from viewer.core.stamp import stamp_of
from viewer.core.thumbnails import Thumbnail, ThumbnailFolder, made
from viewer.images import qimage
from viewer.reader import Read

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ThumbnailRequest:
    """Make a file small: at most `side` device pixels, in the colours of a display's profile."""

    path: Path
    side: int
    display: bytes | None = None


class Thumbnailer(QObject):
    """Answers requests in the order they come.

    Signals: finished(ThumbnailRequest, QImage or None), None if the file cannot be read.
    """

    finished = Signal(object, object)

    def __init__(
        self, read: Read, stop_flag: threading.Event, folder: ThumbnailFolder | None = None
    ) -> None:
        """`folder` is where thumbnails are kept; by default in the user's cache."""
        super().__init__()
        self._read, self._stop_flag = read, stop_flag
        self._folder = folder or ThumbnailFolder(cache_folder())

    @Slot(object)
    def make(self, request: ThumbnailRequest) -> None:
        """Find a thumbnail or make it."""
        if self._stop_flag.is_set():
            return
        image: QImage | None = None
        try:
            pixels, alpha = self._thumbnail(request)
            image = qimage(
                premultiplied_bgra(convert(pixels, None, request.display), alpha), alpha is not None
            )
        except (ViewerError, OSError):
            log.info("There is no thumbnail", exc_info=True)
        except Exception:
            log.exception("A thumbnail failed in a way nobody thought of")
        self.finished.emit(request, image)

    def _thumbnail(self, request: ThumbnailRequest) -> Thumbnail:
        stamp, side = stamp_of(request.path), request.side
        if (found := self._folder.find(stamp, side)) is not None:
            return found
        picture = self._read(request.path, Wish(at_most=(side, side), partial=True))
        thumbnail = made(picture, side)
        if not picture.partial:  # it may be only half written
            self._folder.keep(stamp, side, thumbnail)
        return thumbnail


def cache_folder() -> Path:
    """Return where the user's thumbnails are kept."""
    kind = QStandardPaths.StandardLocation.GenericCacheLocation
    return Path(QStandardPaths.writableLocation(kind)) / "anyzoom" / "thumbnails"
