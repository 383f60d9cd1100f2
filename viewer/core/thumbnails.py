"""Small copies of pictures, and a folder in which they are kept within a size."""

from __future__ import annotations

import hashlib
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer.core.picture import Picture, Pixels
from viewer.core.stamp import Stamp

#: The longer side in pixels: freedesktop's "normal" and "large".
SIZES = (128, 256)

#: The folder holds no more than this; what was used longest ago makes room.
CAP_BYTES = 64 << 20
#: To make room is to make some more, so that it is not done for each.
SHARE_KEPT = 0.8

#: So much larger a picture is reduced by whole numbers first, which is quick.
GAP = 2.0

log = logging.getLogger(__name__)


class Thumbnail(NamedTuple):
    """uint8 HxWx3 sRGB, and HxW straight alpha, or None if all is opaque."""

    pixels: Pixels
    alpha: Pixels | None


def made(picture: Picture, side: int) -> Thumbnail:
    """Return a picture, whose pixels are sRGB, at most `side` pixels wide and high."""
    width, height = picture.size
    shrink = min(1.0, side / max(width, height))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    pixels, alpha = (
        None if band is None else _reduced(band, size) for band in (picture.pixels, picture.alpha)
    )
    assert pixels is not None
    return Thumbnail(pixels, alpha)


def _reduced(band: Pixels, size: tuple[int, int]) -> Pixels:
    image = Image.fromarray(band)
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC, reducing_gap=GAP))


class ThumbnailFolder:
    """Keeps thumbnails of files as they were when they were made. Used on one thread.

    A folder that cannot be read or written is as good as none: nothing is kept, nobody is told.
    """

    def __init__(self, folder: Path, cap_bytes: int = CAP_BYTES) -> None:
        self._folder, self._cap_bytes = folder, cap_bytes
        self._size_bytes: int | None = None  # of all of it, once that was looked at

    def find(self, stamp: Stamp, side: int) -> Thumbnail | None:
        """Return the thumbnail of a file that has not changed since, if there is one."""
        path = self._path(stamp, side)
        try:
            image: Image.Image = Image.open(path, formats=("WEBP",))
            with image:
                mode = "RGBA" if image.has_transparency_data else "RGB"
                whole: NDArray[np.uint8] = np.asarray(image.convert(mode))
            os.utime(path)  # it is used now
        except FileNotFoundError:
            return None
        except Exception:  # whatever a damaged one raises
            log.info("A thumbnail is damaged", exc_info=True)
            with suppress(OSError):
                path.unlink()
            return None
        alpha = np.ascontiguousarray(whole[..., 3]) if whole.shape[2] == 4 else None
        return Thumbnail(np.ascontiguousarray(whole[..., :3]), alpha)

    def keep(self, stamp: Stamp, side: int, thumbnail: Thumbnail) -> None:
        """Keep a thumbnail, unless the folder is not ours to write to."""
        pixels, alpha = thumbnail
        whole = pixels if alpha is None else np.dstack((pixels, alpha))
        path = self._path(stamp, side)
        new = path.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            Image.fromarray(whole).save(new, "WEBP", quality=85, method=2)
            size = new.stat().st_size
            new.replace(path)
        except OSError:
            log.info("A thumbnail could not be kept", exc_info=True)
            with suppress(OSError):
                new.unlink()
        else:
            with suppress(OSError):
                self._make_room(size)

    def _path(self, stamp: Stamp, side: int) -> Path:
        told = f"{stamp.path.as_uri()}\n{stamp.modified_ns}\n{stamp.size_bytes}\n{side}"
        return (
            self._folder / f"{hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()}.webp"
        )

    def _make_room(self, more_bytes: int) -> None:
        """Remove what was used longest ago if there is too much."""
        if self._size_bytes is not None and self._size_bytes + more_bytes <= self._cap_bytes:
            self._size_bytes += more_bytes
            return
        with os.scandir(self._folder) as entries:
            files = [
                (facts.st_mtime_ns, facts.st_size, entry.path)
                for entry in entries
                if entry.is_file() and (facts := entry.stat())
            ]
        total = sum(size for _, size, _ in files)
        goal = self._cap_bytes * (1.0 if total <= self._cap_bytes else SHARE_KEPT)
        for _, size, path in sorted(files):
            if total <= goal:
                break
            with suppress(OSError):
                os.unlink(path)
                total -= size
        self._size_bytes = total
