"""Waits until everything visible is refined, then saves what the canvas shows."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QObject, Signal, Slot
from PySide6.QtGui import QImage

from viewer.core import parts
from viewer.core.errors import ViewerError, shown
from viewer.core.tiles import Failure
from viewer.scheduler import TileScheduler


class Snapshot(QObject):
    """One picture to be taken. Signals: done(int), the exit status; `complaint` says why not 0."""

    done = Signal(int)

    def __init__(self, path: Path, shoot: Callable[[], QImage], scheduler: TileScheduler) -> None:
        """`shoot` returns the picture once all that is visible is refined, or raises why not."""
        super().__init__()
        self.complaint = ""
        self._path = path
        self._shoot = shoot
        self._scheduler = scheduler
        scheduler.idle.connect(self._take)

    @Slot()
    def _take(self) -> None:
        plans = [self._scheduler.plan, self._scheduler.other_plan]
        if self.complaint or plans[0] is None:
            return
        if any(plan.done < plan.total for plan in plans if plan is not None):
            self.fail("The picture could not be refined.")
        else:
            self._save()

    def _save(self) -> None:
        try:
            complaint = _saved(self._shoot(), self._path)
        except ViewerError as error:
            complaint = str(error)
        if complaint:
            self.fail(complaint)
        else:
            self.done.emit(0)

    @Slot(object)
    def on_failed(self, failure: Failure) -> None:
        """Give up: a part of the picture would be missing."""
        self.fail(failure.message)

    def fail(self, sentence: str) -> None:
        """End without a picture, for this reason."""
        self.complaint = sentence
        self.done.emit(1)


def _saved(image: QImage, path: Path) -> str:
    """Save a PNG, and return a sentence if that fails; the file is then as it was."""
    buffer = QBuffer()
    image.save(buffer, "PNG")  # pyright: ignore[reportArgumentType, reportCallIssue]
    try:
        with parts.beside(Path(os.path.realpath(path)), overwrite=True) as part:
            part.write_bytes(bytes(buffer.data().data()))
    except OSError as error:
        return f"{shown(path)} cannot be written: {error.strerror}."
    return ""
