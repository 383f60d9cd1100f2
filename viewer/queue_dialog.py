"""The dialog that enlarges many pictures, one after the other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from models import spec
from viewer.core import batch
from viewer.core.batch import Naming
from viewer.core.enlarge import Job
from viewer.core.errors import ViewerError
from viewer.core.listing import EXTENSIONS
from viewer.exporter import Ended, Exporter
from viewer.language import told, tr, trn
from viewer.look import closing_buttons
from viewer.queue_model import QueueModel
from viewer.upscale_dialog import duration, outcome
from viewer.upscale_options import UpscaleOptions

#: Of the list: the column of names, and what a row is higher than its text.
NAME_PX, ROW_MARGIN_PX = 200, 8

#: Of the dialog; and of the screen it takes at most so much, for its buttons must be in reach.
SIZE, SCREEN_SHARE = QSize(620, 640), 0.88


class QueueDialog(QDialog):
    """A list of pictures, where the results go, and how far all is."""

    def __init__(self, window: QWidget, exporter: Exporter) -> None:
        super().__init__(window)
        self.setWindowTitle(tr("Upscale many images"))
        self._exporter = exporter
        self._jobs: list[Job] = []
        self._offered: list[Path] | None = None  # of which more are to follow
        self._proposed = ""  # for the results
        self._next = self._order = self._failed = 0
        self._begun = 0.0
        self._stopped = False
        self.model = QueueModel(self)
        self.table = self._make_table()
        self.options = UpscaleOptions(self, many=True)
        self.folder, self.pattern = QLineEdit(self), QLineEdit("{name}-{scale}", self)
        self.overwrite = QCheckBox(tr("&Replace files that exist"), self)
        self.bar = QProgressBar(self, maximum=1000)
        self.bar.setAccessibleName(tr("Progress"))
        self.told = QLabel(self, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.start, self.stop = QPushButton(tr("&Start")), QPushButton(tr("&Cancel"))
        self._lay_out()
        self.start.clicked.connect(self._start)
        self.stop.clicked.connect(self._cancel)
        exporter.progressed.connect(self._on_progress)
        exporter.ended.connect(self._on_ended)
        self.model.changed.connect(self._show_state)
        self._show_state()

    @property
    def running(self) -> bool:
        """Whether pictures are being enlarged."""
        return bool(self._order)

    @property
    def waiting(self) -> bool:
        """Whether it was offered a part of the pictures, and all are to follow."""
        return self._offered is not None

    def offer(self, paths: Sequence[Path], home: Path, *, complete: bool = True) -> None:
        """Begin with these pictures, unless others are being enlarged.

        Results go into a folder in `home`, unless the user chose another. If the pictures are not
        `complete`, all of them are to follow.
        """
        if self.running:
            return
        self.model.set_paths(paths)
        if self.folder.text() in ("", self._proposed):
            self._proposed = str(home / tr("upscaled")) if paths else ""
            self.folder.setText(self._proposed)
        self._offered = None if complete else list(paths)
        self.told.setText("" if complete else tr("The folder is still being looked through…"))

    def complete(self, paths: Sequence[Path], home: Path) -> None:
        """Offer all pictures if it was not all before, unless the user chose others meanwhile."""
        offered, self._offered = self._offered, None
        if offered is None or self.running:
            return
        if offered == self.model.paths and set(offered) <= set(paths):
            self.offer(paths, home)
        else:
            self.told.setText("")

    # -- Layout ----------------------------------------------------------------------------------

    def _make_table(self) -> QTableView:
        table = QTableView(self)
        table.setModel(self.model)
        table.setAccessibleName(tr("Pictures"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setTextElideMode(Qt.TextElideMode.ElideRight)
        table.setWordWrap(False)
        table.setColumnWidth(0, NAME_PX)
        table.horizontalHeader().setStretchLastSection(True)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + ROW_MARGIN_PX)
        return table

    def _lay_out(self) -> None:
        buttons = closing_buttons(self)
        buttons.addButton(self.start, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self.stop, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.hide)
        browse = QPushButton(tr("&Browse…"), self)
        browse.clicked.connect(self._ask_for_folder)
        self.options.add_row(tr("Save &in:"), self.folder, browse)
        self.options.add_row(tr("Nam&es:"), self.pattern)
        self.options.add_row("", self.overwrite)
        self.pattern.setToolTip(tr("{name}, {number}, {scale} and {model} are filled in"))
        self._settings = QWidget(self)
        settings = QVBoxLayout(self._settings)
        settings.setContentsMargins(0, 0, 0, 0)
        settings.addLayout(self._list_buttons())
        settings.addWidget(self.options)
        column = QVBoxLayout(self)
        column.addWidget(self.table, 1)
        for widget in (self._settings, self.bar, self.told, buttons):
            column.addWidget(widget)
        self.resize(SIZE.boundedTo(self.screen().availableSize() * SCREEN_SHARE))

    def _list_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for text, do in (
            (tr("&Add files…"), self._add_files),
            (tr("Add f&older…"), self._add_folder),
            (tr("Re&move"), lambda: self.model.remove(self._selected())),
            (tr("&Up"), lambda: self._move(-1)),
            (tr("&Down"), lambda: self._move(1)),
        ):
            button = QPushButton(text, self)
            button.setAutoDefault(False)
            button.clicked.connect(do)
            row.addWidget(button)
        row.addStretch(1)
        return row

    # -- The list --------------------------------------------------------------------------------

    def _selected(self) -> list[int]:
        return sorted(index.row() for index in self.table.selectionModel().selectedRows())

    def _move(self, step: int) -> None:
        selection = self.table.selectionModel()
        moved = self.model.move(self._selected(), step)
        selection.clearSelection()
        rows = selection.SelectionFlag.Select | selection.SelectionFlag.Rows
        for row in moved:
            selection.select(self.model.index(row, 0), rows)

    def _add_files(self) -> None:
        patterns = " ".join(f"*{extension}" for extension in sorted(EXTENSIONS))
        kinds = f"{tr('Pictures')} ({patterns});;{tr('All files')} (*)"
        names, _ = QFileDialog.getOpenFileNames(self, tr("Add pictures"), "", kinds)
        self._add([Path(name) for name in names])

    def _add_folder(self) -> None:
        if name := QFileDialog.getExistingDirectory(self, tr("Add a folder of pictures")):
            self._add([Path(name)])

    def _add(self, paths: Sequence[Path]) -> None:
        try:
            self.model.add(batch.pictures(paths))
        except ViewerError as error:
            self.told.setText(told(str(error)))

    def _ask_for_folder(self) -> None:
        title = tr("Folder for the results")
        if name := QFileDialog.getExistingDirectory(self, title, self.folder.text()):
            self.folder.setText(name)

    # -- Running ---------------------------------------------------------------------------------

    @Slot()
    def _start(self) -> None:
        try:
            self._jobs = self._prepared()
        except (ViewerError, spec.ModelError) as error:
            self.told.setText(told(str(error)))
            return
        self.model.begin()
        self._next = self._failed = 0
        self._stopped = False
        self._begun = time.monotonic()
        self.bar.setValue(0)
        self._go_on()

    def _prepared(self) -> list[Job]:
        """Return the jobs. Raises `ViewerError` or `ModelError` if none of them can be done."""
        folder = batch.folder_named(self.folder.text())
        options = self.options
        like = Job(
            Path(),
            Path(),
            options.wanted_size,
            options.recipe,
            options.quality_percent,
            options.dots_per_inch,
            self.overwrite.isChecked(),
            tta=options.all_turns.isChecked(),
        )
        naming = Naming(folder, self.pattern.text(), options.suffix)
        jobs = batch.jobs(self.model.paths, naming, like)
        batch.make_folder(folder)
        return jobs

    def _go_on(self) -> None:
        if self._stopped or self._next == len(self._jobs):
            self._order = 0
            self._show_end()
        else:
            self.model.set_state(self._next, tr("Working…"))
            self._order = self._exporter.submit(self._jobs[self._next])
            self._on_progress(self._order, 0.0)  # it may wait for the screen
        self._show_state()

    @Slot()
    def _cancel(self) -> None:
        self._stopped = True
        self.told.setText(tr("Cancelling…"))
        self._exporter.cancel(self._order)

    @Slot(int, float)
    def _on_progress(self, order: int, share: float) -> None:
        if order != self._order or self._stopped:
            return
        done = (self._next + share) / len(self._jobs)
        self.bar.setValue(round(1000 * done))
        words = tr("Picture {number} of {count}").format(
            number=self._next + 1, count=len(self._jobs)
        )
        if done > 0:
            seconds = (time.monotonic() - self._begun) * (1 - done) / done
            left = tr("about {duration} left").format(duration=duration(seconds))
            words = f"{words}, {left}"
        self.told.setText(words)

    @Slot(object)
    def _on_ended(self, ended: Ended) -> None:
        if ended.number != self._order:
            return
        self._failed += bool(ended.complaint)
        self.model.set_state(self._next, outcome(ended), failed=bool(ended.complaint))
        self._next += 1
        self._go_on()

    def _show_end(self) -> None:
        saved = self._next - self._failed - self._stopped
        count = len(self._jobs)
        words = trn(
            "{saved} of {count} picture is saved.", "{saved} of {count} pictures are saved.", count
        ).format(saved=saved, count=count)
        if self._failed:
            words += " " + tr("{failed} failed: the list says why.").format(failed=self._failed)
        self.told.setText(words)

    @Slot()
    def _show_state(self) -> None:
        self._settings.setEnabled(not self.running)
        self.bar.setVisible(self.running)
        self.stop.setVisible(self.running)
        self.start.setEnabled(not self.running and bool(self.model.paths))
