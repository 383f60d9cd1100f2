"""Whether Qt can open a window here, found out before it is asked: it would abort."""

from __future__ import annotations

import ctypes
import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from viewer.core.errors import ViewerError

X11_SOCKETS = Path("/tmp/.X11-unix")

#: What Qt wants of a Linux and no wheel brings along, and the Debian packages that hold it. A
#: desktop has nearly all of it, a bare system next to nothing.
LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
WAYLAND_LIBRARIES = {
    **LIBRARIES,
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
X11_LIBRARIES = {
    **LIBRARIES,
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}

#: What Qt can show windows on; it takes others to know what they need, and some need nothing.
WAYLAND, X11 = "wayland", "xcb"


def needs_display(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether Qt will want a display, as it does unless the user has chosen otherwise."""
    return _chosen(environment) <= {WAYLAND, X11}


def check_display(environment: Mapping[str, str] = os.environ) -> None:
    """Raise `ViewerError`, saying what to do, if no window can be opened on this Linux."""
    chosen = _chosen(environment) or {WAYLAND, X11}
    if WAYLAND in chosen and _answers(_wayland(environment)):
        check_libraries(WAYLAND_LIBRARIES)
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
    check_libraries(X11_LIBRARIES)


def check_libraries(libraries: Mapping[str, str] = LIBRARIES) -> None:
    """Raise `ViewerError`, saying how to install them, if any of `libraries` are missing."""
    missing = [name for name in libraries if not _loads(name)]
    if missing:
        packages = " ".join(libraries[name] for name in missing)
        names = " ".join(f"'{name}()(64bit)'" for name in missing)
        raise ViewerError(
            f"Qt needs libraries that this system lacks: {', '.join(missing)}. Install them "
            f"(Debian and Ubuntu: apt install {packages}; Fedora: dnf install {names})."
        )


def check_platform(environment: Mapping[str, str] = os.environ) -> None:
    """Raise `ViewerError` if Qt brings none of the kinds of displays that the user has chosen.

    Where the user names places for more of them, it is for Qt to look.
    """
    if environment.keys() & {"QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH"}:
        return
    from PySide6.QtCore import QLibraryInfo, QPluginLoader  # here: next to nobody chooses any

    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath), "platforms")
    known: set[str] = set()
    for plugin in folder.glob("*"):
        facts: dict[str, Any] = QPluginLoader(str(plugin)).metaData()
        known.update(facts.get("MetaData", {}).get("Keys", ()))
    if known and not _chosen(environment) & known:
        raise ViewerError(
            f"Qt has no platform named {environment['QT_QPA_PLATFORM']}: unset QT_QPA_PLATFORM, or "
            f"set it to one of these: {', '.join(sorted(known))}."
        )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


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
