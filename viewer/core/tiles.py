"""The frozen records that pass between the threads: what is asked for and what comes back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from viewer.core.pyramid import tile_px, tiles_px, with_gutter
from viewer.core.shapes import Cells, Rect, Size
from viewer.core.stamp import Stamp

if TYPE_CHECKING:
    from viewer.core.folder import Folder
    from viewer.core.picture import Picture


class Filter(Enum):
    """How pixels are interpolated between those of the picture."""

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    LANCZOS = "lanczos"


class Quality(NamedTuple):
    """How pixels are made: by a subnet of a model, or (model None) by a filter alone."""

    model: str | None
    subnet: float
    filter: Filter = Filter.BICUBIC


#: Bicubic above 1:1, area-filtered below it, the pixels themselves at it.
PIXELS = Quality(None, 0.0)


class LevelKey(NamedTuple):
    """One picture at one scale in one quality."""

    picture: int
    quality: Quality
    level: int


class TileKey(NamedTuple):
    """One tile of a level, at column tx and row ty of its grid."""

    sheet: LevelKey
    tx: int
    ty: int


@dataclass(frozen=True, slots=True)
class Tile:
    """Finished pixels: `image` shows the l_ pixels `outer`, of which `core` is the tile proper.

    `core` is smaller than the tile where only a part was on screen when it was made. What `image`
    is only the canvas knows. `arrived` (monotonic seconds) lets it fade in.
    """

    core: Rect
    outer: Rect
    image: Any
    size_bytes: int
    arrived: float


@dataclass(frozen=True, slots=True)
class TileRequest:
    """A rectangle of neighbouring tiles, to be made in one pass, with everything that takes.

    Of the tiles at its edges only what lies in `shown` (l_ pixels) is made. `display` is the
    profile that the colours are for, None for sRGB. `ahead` says that nothing of it
    is on screen yet. `dropped` is set once nobody wants it any more: a worker that has not begun
    with it answers without tiles.
    """

    generation: int
    sheet: LevelKey
    size: Size
    tiles: Cells
    shown: Cells
    picture: Picture
    threads: int = 1
    on_cpu: bool = False
    display: bytes | None = None
    ahead: bool = False
    dropped: threading.Event = field(default_factory=threading.Event, compare=False)

    @property
    def l_rect(self) -> Cells:
        """The level's pixels to be made, gutter included."""
        return with_gutter(self.size, tiles_px(self.size, self.tiles).clipped(self.shown))

    def tile_keys(self) -> Iterator[TileKey]:
        """Yield the tiles asked for."""
        for ty in range(self.tiles.top, self.tiles.bottom):
            for tx in range(self.tiles.left, self.tiles.right):
                yield TileKey(self.sheet, tx, ty)

    def areas(self, key: TileKey) -> tuple[Cells, Cells]:
        """Return the core and the outer l_ pixels of one tile."""
        core = tile_px(self.size, key.tx, key.ty).clipped(self.shown)
        return core, with_gutter(self.size, core)


@dataclass(frozen=True, slots=True)
class TileResult:
    """The tiles of a request, none if it was dropped, and the seconds that the pass took."""

    request: TileRequest
    tiles: tuple[tuple[TileKey, Tile], ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Decode a page of a file, of an animation a frame.

    `canvas` (device pixels) is what a first, reduced decoding must cover; with None there is none.
    `display` is the profile that the colours on screen are for, None for sRGB. `shrink` is how many
    times smaller to open it, if memory is short. The path of a picture that was `pasted` is no
    business of the user's: the picture gets a bare name. If it must be `whole`, nothing is made
    of a damaged file.
    """

    generation: int
    path: Path
    canvas: Size | None
    display: bytes | None = None
    page: int = 0
    shrink: int = 1
    pasted: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A decoded picture and its reduced copy `base`, which shows width x height of its pixels.

    `stamp` says what the file was like. `playing`: it is a frame that will soon be another.
    """

    request: OpenRequest
    picture: Picture
    base: Any
    base_size: tuple[float, float]
    stamp: Stamp
    playing: bool = False

    @property
    def size_bytes(self) -> int:
        """The memory that the pixels take, in all their sizes."""
        return self.picture.size_bytes + round(4 * self.base_size[0] * self.base_size[1])


@dataclass(frozen=True, slots=True)
class FindRequest:
    """Find out what can be stepped through: `paths` are files or folders.

    `beside`: only what lies beside a picture, which is on screen by now. `again`: in that folder
    something may have changed.
    """

    number: int
    paths: tuple[Path, ...]
    again: bool = False
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What was found; `first`: what is to be shown, and what lies beside it is still unknown.

    `left_out` counts the files given that are no pictures.
    """

    request: FindRequest
    folder: Folder
    first: bool = False
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """Give a file another path, which must be free, or without a `target` move it to the trash.

    `undoes`: it takes an earlier one back.
    """

    source: Path
    target: Path | None
    undoes: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A file that has been moved, and where it is now."""

    request: MoveRequest
    target: Path


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that came to nothing, and the sentence that tells the user.

    Memory may have run out, or the GPU may be `gpu_lost`: then it is tried with less, or without.
    With `no_numbers` the network's answer was none.
    A picture too large for the memory can be opened `shrink` times smaller, unless that is 0.
    """

    request: TileRequest | OpenRequest | FindRequest | MoveRequest
    message: str
    out_of_memory: bool = False
    shrink: int = 0
    gpu_lost: bool = False
    no_numbers: bool = False
