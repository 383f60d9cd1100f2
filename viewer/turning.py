"""How the picture on screen is turned: between the browser, which knows files, and the canvas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from viewer.actions import Actions
from viewer.core.stamp import PLAYING
from viewer.core.tiles import Opened
from viewer.core.turn import FLIP_HORIZONTALLY, FLIP_VERTICALLY, LEFT, RIGHT, UPRIGHT, Turn
from viewer.language import tr

#: Numbers of pictures are smaller: those above stand for the same ones, turned.
TURNED = PLAYING + 1


class Turning(QObject):
    """Passes pictures on as they are, or has them turned first.

    Signals: shown(int, Opened, Turn), the last being how it was turned since it was shown before;
    requested(Opened, Turn), to be made on another thread.
    """

    shown = Signal(int, object, object)
    requested = Signal(object, object)

    def __init__(self, actions: Actions) -> None:
        """Add the actions that turn to the View menu."""
        super().__init__()
        self._turn = UPRIGHT
        self._number = 0
        self._source: Opened | None = None
        self._before: tuple[Path, Turn] | None = None  # what was passed on last
        _add_actions(actions, self)

    def turn(self, turn: Turn) -> None:
        """Turn the picture once more."""
        self._set(self._turn.then(turn))

    def turn_back(self) -> None:
        """Show the picture as its file says."""
        self._set(UPRIGHT)

    def clear(self) -> None:
        """Forget the picture: there is none any more."""
        self._source = self._before = None
        self._turn = UPRIGHT

    def _set(self, turn: Turn) -> None:
        if self._source is not None and turn != self._turn:
            self._turn = turn
            self._show()

    @Slot(int, object)
    def on_shown(self, number: int, opened: Opened) -> None:
        """Take a picture, or more pixels of the one that is there; another one is upright."""
        source = self._source
        if source is None or (number != self._number and source.stamp.path != opened.stamp.path):
            self._turn = UPRIGHT  # pages of one file, or one by another name, are alike
        self._number, self._source = number, opened
        self._show()

    @Slot(object, object, object)
    def on_turned(self, source: Opened, turn: Turn, opened: Opened) -> None:
        """Pass a turned picture on, unless something else is wanted by now."""
        if source is self._source and turn == self._turn:
            self._pass_on(self._number + TURNED * (1 + turn.quarters + 4 * turn.mirrored), opened)

    def _show(self) -> None:
        assert self._source is not None
        if self._turn == UPRIGHT:
            self._pass_on(self._number, self._source)
        else:
            self.requested.emit(self._source, self._turn)

    def _pass_on(self, number: int, opened: Opened) -> None:
        before, self._before = self._before, (opened.stamp.path, self._turn)
        same = before is not None and before[0] == opened.stamp.path
        since = before[1].back.then(self._turn) if before is not None and same else UPRIGHT
        self.shown.emit(number, opened, since)


def _add_actions(actions: Actions, turning: Turning) -> None:
    note = tr("On screen only: the file stays as it is")

    def add(name: str, text: str, do: Callable[[], None], key: str, tip: str = note) -> None:
        actions.add(f"view.{name}", text, do, key, menu="view", section="turn", tip=tip)

    add("turn_right", tr("Turn &right"), lambda: turning.turn(RIGHT), "R")
    add("turn_left", tr("&Turn left"), lambda: turning.turn(LEFT), "Shift+R")
    mirror = tr("Mirror &horizontally"), tr("Mirror &vertically")
    add("flip_horizontally", mirror[0], lambda: turning.turn(FLIP_HORIZONTALLY), "X")
    add("flip_vertically", mirror[1], lambda: turning.turn(FLIP_VERTICALLY), "Y")
    back = tr("Show the picture as its file says")
    add("turn_back", tr("Turn &back"), turning.turn_back, "Shift+Y", back)
