"""Copies pictures, views and paths to the clipboard, and opens what is pasted from it."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QObject, QUrl, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage

from viewer.core import parts
from viewer.core.picture import Picture
from viewer.language import tr

#: What other programs offer pictures as, the best first.
MIME_TYPES = ("image/png", "image/tiff", "image/webp", "image/jpeg", "image/bmp", "image/gif")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Copy:
    """Pixels to be put on the clipboard: uint8 HxWx3, HxW of alpha or None, and their profile."""

    pixels: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None
    icc_profile: bytes | None = None


class Encoder(QObject):
    """Makes PNGs, which for a large picture takes a second, and keeps pasted ones in files.

    On a thread of its own. Signals: encoded(bytes); kept(Path); failed(str).
    """

    encoded = Signal(object)
    kept = Signal(object)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._kept = ExitStack()
        self._folder: Path | None = None
        self._count = 0

    @Slot(object)
    def encode(self, copy: Copy) -> None:
        """Make a PNG, quickly rather than small."""
        try:
            image = Image.fromarray(copy.pixels)
            if copy.alpha is not None:
                image.putalpha(Image.fromarray(copy.alpha))
            file = io.BytesIO()
            image.save(file, "PNG", compress_level=1, icc_profile=copy.icc_profile)
            self.encoded.emit(file.getvalue())
        except (MemoryError, OSError, ValueError):
            log.info("Copying failed", exc_info=True)
            self.failed.emit(tr("There is not enough free memory to copy the picture."))

    @Slot(object)
    def keep(self, block: bytes) -> None:
        """Put a pasted picture into a file until the end, to be opened as any other."""
        try:
            if self._folder is None:
                self._folder = self._kept.enter_context(parts.short_lived_folder())
            self._count += 1
            path = self._folder / str(self._count) / tr("Pasted picture")
            path.parent.mkdir()
            path.write_bytes(block)
            self.kept.emit(path)
        except OSError as error:
            log.info("Pasting failed", exc_info=True)
            said = tr("The picture could not be pasted: {reason}.")
            self.failed.emit(said.format(reason=error.strerror))

    def clear(self) -> None:
        """Remove the files of pasted pictures."""
        self._kept.close()


class Clipboard(QObject):
    """On the GUI thread.

    Signals: open_requested(list of Path), files that were pasted; told(str);
    encode_requested(Copy), keep_requested(bytes), to the `Encoder`.
    """

    open_requested = Signal(object)
    told = Signal(str)
    encode_requested = Signal(object)
    keep_requested = Signal(object)

    def copy_picture(self, picture: Picture) -> None:
        """Copy a whole picture, unless it is too large to be in hand as a whole."""
        if picture.pieces is not None:
            self.told.emit(
                tr("This picture is too large to be copied. Copy what is on screen instead.")
            )
            return
        self.encode_requested.emit(Copy(picture.pixels, picture.alpha, picture.space))

    def copy_view(self, view: QImage) -> None:
        """Copy what the canvas shows."""
        image = view.convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
        shape = (image.height(), image.width(), 3)
        self.encode_requested.emit(Copy(rows[:, : 3 * image.width()].reshape(shape).copy()))

    def copy_path(self, path: Path) -> None:
        """Copy a path as text, and as a file to those that take one."""
        mime = QMimeData()
        mime.setText(os.fsencode(path).decode(errors="replace"))
        mime.setUrls([QUrl.fromEncoded(path.absolute().as_uri().encode())])
        QGuiApplication.clipboard().setMimeData(mime)

    @Slot(object)
    def on_encoded(self, png: bytes) -> None:
        """Offer a PNG; where the system wants an image of its own, Qt makes one of it."""
        mime = QMimeData()
        mime.setData("image/png", QByteArray(png))
        QGuiApplication.clipboard().setMimeData(mime)
        self.told.emit(tr("Copied."))

    def paste(self) -> None:
        """Open the files or the picture on the clipboard, or the path that stands there."""
        # Qt has none for an empty clipboard.
        mime = QGuiApplication.clipboard().mimeData() or QMimeData()
        if paths := local_paths(mime):
            self.open_requested.emit(paths)
        elif block := _picture_in(mime):
            self.keep_requested.emit(block)
        elif paths := _paths_in(mime.text()):
            self.open_requested.emit(paths)
        else:
            self.told.emit(tr("There is no picture on the clipboard, and no path of one."))


def local_paths(mime: QMimeData) -> list[Path]:
    """Return the files and folders on this computer that are pasted or dropped."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]


def _picture_in(mime: QMimeData) -> bytes:
    """Return a picture as its source encoded it, to be decoded as carefully as a file."""
    for kind in MIME_TYPES:
        if mime.hasFormat(kind):
            return bytes(mime.data(kind).data())
    image = mime.imageData()  # what only the system's own image tells
    if not isinstance(image, QImage) or image.isNull():
        return b""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # pyright: ignore[reportArgumentType, reportCallIssue]
    return bytes(buffer.data().data())


def _paths_in(text: str) -> Sequence[Path]:
    """Return the paths in a text, one a line; nothing if it is any other text."""
    lines = [line.strip().strip("\"'") for line in text.strip().splitlines()]
    urls = [QUrl(line) if line.startswith("file:") else None for line in lines]
    paths = [
        Path(os.path.expanduser(url.toLocalFile() if url else line))
        for url, line in zip(urls, lines, strict=True)
    ]
    return paths if paths and all(path.is_absolute() for path in paths) else ()
