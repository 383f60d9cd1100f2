"""The composition root: builds every part, makes every connection, starts and stops the threads."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QObject, QSize, Qt, Signal, Slot

import assets
from viewer.calm import Calm
from viewer.canvas import Canvas
from viewer.compare_export import CompareExport
from viewer.compare_menu import CompareMenu
from viewer.comparison import Comparing
from viewer.core import geometry
from viewer.core.budget import ResourceSample
from viewer.core.cache import TileCache
from viewer.core.decoder import Decoder
from viewer.core.errors import ViewerError, shown
from viewer.core.options import Options
from viewer.core.plan import scene_of
from viewer.core.presets import shipped
from viewer.core.shapes import Size
from viewer.core.tiles import Opened
from viewer.core.turn import UPRIGHT, Turn
from viewer.display import Display, add_display_actions
from viewer.engine import Engine, Load, load_upscaler
from viewer.export_actions import ExportActions
from viewer.exporter import Exporter
from viewer.file_dialog import load_file_dialog
from viewer.first_start import FirstStart
from viewer.monitor import ResourceMonitor, full_limits
from viewer.painting import keep_together
from viewer.panels.panels import Panels
from viewer.pictures import Pictures
from viewer.pointer import Pointer
from viewer.recipes import Recipes
from viewer.scheduler import TileScheduler
from viewer.settings import Settings
from viewer.sides import Sides
from viewer.speeds import Speeds, Stopwatch
from viewer.study import Student
from viewer.tally import Tally
from viewer.targets import folder_of
from viewer.threads import AHEAD_NICENESS, EXPORT_NICENESS, INFERENCE_NICENESS, WorkThread
from viewer.turning import Turning
from viewer.window import MainWindow
from viewer.worker import TileWorker

STOP_MS = 5_000
SNAPSHOT_SIZE = Size(1600, 1000)


class App(QObject):
    """The viewer, from its first window to the end of its threads."""

    prepare_requested = Signal(str)

    def __init__(
        self,
        options: Options,
        load: Load | None = None,
        sample: Callable[[], ResourceSample] | None = None,
        settings: Settings | None = None,
        decoders: tuple[Decoder, Decoder] | None = None,
    ) -> None:
        """Build everything; `load` returns a model's upscaler, `sample` what the machine does.

        `decoders`, for the screen and for what may come, are closed at the end. Raises `ModelError`
        if there is no such preset or model.
        """
        super().__init__()
        self._options = options
        self._shown = 0  # the number of the picture on screen
        self._shown_path: Path | None = None
        self.settings = settings or Settings()
        self.recipes = Recipes(options, self.settings)
        chosen = self.recipes.recipe
        self._stop_flag = threading.Event()
        decoders = decoders or (Decoder(), Decoder(AHEAD_NICENESS))
        decoders[0].start()
        load_here = load or functools.partial(load_upscaler, device=options.device)
        engine = Engine(load_here, load or functools.partial(load_upscaler, device="cpu"))
        self.stopwatch = Stopwatch(load_here, self._stop_flag)
        self.worker = TileWorker(engine, self._stop_flag)
        self.tally = Tally(self.worker, self.settings)
        self.student = Student(self._stop_flag)
        limits = full_limits()
        keep_together(limits.threads)
        self.exporter = Exporter(
            load or functools.partial(load_upscaler, device=options.device), limits
        )
        self.monitor = ResourceMonitor(limits, sample)
        self.speeds = Speeds(shipped(), options.device, limits, self.settings)
        self.scheduler = TileScheduler(TileCache(limits.tiles_bytes), chosen, limits)
        self.calm = Calm(self.scheduler, self.worker)
        self.canvas = Canvas()
        self.window = MainWindow(self.canvas, shipped(), chosen.preset.name, self.settings)
        self.display = Display(self.window, self.settings)
        add_display_actions(self.window.registry, self.window, self.settings)
        self.turning = Turning(self.window.registry)
        self.panels = Panels(self.window, self.canvas, self.window.registry, self.settings)
        whole = options.snapshot is not None
        self.pictures = Pictures(
            self.window, self.settings, limits, decoders, self._stop_flag, whole=whole
        )
        self.library, self.browser = self.pictures.library, self.pictures.browser
        self._threads = (
            WorkThread("inference", self.worker, self.stopwatch, niceness=INFERENCE_NICENESS),
            *self.pictures.threads(self.student),
            WorkThread("export", self.exporter.worker, niceness=EXPORT_NICENESS),
        )
        self.recipes.add_actions(self.window.registry)
        self.exports = ExportActions(
            self.window, self.exporter, self.scheduler, self.display, self.browser, self.recipes
        )
        self.comparing = Comparing(chosen, self.settings)
        self.sides = Sides(self.canvas, CompareMenu(self.window.registry, self.comparing))
        self.compare_export = CompareExport(self.window, self.window.registry, self.sides)
        self.pointer = Pointer(self.canvas, self.window.registry["view.full_screen"])
        self.window.chrome.add_toolbar()  # of actions that are there by now
        self._connect()
        self._connect_comparison()
        self.first_start = FirstStart(options, self.canvas, self.comparing, self.settings)
        if options.compare is not None:
            self.comparing.begin(options.compare)
        if self.recipes.warning:
            self.window.on_failed(self.recipes.warning)

    def start(self) -> None:
        """Show the window, unless only a snapshot is wanted, and open the first picture.

        Raises `ViewerError` if the system lets no more threads run.
        """
        for thread in self._threads:
            thread.start()
            if not thread.isRunning():
                raise ViewerError("The system lets Anyzoom run no more threads: see ulimit -u.")
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
            self.pictures.remember_opened()
            self.settings.follow("give_way", self.monitor.set_on)
            self.display.watch()
        if self._options.piped:
            self.browser.open_pasted(self._options.paths[0])
        else:
            self.open(self._options.paths or (assets.PHOTO,))

    def stop(self, end: QDeadlineTimer | None = None) -> bool:
        """End everything that runs, and wait for the threads; tell whether they ended in time.

        That is by `end`, a few seconds from now if not said.
        """
        for part in (self.canvas, self.pointer, self.panels, self.speeds, self.calm):
            part.stop()
        self.window.messages.dismiss()
        self.scheduler.stop()
        self._stop_flag.set()
        self.exporter.stop()
        self.pictures.stop()
        end = end or QDeadlineTimer(STOP_MS)
        for thread in self._threads:
            thread.quit()
        ended = [self.monitor.stop(end), *(thread.wait(end) for thread in self._threads)]
        self.pictures.clear()
        return all(ended)

    def open(self, paths: Sequence[Path]) -> None:
        """Open files or a folder; the picture on screen stays until there is another."""
        self.browser.open(paths)

    def _connect(self) -> None:
        canvas, scheduler, worker, window = self.canvas, self.scheduler, self.worker, self.window
        canvas.motion.view_changed.connect(scheduler.set_view)
        scheduler.planned.connect(canvas.set_plan)
        scheduler.planned.connect(window.show_plan)
        scheduler.requested.connect(worker.run)
        scheduler.idle.connect(self._prepare)
        scheduler.failed.connect(window.on_failed)
        # Queued even from this thread: what the monitor said last must come last.
        tell = scheduler.set_limits, window.show_limits, self.sides.show_limits
        for on_limits in (*tell, self.library.set_limits, self.exporter.set_limits):
            self.monitor.limits_changed.connect(on_limits, Qt.ConnectionType.QueuedConnection)
        worker.finished.connect(scheduler.on_finished)
        worker.failed.connect(scheduler.on_failed)
        for shows_colours in (scheduler, self.library, self.pictures.strip):
            self.display.changed.connect(shows_colours.set_display)
        self.display.failed.connect(window.on_failed)
        self.prepare_requested.connect(worker.prepare)
        self._connect_pictures()
        self.speeds.changed.connect(functools.partial(window.show_speeds, self.speeds.of))
        window.show_speeds(self.speeds.of)
        window.open_requested.connect(self.open)
        window.preset_chosen.connect(self.recipes.choose_preset)
        self.recipes.changed.connect(self.comparing.set_preset)
        self.recipes.failed.connect(window.on_failed)
        canvas.stepped.connect(self.browser.step)
        self.settings.follow("wheel", canvas.wheel.set_use)
        self.settings.follow("background", canvas.set_background)

    def _connect_pictures(self) -> None:
        turning, panels, reader = self.turning, self.panels, self.pictures.reader
        self.library.shown.connect(turning.on_shown)
        turning.requested.connect(reader.turn)
        reader.turned.connect(turning.on_turned)
        shown = self._show, self._show_beside, self.exports.on_shown, self.compare_export.on_shown
        for on_shown in shown:
            turning.shown.connect(on_shown)
        player, badge = self.pictures.player, self.window.badge
        player.changed.connect(lambda: badge.show_frame(player.frame, player.playing))
        panels.study_requested.connect(self.student.study)
        self.student.studied.connect(panels.on_studied)
        self.library.nearby.connect(self._prepare_next)
        self.browser.moved.connect(self._show_title)
        self.browser.emptied.connect(self._show_nothing)

    def _connect_comparison(self) -> None:
        canvas, scheduler, window = self.canvas, self.scheduler, self.window
        comparing, sides = self.comparing, self.sides
        comparing.recipe_chosen.connect(scheduler.set_recipe)
        comparing.other_chosen.connect(scheduler.set_other)
        comparing.changed.connect(canvas.set_comparison)
        comparing.changed.connect(sides.set_comparison)
        comparing.failed.connect(window.on_failed)
        scheduler.compared.connect(canvas.set_other_plan)
        scheduler.planned.connect(sides.set_plan)
        scheduler.compared.connect(sides.set_other_plan)
        sides.compared.connect(window.badge.stand_aside)
        sides.compared.connect(self.panels.stand_above)
        sides.handle.moved.connect(comparing.set_split)
        sides.handle.recentred.connect(comparing.recentre)
        comparing.changed.connect(self.compare_export.show_comparison)
        self.compare_export.save_requested.connect(self.pictures.files.save)

    def measure_speeds(self) -> None:
        """Find out how fast the presets are, if that is not known, once there is nothing to do."""
        speeds = self.speeds
        self.scheduler.idle.connect(speeds.on_idle)
        for begins in (self.scheduler.requested, self.canvas.motion.view_changed):
            begins.connect(speeds.on_busy)
        self.monitor.limits_changed.connect(speeds.set_limits, Qt.ConnectionType.QueuedConnection)
        speeds.requested.connect(self.stopwatch.measure)
        self.stopwatch.measured.connect(speeds.on_measured)

    def make_ready(self) -> None:
        """Have the file dialog made ready once there is nothing to do."""
        once = Qt.ConnectionType.SingleShotConnection
        self.scheduler.idle.connect(functools.partial(load_file_dialog, self.window), once)

    @Slot(int, object, object)
    def _show(self, number: int, opened: Opened, turned: Turn) -> None:
        """Put a picture on screen, or more pixels of the one that is there, or that one turned."""
        picture = opened.picture
        self.scheduler.set_scene(scene_of(number, opened))
        if self._shown != number:
            self.window.set_place(folder_of(picture.path))
            first, self._shown = self._shown == 0, number
            image, view = Size(*picture.size), self.canvas.view
            if first:
                view = self.first_start.view(image, self.canvas.motion.size)
            elif turned != UPRIGHT and (goal := self.canvas.motion.goal) is not None:
                view = geometry.turned(goal, turned)
            elif view is None or (opened.stamp.path, image) != (self._shown_path, view.image):
                view = None  # of another picture
            self.canvas.show_picture(image, picture.alpha is not None, view)
            self._show_title()
            self.window.show_note(picture)
            self.first_start.on_shown(opened.stamp.path)
        self._shown_path = opened.stamp.path

    @Slot(int, object, object)
    def _show_beside(self, number: int, opened: Opened, turned: Turn) -> None:
        """Tell about a picture in the panels, unless it is another in a moment."""
        if not opened.playing:
            self.panels.show(number, opened, turned)

    @Slot()
    def _show_nothing(self) -> None:
        self._shown = -1
        self.turning.clear()
        self.scheduler.clear()
        self.panels.clear()
        self.exports.clear()
        self.sides.clear()
        self.compare_export.clear()
        self.canvas.show_nothing()
        self.window.show_nothing()

    @Slot(object)
    def _prepare_next(self, nearby: Sequence[tuple[int, Opened]]) -> None:
        self.scheduler.set_next([scene_of(number, opened) for number, opened in nearby])

    @Slot()
    def _show_title(self) -> None:
        """Name the picture on screen, and its place once what lies beside it is known."""
        if (opened := self.browser.picture) is not None:
            picture, page = opened.picture, None
            if picture.pages > 1 and not picture.frame_ms:
                page = opened.stamp.page + 1, picture.pages
            name, place = shown(opened.stamp.path), self.browser.place
            self.window.show_title(name, picture.size, place, page)

    @Slot()
    def _prepare(self) -> None:
        """Load the network while nothing else is to be done, so that the first zoom finds it."""
        if (model := self.scheduler.recipe_here.preset.model) is not None:
            self.prepare_requested.emit(model)
