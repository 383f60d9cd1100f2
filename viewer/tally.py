"""Counts the tiles that were not refined, over all runs, for `anyzoom --diagnose`."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from viewer.core.tiles import Failure, TileRequest
from viewer.settings import Settings
from viewer.worker import TileWorker


class Tally(QObject):
    """Keeps two numbers in the settings: tiles made of no numbers, and those that failed otherwise.

    The latter are made with less memory, on the main processor, or are given up.
    """

    def __init__(self, worker: TileWorker, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        worker.failed.connect(self.on_failed)

    @Slot(object)
    def on_failed(self, failure: Failure) -> None:
        """Count the tiles of a request that failed."""
        if isinstance(failure.request, TileRequest):
            name = "tiles_without_numbers" if failure.no_numbers else "tiles_failed"
            count = len(list(failure.request.tile_keys()))
            self._settings.set(name, self._settings.latest(name) + count)
