"""In debug mode: what belongs to the interface's thread must not be touched by another one.

Qt does not check that; it crashes some other time. `ANYZOOM_DEBUG=1` or `python -X dev` switch it
on.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable

from PySide6.QtGui import QAction, QIcon, QPixmap
from PySide6.QtWidgets import QLabel, QWidget

#: The methods that are watched: what a worker might be tempted to call, and making a pixmap.
WATCHED: dict[type, tuple[str, ...]] = {
    QPixmap: ("__init__", "load", "scaled", "toImage"),
    QIcon: ("addPixmap", "pixmap"),
    QWidget: ("update", "repaint", "show", "hide", "setVisible", "resize", "setToolTip", "grab"),
    QLabel: ("setText", "setPixmap"),
    QAction: ("setEnabled", "setChecked", "setText", "trigger"),
}

Complain = Callable[[str], None]


def wanted() -> bool:
    """Tell whether somebody looks for such faults."""
    return bool(os.environ.get("ANYZOOM_DEBUG")) or sys.flags.dev_mode


def watch(complain: Complain | None = None) -> Callable[[], None]:
    """Watch from now on that only this thread touches widgets; return what ends that.

    `complain` is told of each breach, which otherwise is an `AssertionError` where it happens.
    """
    watched = [(owner, name) for owner, names in WATCHED.items() for name in names]
    originals = [(owner, name, getattr(owner, name)) for owner, name in watched]
    for owner, name, original in originals:
        setattr(owner, name, _guarded(f"{owner.__name__}.{name}", original, complain or _raise))

    def end() -> None:
        for owner, name, original in originals:
            setattr(owner, name, original)

    return end


def _guarded(name: str, do: Callable[..., object], complain: Complain) -> Callable[..., object]:
    ours = threading.get_ident()

    @functools.wraps(do)
    def guarded(*given: object, **named: object) -> object:
        if threading.get_ident() != ours:
            complain(f"{name} on thread {threading.current_thread().name}")
        return do(*given, **named)

    return guarded


def _raise(breach: str) -> None:
    raise AssertionError(breach)
