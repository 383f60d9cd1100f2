"""TIFFs of tiles at several sizes, too large to be decoded at once: read piece by piece.

pyvips does it, an optional package. What decodes runs where pictures are decoded, without rights.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import threading
import weakref
from collections.abc import Generator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from PIL import Image

from viewer.core import pillow
from viewer.core.errors import OpenError
from viewer.core.picture import Picture, Pixels, Room, Wish
from viewer.core.pieces import Pieces, Plate, halved, matching
from viewer.core.resample import BASE_PIXELS
from viewer.core.shapes import Cells, Size

MODULE = "pyvips"

#: Smaller pictures are decoded like all others.
LEAST_PIXELS = 100_000_000

#: The smallest copy in the file is decoded as a whole: it must not be larger than this.
MOST_COARSE_PIXELS = 8 * BASE_PIXELS

#: Memory at the peak of reading a piece: what is read, its colours converted, and handed over.
BYTES_PER_PIXEL = 16
#: And of the tiles that lie around it.
TILES_BYTES = 256 << 20

_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_TILE_WIDTH = 322


class Header(NamedTuple):
    """What counts of a TIFF before it is decoded."""

    lossy: bool


def header(file: BinaryIO) -> Header | None:
    """Tell of a TIFF whether it is of tiles and large; None if that is not so."""
    head = file.read(4)
    file.seek(0)
    if head not in _HEADS:
        return None
    with pillow.no_pixel_limit():
        image = Image.open(file, formats=("TIFF",))
    large = image.width * image.height >= LEAST_PIXELS
    found = None
    if large and _TILE_WIDTH in image.tag_v2:  # pyright: ignore
        found = Header(pillow.is_lossy(image, file))
    file.seek(0)
    return found


@functools.cache
def available() -> bool:
    """Whether the package is installed."""
    return importlib.util.find_spec(MODULE) is not None


def load() -> None:
    """Load the package, if it is installed and works, and let it keep nothing."""
    if available():
        try:
            importlib.import_module(MODULE).cache_set_max(0)
        except (ImportError, OSError):
            available.cache_clear()


def folder() -> Path | None:
    """Return where the package lies."""
    spec = importlib.util.find_spec(MODULE)
    return Path(spec.origin).parent.parent if spec and spec.origin else None


def decode(
    path: Path, file: BinaryIO, head: Header, wish: Wish, room: Room
) -> tuple[Picture, dict[int, Plate]] | None:
    """Return a picture whose pixels are a small copy, and where the copies in its file are.

    None if there is no small one in it. With `wish.at_most` it is a copy that covers this.
    """
    plates = dict(_plates(file))
    full = plates[0].size
    coarse = [at for at, plate in plates.items() if _pixels(plate) <= MOST_COARSE_PIXELS]
    if not coarse:
        return None
    small = [at for at in coarse if _pixels(plates[at]) <= BASE_PIXELS]
    halvings = min(small, default=max(coarse))
    if wish.at_most is not None:
        covering = [at for at in coarse if _covers(plates[at].size, wish.at_most)]
        halvings = max(covering, default=min(coarse))
    size = halved(full, halvings)
    room.expect(size.width * size.height, size.width * size.height * BYTES_PER_PIXEL + TILES_BYTES)
    pixels = room.array((size.height, size.width, 3))
    pieces = Pieces(functools.partial(piece, file), plates, halvings)
    pixels[:] = pieces[0 : size.height, 0 : size.width]
    pixels.flags.writeable = False
    reduced = wish.at_most is not None
    picture = Picture(
        path=path,
        size=full,
        pixels=pixels,
        alpha=None,
        reduced=reduced,
        lossy=head.lossy,
        icc_profile=None,
        exif=None,
    )
    return picture, {} if reduced else plates


def piece(file: BinaryIO, plate: Plate, box: Cells) -> Pixels:
    """Return the pixels of a plate inside a rectangle, which must lie in it, uint8 HxWx3 sRGB."""
    image = _srgb(_upright(_opened(file, plate.page, plate.subifd), plate.orientation))
    part = image.crop(box.left, box.top, box.width, box.height)
    return np.ndarray((box.height, box.width, 3), np.uint8, part.write_to_memory())


class Here:
    """Reads pieces in this very process, one at a time; closes the file at its end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._lock = file, threading.Lock()
        weakref.finalize(self, file.close)

    def __call__(self, plate: Plate, box: Cells) -> Pixels:
        with self._lock:
            return piece(self._file, plate, box)


def hint(error: OpenError) -> OpenError:
    """Add to what is told of a picture too large for the memory how it can be opened."""
    return OpenError(
        f"{error} To read it piece by piece, run  pip install 'anyzoom[huge]'  and start Anyzoom "
        "again."
    )


def _covers(size: Size, wanted: tuple[int, int]) -> bool:
    return size.width >= wanted[0] and size.height >= wanted[1]


def _pixels(plate: Plate) -> int:
    return plate.size.width * plate.size.height


def _plates(file: BinaryIO) -> Generator[tuple[int, Plate]]:
    """Yield the copies of the first page, by how often they were halved."""
    first = _opened(file, 0, -1)
    orientation = _told(first, "orientation", 1)
    full = _size(_upright(first, orientation))
    yield 0, Plate(0, -1, orientation, full)
    count = _told(first, "n-subifds", 0)
    places = [(0, at) for at in range(count)] or [
        (at, -1) for at in range(1, _told(first, "n-pages", 1))
    ]
    for page, subifd in places:
        size = _size(_upright(_opened(file, page, subifd), orientation))
        halvings = matching(full, size)
        if halvings:
            yield halvings, Plate(page, subifd, orientation, size)


def _opened(file: BinaryIO, page: int, subifd: int) -> Any:
    vips = importlib.import_module(MODULE)
    source = vips.Source.new_from_descriptor(file.fileno())
    return vips.Image.tiffload_source(source, page=page, subifd=subifd)


def _told(image: Any, name: str, otherwise: int) -> int:
    return int(image.get(name)) if name in image.get_fields() else otherwise


def _size(image: Any) -> Size:
    return Size(image.width, image.height)


def _upright(image: Any, orientation: int) -> Any:
    """Turn it as the file says of its first page; its copies say nothing of it."""
    image = image.copy()
    image.set_type(importlib.import_module(MODULE).GValue.gint_type, "orientation", orientation)
    return image.autorot()


def _srgb(image: Any) -> Any:
    """Return three bands of 8 bits; transparency shows white."""
    if "icc-profile-data" in image.get_fields():
        image = image.icc_transform("srgb", embedded=True)
    elif image.interpretation != "srgb":
        image = image.colourspace("srgb")
    if image.hasalpha():
        image = image.flatten(background=255)
    return image.extract_band(0, n=3).cast("uchar")
