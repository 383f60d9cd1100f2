"""One run of the viewer: from its arguments to its exit status."""

from __future__ import annotations

import functools
import logging
import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QSocketNotifier, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from viewer import ownership
from viewer.app import App
from viewer.core.collecting import collecting_later
from viewer.core.decoder import Decoder
from viewer.core.enlarge import check_not_source
from viewer.core.errors import ViewerError
from viewer.core.options import Options
from viewer.language import use_language
from viewer.look import use_good_style, use_theme
from viewer.snapshot import Snapshot
from viewer.threads import AHEAD_NICENESS

log = logging.getLogger(__name__)


def run(options: Options, decoder: Decoder | None = None) -> int:
    """Show the viewer, or take a snapshot; return the exit status.

    `decoder` is one that was started before, to save time.

    Raises `ModelError` if there is no such preset or model, `ViewerError` if there is no screen or
    a snapshot failed.
    """
    if os.environ.get("LC_ALL") in ("C", "POSIX"):
        os.environ["LC_ALL"] = "C.UTF-8"  # which Qt would choose itself, and complain
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)
    if not qt.screens():
        raise ViewerError("Qt finds no screen to show a window on.")
    qt.setApplicationName("Anyzoom")
    qt.setDesktopFileName("anyzoom")
    if ownership.wanted():
        ownership.watch()
    use_language(qt)
    use_good_style(qt)
    with collecting_later():
        app = App(options, decoders=(decoder or Decoder(), Decoder(AHEAD_NICENESS)))
    app.settings.follow("theme", functools.partial(use_theme, qt))
    waker = _quit_on_signals(qt)
    app.window.closed.connect(qt.quit)
    snapshot = None
    if options.snapshot is not None:
        snapshot = Snapshot(
            options.snapshot, functools.partial(_shot, app, options.snapshot), app.scheduler
        )
        for part in (app.worker, app.pictures.reader, app.pictures.files):
            part.failed.connect(snapshot.on_failed)
        snapshot.done.connect(qt.exit)
    else:
        app.make_ready()
        app.measure_speeds()
    sys.excepthook = functools.partial(_on_exception, snapshot)
    try:
        app.start()
        status = qt.exec()
        complaint = snapshot.complaint if snapshot is not None else ""
    except ViewerError as error:
        status, complaint = 1, str(error)
    end(app, status, complaint, options.paths[0].parent if options.piped else None)
    waker.setEnabled(False)
    if complaint:
        raise ViewerError(complaint)
    return status


def _shot(app: App, target: Path) -> QImage:
    """Return what the canvas shows. Raises `ExportError` if `target` is the picture's own file."""
    if (opened := app.browser.picture) is not None:
        check_not_source(target, opened.stamp.path)
    return app.sides.picture()


def end(app: App, status: int = 0, complaint: str = "", piped: Path | None = None) -> None:
    """Stop the viewer. If a thread does not end in time, the process ends here, with `status`.

    Such a thread is deep in a library, mostly importing torch, which cannot be interrupted. Nothing
    is left to be saved but the settings, and to wait or to let Qt destroy a thread that runs, which
    aborts, would be worse. A `complaint` is told on stderr then; the folder `piped` is removed.
    """
    if app.stop():
        return
    app.settings.sync()
    if piped is not None:
        shutil.rmtree(piped, ignore_errors=True)
    if complaint and sys.stderr is not None:  # a program without a console has none
        sys.stderr.write(f"anyzoom: {complaint}\n")
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(status)


def _quit_on_signals(qt: QApplication) -> QSocketNotifier:
    """Quit on Ctrl-C, and when the system or the terminal goes away.

    A byte through a socket wakes the event loop, where Python can answer.
    """

    def quit_by(status: int) -> None:
        QTimer.singleShot(0, qt, lambda: qt.exit(status))  # also if the loop is yet to begin

    ours, other = socket.socketpair()
    for end in (ours, other):
        end.setblocking(False)
    signal.set_wakeup_fd(other.fileno())
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: quit_by(128 + number))
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read, qt)
    notifier.activated.connect(lambda: (ours.recv(64), other.fileno()))
    return notifier


def _on_exception(
    snapshot: Snapshot | None,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
) -> None:
    """Log what went wrong in a slot; the viewer lives on, a snapshot would wait for ever."""
    log.critical("Unexpected error", exc_info=(kind, error, trace))
    if snapshot is not None:
        snapshot.fail("The snapshot could not be taken.")
