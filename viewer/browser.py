"""Which picture is on screen and which come next: steps through folders, and has them read ahead.

On the GUI thread. Reading is done by two `Reader`s, one for the screen and one for what may come,
and looking through folders by `Files`, each on a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from viewer.core.budget import Limits
from viewer.core.folder import Folder
from viewer.core.shapes import Size
from viewer.core.shelf import Shelf, neighbours
from viewer.core.stamp import Numbers, Stamp
from viewer.core.tiles import Failure, FindRequest, Found, Opened, OpenRequest
from viewer.files import Files
from viewer.language import tr
from viewer.settings import Settings

#: Decoded pictures in hand may take this share of what tiles may.
SHARE = 0.5


class Browser(QObject):
    """Steps through pictures.

    Signals: shown(int, Opened), the number of a picture and its pixels, again when there are more;
    moved(), when its place among the others is another; told(str), a sentence for the user;
    offered(str, int), likewise, if the picture can be opened that much smaller; left(), when what
    was told before is of no interest any more; hurried(), when the picture being read is not wanted
    any more.
    To the other threads: find_requested(FindRequest), look_requested(Stamp),
    open_requested(OpenRequest), ahead_requested(OpenRequest), redisplay_requested(Opened).
    """

    shown = Signal(int, object)
    moved = Signal()
    told = Signal(str)
    offered = Signal(str, int)
    left = Signal()
    hurried = Signal()
    find_requested = Signal(object)
    look_requested = Signal(object)
    open_requested = Signal(object)
    ahead_requested = Signal(object)
    redisplay_requested = Signal(object)

    def __init__(
        self, files: Files, settings: Settings, canvas_size: Callable[[], Size], limits: Limits
    ) -> None:
        """`canvas_size` tells what a first, reduced decoding must cover."""
        super().__init__()
        self._files = files
        self._settings = settings
        self._canvas_size = canvas_size
        self._limits = limits
        self._display: bytes | None = None
        self._shelf = Shelf(int(limits.cache_cap_bytes * SHARE))
        self._numbers = Numbers()
        self._folder: Folder | None = None
        self._search = 0
        self._alone = False  # what lies beside the picture is still being found out
        self._steps = 0  # wanted meanwhile
        self._onward = 1
        self._asked = 0
        self._picture: Opened | None = None
        self._reading: OpenRequest | None = None
        self._waiting: OpenRequest | None = None
        self._ahead: Path | None = None
        self._unreadable: set[Path] = set()

    @property
    def folder(self) -> Folder | None:
        """What can be stepped through; its path is the picture asked for last."""
        return self._folder

    @property
    def picture(self) -> Opened | None:
        """The picture on screen."""
        return self._picture

    @property
    def place(self) -> tuple[int, int] | None:
        """The place of the picture on screen, from 1, and how many there are; None if unknown."""
        folder, shown = self._folder, self._picture
        if folder is None or shown is None or self._alone or shown.stamp.path != folder.path:
            return None
        return folder.index + 1, len(folder)

    # -- Going places ----------------------------------------------------------------------------

    def open(self, paths: Sequence[Path]) -> None:
        """Open files or folders; the picture on screen stays until there is another."""
        self._steps = 0
        self._find(paths)

    def step(self, step: int) -> None:
        """Go on by so many pictures."""
        folder = self._folder
        if folder is None:
            return
        self._onward = 1 if step > 0 else -1
        if self._alone:
            self._steps += step
        elif (there := folder.stepped(step, self._settings.get("wrap"))) is None:
            ends = tr("This is the last picture."), tr("This is the first picture.")
            self.told.emit(ends[step < 0])
        else:
            self._go(there)

    def go_to(self, index: int) -> None:
        """Go to a picture by its place, the first is 0; a negative one counts from the end."""
        if (folder := self._folder) is not None and not self._alone:
            index = range(len(folder))[min(index, len(folder) - 1)]
            self._go(replace(folder, index=index))

    @Slot(object)
    def on_found(self, found: Found) -> None:
        """Open the first picture found, or learn what lies beside the one on screen."""
        if found.request.number != self._search:
            return
        stays = self._folder is not None and (self._alone or found.request.again)
        self._alone = found.first
        if not stays or self._folder is None:
            self._go(found.folder)
        else:
            self._folder = found.folder.at(self._folder.path)
            self.moved.emit()
        if found.left_out == 1:
            self.told.emit(tr("1 of the files is not a picture."))
        elif found.left_out:
            said = tr("{count} of the files are not pictures.")
            self.told.emit(said.format(count=found.left_out))
        if not self._alone and (steps := self._steps):
            self._steps = 0
            self.step(steps)
        self._look_ahead()

    def _find(self, paths: Sequence[Path], again: bool = False) -> None:
        self._search += 1
        self._files.wanted = self._search
        self.find_requested.emit(FindRequest(self._search, tuple(paths), again))

    def _go(self, folder: Folder) -> None:
        if self._folder is not None:
            self.left.emit()
        self._folder = folder
        self.moved.emit()
        self._ask(folder.path)

    # -- Reading ---------------------------------------------------------------------------------

    def open_smaller(self, shrink: int) -> None:
        """Have the picture asked for last opened so many times smaller."""
        if self._folder is not None:
            self._ask(self._folder.path, shrink)

    def _ask(self, path: Path, shrink: int = 1) -> None:
        """Show a picture that is in hand at once, and have any other read."""
        self._asked += 1
        self._waiting = None
        if self._reading is not None:
            self.hurried.emit()
        if shrink == 1 and (opened := self._shelf.find(path)) is not None:
            self._show(opened)
            self.look_requested.emit(opened.stamp)
            return
        self._waiting = OpenRequest(
            self._asked, path, self._canvas_size(), self._display, shrink=shrink
        )
        self._read_next()

    def _read_next(self) -> None:
        """Have at most one picture read at a time: of those asked for meanwhile only the last."""
        if self._reading is None and self._waiting is not None:
            self._reading, self._waiting = self._waiting, None
            self.open_requested.emit(self._reading)

    @Slot(object)
    def on_opened(self, opened: Opened) -> None:
        """Show a picture, unless another one was asked for meanwhile; keep it in any case.

        More pixels of the one on screen are welcome even then: the other one may be broken.
        """
        self._answered(opened.request)
        if not opened.picture.reduced:
            self._shelf.put(opened)
        same = self._picture is not None and self._picture.stamp == opened.stamp
        if opened.request.generation == self._asked or same:
            self._show(opened)
        self._read_next()

    @Slot(object)
    def on_failed(self, failure: Failure) -> None:
        """Tell why a picture or a folder cannot be shown, if it is the one that was asked for."""
        request = failure.request
        if isinstance(request, FindRequest):
            if request.number == self._search and not request.again:
                self.told.emit(failure.message)
        elif isinstance(request, OpenRequest):
            self._answered(request)
            if request.generation == self._asked and failure.shrink > 1:
                self.offered.emit(failure.message, failure.shrink)
            elif request.generation == self._asked:
                self.told.emit(failure.message)
            self._read_next()

    def _answered(self, request: OpenRequest) -> None:
        if request == self._reading:
            self._reading = None

    def _show(self, opened: Opened) -> None:
        self._picture = opened
        self.shown.emit(self._numbers.of(opened.stamp), opened)
        self._redisplay()
        self._look_ahead()

    @Slot(object)
    def set_display(self, icc_profile: bytes | None) -> None:
        """Show colours as a display with that profile needs them."""
        self._display = icc_profile
        self._redisplay()

    def _redisplay(self) -> None:
        """Have the picture on screen made anew if it was made for another display."""
        shown = self._picture
        if shown is not None and shown.request.display != self._display:
            request = replace(shown.request, display=self._display)
            self.redisplay_requested.emit(replace(shown, request=request))

    @Slot(object, object)
    def on_looked(self, before: Stamp, now: Stamp | None) -> None:
        """Read a picture again that was in hand, if its file has changed since."""
        shown = self._picture
        if now not in (None, before) and shown is not None and shown.stamp == before:
            self._shelf.forget(before.path)
            self._ask(before.path)

    # -- Reading ahead ---------------------------------------------------------------------------

    @Slot(object)
    def set_limits(self, limits: Limits) -> None:
        """Keep no more pictures in hand than that from now on."""
        self._limits = limits
        self._shelf.set_cap(int(limits.cache_cap_bytes * SHARE))
        self._look_ahead()

    def _look_ahead(self) -> None:
        """Have the next picture read that may come, if there is room, and time for it."""
        shown, folder = self._picture, self._folder
        busy = self._reading or self._waiting or self._ahead or self._limits.paused
        if busy or shown is None or folder is None or shown.picture.reduced:
            return
        wrap = self._settings.get("wrap")
        places = neighbours(len(folder), folder.index, self._onward, wrap)
        near = [folder.path]
        for path in (Path(folder.files[place]) for place in places):
            if path not in self._unreadable and not self._shelf.holds(path):
                if self._shelf.has_room(shown.size_bytes, near):
                    self._ahead = path
                    self.ahead_requested.emit(OpenRequest(0, path, None, self._display))
                break
            near.append(path)
        for path in reversed(near):
            self._shelf.find(path)  # the nearest are to go last

    @Slot(object)
    def on_ahead(self, opened: Opened) -> None:
        """Keep a picture that was read ahead; it may have been asked for by now."""
        self._ahead = None
        self._shelf.put(opened)
        wanted = self._waiting or self._reading
        if wanted is not None and wanted.path == opened.stamp.path:
            self._waiting = None
            self._show(opened)
        self._look_ahead()

    @Slot(object)
    def on_ahead_failed(self, failure: Failure) -> None:
        """Pass a picture by that cannot be read; who asks for it is told why."""
        if self._ahead is not None:
            self._unreadable.add(self._ahead)
        self._ahead = None
        self._look_ahead()
