"""Whether a window can be opened here, found out before Qt is asked, which would abort."""

from __future__ import annotations

import ctypes
import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path

from viewer.core.errors import ViewerError

X11_SOCKETS = Path("/tmp/.X11-unix")

#: Since Qt 6.5 its X11 plugin needs this library, which no wheel brings along.
CURSORS = "libxcb-cursor.so.0"
NO_CURSORS = (
    "Qt needs the library libxcb-cursor to open a window: install it "
    "(Debian and Ubuntu: apt install libxcb-cursor0; Fedora: dnf install xcb-util-cursor)."
)


#: What Qt can show windows on; it takes others to know what they need, and some need nothing.
WAYLAND, X11 = "wayland", "xcb"


def needs_display(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether Qt will want a display, as it does unless the user has chosen otherwise."""
    return _chosen(environment) <= {WAYLAND, X11}


def check_display(environment: Mapping[str, str] = os.environ) -> None:
    """Raise `ViewerError`, saying what to do, if no window can be opened on this Linux."""
    chosen = _chosen(environment) or {WAYLAND, X11}
    if WAYLAND in chosen and _answers(_wayland(environment)):
        return
    if X11 not in chosen:
        raise ViewerError(
            "There is no Wayland display: set WAYLAND_DISPLAY, or unset QT_QPA_PLATFORM."
        )
    display = environment.get("DISPLAY")
    if not display:
        raise ViewerError("There is no display to open a window on: set DISPLAY.")
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", display)
    if local is None:
        return  # on another machine, or in a form of its own: Qt has to find out
    name = X11_SOCKETS / f"X{local[1]}"
    if not (_answers(str(name)) or _answers(f"\0{name}")):
        raise ViewerError(f"Display {display} does not answer: set DISPLAY to one that is there.")
    try:
        ctypes.CDLL(CURSORS)
    except OSError as error:
        raise ViewerError(NO_CURSORS) from error


def _chosen(environment: Mapping[str, str]) -> set[str]:
    """Return the kinds of displays that the user wants Qt to try, without their variants."""
    named = environment.get("QT_QPA_PLATFORM", "").split(";")
    return {re.split("[:-]", name)[0] for name in named if name}


def _wayland(environment: Mapping[str, str]) -> str | None:
    """Return the path of the compositor's socket, if the environment names one."""
    name = environment.get("WAYLAND_DISPLAY")
    folder = environment.get("XDG_RUNTIME_DIR", "")
    return os.path.join(folder, name) if name else None  # an absolute name stays as it is


def _answers(address: str | None) -> bool:
    """Tell whether somebody listens at a Unix socket; abstract ones begin with a null."""
    if address is None:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(2)
        try:
            line.connect(address)
        except OSError:
            return False
    return True
