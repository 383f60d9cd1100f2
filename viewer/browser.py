"""Where one is among the pictures: steps through files and folders, and notes what becomes of them.

On the GUI thread. Pictures come from the `Library`; `Files` looks through folders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from viewer.core.folder import Folder, alone
from viewer.core.tiles import Failure, FindRequest, Found, Opened
from viewer.files import Files
from viewer.language import tr, trn
from viewer.library import Library
from viewer.settings import Settings

#: A folder is looked through that long after the picture asked for is there, which is painted then.
PAINTED_MS = 30


class Browser(QObject):
    """Steps through pictures.

    Signals: moved(), when the picture asked for or its place is another; opened(Path), what was
    opened, once it is on screen; left(), when what was told before is of no interest any more;
    emptied(), when nothing is left to show; told(str), a sentence for the user;
    find_requested(FindRequest), to `Files`.
    """

    moved = Signal()
    opened = Signal(object)
    left = Signal()
    emptied = Signal()
    told = Signal(str)
    find_requested = Signal(object)

    def __init__(self, library: Library, files: Files, settings: Settings) -> None:
        super().__init__()
        self._library, self._files, self._settings = library, files, settings
        self._folder: Folder | None = None
        self._absent: Path | None = None  # on screen, but not in its folder any more
        self._trashed: Path | None = None  # while it was not known what lies beside it
        self._opening: Path | None = None
        self._search = 0
        self._asked = False  # for something else, and it is still being looked for
        self._alone = False  # what lies beside the picture is still being found out
        self._beside: FindRequest | None = None  # to be asked then
        self._steps = 0  # wanted meanwhile
        self._place_wanted: int | None = None
        self._onward = 1
        self._page = 0  # asked for last
        self._painted = QTimer(self, singleShot=True, interval=PAINTED_MS)
        self._painted.timeout.connect(self._find_beside)
        library.shown.connect(self._on_shown)
        for given_up in (library.failed, library.unreadable, library.offered):
            given_up.connect(lambda *_: self._find_beside())

    @property
    def folder(self) -> Folder | None:
        """What can be stepped through; its path is the picture asked for last."""
        return self._folder

    @property
    def known(self) -> bool:
        """Whether it is known what lies beside the picture asked for."""
        return not self._alone

    @property
    def picture(self) -> Opened | None:
        """The picture on screen."""
        return self._library.picture

    @property
    def place(self) -> tuple[int, int] | None:
        """The place of the picture on screen, from 1, and how many there are; None if unknown."""
        folder, shown = self._folder, self.picture
        if folder is None or shown is None or self._alone or shown.stamp.path != folder.path:
            return None
        return folder.index + 1, len(folder)

    # -- Going places ----------------------------------------------------------------------------

    def open(self, paths: Sequence[Path]) -> None:
        """Open files or folders; the picture on screen stays until there is another."""
        self._steps, self._place_wanted, self._trashed = 0, None, None
        self._opening = paths[0].absolute()
        self._asked = True
        self._find(paths)

    def open_pasted(self, path: Path) -> None:
        """Open a pasted picture, beside which there is nothing."""
        self._search += 1
        self._alone, self._asked, self._opening, self._trashed = False, False, None, None
        self.left.emit()
        self._folder, self._absent = alone(path), None
        self._library.ask_pasted(path)
        self._moved()

    def step(self, step: int) -> bool:
        """Go on by so many pictures; tell whether there are any."""
        folder = self._folder
        if folder is None:
            return False
        self._onward = 1 if step > 0 else -1
        if self._alone:
            self._steps += step
            self._find_beside()
        elif (there := folder.stepped(step, self._settings.get("wrap"))) is None:
            ends = tr("This is the last picture."), tr("This is the first picture.")
            self.told.emit(ends[step < 0])
            return False
        else:
            self._go((self._absent and there.without(self._absent)) or there)
        return True

    def go_to(self, index: int) -> None:
        """Go to a picture by its place, the first is 0; a negative one counts from the end."""
        if (folder := self._folder) is None:
            return
        if self._alone:
            self._steps, self._place_wanted = 0, index
            self._find_beside()
        else:
            index = range(len(folder))[min(index, len(folder) - 1)]
            self._go(replace(folder, index=index))

    def open_smaller(self, shrink: int) -> None:
        """Have the picture asked for last opened so many times smaller."""
        if self._folder is not None:
            self._library.ask(self._folder.path, shrink=shrink)

    def turn_page(self, step: int) -> None:
        """Show another page of the file on screen."""
        shown = self.picture
        if shown is None or shown.picture.pages < 2:
            self.told.emit(tr("This picture has no other pages."))
            return
        page = self._page + step
        if 0 <= page < shown.picture.pages:
            self._page = page  # a broken one can be passed by
            self.left.emit()
            self._library.ask(shown.stamp.path, page)
        else:
            ends = tr("This is the last page."), tr("This is the first page.")
            self.told.emit(ends[step < 0])

    def reload(self) -> None:
        """Read the picture on screen again, or the one that could not be read."""
        if self._folder is not None:
            self.left.emit()
            self._library.ask_again(self._folder.path)

    def _go(self, folder: Folder) -> None:
        if self._folder is not None:
            self.left.emit()
        self._ask(folder)

    def _ask(self, folder: Folder) -> None:
        self._folder, self._absent = folder, None
        self._library.ask(folder.path)
        self._moved()

    def _moved(self) -> None:
        going_on = self._steps or self._place_wanted is not None  # what lies here is soon passed
        if self._folder is not None and not (self._alone or going_on):
            self._library.set_place(self._folder, self._onward, self._settings.get("wrap"))
        self.moved.emit()

    def stop(self) -> None:
        """Look for nothing more, and pass by what is still found."""
        self._search += 1
        self._beside = None
        self._painted.stop()

    # -- What lies beside ------------------------------------------------------------------------

    def _find(self, paths: Sequence[Path], again: bool = False) -> None:
        self._search += 1
        self._files.wanted, self._beside = self._search, None
        self.find_requested.emit(FindRequest(self._search, tuple(paths), again))

    def _find_beside(self) -> None:
        """Look what lies beside the picture on screen, if that is not known yet."""
        self._painted.stop()
        if (request := self._beside) is not None:
            self._beside = None
            self.find_requested.emit(request)

    @Slot(object)
    def on_found(self, found: Found) -> None:
        """Open the first picture found, or learn what lies beside the one on screen."""
        if found.request.number != self._search:
            return
        folder, stays = self._folder, found.request.beside or found.request.again
        self._alone, self._asked = found.first, False
        if found.first:
            paths = (found.folder.path,)
            self._beside = replace(found.request, paths=paths, beside=True)
        if folder is None or not stays:
            self._go(found.folder)
        else:
            self._folder = found.folder.at(folder.path)
            self._absent = folder.path if len(self._folder) > len(found.folder) else None
            self._moved()
        if found.left_out:
            said = trn(
                "{count} of the files is not a picture.",
                "{count} of the files are not pictures.",
                found.left_out,
            )
            self.told.emit(said.format(count=found.left_out))
        if not self._alone:
            self._catch_up()

    def _catch_up(self) -> None:
        """Go where the user wanted to go as long as it was not known where that is."""
        trashed, self._trashed = self._trashed, None
        if trashed is not None:
            self.on_trashed(trashed)
        steps, self._steps = self._steps, 0
        place, self._place_wanted = self._place_wanted, None
        if place is not None:
            self.go_to(place)
        if steps and not self.step(steps):
            self._moved()

    @Slot(object)
    def on_failed(self, failure: Failure) -> None:
        """Tell why nothing was found, unless something else was opened meanwhile."""
        request = failure.request
        if isinstance(request, FindRequest) and request.number == self._search:
            self._alone = self._asked = False
            if not request.again and self._trashed is None:
                self.told.emit(failure.message)
            self._moved()
            self._catch_up()

    @Slot(int, object)
    def _on_shown(self, _number: int, opened: Opened) -> None:
        self._page = opened.stamp.page
        if self._beside is not None:
            self._painted.start()
        if self._opening is not None:
            self.opened.emit(self._opening)
            self._opening = None

    # -- What became of the files ----------------------------------------------------------------

    @Slot()
    def on_changed(self) -> None:
        """Read the picture on screen again, whose file has changed; until then it stays."""
        shown = self.picture
        if shown is not None and self._folder is not None and shown.stamp.path == self._folder.path:
            self._library.ask_again(shown.stamp.path, shown.stamp.page, quiet=True)

    @Slot()
    def on_folder_changed(self) -> None:
        """Look again what lies beside the picture on screen, unless another one was asked for."""
        if self._folder is not None and self._folder.listed is not None and not self._asked:
            self._library.retry()
            self._find([self._folder.listed], again=True)

    @Slot(object)
    def on_trashed(self, path: Path) -> None:
        """Show the next picture in place of one that is in the trash."""
        if (folder := self._folder) is None:
            return
        if self._alone:  # it is not known yet what is next
            self._trashed = path
            return
        rest = folder.without(path)
        if rest is None:
            self._folder = self._absent = None
            self._library.clear()
            self.emptied.emit()
        elif folder.path == path:
            self._ask(rest)  # and what is told of the one in the trash stays
        else:
            self._folder = rest
            self._moved()

    @Slot(object)
    def on_brought_back(self, path: Path) -> None:
        """Show a picture that is out of the trash again."""
        if path == self._trashed:
            self._trashed = None
        elif self._folder is None or self._folder.listed not in (None, path.parent):
            self.open([path])
        else:
            self._go(self._folder.at(path))

    @Slot(object, object)
    def on_renamed(self, old: Path, new: Path) -> None:
        """Call a picture by its new name; its pixels are what they were."""
        if self._folder is not None:
            self._folder = self._folder.renamed(old, new)
        self._library.rename(old, new)
        self._moved()
