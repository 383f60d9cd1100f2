"""Watches the picture on screen and its folder, and tells what became of them once that settled."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal, Slot

from viewer.core.errors import shown
from viewer.core.stamp import Stamp
from viewer.language import tr

#: A file must have been left alone for so long before it is read: others may be writing it.
SETTLE_MS = 300
#: Written without a pause, or unreadable, for so long: then it is tried, or told.
PATIENCE_MS = 3_000
#: However much goes on in a folder, it is looked through no more often.
FOLDER_MS = 1_000


class Watch(QObject):
    """Watches one file and one folder. On the GUI thread; looking is left to `Files`.

    Signals: changed(), the file must be read again; folder_changed(); told(str), a sentence for
    the user; mended(), it is not true any more; look_requested(Stamp).
    """

    changed = Signal()
    folder_changed = Signal()
    told = Signal(str)
    mended = Signal()
    look_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._stamp: Stamp | None = None
        self._gone = False
        self._has_told = False
        self._unreadable = ""
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._on_file_changed)
        self._watcher.directoryChanged.connect(self._on_folder_changed)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._look)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._give_up)
        self._folder = QTimer(self, singleShot=True, interval=FOLDER_MS)
        self._folder.timeout.connect(self.folder_changed)

    def watch(self, stamp: Stamp) -> None:
        """Watch this file from now on, which may have changed since it was read."""
        stamp = stamp._replace(page=0)  # all pages are in one file
        before, self._stamp = self._stamp, stamp
        if stamp == before:
            if self._gone:  # the user comes back to it, and should be told again
                self._gone = False
                self._look()
            return
        if self._has_told and before is not None and before.path == stamp.path:
            self.mended.emit()
        self._has_told, self._gone, self._unreadable = False, False, ""
        self._settle.stop()
        self._patience.stop()
        if watched := [*self._watcher.files(), *self._watcher.directories()]:
            self._watcher.removePaths(watched)
        self._watcher.addPaths([str(stamp.path), str(stamp.path.parent)])
        self._look()

    def stop(self) -> None:
        """Watch nothing any more."""
        self._stamp = None
        for timer in (self._settle, self._patience, self._folder):
            timer.stop()
        if watched := [*self._watcher.files(), *self._watcher.directories()]:
            self._watcher.removePaths(watched)

    def on_unreadable(self, sentence: str) -> None:
        """Learn that the changed file could not be read: wait whether more of it comes."""
        self._unreadable = sentence
        self._patience.start()

    @Slot(object, object)
    def on_looked(self, before: Stamp, now: Stamp | None) -> None:
        """Learn what the file is like now."""
        if before != self._stamp:
            return
        if now is not None:
            self._watcher.addPath(str(now.path))  # another file of that name is not watched yet
            if now != before:
                self._patience.stop()
                self.changed.emit()
            elif self._gone:
                self.mended.emit()
            self._gone = False
        elif not self._gone:
            self._gone = True
            self._tell(tr("{name} is not there any more; what is shown is how it was."))

    def _look(self) -> None:
        if self._stamp is not None:
            self.look_requested.emit(self._stamp)

    def _give_up(self) -> None:
        if self._unreadable:
            self._tell(tr("{name} has changed and cannot be read; what is shown is how it was."))
        self._look_if_unsettled()

    def _tell(self, sentence: str) -> None:
        if self._stamp is not None:
            self._has_told = True
            self.told.emit(sentence.format(name=shown(self._stamp.path)))

    def _look_if_unsettled(self) -> None:
        if self._settle.isActive():
            self._settle.stop()
            self._look()

    @Slot(str)
    def _on_file_changed(self, _path: str) -> None:
        self._unreadable = ""
        self._settle.start()
        if not self._patience.isActive():
            self._patience.start()

    @Slot(str)
    def _on_folder_changed(self, path: str) -> None:
        if self._gone and self._stamp is not None and Path(path) == self._stamp.path.parent:
            self._settle.start()  # it may have come back
        if not self._folder.isActive():
            self._folder.start()
