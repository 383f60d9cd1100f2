"""The dialog that enlarges the picture on screen into a file. It stays open, and out of the way."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from models import spec
from viewer.core import enlarge, ensemble
from viewer.core.enlarge import Job
from viewer.core.errors import ViewerError, shown
from viewer.core.export import check_format
from viewer.core.memory import free_bytes
from viewer.core.picture import Picture
from viewer.core.turn import UPRIGHT
from viewer.exporter import Ended, Exporter
from viewer.language import figure, told, tr, trn
from viewer.look import closing_buttons
from viewer.targets import ask_for_target
from viewer.upscale_options import UpscaleOptions

Pace = Callable[[str, float], float | None]


class UpscaleDialog(QDialog):
    """Options, what they come to, and the progress of the one export it runs."""

    def __init__(self, window: QWidget, exporter: Exporter, pace: Pace) -> None:
        """`pace` returns the LR pixels per second of a subnet as measured here, or None."""
        super().__init__(window)
        self.setWindowTitle(tr("Upscale image"))
        self._exporter, self._pace = exporter, pace
        self._picture: Picture | None = None
        self._order = 0
        self._begun = 0.0
        self.options = UpscaleOptions(self, many=False)
        self.as_turned = QCheckBox(tr("Turned and mirrored as on &screen"), self)
        self.summary = QLabel(self, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.summary.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = QProgressBar(self, maximum=1000)
        self.bar.setAccessibleName(tr("Progress"))
        self.told = QLabel(self, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.save = QPushButton(tr("&Save as…"))
        self.cancel = QPushButton(tr("&Cancel"))
        buttons = closing_buttons(self)
        buttons.addButton(self.save, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self.cancel, QDialogButtonBox.ButtonRole.ActionRole)
        column = QVBoxLayout(self)
        for widget in (self.options, self.as_turned, self.summary, self.bar, self.told, buttons):
            column.addWidget(widget)
        self.setMinimumWidth(460)
        self.options.changed.connect(self.refresh)
        self.as_turned.toggled.connect(self.refresh)
        self.save.clicked.connect(self._start)
        self.cancel.clicked.connect(self._stop)
        buttons.rejected.connect(self.hide)
        exporter.progressed.connect(self._on_progress)
        exporter.ended.connect(self._on_ended)
        self._show_state()

    def set_picture(self, picture: Picture | None) -> None:
        """Offer to enlarge that picture from now on; what is being written goes on."""
        if picture is not None and picture.reduced:
            picture = None  # the rest of it is still being read
        before, self._picture = self._picture, picture
        self.as_turned.setVisible(picture is not None and picture.turn != UPRIGHT)
        size = self._size() if picture is not None else None
        if before is None or picture is None or size != before.size:
            self.options.set_picture(size)
        else:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Tell what the options come to."""
        text, fits = self._summary()
        self.summary.setText(text)
        self.save.setEnabled(fits and not self._order)

    def _summary(self) -> tuple[str, bool]:
        if self._picture is None:
            return tr("There is no picture to enlarge yet."), False
        try:
            size = self._size()
            out = self.options.wanted_size.of(size)
            recipe = self.options.recipe
            model, subnet = enlarge.network_for(recipe, size, out, lossy=self._picture.lossy)
            transparent = self._picture.alpha is not None
            enlarge.check_memory(out, transparent=transparent)
            check_format(self.options.suffix, out, transparent=transparent)
        except (ViewerError, spec.ModelError) as error:
            return told(str(error)), False
        lines = (
            tr("{name} becomes {width} × {height} pixels ({megapixels} megapixels).").format(
                name=shown(self._picture.path),
                width=out[0],
                height=out[1],
                megapixels=figure(out[0] * out[1] / 1e6, 1),
            ),
            self._time(size, out, model, subnet),
            tr("Memory: about {needed}, of {free} that are free.").format(
                needed=_size_of(enlarge.bytes_needed(out, transparent=transparent)),
                free=_size_of(free_bytes()),
            ),
        )
        return "\n".join(lines), True

    def _time(self, size: tuple[int, int], out: tuple[int, int], model: str, subnet: float) -> str:
        if size == out:
            return tr("Time: next to none.")
        pace = self._pace(model, subnet)
        if pace is None:
            return tr("Time: known once this network has run here.")
        seconds = enlarge.lr_pixels(size, out, spec.find(model).halo) / pace
        if self.options.all_turns.isChecked():
            seconds *= len(ensemble.TURNS)
        return tr("Time: about {duration}, as fast as it has run here.").format(
            duration=duration(seconds)
        )

    @property
    def _as_on_screen(self) -> bool:
        return self.as_turned.isChecked()

    def _size(self) -> tuple[int, int]:
        assert self._picture is not None
        if self._as_on_screen:
            return self._picture.size
        return self._picture.turn.back.size(self._picture.size)

    @Slot()
    def _start(self) -> None:
        picture = self._picture
        assert picture is not None
        stem = f"{picture.path.stem}-{self.options.wanted_size.of(self._size())[0]}px"
        asked = ask_for_target(
            self, tr("Save the upscaled image"), picture.path, stem, self.options.suffix
        )
        if asked is None:
            return
        target, overwrite = asked
        job = Job(
            picture.path,
            target,
            self.options.wanted_size,
            self.options.recipe,
            self.options.quality_percent,
            self.options.dots_per_inch,
            overwrite,
            tta=self.options.all_turns.isChecked(),
        )
        self._begun = time.monotonic()
        self._order = self._exporter.submit(job, picture, upright=not self._as_on_screen)
        self._on_progress(self._order, 0.0)  # it may wait for the screen
        self._show_state()

    @Slot()
    def _stop(self) -> None:
        self._exporter.cancel(self._order)
        self.told.setText(tr("Cancelling…"))

    @Slot(int, float)
    def _on_progress(self, order: int, share: float) -> None:
        if order != self._order:
            return
        self.bar.setValue(round(1000 * share))
        self.told.setText(progress_text(share, time.monotonic() - self._begun))

    @Slot(object)
    def _on_ended(self, ended: Ended) -> None:
        if ended.number != self._order:
            return
        self._order = 0
        self.told.setText(outcome(ended))
        self._show_state()

    def _show_state(self) -> None:
        running = bool(self._order)
        self.options.setEnabled(not running)
        self.as_turned.setEnabled(not running)
        self.bar.setVisible(running)
        self.cancel.setVisible(running)
        self.refresh()


def outcome(ended: Ended) -> str:
    """Say what became of an order."""
    if ended.complaint:
        return told(ended.complaint)
    if ended.done is None:
        return tr("Cancelled: nothing was saved.")
    saved = tr("{name} is saved.").format(name=ended.target.name)
    if not (count := ended.done.interpolated):
        return saved
    left = trn(
        "{count} part could not be refined and is bicubic.",
        "{count} parts could not be refined and are bicubic.",
        count,
    )
    return f"{saved} {left.format(count=count)}"


def progress_text(share: float, seconds: float) -> str:
    """Say how long the rest takes, if this share took so many seconds."""
    if share >= 1:
        return tr("Writing the file…")
    if share <= 0:
        return tr("Starting…")
    return tr("About {duration} left").format(duration=duration(seconds * (1 - share) / share))


def duration(seconds: float) -> str:
    """Say a time in words that fit how well it is known."""
    if seconds < 60:
        return tr("{seconds} s").format(seconds=max(1, round(seconds)))
    if seconds < 5400:
        return tr("{minutes} min").format(minutes=round(seconds / 60))
    return tr("{hours} hours").format(hours=figure(seconds / 3600, 1))


def _size_of(count: int) -> str:
    if count < 1e9:
        return tr("{megabytes} MB").format(megabytes=figure(max(1, count / 1e6), 0))
    return tr("{gigabytes} GB").format(gigabytes=figure(count / 1e9, 1))
