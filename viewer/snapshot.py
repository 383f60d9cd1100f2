"""Waits until everything visible is refined, then saves what the canvas shows."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from viewer.canvas import Canvas
from viewer.core.tiles import Failure
from viewer.scheduler import TileScheduler


class Snapshot(QObject):
    """One picture to be taken. Signals: done(int), the exit status; `complaint` says why not 0."""

    done = Signal(int)

    def __init__(self, path: Path, canvas: Canvas, scheduler: TileScheduler) -> None:
        super().__init__()
        self.complaint = ""
        self._path = path
        self._canvas = canvas
        self._scheduler = scheduler
        scheduler.idle.connect(self._take)

    @Slot()
    def _take(self) -> None:
        plan = self._scheduler.plan
        if self.complaint or plan is None:
            return
        if plan.done < plan.total:
            self.fail("The picture could not be refined.")
        elif not self._canvas.picture().save(str(self._path)):
            self.fail(f"{self._path} could not be written.")
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
