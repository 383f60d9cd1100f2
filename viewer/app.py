"""The composition root: builds every part, makes every connection, starts and stops the threads."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QObject, QSize, Qt, Signal, Slot

import assets
from viewer import first_start
from viewer.browser import Browser
from viewer.canvas import Canvas
from viewer.clipboard import Clipboard, Encoder
from viewer.compare_export import CompareExport
from viewer.compare_menu import CompareMenu
from viewer.comparison import Comparing
from viewer.core import geometry
from viewer.core.budget import ResourceSample
from viewer.core.cache import TileCache
from viewer.core.decoder import Decoder
from viewer.core.geometry import ViewState
from viewer.core.options import Options
from viewer.core.plan import Layer, Scene
from viewer.core.presets import shipped
from viewer.core.shapes import Rect, Size
from viewer.core.tiles import Opened, Tile
from viewer.core.turn import UPRIGHT, Turn
from viewer.display import Display, add_display_actions
from viewer.engine import Engine, Load, load_upscaler
from viewer.export_actions import ExportActions
from viewer.exporter import Exporter
from viewer.file_actions import FileActions
from viewer.files import Files
from viewer.first_start import FirstStart
from viewer.library import Library
from viewer.monitor import ResourceMonitor, full_limits
from viewer.moves import Moves
from viewer.panels.panels import Panels
from viewer.reader import Reader
from viewer.recent import Recent
from viewer.recipes import Recipes
from viewer.scheduler import TileScheduler
from viewer.settings import Settings
from viewer.sides import Sides
from viewer.speeds import Speeds, Stopwatch
from viewer.study import Student
from viewer.threads import AHEAD_NICENESS, EXPORT_NICENESS, INFERENCE_NICENESS, WorkThread
from viewer.turning import Turning, add_turn_actions
from viewer.watch import Watch
from viewer.window import MainWindow
from viewer.worker import TileWorker

STOP_MS = 5_000

#: How long a picture that is being opened is waited for once another one is asked for.
PATIENCE_S = 1.0
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
        self._decoders = decoders or (Decoder(), Decoder(AHEAD_NICENESS))
        self._decoders[0].start()
        load_here = load or functools.partial(load_upscaler, device=options.device)
        engine = Engine(load_here, load or functools.partial(load_upscaler, device="cpu"))
        self.stopwatch = Stopwatch(load_here, self._stop_flag)
        self.worker = TileWorker(engine, self._stop_flag)
        self.reader, self.ahead = (
            Reader(decoder.open, self._stop_flag, partial=options.snapshot is None)
            for decoder in self._decoders
        )
        self.files, self.encoder = Files(self._stop_flag), Encoder()
        self.student = Student(self._stop_flag)
        limits = full_limits()
        self.exporter = Exporter(
            load or functools.partial(load_upscaler, device=options.device), limits
        )
        self._threads = (
            WorkThread("inference", self.worker, self.stopwatch, niceness=INFERENCE_NICENESS),
            WorkThread("reading", self.reader),
            WorkThread("reading ahead", self.ahead, self.student, niceness=AHEAD_NICENESS),
            WorkThread("files", self.files, self.encoder),
            WorkThread("export", self.exporter.worker, niceness=EXPORT_NICENESS),
        )
        self.monitor = ResourceMonitor(limits, sample)
        self.speeds = Speeds(shipped(), options.device, limits, self.settings)
        self.scheduler = TileScheduler(TileCache(limits.cache_cap_bytes), chosen, limits)
        self.canvas = Canvas()
        self.library = Library(lambda: self.canvas.motion.size, limits)
        self.browser = Browser(self.library, self.files, self.settings)
        self.watch, self.moves, self.clipboard = Watch(), Moves(), Clipboard()
        self.window = MainWindow(self.canvas, shipped(), chosen.preset.name, self.settings)
        self.display = Display(self.window, self.settings)
        add_display_actions(self.window.registry, self.window, self.settings)
        self.turning = Turning()
        add_turn_actions(self.window.registry, self.turning)
        self.panels = Panels(self.window, self.canvas, self.window.registry, self.settings)
        self.file_actions = FileActions(self.window, self.browser, self.moves, self.clipboard)
        self.recent = Recent(self.window.registry, self.settings, lambda path: self.open([path]))
        self.recipes.add_actions(self.window.registry)
        self.exports = ExportActions(
            self.window, self.exporter, self.scheduler, self.display, self.browser, self.recipes
        )
        self.comparing = Comparing(chosen, self.settings)
        self.sides = Sides(self.canvas, CompareMenu(self.window.registry, self.comparing))
        self.compare_export = CompareExport(self.window, self.window.registry, self.sides)
        self._connect()
        self._connect_comparison()
        self.first_start = FirstStart(options, self.canvas, self.comparing, self.settings)
        if options.compare is not None:
            self.comparing.begin(options.compare)
        if self.recipes.warning:
            self.window.on_failed(self.recipes.warning)

    def start(self) -> None:
        """Show the window, unless only a snapshot is wanted, and open the first picture."""
        for thread in self._threads:
            thread.start()
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
        """End everything that runs, and wait for the threads; tell whether they ended in time."""
        self.canvas.stop()
        self.panels.stop()
        self.speeds.stop()
        self.window.messages.dismiss()
        self.scheduler.stop()
        self.monitor.stop()
        self.watch.stop()
        self._stop_flag.set()
        self.exporter.stop()
        for decoder in self._decoders:
            decoder.close()
        end = QDeadlineTimer(STOP_MS)
        for thread in self._threads:
            thread.quit()
        ended = [thread.wait(end) for thread in self._threads]
        self.encoder.clear()
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
        self.display.changed.connect(scheduler.set_display)
        self.display.changed.connect(self.library.set_display)
        self.display.failed.connect(window.on_failed)
        self.prepare_requested.connect(worker.prepare)
        self._connect_library()
        self._connect_browser()
        self._connect_clipboard()
        self.speeds.changed.connect(functools.partial(window.show_speeds, self.speeds.of))
        window.show_speeds(self.speeds.of)
        window.open_requested.connect(self.open)
        window.preset_chosen.connect(self.recipes.choose_preset)
        self.recipes.changed.connect(self.comparing.set_preset)
        self.recipes.failed.connect(window.on_failed)
        canvas.wheel.stepped.connect(self.browser.step)
        self.settings.follow("wheel", canvas.wheel.set_use)
        self.settings.follow("background", canvas.set_background)

    def _connect_library(self) -> None:
        library, reader, ahead = self.library, self.reader, self.ahead
        library.open_requested.connect(reader.open)
        library.ahead_requested.connect(ahead.open)
        library.redisplay_requested.connect(reader.redisplay)
        reader.opened.connect(library.on_opened)
        reader.failed.connect(library.on_failed)
        ahead.opened.connect(library.on_ahead)
        ahead.failed.connect(library.on_ahead_failed)
        library.shown.connect(self.turning.on_shown)
        self.turning.requested.connect(reader.turn)
        reader.turned.connect(self.turning.on_turned)
        self.turning.shown.connect(self._show)
        self.turning.shown.connect(self.panels.show)
        self.panels.study_requested.connect(self.student.study)
        self.student.studied.connect(self.panels.on_studied)
        self.turning.shown.connect(self.exports.on_shown)
        library.failed.connect(self.window.on_failed)
        library.offered.connect(self._offer_smaller)
        library.hurried.connect(self._hurry)
        library.unreadable.connect(self.watch.on_unreadable)

    def _connect_browser(self) -> None:
        browser, files, watch, moves = self.browser, self.files, self.watch, self.moves
        browser.find_requested.connect(files.find)
        files.found.connect(browser.on_found)
        files.failed.connect(browser.on_failed)
        browser.moved.connect(self._show_title)
        browser.left.connect(self.window.messages.dismiss)
        browser.opened.connect(self._note)
        browser.emptied.connect(self._show_nothing)
        watch.look_requested.connect(files.look)
        files.looked.connect(watch.on_looked)
        watch.changed.connect(browser.on_changed)
        watch.mended.connect(self.window.messages.dismiss)
        watch.folder_changed.connect(browser.on_folder_changed)
        moves.move_requested.connect(files.move)
        files.moved.connect(moves.on_moved)
        files.failed.connect(moves.on_failed)
        moves.trashed.connect(browser.on_trashed)
        moves.brought_back.connect(browser.on_brought_back)
        moves.renamed.connect(browser.on_renamed)
        for told in (browser.told, watch.told, moves.told, self.file_actions.told):
            told.connect(self.window.on_failed)

    def _connect_clipboard(self) -> None:
        clipboard, encoder = self.clipboard, self.encoder
        clipboard.encode_requested.connect(encoder.encode)
        clipboard.keep_requested.connect(encoder.keep)
        encoder.encoded.connect(clipboard.on_encoded)
        encoder.kept.connect(self.browser.open_pasted)
        clipboard.open_requested.connect(self.open)
        for told in (clipboard.told, encoder.failed):
            told.connect(self.window.on_failed)

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
        self.compare_export.save_requested.connect(self.files.save)
        self.files.saved.connect(window.on_saved)
        self.files.not_saved.connect(window.on_failed)

    def measure_speeds(self) -> None:
        """Find out how fast the presets are, if that is not known, once there is nothing to do."""
        speeds = self.speeds
        self.scheduler.idle.connect(speeds.on_idle)
        for begins in (self.scheduler.requested, self.canvas.motion.view_changed):
            begins.connect(speeds.on_busy)
        self.monitor.limits_changed.connect(speeds.set_limits, Qt.ConnectionType.QueuedConnection)
        speeds.requested.connect(self.stopwatch.measure)
        self.stopwatch.measured.connect(speeds.on_measured)

    @Slot(int, object, object)
    def _show(self, number: int, opened: Opened, turned: Turn) -> None:
        """Put a picture on screen, or more pixels of the one that is there, or that one turned."""
        picture = opened.picture
        self.watch.watch(opened.stamp)
        whole = Rect(0, 0, *opened.base_size)
        outer = Rect(0, 0, opened.base.width(), opened.base.height())
        tile = Tile(whole, outer, opened.base, 0, arrived=-math.inf)
        base = Layer(opened.base_size, (tile,), covers=True)
        self.scheduler.set_scene(Scene(number, picture, base))
        if self._shown != number:
            first, self._shown = self._shown == 0, number
            image, view = Size(*picture.size), self.canvas.view
            if first:
                view = self._first_view(image)
            elif turned != UPRIGHT and (goal := self.canvas.motion.goal) is not None:
                view = geometry.turned(goal, turned)
            elif view is None or (opened.stamp.path, image) != (self._shown_path, view.image):
                view = None  # of another picture
            self.canvas.show_picture(image, picture.alpha is not None, view)
            self._show_title()
            self.window.show_note(picture)
            self.first_start.on_shown(opened.stamp.path)
        self._shown_path = opened.stamp.path

    @Slot(str, int)
    def _offer_smaller(self, sentence: str, shrink: int) -> None:
        """Tell that a picture is too large for the memory, and what can be done."""
        take = functools.partial(self.browser.open_smaller, shrink)
        self.window.offer_reduced(sentence, shrink, take)

    @Slot()
    def _hurry(self) -> None:
        """Give up a picture that takes long to read once another one is wanted."""
        self._decoders[0].cancel(after=PATIENCE_S)

    @Slot()
    def _show_nothing(self) -> None:
        self._shown = -1
        self.watch.stop()
        self.turning.clear()
        self.scheduler.clear()
        self.canvas.show_nothing()
        self.window.show_nothing()

    @Slot(object)
    def _note(self, path: Path) -> None:
        """Remember what the user opened."""
        if self._options.snapshot is None and path != assets.PHOTO:
            self.recent.note(path)

    def _first_view(self, image: Size) -> ViewState | None:
        """Return the view that the command line asks for, if it does."""
        zoom, center = self._options.zoom, self._options.center
        if self.first_start.on:
            zoom, center = zoom or first_start.ZOOM, center or first_start.CENTER
        if zoom is None and center is None:
            return None
        fitted = geometry.fit(image, self.canvas.motion.size)
        return geometry.look_at(fitted, zoom or fitted.zoom, center or (0.5, 0.5))

    @Slot()
    def _show_title(self) -> None:
        """Name the picture on screen, and its place once what lies beside it is known."""
        if (opened := self.browser.picture) is not None:
            self.window.show_title(opened.stamp.path.name, opened.picture.size, self.browser.place)

    @Slot()
    def _prepare(self) -> None:
        """Load the network while nothing else is to be done, so that the first zoom finds it."""
        if (model := self.scheduler.recipe_here.preset.model) is not None:
            self.prepare_requested.emit(model)
