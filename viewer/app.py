"""The composition root: builds every part, makes every connection, starts and stops the thread."""

from __future__ import annotations

import functools
import logging
import math
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, QSize, QSocketNotifier, Qt, QThread, Signal, Slot
from PySide6.QtWidgets import QApplication

import assets
from models.spec import ModelError
from viewer.canvas import Canvas
from viewer.core import geometry
from viewer.core.budget import ResourceSample
from viewer.core.cache import TileCache
from viewer.core.errors import ViewerError
from viewer.core.folder import Folder
from viewer.core.geometry import ViewState
from viewer.core.options import Options
from viewer.core.plan import Layer, Scene
from viewer.core.presets import DEFAULT, Recipe, recipe, shipped
from viewer.core.shapes import Rect, Size
from viewer.core.tiles import Failure, Opened, OpenRequest, Tile
from viewer.display import Display, add_display_actions
from viewer.engine import Engine, Load, load_upscaler
from viewer.monitor import ResourceMonitor, full_limits
from viewer.scheduler import TileScheduler
from viewer.settings import Settings
from viewer.snapshot import Snapshot
from viewer.window import MainWindow
from viewer.worker import TileWorker

log = logging.getLogger(__name__)

STOP_MS = 5_000
SNAPSHOT_SIZE = Size(1600, 1000)


class App(QObject):
    """The viewer, from its first window to the end of its thread."""

    open_requested = Signal(object)
    prepare_requested = Signal(str)
    redisplay_requested = Signal(object, object)

    def __init__(
        self,
        options: Options,
        load: Load | None = None,
        read: Callable[[], ResourceSample] | None = None,
        settings: Settings | None = None,
    ) -> None:
        """Build everything; `load` returns the upscaler of a model's name, `read` a sample.

        Raises `ModelError` if there is no such preset or model.
        """
        super().__init__()
        self._options = options
        self._folder: Folder | None = None
        self._number = 0  # of the last picture asked for
        self._shown = 0  # of the picture on screen
        self.settings = settings or Settings()
        chosen, warning = _recipe(options, self.settings)
        self._opened: Opened | None = None  # the picture on screen
        self._stop_flag = threading.Event()
        engine = Engine(
            load or functools.partial(load_upscaler, device=options.device),
            load or functools.partial(load_upscaler, device="cpu"),
        )
        self.worker = TileWorker(engine, self._stop_flag)
        self.thread_ = QThread()
        self.thread_.setObjectName("inference")
        self.worker.moveToThread(self.thread_)
        limits = full_limits()
        self.monitor = ResourceMonitor(limits, read)
        self.scheduler = TileScheduler(TileCache(limits.cache_cap_bytes), chosen, limits)
        self.canvas = Canvas()
        self.window = MainWindow(self.canvas, shipped(), chosen.preset.name, self.settings)
        self.display = Display(self.window, self.settings)
        add_display_actions(self.window.registry, self.window, self.settings)
        self._connect()
        if warning:
            self.window.on_failed(warning)

    def start(self) -> None:
        """Show the window, unless only a snapshot is wanted, and open the first picture."""
        self.thread_.start()
        size = self._options.size
        if self._options.snapshot is not None:
            self.canvas.set_size(Size(*size) if size else SNAPSHOT_SIZE)
        else:
            ratio = self.window.devicePixelRatioF()
            if size:
                width, height = (math.ceil(side / ratio) for side in size)
                self.window.resize_canvas(QSize(width, height))
            else:
                self.window.resize_to_screen()
            self.window.show()
            self.settings.follow("give_way", self.monitor.set_on)
            self.display.watch()
        self.open(self._options.paths or (assets.PHOTO,))

    def stop(self) -> bool:
        """End everything that runs, and wait for the thread; tell whether it ended in time."""
        self.canvas.stop()
        self.window.messages.dismiss()
        self.scheduler.stop()
        self.monitor.stop()
        self._stop_flag.set()
        self.thread_.quit()
        return self.thread_.wait(STOP_MS)

    def open(self, paths: Sequence[Path]) -> None:
        """Open files or a folder; the picture on screen stays until there is another."""
        self._browse(lambda: Folder.of(paths))

    @Slot(int)
    def step(self, step: int) -> None:
        """Go on by so many pictures."""
        folder = self._folder
        if folder is not None:
            self._browse(lambda: folder.stepped(step))

    def _connect(self) -> None:
        canvas, scheduler, worker, window = self.canvas, self.scheduler, self.worker, self.window
        canvas.motion.view_changed.connect(scheduler.set_view)
        scheduler.planned.connect(canvas.set_plan)
        scheduler.planned.connect(window.show_plan)
        scheduler.requested.connect(worker.run)
        scheduler.idle.connect(self._prepare)
        scheduler.failed.connect(window.on_failed)
        # Queued even from this thread: what the monitor said last must come last.
        for on_limits in (scheduler.set_limits, window.show_limits):
            self.monitor.limits_changed.connect(on_limits, Qt.ConnectionType.QueuedConnection)
        self.thread_.started.connect(worker.begin)
        worker.finished.connect(scheduler.on_finished)
        worker.failed.connect(scheduler.on_failed)
        worker.failed.connect(self._on_failed)
        worker.opened.connect(self._on_opened)
        self.display.changed.connect(self._on_display_changed)
        self.display.failed.connect(window.on_failed)
        self.open_requested.connect(worker.open)
        self.redisplay_requested.connect(worker.redisplay)
        self.prepare_requested.connect(worker.prepare)
        window.open_requested.connect(self.open)
        window.step_requested.connect(self.step)
        window.preset_chosen.connect(self._choose_preset)
        canvas.wheel.stepped.connect(window.step_requested)
        self.settings.changed.connect(self._on_changed)
        self.settings.follow("wheel", canvas.wheel.set_use)
        self.settings.follow("background", canvas.set_background)

    def _browse(self, find: Callable[[], Folder]) -> None:
        try:
            self._folder = find()
        except ViewerError as error:
            self.window.on_failed(str(error))
            return
        self._number += 1
        size, display = self.canvas.motion.size, self.display.profile
        request = OpenRequest(self._number, self._folder.path, size, display)
        self.open_requested.emit(request)

    @Slot(object)
    def _on_opened(self, opened: Opened) -> None:
        """Put a picture on screen, unless another one was asked for meanwhile.

        More pixels of the one on screen are welcome even then: the other one may be broken.
        """
        number, picture = opened.request.generation, opened.picture
        if number not in (self._number, self._shown):
            return
        if opened.request.display != self.display.profile:  # the window has moved meanwhile
            self._redisplay(opened)
        self._opened = opened
        whole = Rect(0, 0, *opened.base_size)
        outer = Rect(0, 0, opened.base.width(), opened.base.height())
        tile = Tile(whole, outer, opened.base, 0, arrived=-math.inf)
        base = Layer(opened.base_size, (tile,), covers=True)
        self.scheduler.set_scene(Scene(number, picture, base))
        if self._shown != number:
            first, self._shown = self._shown == 0, number
            if not first:
                self.window.messages.dismiss()
            image = Size(*picture.size)
            view = self._first_view(image) if first else None
            self.canvas.show_picture(image, picture.alpha is not None, view)
            self.window.show_title(picture.path.name, picture.size)

    @Slot(object)
    def _on_display_changed(self, icc_profile: bytes | None) -> None:
        self.scheduler.set_display(icc_profile)
        if self._opened is not None:
            self._redisplay(self._opened)

    def _redisplay(self, opened: Opened) -> None:
        request = replace(opened.request, display=self.display.profile)
        self.redisplay_requested.emit(request, opened.picture)

    def _first_view(self, image: Size) -> ViewState | None:
        """Return the view that the command line asks for, if it does."""
        zoom, center = self._options.zoom, self._options.center
        if zoom is None and center is None:
            return None
        fitted = geometry.fit(image, self.canvas.motion.size)
        return geometry.look_at(fitted, zoom or fitted.zoom, center or (0.5, 0.5))

    @Slot(object)
    def _on_failed(self, failure: Failure) -> None:
        if isinstance(failure.request, OpenRequest) and failure.request.generation == self._number:
            self.window.on_failed(failure.message)

    @Slot(str)
    def _choose_preset(self, name: str) -> None:
        """Refine everything anew, and as that preset says at the next start too."""
        try:
            self.scheduler.set_recipe(recipe(name))
        except ModelError as error:
            self.window.on_failed(str(error))
        else:
            self.settings.set("preset", name)

    @Slot(str)
    def _on_changed(self, name: str) -> None:
        """Take the preset that was chosen in the settings dialog, as if in the menu."""
        if name == "preset" and self.scheduler.recipe.preset.name != self.settings.get(name):
            self.window.registry[f"preset.{self.settings.get(name)}"].trigger()

    @Slot()
    def _prepare(self) -> None:
        """Load the network while nothing else is to be done, so that the first zoom finds it."""
        if (model := self.scheduler.recipe.preset.model) is not None:
            self.prepare_requested.emit(model)


def run(options: Options) -> int:
    """Show the viewer, or take a snapshot; return the exit status.

    Raises `ModelError` if there is no such preset or model, `ViewerError` if a snapshot failed.
    """
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)
    qt.setApplicationName("Anyzoom")
    qt.setDesktopFileName("anyzoom")
    app = App(options)
    waker = _quit_on_interrupt(qt)
    app.window.closed.connect(qt.quit)
    snapshot = None
    if options.snapshot is not None:
        snapshot = Snapshot(options.snapshot, app.canvas, app.scheduler)
        app.worker.failed.connect(snapshot.on_failed)
        snapshot.done.connect(qt.exit)
    sys.excepthook = functools.partial(_on_exception, snapshot)
    app.start()
    status = qt.exec()
    if not app.stop():
        # It is deep in a library. Nothing is left to be saved, and to wait or to let Qt destroy a
        # thread that runs, which aborts, would be worse.
        os._exit(status)
    waker.setEnabled(False)
    if snapshot is not None and snapshot.complaint:
        raise ViewerError(snapshot.complaint)
    return status


def _recipe(options: Options, settings: Settings) -> tuple[Recipe, str]:
    """Return the recipe asked for; a broken installation still shows pictures, with a warning."""
    name = options.preset
    if name is None:  # a snapshot is the same whatever was chosen
        name = DEFAULT if options.snapshot else settings.get("preset")
    if options.preset is None and name not in {preset.name for preset in shipped()}:
        name = DEFAULT
    try:
        return recipe(name, options.model), ""
    except ModelError as error:
        if options.model or options.preset or options.snapshot:
            raise
        return recipe("off"), f"{error} Until then pictures are shown with bicubic."


def _quit_on_interrupt(qt: QApplication) -> QSocketNotifier:
    """Quit on Ctrl-C: a byte through a socket wakes the event loop, where Python can answer."""
    ours, other = socket.socketpair()
    for end in (ours, other):
        end.setblocking(False)
    signal.set_wakeup_fd(other.fileno())
    signal.signal(signal.SIGINT, lambda *_: qt.exit(130))
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
