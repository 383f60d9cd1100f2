"""`anyzoom bench tour --to FOLDER`: walks through the viewer as a user does, and takes pictures.

Keys, wheel and mouse go the way that a user's go; each step waits until the viewer has done it. Of
each it is told how long the event loop was held up at most, and how much of that was work of its
own: on a busy machine it also waits for its turn.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QPoint, QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

import assets
from viewer.app import App
from viewer.bench.lateness import Holdups
from viewer.bench.stage import BenchError, leave, wait
from viewer.bench.ui import wheel
from viewer.core.errors import ExportError
from viewer.core.options import Options
from viewer.language import use_language
from viewer.settings import Settings

#: Parts of the bundled photo, in the order they are browsed, as shares of its sides.
PHOTOS = {
    "1 raccoon": (0.0, 0.0, 1.0, 1.0),
    "2 face": (0.42, 0.2, 0.86, 0.7),
    "3 leaves": (0.0, 0.45, 0.5, 1.0),
}

#: How long a step may take, on a machine that is very busy.
STEP_SECONDS = 120.0
LOOK_SECONDS = 0.05

Modifier = Qt.KeyboardModifier
CTRL, SHIFT, NONE = Modifier.ControlModifier, Modifier.ShiftModifier, Modifier.NoModifier
Key = Qt.Key


def take(to: Path, size: tuple[int, int], preset: str) -> dict[str, object]:
    """Walk through a viewer of that size, save pictures in `to`, and return figures of each step.

    Raises `BenchError` at the first step that does not come to its end, `ExportError` if `to`
    cannot be made.
    """
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"The folder {to} cannot be made: {error.strerror}.") from error
    application = QApplication.instance() or QApplication([])
    # A user's own dialogs belong to the desktop, and nobody but a user can type into them.
    application.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    assert isinstance(application, QApplication)
    use_language(application)
    with tempfile.TemporaryDirectory() as folder, _viewer(Path(folder), size, preset) as app:
        tour = Tour(app, Path(folder), to)
        try:
            steps = tour.walk()
        finally:
            tour.stop()
    application.processEvents()
    return {"pictures": str(to), "steps": steps}


@contextmanager
def _viewer(folder: Path, size: tuple[int, int], preset: str) -> Iterator[App]:
    """Start a viewer with settings of its own, and photos in a folder beside them."""
    photos = folder / "photos"
    photos.mkdir()
    with Image.open(assets.PHOTO) as photo:
        for name, (left, top, right, bottom) in PHOTOS.items():
            width, height = photo.size
            part = (left * width, top * height, right * width, bottom * height)
            photo.crop(tuple(map(round, part))).save(photos / f"{name}.png")
    store = QSettings(str(folder / "tour.ini"), QSettings.Format.IniFormat)
    app = App(Options(size=size, preset=preset), settings=Settings(store))
    app.make_ready()
    app.start()
    try:
        yield app
    finally:
        leave(app)


class Tour:
    """The steps, in order."""

    def __init__(self, app: App, folder: Path, to: Path) -> None:
        self._app, self._folder, self._to = app, folder, to
        self._holdups = Holdups()
        self._pictures = 0
        self._figures: dict[str, dict[str, float]] = {}

    def walk(self) -> dict[str, dict[str, float]]:
        """Take every step; return seconds, and milliseconds of the longest hold-up, of each."""
        self._refined()
        self._shoot("first start")
        dialogs, exports = self._app.window.dialogs, self._app.exports
        for name, step in (
            ("open folder", self._open_folder),
            ("browse", self._browse),
            ("zoom", self._zoom),
            ("compare split", lambda: self._compare(Key.Key_C, NONE)),
            ("compare side by side", lambda: self._compare(Key.Key_C, SHIFT)),
            ("compare difference", lambda: self._compare(Key.Key_D, NONE)),
            ("one picture", lambda: self._compare(Key.Key_O, NONE)),
            ("preset off", lambda: self._choose_preset("off")),
            ("preset balanced", lambda: self._choose_preset("balanced")),
            ("panels", self._panels),
            ("thumbnails", self._thumbnails),
            ("settings", lambda: self._dialog(Key.Key_Comma, CTRL, lambda: dialogs.preferences)),
            ("palette", lambda: self._dialog(Key.Key_P, CTRL | SHIFT, lambda: dialogs.palette)),
            ("shortcuts", lambda: self._dialog(Key.Key_F1, NONE, lambda: dialogs.sheet)),
            ("queue", lambda: self._dialog(Key.Key_B, CTRL, lambda: exports.queue_dialog)),
            ("export", self._export),
            ("full screen", self._full_screen),
            ("window again", self._leave_full_screen),
            ("quit", self._quit),
        ):
            self._take(name, step)
        return self._figures

    def stop(self) -> None:
        """Measure nothing more."""
        self._holdups.stop()

    def _take(self, name: str, step: Callable[[], QWidget | None]) -> None:
        self._holdups.begin()
        start = time.perf_counter()
        shown = step()
        wait(LOOK_SECONDS)  # what the last of it held up shows at the next tick
        self._figures[name] = {
            "seconds": round(time.perf_counter() - start, 2),
            "longest_holdup_ms": round(self._holdups.longest, 1),
            "own_work_ms": round(self._holdups.hardest, 1),
        }
        if self._app.window.isVisible():
            self._shoot(name, shown)
        if shown is not None:
            shown.hide()

    # -- Steps: each returns the dialog that is to be seen, if it is one --------------------------

    def _open_folder(self) -> None:
        self._answer_dialog(self._folder / "photos")
        self._press(Key.Key_O, CTRL | SHIFT)
        self._until(lambda: self._title.startswith("1 raccoon"), "the folder was not opened")
        self._refined()

    def _browse(self) -> None:
        for key, name in (
            (Key.Key_PageDown, "2 face"),
            (Key.Key_End, "3 leaves"),
            (Key.Key_PageUp, "2 face"),
        ):
            self._press(key)
            self._until(lambda name=name: self._title.startswith(name), f"{name} did not come")
        self._refined()

    def _zoom(self) -> None:
        canvas = self._app.canvas
        for _ in range(4):
            wheel(self._app, 1, 0.6 * canvas.width(), 0.4 * canvas.height())
            wait(0.05)
        self._refined()
        self._drag(QPoint(500, 300), QPoint(420, 260))
        self._refined()

    def _compare(self, key: Qt.Key, modifier: Modifier) -> None:
        self._press(key, modifier)
        self._refined()

    def _choose_preset(self, name: str) -> None:
        self._app.window.registry[f"preset.{name}"].trigger()
        self._until(lambda: self._preset == name, f"the preset {name} was not taken")
        self._refined()

    def _panels(self) -> None:
        for key in (Key.Key_M, Key.Key_H):
            self._press(key)
        self._until(self._app.panels.histogram.isVisible, "the panels did not come")
        self._refined()

    def _thumbnails(self) -> None:
        self._press(Key.Key_T)
        self._until(self._app.pictures.strip.isVisible, "the thumbnails did not come")
        self._refined()

    def _dialog(self, key: Qt.Key, modifier: Modifier, of: Callable[[], QWidget]) -> QWidget:
        self._press(key, modifier)
        self._until(of().isVisible, "a dialog did not open")
        return of()

    def _export(self) -> QWidget:
        for key in (Key.Key_M, Key.Key_H, Key.Key_T):
            self._press(key)
        target = self._folder / "enlarged.png"
        self._press(Key.Key_E, CTRL)
        dialog = self._app.exports.upscale_dialog
        self._until(dialog.isVisible, "the dialog did not open")
        self._until(dialog.save.isEnabled, "there was nothing to save")
        self._answer_dialog(target)
        QTest.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
        self._until(target.exists, "nothing was exported")
        self._until(lambda: not self._app.exporter.busy, "the export did not end")
        return dialog

    def _full_screen(self) -> None:
        self._press(Key.Key_F11)
        self._until(self._app.window.isFullScreen, "the window did not fill the screen")
        self._refined()

    def _leave_full_screen(self) -> None:
        window = self._app.window
        self._press(Key.Key_Escape)
        self._until(lambda: not window.isFullScreen(), "the window still fills the screen")
        self._refined()

    def _quit(self) -> None:
        self._press(Key.Key_Q, CTRL)
        self._until(lambda: not self._app.window.isVisible(), "the viewer did not quit")

    # -- What a user does ------------------------------------------------------------------------

    @property
    def _title(self) -> str:
        return self._app.window.windowTitle()

    @property
    def _preset(self) -> str:
        return self._app.recipes.recipe.preset.name

    def _press(self, key: Qt.Key, modifier: Modifier = NONE) -> None:
        window = self._app.window
        window.activateWindow()  # a dialog may have been the active one
        self._until(window.isActiveWindow, "the window could not be made the active one")
        QTest.keyClick(window, key, modifier)
        wait(LOOK_SECONDS)  # nobody does the next thing in the same moment

    def _drag(self, start: QPoint, end: QPoint) -> None:
        canvas, left = self._app.canvas, Qt.MouseButton.LeftButton
        QTest.mousePress(canvas, left, pos=start)
        for part in (0.3, 0.6, 1.0):
            QTest.mouseMove(canvas, start + (end - start) * part)
            wait(0.02)
        QTest.mouseRelease(canvas, left, pos=end)

    def _answer_dialog(self, path: Path) -> None:
        """Type a path into the dialog that is about to ask for one, and press Return."""
        end = time.monotonic() + STEP_SECONDS

        def answer() -> None:
            dialog = QApplication.activeModalWidget()
            field = dialog.findChild(QLineEdit) if isinstance(dialog, QFileDialog) else None
            if field is not None:
                field.setText(str(path))
                QTest.keyClick(field, Key.Key_Return)
            elif time.monotonic() < end:
                QTimer.singleShot(round(1000 * LOOK_SECONDS), answer)

        QTimer.singleShot(0, answer)

    # -- Waiting, and pictures -------------------------------------------------------------------

    def _refined(self) -> None:
        """Wait until the view rests, and every tile of it is there."""
        wait(0.2)  # a gesture is over after a tenth of a second
        scheduler = self._app.scheduler

        def done() -> bool:
            plans = [plan for plan in (scheduler.plan, scheduler.other_plan) if plan is not None]
            return bool(plans) and all(plan.done == plan.total for plan in plans)

        self._until(done, "what is visible was not refined")
        wait(0.5)  # the last tiles have faded in, and panels come back

    def _until(self, happened: Callable[[], bool], complaint: str) -> None:
        end = time.monotonic() + STEP_SECONDS
        while not happened():
            if time.monotonic() > end:
                raise BenchError(f"The tour ended early: {complaint}.")
            wait(LOOK_SECONDS)

    def _shoot(self, name: str, dialog: QWidget | None = None) -> None:
        """Save what is to be seen, a dialog where it lies over the window."""
        wait(LOOK_SECONDS)
        self._pictures += 1
        shot = self._app.window.grab()
        if dialog is not None:
            room = self._app.window.size() - dialog.size()
            dialog.render(shot, QPoint(room.width() // 2, room.height() // 2))
        path = self._to / f"{self._pictures:02d}-{name.replace(' ', '-')}.png"
        if not shot.save(str(path)):
            raise BenchError(f"{path} could not be written.")
