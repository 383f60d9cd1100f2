"""Pictures that go to the trash or by another name, and everything of it that can be undone."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from viewer.core.errors import shown
from viewer.core.tiles import Failure, Moved, MoveRequest
from viewer.language import tr


class Moves(QObject):
    """Asks `Files` to move files, and remembers what it did. On the GUI thread.

    Signals: move_requested(MoveRequest); trashed(Path); renamed(Path, Path), the old and the new
    one; brought_back(Path); refused(str), why a file was not moved; told(str), what was done;
    undoable(bool).
    """

    move_requested = Signal(object)
    trashed = Signal(object)
    renamed = Signal(object, object)
    brought_back = Signal(object)
    refused = Signal(str)
    told = Signal(str)
    undoable = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._done: list[Moved] = []
        self._undoing: Moved | None = None

    def trash(self, path: Path) -> None:
        """Move a file to the trash."""
        self.move_requested.emit(MoveRequest(path, None))

    def rename(self, path: Path, name: str) -> None:
        """Give a file another name in its folder, unless there is one of that name."""
        if name != path.name:
            self.move_requested.emit(MoveRequest(path, path.with_name(name)))

    def undo(self) -> None:
        """Take the last of these back, unless something else is in its place by now."""
        if self._done and self._undoing is None:
            self._undoing = self._done.pop()
            there, back = self._undoing.target, self._undoing.request.source
            self.move_requested.emit(MoveRequest(there, back, undoes=True))

    @Slot(object)
    def on_moved(self, moved: Moved) -> None:
        """Tell what was done, and remember it."""
        source = moved.request.source
        if moved.request.undoes:
            undone, self._undoing = self._undoing, None
            if undone is not None and undone.request.target is None:
                self.brought_back.emit(moved.target)
            else:
                self.renamed.emit(source, moved.target)
        else:
            can_be_undone = moved.target != source
            if can_be_undone:
                self._done.append(moved)
            if moved.request.target is None:
                self.trashed.emit(source)
                said = tr("{name} is in the trash now.")
                if can_be_undone:
                    said = tr("{name} is in the trash now; Edit → Undo brings it back.")
                self.told.emit(said.format(name=shown(source)))
            else:
                self.renamed.emit(source, moved.target)
        self.undoable.emit(bool(self._done))

    @Slot(object)
    def on_failed(self, failure: Failure) -> None:
        """Tell why a file was not moved; what could not be undone can be tried again."""
        if isinstance(failure.request, MoveRequest):
            if failure.request.undoes and self._undoing is not None:
                self._done.append(self._undoing)
                self._undoing = None
            self.refused.emit(failure.message)
