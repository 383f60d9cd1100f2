"""Runs on a thread of its own: all that is done with files and folders besides decoding them.

A folder may be huge, or lie at the other end of a slow network: the window never waits for it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QFile, QObject, QStandardPaths, Signal, Slot

from viewer.core import folder, moving, parts
from viewer.core.enlarge import check_not_source
from viewer.core.errors import ExportError, OpenError, ViewerError, is_text, shown
from viewer.core.export import Pixels, save_picture
from viewer.core.folder import Folder
from viewer.core.moving import MoveError
from viewer.core.stamp import Stamp, stamp_of
from viewer.core.tiles import Failure, FindRequest, Found, Moved, MoveRequest
from viewer.core.words import mark

log = logging.getLogger(__name__)


class Files(QObject):
    """Answers requests in the order they come.

    Signals: found(Found); looked(Stamp, Stamp or None): what a file is
    like now, None if it is gone; moved(Moved); failed(Failure); saved(Path); not_saved(str), the
    reason.
    """

    found = Signal(object)
    looked = Signal(object, object)
    moved = Signal(object)
    failed = Signal(object)
    saved = Signal(object)
    not_saved = Signal(str)

    def __init__(self, stop_flag: threading.Event) -> None:
        super().__init__()
        self._stop_flag = stop_flag
        #: The search that is still wanted. Written by the thread that asks: looking through a
        #: folder for an older one ends at its next entry.
        self.wanted = 0

    @Slot()
    def tidy(self) -> None:
        """Remove what earlier runs left unfinished when they crashed."""
        parts.sweep()

    @Slot(object, object, bool, object)
    def save(self, path: Path, pixels: Pixels, overwrite: bool, source: Path | None = None) -> None:
        """Save uint8 HxWx3 sRGB; the target is at any moment what it was before, or complete.

        The file that the pixels were made of, `source`, is refused even if it may be overwritten.
        """
        try:
            if source is not None:
                check_not_source(path, source)
            save_picture(path, pixels, overwrite=overwrite)
        except ExportError as error:
            log.info("Not saved", exc_info=True)
            self.not_saved.emit(str(error))
        else:
            self.saved.emit(path)

    @Slot(object)
    def find(self, request: FindRequest) -> None:
        """Find out what is to be shown first or, asked for that, what lies beside it."""

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
            self.failed.emit(Failure(request, mark(f"The files cannot be read: {error.strerror}.")))
        else:
            if go_on():
                self.found.emit(found)

    def _found(self, request: FindRequest, go_on: Callable[[], bool]) -> Found:
        path, *more = request.paths
        if more:
            several, left_out = folder.given(request.paths, go_on)
            return Found(request, several, left_out=left_out)
        path = path.absolute()
        if request.again:
            return Found(request, folder.listed(path, go_on))
        if request.beside:
            return Found(request, _beside(path, go_on))
        first = folder.first(path, go_on) if path.is_dir() else path
        return Found(request, folder.alone(first), first=True)

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

    @Slot(object)
    def move(self, request: MoveRequest) -> None:
        """Rename a file, move it to the trash, or take either back."""
        try:
            if request.target is None:
                target = _trashed(request.source)
            else:
                target = request.target
                moving.move(request.source, target)
                if request.undoes:
                    _forget_trashed(request.source)
        except ViewerError as error:
            log.info("Not moved", exc_info=True)
            self.failed.emit(Failure(request, str(error)))
        else:
            self.moved.emit(Moved(request, target))


def _trashed(path: Path) -> Path:
    name = shown(path)
    if not os.path.lexists(path):
        raise MoveError(f"{name} is not there any more.")
    if (target := to_trash(path)) is None:
        raise MoveError(f"{name} could not be moved to the trash; it is where it was.")
    return target


def to_trash(path: Path) -> Path | None:
    """Move a file to the trash of the system, and return where it is there; None if it stays.

    What is returned is the old path where the system does not tell the new one.
    """
    if not is_text(path):
        return None
    with contextlib.suppress(OSError):  # Qt makes the trash itself, but not the folder for it
        data = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
        Path(data).mkdir(parents=True, exist_ok=True)
    file = QFile(str(path))
    return Path(file.fileName()) if file.moveToTrash() else None


def _forget_trashed(path: Path) -> None:
    """Remove what a desktop's trash notes about a file that has left it."""
    note = path.parent.parent / "info" / f"{path.name}.trashinfo"
    if path.parent.name == "files":
        with contextlib.suppress(OSError):
            note.unlink(missing_ok=True)


def _beside(path: Path, go_on: Callable[[], bool]) -> Folder:
    """Return a picture among those of its folder; alone if nothing can be listed there."""
    try:
        return folder.listed(path.parent, go_on).at(path)
    except OpenError:
        return replace(folder.alone(path), listed=path.parent)
