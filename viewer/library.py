"""Decoded pictures: has those read that are asked for, and ahead those that may come next.

On the GUI thread. Reading is done by two `Reader`s, one for the screen and one ahead, each on a
thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from viewer.core.budget import Limits
from viewer.core.folder import Folder
from viewer.core.shapes import Size
from viewer.core.shelf import Shelf, neighbours
from viewer.core.stamp import PLAYING, Numbers
from viewer.core.tiles import Failure, Opened, OpenRequest

#: A picture that takes longer to be read is said to be opened.
SLOW_MS = 400

#: The first views of so many pictures are made before they are looked at.
NEARBY = 2


class Library(QObject):
    """Knows the picture on screen, and holds those near it as memory allows.

    Signals: shown(int, Opened), the number of a picture and its pixels, again when there are more;
    failed(str), why the one asked for cannot be shown; unreadable(str), the same of one whose file
    had changed; offered(str, int), likewise, if it can be opened that much smaller; slow(Path or
    None), the one asked for if that takes long, None when that is over; hurried(), when
    what is being read is not wanted any more; nearby(list of (int, Opened)), the numbers and pixels
    of those in hand that may come next, the likeliest first. To the readers:
    open_requested(OpenRequest), ahead_requested(OpenRequest), redisplay_requested(Opened).
    """

    shown = Signal(int, object)
    failed = Signal(str)
    unreadable = Signal(str)
    offered = Signal(str, int)
    slow = Signal(object)
    hurried = Signal()
    nearby = Signal(object)
    open_requested = Signal(object)
    ahead_requested = Signal(object)
    redisplay_requested = Signal(object)

    def __init__(self, canvas_size: Callable[[], Size], limits: Limits) -> None:
        """`canvas_size` tells what a first, reduced decoding must cover."""
        super().__init__()
        self._canvas_size = canvas_size
        self._limits = limits
        self._display: bytes | None = None
        self._shelf = Shelf(limits.pictures_bytes)
        self._numbers = Numbers()
        self._picture: Opened | None = None
        self._asked = 0
        self._quiet = -1  # asked because a file changed, which may be only half written
        self._reading: OpenRequest | None = None
        self._waiting: OpenRequest | None = None
        self._near: list[Path] = []
        self._ahead: Path | None = None
        self._unreadable: set[Path] = set()
        self._sizes: dict[Path, int] = {}  # in bytes, of what was read ahead
        self._pasted: set[Path] = set()
        self._wait = QTimer(self, singleShot=True, interval=SLOW_MS)
        self._wait.timeout.connect(self._on_slow)

    @property
    def picture(self) -> Opened | None:
        """The picture on screen."""
        return self._picture

    @property
    def settled(self) -> bool:
        """Whether nothing is being read, and nothing waits to be."""
        return not (self._reading or self._waiting or self._ahead)

    # -- What is asked for -----------------------------------------------------------------------

    def ask(self, path: Path, page: int = 0, shrink: int = 1, whole: bool = False) -> None:
        """Show a picture that is in hand at once, and have any other read.

        `shrink` is how many times smaller to open it, if memory is short; a damaged one is shown
        as far as it can be read, unless it must be `whole`.
        """
        self._asked += 1
        self._waiting = None
        self._answer()
        if self._reading is not None:
            self.hurried.emit()
        if shrink == 1 and (opened := self._shelf.find(path, page)) is not None:
            self._show(opened)
            return
        self._waiting = OpenRequest(
            self._asked,
            path,
            self._canvas_size(),
            self._display,
            page,
            shrink,
            pasted=path in self._pasted,
            whole=whole,
        )
        self._wait.start()
        self._read_next()

    def ask_pasted(self, path: Path) -> None:
        """Show a pasted picture, which lies in a file that the user does not know of."""
        self._pasted.add(path)
        self.ask(path)

    def ask_again(self, path: Path, page: int = 0, quiet: bool = False) -> None:
        """Have a picture read though it is in hand; `quiet` if it may be only half written."""
        self.forget(path)
        self.ask(path, page, whole=quiet)
        self._quiet = self._asked if quiet else -1
        if quiet:
            self._answer()

    def show_frame(self, opened: Opened) -> None:
        """Show a frame of the animation on screen, for a moment or at rest."""
        if opened.playing:
            self._picture = opened
            self.shown.emit(PLAYING, opened)
        else:
            self._shelf.put(opened)
            self._show(opened)

    def forget(self, path: Path) -> None:
        """Let go of a file, which is not what it was."""
        self._shelf.forget(path)
        self._unreadable.discard(path)

    def rename(self, old: Path, new: Path) -> None:
        """Keep the pixels of a file that has another path now, and their number."""
        for opened in self._shelf.taken(old):
            self._shelf.put(self._renamed(opened, new))
        if self._picture is not None and self._picture.stamp.path == old:
            self._show(self._renamed(self._picture, new))

    def _renamed(self, opened: Opened, new: Path) -> Opened:
        stamp = opened.stamp._replace(path=new)
        self._numbers.rename(opened.stamp, stamp)
        return replace(opened, stamp=stamp, picture=replace(opened.picture, path=new))

    def clear(self) -> None:
        """Show nothing any more."""
        self._asked += 1
        self._answer()
        self._picture = self._waiting = None
        self._near = []

    def stop(self) -> None:
        """Tell nothing more."""
        self._wait.stop()

    def _answer(self) -> None:
        """Wait no more for the picture asked for last."""
        self._wait.stop()
        self.slow.emit(None)

    def _on_slow(self) -> None:
        wanted = self._waiting or self._reading
        self.slow.emit(wanted.path if wanted is not None else None)

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
        wanted = opened.request.generation == self._asked
        if wanted:
            self._answer()
        if wanted or self._betters_shown(opened):
            self._show(opened)
        self._read_next()

    def _betters_shown(self, opened: Opened) -> bool:
        """Tell whether it is the picture on screen, with more pixels or other colours."""
        shown = self._picture
        if shown is None or shown.stamp != opened.stamp:
            return False
        return shown.picture.reduced or shown.request.display != opened.request.display

    @Slot(object)
    def on_failed(self, failure: Failure) -> None:
        """Tell why a picture cannot be shown, if it is the one that was asked for."""
        request = failure.request
        assert isinstance(request, OpenRequest)
        self._answered(request)
        if request.generation == self._asked:
            self._answer()
        if request.generation == self._quiet:
            self.unreadable.emit(failure.message)
        elif request.generation == self._asked and failure.shrink > 1:
            self.offered.emit(failure.message, failure.shrink)
        elif request.generation == self._asked:
            self.failed.emit(failure.message)
        self._read_next()
        self._look_ahead()

    def _answered(self, request: OpenRequest) -> None:
        if request == self._reading:
            self._reading = None

    def _show(self, opened: Opened) -> None:
        self._picture = opened
        self.shown.emit(self._numbers.of(opened.stamp), opened)
        self._redisplay()
        self._look_ahead()

    # -- What may come next ----------------------------------------------------------------------

    def set_place(self, folder: Folder, onward: int, wrap: bool) -> None:
        """Learn what lies beside the picture asked for, and which way the user goes."""
        places = neighbours(len(folder), folder.index, onward, wrap)
        self._near = [folder.path, *(Path(folder.files[place]) for place in places)]
        self._look_ahead()

    def retry(self) -> None:
        """Forget which pictures could not be read ahead: they may be others now."""
        self._unreadable.clear()

    @Slot(object)
    def set_limits(self, limits: Limits) -> None:
        """Keep no more pictures in hand than that from now on."""
        self._limits = limits
        self._shelf.set_cap(limits.pictures_bytes)
        self._look_ahead()

    def _look_ahead(self) -> None:
        """Have the next picture read that may come, if there is room, and time for it."""
        shown = self._picture
        busy = self._reading or self._waiting or self._ahead or self._limits.paused
        if busy or shown is None or shown.picture.reduced:
            return
        for count, path in enumerate(self._near[1:], 1):
            if path not in self._unreadable and not self._shelf.holds(path):
                # Those not read yet may be as large as the largest in hand; what was put away again
                # to make room for others had better stay away.
                largest = max([shown.size_bytes, *(opened.size_bytes for opened in self._shelf)])
                size = self._sizes.get(path, largest)
                if self._shelf.has_room(size, self._near[:count]):
                    self._ahead = path
                    self.ahead_requested.emit(OpenRequest(0, path, None, self._display))
                break
        in_hand = [self._shelf.find(path) for path in reversed(self._near)]  # the nearest go last
        others = [opened for opened in reversed(in_hand) if opened and opened.stamp != shown.stamp]
        self.nearby.emit([(self._numbers.of(opened.stamp), opened) for opened in others[:NEARBY]])

    @Slot(object)
    def on_ahead(self, opened: Opened) -> None:
        """Keep a picture that was read ahead; it may have been asked for by now."""
        self._ahead = None
        self._sizes[opened.stamp.path] = opened.size_bytes
        self._shelf.put(opened)
        wanted = self._waiting or self._reading
        if wanted is not None and (wanted.path, wanted.page) == (opened.stamp.path, 0):
            self._waiting = None
            if wanted.generation == self._asked:
                self._answer()
                if wanted is self._reading:  # it is being read once more, which nobody wants now
                    self._asked += 1
                    self.hurried.emit()
                self._show(opened)
        self._look_ahead()

    @Slot(object)
    def on_ahead_failed(self, _failure: Failure) -> None:
        """Pass a picture by that cannot be read; who asks for it is told why."""
        if self._ahead is not None:
            self._unreadable.add(self._ahead)
        self._ahead = None
        self._look_ahead()

    # -- The display -----------------------------------------------------------------------------

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
