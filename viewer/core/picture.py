"""What opening a file gives, and what can be wished of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from viewer.core.embedded import Fact
from viewer.core.turn import UPRIGHT, Turn

if TYPE_CHECKING:
    from viewer.core.pieces import Pieces

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """One opened picture.

    `size` is the (width, height) of the full picture, upright. `pixels` is uint8 HxWx3 RGB and
    `alpha` uint8 HxW, straight, or None if all is opaque; both are read-only, and smaller than
    `size` if `reduced`. `lossy` tells a JPEG and the like, whose artefacts a network would
    sharpen. For saving a copy: `icc_profile` is as in the file, and never to be parsed here;
    `profile` says the same and may be, or is None; `exif` is for `metadata.exif_for_copy`. `space`
    is the profile of `pixels`, None if they are sRGB. `turn` is how all that was turned since.
    `pages` counts those of the file, or its frames. `partial`: the file is damaged, and the rest of
    it is missing. `shrunk`: opened at 1/shrunk of what the file holds, `size` included. `frame_ms`
    is for how long a frame of an animation is shown; 0: this is none. `facts` is what the file
    tells of itself.
    With `pieces` it is too large to be decoded: they read the parts that are wanted of it, and
    `pixels` is a small copy.
    """

    path: Path
    size: tuple[int, int]
    pixels: Pixels
    alpha: Pixels | None
    reduced: bool
    lossy: bool
    icc_profile: bytes | None
    exif: bytes | None
    profile: bytes | None = None
    space: bytes | None = None
    turn: Turn = UPRIGHT
    pages: int = 1
    partial: bool = False
    shrunk: int = 1
    frame_ms: int = 0
    facts: tuple[Fact, ...] = ()
    pieces: Pieces | None = None
    #: The copies halved so many times that a `Resampler` has made of it.
    halved: dict[int, Pixels] = field(
        default_factory=dict[int, Pixels], init=False, repr=False, compare=False
    )

    @property
    def size_bytes(self) -> int:
        """The memory that the pixels take, and the halved copies."""
        alpha = () if self.alpha is None else (self.alpha,)
        return sum(pixels.nbytes for pixels in (self.pixels, *alpha, *self.halved.values()))

    @property
    def all_pixels(self) -> Pixels:
        """All of them, of which parts can be taken; what is not decoded is read then."""
        return self.pixels if self.pieces is None else cast("Pixels", self.pieces)


@dataclass(frozen=True, slots=True)
class Wish:
    """How to open a picture: which page or frame, from 0, and how much of it.

    With `at_most`, a JPEG is decoded at 1/2, 1/4 or 1/8 of its size if that still covers this
    (width, height), which is many times faster. With `shrink` 2, 4 or 8 the picture is opened as
    if it were that much smaller (`OpenError.shrink` says where that helps). With `partial`, of a
    damaged file what can be read is taken. The pixels are sRGB, or with `keep_space` in their own
    space if that holds more colours.
    """

    at_most: tuple[int, int] | None = None
    page: int = 0
    shrink: int = 1
    partial: bool = False
    keep_space: bool = False


class Room:
    """Where a picture is decoded: knows how much memory is free, and makes arrays for pixels."""

    def __init__(self, free_bytes: int) -> None:
        self.free_bytes = free_bytes

    def expect(self, pixels: int, needed_bytes: int) -> None:
        """Learn how large a picture is before it is decoded."""

    def array(self, shape: tuple[int, ...]) -> Pixels:
        """Return a new array."""
        return np.empty(shape, np.uint8)
