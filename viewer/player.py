"""Plays animations: has frames read ahead, and shows each for as long as its file says."""

from __future__ import annotations

import time
from dataclasses import replace

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from viewer.core.tiles import Failure, Opened, OpenRequest

#: Decoded frames in hand, at most; if all of an animation fit, none is decoded twice.
CAP_BYTES, CAP_FRAMES = 128 << 20, 100

#: So many frames are read before they are due.
AHEAD = 8


class Player(QObject):
    """One animation at a time, as long as it is on screen. On the GUI thread.

    Signals: frame_requested(OpenRequest), to a reader; played(Opened), to be shown as it is;
    rested(Opened), to be shown and refined; changed(), when another frame is shown, or it rests.
    """

    frame_requested = Signal(object)
    played = Signal(object)
    rested = Signal(object)
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._first: Opened | None = None  # of the animation on screen, or the frame it began with
        self._page = 0  # on screen
        self._count = 0
        self._playing = False
        self._frames: dict[int, Opened] = {}  # in hand, by page; the latest read come last
        self._readable = 0  # so many frames from the first on are known to be sound
        self._asked: OpenRequest | None = None
        self._generation = 0
        self._back = 1  # so many frames before one that cannot be read
        self._due = 0.0
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_due)

    @property
    def animated(self) -> bool:
        """Whether an animation is on screen."""
        return self._first is not None

    @property
    def playing(self) -> bool:
        return self._playing

    @property
    def frame(self) -> tuple[int, int] | None:
        """The frame on screen, from 1, and how many there are; None if there is no animation."""
        return (self._page + 1, self._count) if self.animated else None

    @Slot(int, object)
    def on_shown(self, _number: int, opened: Opened) -> None:
        """Begin to play an animation that has come on screen; end the one before."""
        picture, first = opened.picture, self._first
        if picture.frame_ms and first is not None and _file(opened) == _file(first):
            return  # a frame of it, which was shown from here
        self.stop()
        if picture.frame_ms and not picture.partial:
            still = replace(opened, playing=False)
            self._first, self._page, self._count = still, opened.stamp.page, picture.pages
            self._keep(still)
            self.play()

    def toggle(self) -> None:
        """Pause, or go on."""
        if self._playing:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        """Go on from the frame on screen."""
        if self._page in self._frames and not self._playing:
            self._playing = True
            self._set_due(time.monotonic())
            self._read_ahead()
            self.changed.emit()

    def pause(self) -> None:
        """Rest on the frame on screen."""
        if self._playing:
            self._rest()
            self._show_rested()

    def step(self, step: int) -> None:
        """Go so many frames on, or back, and rest there."""
        if self.animated:
            self._rest()
            self._back = 1
            self._page = (self._page + step) % self._count
            self._show_rested()

    def stop(self) -> None:
        """Let go of the animation."""
        self._timer.stop()
        self._generation += 1
        self._first = self._asked = None
        self._playing = False
        self._frames.clear()
        self._readable = 0
        self.changed.emit()

    def _rest(self) -> None:
        self._timer.stop()
        self._playing = False

    def _show_rested(self) -> None:
        if (frame := self._frames.get(self._page)) is not None:
            self.rested.emit(frame)
            self.changed.emit()
        else:
            self._ask(self._page)

    # -- Time ------------------------------------------------------------------------------------

    def _set_due(self, start: float) -> None:
        """Show the next frame when the one that came at `start` has lasted long enough."""
        self._due = start + self._frames[self._page].picture.frame_ms / 1000
        self._timer.start(max(0, round(1000 * (self._due - time.monotonic()))))

    def _on_due(self) -> None:
        """Show the next frame if it is there; else it comes as soon as it is."""
        following = (self._page + 1) % self._count
        if (frame := self._frames.get(following)) is None:
            self._ask(following)
            return
        self._page = following
        now = time.monotonic()
        # From when it should have come, so that no delays add up, unless it is far too late.
        self._set_due(self._due if now - self._due < frame.picture.frame_ms / 1000 else now)
        self.played.emit(replace(frame, playing=True))
        self.changed.emit()
        self._read_ahead()

    # -- Frames ----------------------------------------------------------------------------------

    def _read_ahead(self) -> None:
        """Have the next frame read that is not here, if there is room for it."""
        if self._asked is not None or not self._playing:
            return
        for ahead in range(1, min(self._room, AHEAD + 1, self._count)):
            page = (self._page + ahead) % self._count
            if page not in self._frames:
                self._ask(page)
                return

    @property
    def _room(self) -> int:
        """How many frames may be in hand: two, if nothing else."""
        largest = max(frame.size_bytes for frame in self._frames.values())
        return max(2, min(CAP_FRAMES, CAP_BYTES // largest))

    def _ask(self, page: int) -> None:
        first = self._first
        if first is not None and self._asked is None:
            request = replace(first.request, generation=self._generation, canvas=None, page=page)
            self._asked = request
            self.frame_requested.emit(request)

    @Slot(object)
    def on_frame(self, opened: Opened) -> None:
        """Keep a frame, and show it if it is waited for."""
        if opened.request != self._asked:
            return
        self._asked = None
        self._keep(opened)
        page = opened.stamp.page
        if not self._playing:
            self._show_if_wanted(page)
        elif not self._timer.isActive() and page == (self._page + 1) % self._count:
            self._on_due()
        self._read_ahead()

    def _show_if_wanted(self, page: int) -> None:
        """Show a frame at rest, unless the user has stepped on to another one meanwhile."""
        if page == self._page or self._page not in self._frames:
            self._show_rested()

    @Slot(object)
    def on_failed(self, failure: Failure) -> None:
        """Begin again where the animation is damaged; rest if it cannot be read any more."""
        if self._asked is None or failure.request != self._asked:
            return
        page, self._asked = self._asked.page, None
        if page < max(2, self._readable):
            self._rest()
            if self._page in self._frames:
                self._show_rested()
            return
        self._count = page
        if not self._playing:
            # Further back each time: it may tell of billions of frames, and have one.
            last = max(0, self._readable - 1, page - self._back)
            self._page, self._back = min(self._page, last), 2 * self._back
            self._show_rested()
        elif not self._timer.isActive():
            self._on_due()

    def _keep(self, opened: Opened) -> None:
        """Keep a frame; those read longest ago make room for it, but not the one on screen."""
        page = opened.stamp.page
        self._frames.pop(page, None)
        self._frames[page] = opened
        if page == self._readable:
            self._readable += 1
        old = [each for each in self._frames if each not in (page, self._page)]
        for each in old[: max(0, len(self._frames) - self._room)]:
            del self._frames[each]


def _file(opened: Opened) -> tuple[object, ...]:
    """Return what is the same for all frames of a file, as long as it does not change."""
    stamp = opened.stamp
    return stamp.path, stamp.modified_ns, stamp.size_bytes, opened.request.display
