"""Shows one picture after the other, full screen, until the user does anything else."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication

from viewer.actions import Actions
from viewer.browser import Browser
from viewer.core.tiles import Opened
from viewer.language import tr
from viewer.library import Library
from viewer.settings import Settings

SECOND_MS = 1000

#: What does not end it: it goes on from there.
STEPS = ("go.next", "go.previous", "go.first", "go.last", "go.play", "go.slideshow")
MODIFIERS = (0x01000020, 0x01000021, 0x01000022, 0x01000023)  # Shift, Ctrl, Meta, Alt


class Slideshow(QObject):
    """Steps on when a picture has been on screen, complete, for long enough.

    Signals: told(str), a sentence for the user.
    """

    told = Signal(str)

    def __init__(
        self, actions: Actions, browser: Browser, library: Library, settings: Settings
    ) -> None:
        super().__init__()
        self._actions, self._browser, self._settings = actions, browser, settings
        self._running = self._was_full_screen = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._on_time)
        self._action = actions.add(
            "go.slideshow",
            tr("Sli&deshow"),
            self._toggle,
            "F6",
            "S",
            menu="go",
            section="slideshow",
            tip=tr("Any other key or click ends it"),
            checked=False,
        )
        library.shown.connect(self._on_shown)
        library.failed.connect(self._wait)

    @property
    def running(self) -> bool:
        return self._running

    def stop(self) -> None:
        """End it, and leave the full screen if it was entered for this."""
        if not self._running:
            return
        self._running = False
        self._timer.stop()
        self._action.setChecked(False)
        QApplication.instance().removeEventFilter(self)  # pyright: ignore[reportOptionalMemberAccess]
        full = self._actions["view.full_screen"]
        if full.isChecked() and not self._was_full_screen:
            full.trigger()

    def _toggle(self) -> None:
        if self._running:
            self.stop()
        else:
            self._start()

    def _start(self) -> None:
        if self._browser.picture is None:
            self._action.setChecked(False)
            self.told.emit(tr("There is no picture to show."))
            return
        full = self._actions["view.full_screen"]
        self._was_full_screen = full.isChecked()
        if not self._was_full_screen:
            full.trigger()
        self._running = True
        self._action.setChecked(True)
        QApplication.instance().installEventFilter(self)  # pyright: ignore[reportOptionalMemberAccess]
        self._wait()

    @Slot(int, object)
    def _on_shown(self, _number: int, opened: Opened) -> None:
        if not opened.picture.reduced and not opened.playing:
            self._wait()

    @Slot()
    def _wait(self) -> None:
        """Give the picture on screen its time; one that cannot be shown is passed by too."""
        if self._running:
            self._timer.start(SECOND_MS * self._settings.get("slideshow_seconds"))

    def _on_time(self) -> None:
        if not self._browser.step(1):
            self.stop()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """End it when anything is done; the first to see a key is whoever may know a shortcut."""
        kind = event.type()
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.Wheel):
            self.stop()
        elif kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            keys = [key for name in STEPS for key in self._actions[name].shortcuts()]
            pressed = event.keyCombination()
            known = QKeySequence(pressed) in keys
            if event.key() not in MODIFIERS and not known:
                self.stop()
        return False
