"""Files of several pictures: the last one stays open, so that the next frame comes quickly."""

from __future__ import annotations

import os
from typing import BinaryIO

from PIL import Image, ImageFile

#: Formats whose pictures follow each other in time.
ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")
#: Formats of pages. A JPEG may hold several too (MPO), which are other versions of the first.
PAGED = ("TIFF",)

MOST_PAGES = 2**31 - 1

#: Frames that say they last less are meant to last a moment: so all browsers do.
LEAST_MS, MOMENT_MS = 11, 100


def page_count(image: ImageFile.ImageFile) -> int:
    """Return how many pages or frames there are to be shown."""
    told = getattr(image, "n_frames", 1) if image.format in (*ANIMATED, *PAGED) else 1
    return min(told, MOST_PAGES)  # some are told without being there


def frame_ms(image: ImageFile.ImageFile) -> int:
    """Return for how many milliseconds a loaded frame is shown; 0 if it is none."""
    if image.format not in ANIMATED or page_count(image) < 2:
        return 0
    told = image.info.get("duration", 0)
    duration = round(told) if isinstance(told, int | float) else 0
    return duration if duration >= LEAST_MS else MOMENT_MS


class Album:
    """One file of several pictures, open; used on one thread."""

    def __init__(self) -> None:
        self._which: tuple[int, ...] = ()
        self._image: ImageFile.ImageFile | None = None
        self._file: BinaryIO | None = None

    def open(self, file: BinaryIO, page: int, formats: tuple[str, ...]) -> ImageFile.ImageFile:
        """Return the image in an open file, at a page; if it has several it is kept for the next.

        Raises what Pillow raises; `ValueError` if there is no such page.
        """
        facts = os.fstat(file.fileno())
        which = (facts.st_dev, facts.st_ino, facts.st_mtime_ns, facts.st_size)
        image = self._image
        if which != self._which or image is None or image.tell() > page:
            self.close()
            # With a file of its own, as the other is closed by whoever opened it.
            self._file = os.fdopen(os.dup(file.fileno()), "rb")
            self._file.seek(0)
            image = Image.open(self._file, formats=formats)
            if page_count(image) > 1:
                self._which, self._image = which, image
        try:
            if page or self._image is not None:
                image.seek(page)
        except EOFError as error:
            self.close()
            raise ValueError(f"there is no page {page}") from error
        except BaseException:
            self.close()
            raise
        return image

    def close(self) -> None:
        """Keep nothing open."""
        if self._file is not None:
            self._file.close()
        self._which, self._image, self._file = (), None, None
