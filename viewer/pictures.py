"""All that knows files, put together: which there are, reading them, and what becomes of them."""

from __future__ import annotations

import functools
import threading
from pathlib import Path

from PySide6.QtCore import QObject, SignalInstance, Slot

import assets
from viewer.browser import Browser
from viewer.clipboard import Clipboard, Encoder
from viewer.core.budget import Limits
from viewer.core.decoder import Decoder
from viewer.core.tiles import Opened
from viewer.file_actions import FileActions
from viewer.files import Files
from viewer.library import Library
from viewer.moves import Moves
from viewer.player import Player
from viewer.reader import Reader
from viewer.recent import Recent
from viewer.settings import Settings
from viewer.slideshow import Slideshow
from viewer.strip_dock import StripDock
from viewer.threads import AHEAD_NICENESS, WorkThread
from viewer.thumbnailer import Thumbnailer
from viewer.watch import Watch
from viewer.window import MainWindow

#: How long reading a picture may take once another one is asked for.
PATIENCE_S = 1.0


class Pictures(QObject):
    """Owns the parts and connects them; what is to be on screen comes from `library.shown`."""

    def __init__(
        self,
        window: MainWindow,
        settings: Settings,
        limits: Limits,
        decoders: tuple[Decoder, Decoder],
        stop_flag: threading.Event,
        *,
        whole: bool,
    ) -> None:
        """`decoders` are for the screen and for what may come; only `whole` pictures, if so."""
        super().__init__()
        self._window = window
        self._decoders = decoders
        self.reader, self.ahead = (
            Reader(decoder.open, stop_flag, partial=not whole) for decoder in decoders
        )
        self.frames = Reader(decoders[0].open, stop_flag, partial=False)
        self.files, self.encoder = Files(stop_flag), Encoder()
        self.player = Player()
        self.library = Library(lambda: window.canvas.motion.size, limits)
        self.browser = Browser(self.library, self.files, settings)
        self.watch, self.moves, self.clipboard = Watch(), Moves(), Clipboard()
        self.actions = FileActions(window, self.browser, self.moves, self.clipboard, self.player)
        self.recent = Recent(window.registry, settings, lambda path: self.browser.open([path]))
        self.thumbnailer = Thumbnailer(decoders[1].open, stop_flag)
        self.strip = StripDock(window, window.registry, settings).strip
        self.slideshow = Slideshow(window.registry, self.browser, self.library, settings)
        self._connect_reading()
        if not whole:
            self._connect_player()
        self._connect_browser()
        self._connect_files()
        self._connect_clipboard()
        self._connect_strip()

    def threads(self, *also_ahead: QObject) -> tuple[WorkThread, ...]:
        """Return the threads that do the work, one of them for others besides."""
        files = WorkThread("files", self.files, self.encoder)
        files.started.connect(self.files.tidy)
        return (
            WorkThread("reading", self.reader, self.frames),
            WorkThread(
                "reading ahead", self.ahead, self.thumbnailer, *also_ahead, niceness=AHEAD_NICENESS
            ),
            files,
        )

    def stop(self) -> None:
        """Ask for nothing more, and end the decoders with what they do."""
        self.browser.stop()
        self.library.stop()
        self.watch.stop()
        self.player.stop()
        self.slideshow.stop()
        self.strip.stop()
        for decoder in self._decoders:
            decoder.close()

    def clear(self) -> None:
        """Leave nothing behind; the threads have ended."""
        self.encoder.clear()

    def remember_opened(self) -> None:
        """Keep a list of what the user opens from now on."""
        self.browser.opened.connect(self._note)

    def _connect_reading(self) -> None:
        library, reader, ahead = self.library, self.reader, self.ahead
        library.open_requested.connect(reader.open)
        library.ahead_requested.connect(ahead.open)
        library.redisplay_requested.connect(reader.redisplay)
        reader.opened.connect(library.on_opened)
        reader.failed.connect(library.on_failed)
        ahead.opened.connect(library.on_ahead)
        ahead.failed.connect(library.on_ahead_failed)
        library.slow.connect(self._window.show_opening)
        library.failed.connect(self._window.on_failed)
        library.offered.connect(self._offer_smaller)
        library.hurried.connect(self._hurry)
        library.unreadable.connect(self.watch.on_unreadable)

    def _connect_player(self) -> None:
        library, player, frames = self.library, self.player, self.frames
        library.shown.connect(player.on_shown)
        player.frame_requested.connect(frames.open)
        frames.opened.connect(player.on_frame)
        frames.failed.connect(player.on_failed)
        player.played.connect(library.show_frame)
        player.rested.connect(library.show_frame)
        self.browser.emptied.connect(player.stop)

    def _connect_browser(self) -> None:
        browser, files = self.browser, self.files
        browser.find_requested.connect(files.find)
        files.found.connect(browser.on_found)
        files.failed.connect(browser.on_failed)
        browser.left.connect(self._window.messages.dismiss)
        self._tell(browser.told, self.actions.told, self.slideshow.told)
        browser.emptied.connect(self.slideshow.stop)

    def _connect_files(self) -> None:
        browser, files, watch, moves = self.browser, self.files, self.watch, self.moves
        watch.look_requested.connect(files.look)
        files.looked.connect(watch.on_looked)
        watch.changed.connect(browser.on_changed)
        watch.folder_changed.connect(browser.on_folder_changed)
        watch.mended.connect(self._window.messages.dismiss)
        self.library.shown.connect(self._watch)
        browser.emptied.connect(watch.stop)
        moves.move_requested.connect(files.move)
        files.moved.connect(moves.on_moved)
        files.failed.connect(moves.on_failed)
        files.saved.connect(self._window.on_saved)
        self._tell(files.not_saved)
        moves.trashed.connect(browser.on_trashed)
        moves.brought_back.connect(browser.on_brought_back)
        moves.renamed.connect(browser.on_renamed)
        self._tell(watch.told, moves.told)

    def _connect_strip(self) -> None:
        strip, browser, thumbnailer = self.strip, self.browser, self.thumbnailer
        strip.requested.connect(thumbnailer.make)
        thumbnailer.finished.connect(strip.on_finished)
        strip.chosen.connect(browser.go_to)
        for changed in (browser.moved, browser.emptied):
            changed.connect(lambda: strip.show_folder(browser.folder))
        self.watch.changed.connect(lambda: browser.folder and strip.forget(browser.folder.path))

    def _connect_clipboard(self) -> None:
        clipboard, encoder = self.clipboard, self.encoder
        clipboard.encode_requested.connect(encoder.encode)
        clipboard.keep_requested.connect(encoder.keep)
        encoder.encoded.connect(clipboard.on_encoded)
        encoder.kept.connect(self.browser.open_pasted)
        clipboard.open_requested.connect(self.browser.open)
        self._tell(clipboard.told, encoder.failed)

    def _tell(self, *signals: SignalInstance) -> None:
        for told in signals:
            told.connect(self._window.on_failed)

    @Slot(int, object)
    def _watch(self, _number: int, opened: Opened) -> None:
        self.watch.watch(opened.stamp)

    @Slot(str, int)
    def _offer_smaller(self, sentence: str, shrink: int) -> None:
        """Tell that a picture is too large for the memory, and what can be done."""
        take = functools.partial(self.browser.open_smaller, shrink)
        self._window.offer_reduced(sentence, shrink, take)

    @Slot()
    def _hurry(self) -> None:
        """Give up a picture that takes long to read once another one is wanted."""
        self._decoders[0].cancel(after=PATIENCE_S)

    @Slot(object)
    def _note(self, path: Path) -> None:
        if path != assets.PHOTO:
            self.recent.note(path)
