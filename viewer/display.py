"""Which colours the screen shows: the ICC profile of the display that the window is on.

The system names it on X11 (where colord puts it) and on Windows; elsewhere a file can be chosen.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import functools
import logging
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import ImageCms
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMainWindow

from viewer.actions import Actions
from viewer.core.colour import is_target
from viewer.core.errors import shown
from viewer.language import tr
from viewer.settings import Settings

log = logging.getLogger(__name__)

#: What the preference "display_profile" may be, besides the path of a file.
SYSTEM, SRGB = "system", "srgb"

#: Xlib's AnyPropertyType, and the most that is read of a property, in units of four bytes.
_ANY_TYPE, _MOST_WORDS = 0, 4 << 20
_MOST_BYTES = 4 * _MOST_WORDS

Read = Callable[[int, int], bytes | None]


class Display(QObject):
    """The profile that colours on screen are for. Signals: changed(bytes or None); failed(str)."""

    changed = Signal(object)
    failed = Signal(str)

    def __init__(self, window: QMainWindow, settings: Settings, read: Read | None = None) -> None:
        """`read` returns a screen's profile by its number and the handle of a window on it."""
        super().__init__()
        self._window = window
        self._settings = settings
        self._read = read or system_profile
        self.profile: bytes | None = None
        settings.changed.connect(self._on_setting)

    @Slot()
    def watch(self) -> None:
        """Begin, now that the window is shown, and look again whenever it changes screens."""
        handle = self._window.windowHandle()
        if handle is not None:
            handle.screenChanged.connect(lambda _screen: self.refresh())
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Look the profile up again."""
        profile = self._look_up()
        if profile != self.profile:
            self.profile = profile
            self.changed.emit(profile)

    def _look_up(self) -> bytes | None:
        chosen = self._settings.get("display_profile")
        if chosen == SRGB:
            return None
        if chosen != SYSTEM:
            return self._from_file(Path(chosen))
        screens = QGuiApplication.screens()
        screen = self._window.screen()
        number = screens.index(screen) if screen in screens else 0
        found = self._read(number, int(self._window.winId()))
        if found is not None and not is_target(found):
            log.warning("The system's display profile is not usable")
            return None
        return found

    def _from_file(self, path: Path) -> bytes | None:
        try:
            found = _file_of_a_profile(path)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self.failed.emit(
                tr("The display profile {name} cannot be read ({reason}): sRGB is used.").format(
                    name=shown(path), reason=reason
                )
            )
            return None
        if is_target(found):
            return found
        text = tr("{name} is not the ICC profile of a display: sRGB is used.")
        self.failed.emit(text.format(name=shown(path)))
        return None

    def _on_setting(self, name: str) -> None:
        if name == "display_profile":
            self.refresh()


def _file_of_a_profile(path: Path) -> bytes:
    """Return what is in a file, the beginning of a huge one. Raises `OSError`, also for pipes."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    with path.open("rb") as file:
        return file.read(_MOST_BYTES)


def add_display_actions(actions: Actions, window: QMainWindow, settings: Settings) -> None:
    """Add the menu in which the display's profile is chosen."""
    menu = "view.display"
    actions.add_menu(menu, tr("&Display profile"), menu="view", section="resources")
    chosen = settings.get("display_profile")
    choose = functools.partial(settings.set, "display_profile")
    add = functools.partial(actions.add, menu=menu, group="display")
    add(
        "display.system",
        tr("As the &system says"),
        lambda: choose(SYSTEM),
        checked=chosen == SYSTEM,
    )
    add("display.srgb", tr("s&RGB"), lambda: choose(SRGB), checked=chosen == SRGB)
    add(
        "display.file",
        tr("From a &file…"),
        lambda: _ask_for_profile(actions, window, settings),
        checked=chosen not in (SYSTEM, SRGB),
    )


def _ask_for_profile(actions: Actions, window: QMainWindow, settings: Settings) -> None:
    kinds = f"{tr('ICC profiles')} (*.icc *.icm)"
    name, _ = QFileDialog.getOpenFileName(window, tr("Profile of the display"), "", kinds)
    if name:
        settings.set("display_profile", name)
    else:
        chosen = settings.get("display_profile")
        known = {SYSTEM: "display.system", SRGB: "display.srgb"}
        actions[known.get(chosen, "display.file")].setChecked(True)


def system_profile(screen: int, window: int) -> bytes | None:
    """Return the profile that the system names for a screen, or None if it names none."""
    if sys.platform == "win32":
        return _windows_profile(window)
    if QGuiApplication.platformName() == "xcb":
        return _x11_profile(screen)
    return None


def _windows_profile(window: int) -> bytes | None:
    try:
        found = ImageCms.get_display_profile(window)
    except (OSError, ImageCms.PyCMSError):
        return None
    return None if found is None else found.tobytes()


def _x11_profile(screen: int) -> bytes | None:
    """Return the root window's property _ICC_PROFILE, or _ICC_PROFILE_n of the other screens."""
    name = ctypes.util.find_library("X11")
    if name is None:
        return None
    x11 = ctypes.CDLL(name)
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = x11.XOpenDisplay(None)
    if not display:
        return None
    try:
        suffix = f"_{screen}" if screen else ""
        return _x11_property(x11, ctypes.c_void_p(display), f"_ICC_PROFILE{suffix}".encode())
    finally:
        x11.XCloseDisplay(ctypes.c_void_p(display))


def _x11_property(x11: ctypes.CDLL, display: ctypes.c_void_p, name: bytes) -> bytes | None:
    x11.XDefaultRootWindow.restype = x11.XInternAtom.restype = ctypes.c_ulong
    atom = x11.XInternAtom(display, name, True)
    if not atom:
        return None
    root = ctypes.c_ulong(x11.XDefaultRootWindow(display))
    kind, count, left = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_ulong()
    bits, data = ctypes.c_int(), ctypes.c_void_p()
    where = (display, root, ctypes.c_ulong(atom), ctypes.c_long(0), ctypes.c_long(_MOST_WORDS))
    how = (ctypes.c_int(0), ctypes.c_ulong(_ANY_TYPE))
    answer = (ctypes.byref(each) for each in (kind, bits, count, left, data))
    failed = x11.XGetWindowProperty(*where, *how, *answer)
    if failed or not data.value:
        return None
    try:
        return ctypes.string_at(data.value, count.value) if bits.value == 8 else None
    finally:
        x11.XFree(data)
