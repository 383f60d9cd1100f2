"""Waits until everything visible is refined, then saves what the canvas shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from viewer.core.tiles import Failure
from viewer.scheduler import TileScheduler


class Snapshot(QObject):
    """One picture to be taken. Signals: done(int), the exit status; `complaint` says why not 0."""

    done = Signal(int)

    def __init__(self, path: Path, shoot: Callable[[], QImage], scheduler: TileScheduler) -> None:
        """`shoot` returns the picture once all that is visible is refined."""
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
        elif not self._shoot().save(str(self._path)):
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
