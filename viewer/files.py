"""Runs on a thread of its own: all that is done with files and folders besides decoding them.

A folder may be huge, or lie at the other end of a slow network: the window never waits for it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from viewer.core import folder
from viewer.core.errors import ExportError, OpenError
from viewer.core.export import Pixels, save_picture
from viewer.core.folder import Folder
from viewer.core.stamp import Stamp, stamp_of
from viewer.core.tiles import Failure, FindRequest, Found

log = logging.getLogger(__name__)


class Files(QObject):
    """Answers requests in the order they come.

    Signals: found(Found), twice for a single file; looked(Stamp, Stamp or None): what a file is
    like now, None if it is gone; failed(Failure); saved(Path); not_saved(str), the reason.
    """

    found = Signal(object)
    looked = Signal(object, object)
    failed = Signal(object)
    saved = Signal(object)
    not_saved = Signal(str)

    def __init__(self, stop_flag: threading.Event) -> None:
        super().__init__()
        self._stop_flag = stop_flag
        #: The search that is still wanted. Written by the thread that asks: looking through a
        #: folder for an older one ends at its next entry.
        self.wanted = 0

    @Slot(object, object, bool)
    def save(self, path: Path, pixels: Pixels, overwrite: bool) -> None:
        """Save uint8 HxWx3 sRGB; the target is at any moment what it was before, or complete."""
        try:
            save_picture(path, pixels, overwrite=overwrite)
        except ExportError as error:
            log.info("Not saved", exc_info=True)
            self.not_saved.emit(str(error))
        else:
            self.saved.emit(path)

    @Slot(object)
    def find(self, request: FindRequest) -> None:
        """Find out what can be stepped through: for a single file first that, then the others."""

        def go_on() -> bool:
            return self.wanted == request.number and not self._stop_flag.is_set()

        if not go_on():
            return
        try:
            found = self._found(request, go_on)
        except OpenError as error:
            log.info("Nothing found", exc_info=True)
            self.failed.emit(Failure(request, str(error)))
        except OSError as error:
            log.info("Nothing found", exc_info=True)
            self.failed.emit(Failure(request, f"The files cannot be read: {error.strerror}."))
        else:
            if go_on():
                self.found.emit(found)

    def _found(self, request: FindRequest, go_on: Callable[[], bool]) -> Found:
        path, *more = request.paths
        if more:
            several, left_out = folder.given(request.paths, go_on)
            return Found(request, several, left_out=left_out)
        path = path.absolute()
        if path.is_dir():
            return Found(request, folder.listed(path, go_on))
        self.found.emit(Found(request, folder.alone(path), first=True))
        return Found(request, _beside(path, go_on))

    @Slot(object)
    def look(self, stamp: Stamp) -> None:
        """Tell what a file is like now."""
        if self._stop_flag.is_set():
            return
        try:
            now = stamp_of(stamp.path, stamp.page, stamp.shrink)
        except OSError:
            now = None
        self.looked.emit(stamp, now)


def _beside(path: Path, go_on: Callable[[], bool]) -> Folder:
    """Return a picture among those of its folder; alone if nothing can be listed there."""
    try:
        return folder.listed(path.parent, go_on).at(path)
    except OpenError:
        return replace(folder.alone(path), listed=path.parent)
