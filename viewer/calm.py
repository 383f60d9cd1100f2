"""Gives memory back to the system when a view is refined, and when nothing was for a while."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from viewer.scheduler import TileScheduler
from viewer.worker import TileWorker

#: After so long without a request what was made ahead is over, too.
CALM_MS = 5_000


class Calm(QObject):
    """Watches what is asked for. Signals: came(), after each time in which it was something."""

    came = Signal()

    def __init__(self, scheduler: TileScheduler, worker: TileWorker) -> None:
        super().__init__()
        self._wait = QTimer(self, singleShot=True, interval=CALM_MS)
        self._wait.timeout.connect(self.came)
        scheduler.requested.connect(lambda _: self._wait.start())
        for over in (scheduler.idle, self.came):
            over.connect(worker.give_memory_back)

    @property
    def waits(self) -> bool:
        """Whether there will be calm soon."""
        return self._wait.isActive()

    def stop(self) -> None:
        """Wait for nothing more."""
        self._wait.stop()
