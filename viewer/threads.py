"""The threads that work for the window, and how much each insists on the processor."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

from PySide6.QtCore import QObject, QThread

#: On Linux: where a thread of the niceness 5 and the interface want one core, it gets a quarter.
INFERENCE_NICENESS = 5
AHEAD_NICENESS = 10
EXPORT_NICENESS = 19

#: How long a thread may keep Python from the others. With Python's own 5 ms, a network in bands of
#: a thread each held up the interface by up to 140 ms; now by no more than painting does.
SWITCH_S = 0.0005


class WorkThread(QThread):
    """Runs the slots of some objects, until it is told to quit."""

    def __init__(self, name: str, *workers: QObject, niceness: int = 0) -> None:
        super().__init__()
        self.setObjectName(name)
        self._niceness = niceness
        for worker in workers:
            worker.moveToThread(self)

    def run(self) -> None:
        """Let others go first: this thread, and those that it starts, ask for less."""
        sys.setswitchinterval(SWITCH_S)
        if self._niceness and sys.platform.startswith("linux"):
            # Elsewhere a nicer thread makes a nicer process.
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._niceness)
        self.exec()
