"""What a user can have written into files: the view, the picture enlarged, many of them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMessageBox, QProgressDialog

from viewer.browser import Browser
from viewer.core.picture import Picture
from viewer.core.tiles import Opened, Quality
from viewer.core.turn import Turn
from viewer.display import Display
from viewer.exporter import Ended, Exporter, View
from viewer.language import tr
from viewer.queue_dialog import QueueDialog
from viewer.recipes import Recipes
from viewer.scheduler import TileScheduler
from viewer.targets import ask_for_target, folder_for
from viewer.upscale_dialog import UpscaleDialog, outcome
from viewer.window import MainWindow

#: So long nobody needs to be told that the view is being refined.
PATIENCE_MS = 400


class ExportActions(QObject):
    """Adds its actions to a window, and opens their dialogs."""

    def __init__(
        self,
        window: MainWindow,
        exporter: Exporter,
        scheduler: TileScheduler,
        display: Display,
        browser: Browser,
        recipes: Recipes,
    ) -> None:
        super().__init__(window)
        self._window, self._exporter = window, exporter
        self._scheduler, self._display = scheduler, display
        self._browser, self._recipes = browser, recipes
        self.wait: QProgressDialog | None = None
        self._view: tuple[Path, bool] | None = None
        self._views: set[int] = set()
        self._picture: Picture | None = None  # on screen
        for name, text, do, key, tip in (
            (
                "file.save_view",
                tr("Save &view as…"),
                self.save_view,
                "Ctrl+Shift+S",
                tr("Save what is on screen, refined, as it is on screen"),
            ),
            (
                "file.upscale",
                tr("&Upscale image…"),
                self.upscale,
                "Ctrl+E",
                tr("Save all of the picture, enlarged"),
            ),
            (
                "file.upscale_many",
                tr("Upscale &many images…"),
                self.upscale_many,
                "Ctrl+B",
                tr("Enlarge the pictures of this folder, or others"),
            ),
        ):
            window.registry.add(name, text, do, key, menu="file", section="export", tip=tip)
        browser.moved.connect(self._on_moved)
        exporter.ended.connect(self._on_ended)
        scheduler.requested.connect(exporter.wait_for_screen)
        window.canvas.motion.view_changed.connect(exporter.wait_for_screen)
        scheduler.idle.connect(exporter.go_on)
        window.installEventFilter(self)

    @cached_property
    def upscale_dialog(self) -> UpscaleDialog:
        dialog = UpscaleDialog(self._window, self._exporter, self._pace)
        recipe = self._recipes.recipe
        dialog.options.set_preset(recipe.preset.name, recipe.preset.model)
        return dialog

    @cached_property
    def queue_dialog(self) -> QueueDialog:
        dialog = QueueDialog(self._window, self._exporter)
        recipe = self._recipes.recipe
        dialog.options.set_preset(recipe.preset.name, recipe.preset.model)
        return dialog

    def upscale(self) -> None:
        """Open the dialog for the picture on screen."""
        self.upscale_dialog.set_picture(self._picture)
        _bring(self.upscale_dialog)

    def upscale_many(self) -> None:
        """Open the queue, with the pictures that can be stepped through."""
        self.queue_dialog.offer(*self._files(), complete=self._browser.known)
        _bring(self.queue_dialog)

    @Slot()
    def _on_moved(self) -> None:
        """Fill up a queue that was opened before all pictures of the folder were found."""
        if self._browser.known and "queue_dialog" in self.__dict__ and self.queue_dialog.waiting:
            self.queue_dialog.complete(*self._files())

    def _files(self) -> tuple[list[Path], Path]:
        """Return the pictures that can be stepped through, and where results may go."""
        folder, opened = self._browser.folder, self._browser.picture
        files = [] if folder is None else [Path(file) for file in folder.files]
        source = files[0] if files else Path()
        if opened is not None and not opened.picture.path.is_absolute():
            source = opened.picture.path  # of a pasted one
        return files, folder_for(source)

    @Slot(int, object, object)
    def on_shown(self, _number: int, opened: Opened, _turned: Turn) -> None:
        """Let everything be about the picture that is on screen now."""
        self._picture = opened.picture
        if "upscale_dialog" in self.__dict__ and self.upscale_dialog.isVisible():
            self.upscale_dialog.set_picture(self._picture)

    def clear(self) -> None:
        """Have no picture any more."""
        self._picture = None

    # -- The view --------------------------------------------------------------------------------

    def save_view(self) -> None:
        """Ask where to save what is on screen, and save it once it is refined."""
        if self._picture is None or self._view is not None:
            return
        path = self._picture.path
        stem = tr("{name} view").format(name=path.stem)
        self._view = ask_for_target(self._window, tr("Save view"), path, stem)
        if self._view is None:
            return
        if self._refined():
            self._take()
        else:
            self._wait()

    def _wait(self) -> None:
        """Keep the view as it is until every tile of it is there."""
        self.wait = QProgressDialog(self._window)
        self.wait.setWindowTitle(tr("Save view"))
        self.wait.setLabelText(tr("Refining what is on screen…"))
        self.wait.setWindowModality(Qt.WindowModality.WindowModal)
        self.wait.setMinimumDuration(PATIENCE_MS)
        self.wait.setAutoReset(False)
        self.wait.canceled.connect(self._end_waiting)
        self._scheduler.planned.connect(self._on_planned)
        self._scheduler.idle.connect(self._on_idle)
        self._on_planned()

    @Slot()
    def _on_planned(self, _plan: object = None) -> None:
        done, total = self._tiles()
        if self.wait is not None:
            self.wait.setMaximum(total)
            self.wait.setValue(min(done, total - 1))

    @Slot()
    def _on_idle(self) -> None:
        if self._refined():
            self._take()
        else:
            self._window.on_failed(
                tr("A part of the view could not be refined, so it was not saved.")
            )
        self._end_waiting()

    @Slot()
    def _end_waiting(self) -> None:
        self._view = None
        if self.wait is not None:
            self._scheduler.planned.disconnect(self._on_planned)
            self._scheduler.idle.disconnect(self._on_idle)
            self.wait.canceled.disconnect(self._end_waiting)
            self.wait.close()
            self.wait.deleteLater()
            self.wait = None

    def _take(self) -> None:
        assert self._view is not None
        assert self._picture is not None
        target, overwrite = self._view
        self._view = None
        pixels = _rgb(self._window.canvas.picture())
        view = View(self._picture.path, pixels, self._display.profile, target, overwrite)
        self._views.add(self._exporter.submit(view))

    def _refined(self) -> bool:
        done, total = self._tiles()
        return done >= total and self._picture is not None and not self._picture.reduced

    def _tiles(self) -> tuple[int, int]:
        plans = [plan for plan in (self._scheduler.plan, self._scheduler.other_plan) if plan]
        return sum(plan.done for plan in plans), max(1, sum(plan.total for plan in plans))

    # -- What comes of it ------------------------------------------------------------------------

    @Slot(object)
    def _on_ended(self, ended: Ended) -> None:
        """Tell in the window where no dialog does."""
        of_view = ended.number in self._views
        self._views.discard(ended.number)
        dialogs = ("upscale_dialog", "queue_dialog")
        made = [self.__dict__[name] for name in dialogs if name in self.__dict__]
        told = any(dialog.isVisible() for dialog in made)
        if of_view or (not told and (ended.complaint or ended.done)):
            self._window.on_failed(outcome(ended))

    def _pace(self, model: str, subnet: float) -> float | None:
        if (measured := self._exporter.pace(model, subnet)) is not None:
            return measured
        pace = self._scheduler.pace(Quality(model, subnet))
        return pace.pixels_per_second if pace.passes > 1 else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask before what is being written is thrown away."""
        if watched is self._window and event.type() == QEvent.Type.Close and self._exporter.busy:
            question = tr("A picture is still being written. Quit without it?")
            answer = QMessageBox.question(self._window, tr("Quit Anyzoom"), question)
            if answer != QMessageBox.StandardButton.Yes:
                event.ignore()
                return True
        return super().eventFilter(watched, event)


def _bring(dialog: UpscaleDialog | QueueDialog) -> None:
    dialog.show()
    dialog.activateWindow()


def _rgb(image: QImage) -> np.ndarray:
    """Return uint8 HxWx3 of an opaque 32-bit image."""
    width, height = image.width(), image.height()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    return rows[:, : 4 * width].reshape(height, width, 4)[..., 2::-1].copy()
