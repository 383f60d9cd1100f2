"""Runs beside the window: finds out about a picture what panels show, which takes a while."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from viewer.core.embedded import Fact
from viewer.core.facts import facts_of
from viewer.core.histogram import Counts, histogram
from viewer.core.tiles import Opened

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Study:
    """What was found out about a picture: `counts` int64 3x256."""

    counts: Counts
    facts: tuple[Fact, ...]


class Student(QObject):
    """Answers requests in the order they come. Signals: studied(Opened, Study)."""

    studied = Signal(object, object)

    def __init__(self, stop_flag: threading.Event) -> None:
        super().__init__()
        self._stop_flag = stop_flag

    @Slot(object)
    def study(self, opened: Opened) -> None:
        """Find out about a picture."""
        if self._stop_flag.is_set():
            return
        picture = opened.picture
        try:
            study = Study(histogram(picture.pixels), tuple(facts_of(picture, opened.stamp)))
        except MemoryError:
            log.info("A picture could not be studied", exc_info=True)
        except Exception:  # the panels stay empty, and nothing else depends on it
            log.exception("A picture could not be studied")
        else:
            self.studied.emit(opened, study)
