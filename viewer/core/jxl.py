"""What a JPEG XL tells at its beginning: its size, and the colour space of what is decoded."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

from viewer.core.spaces import (
    BT2020_PRIMARIES,
    D65,
    P3_PRIMARIES,
    SRGB,
    SRGB_PRIMARIES,
    Hdr,
    Place,
    Space,
)

BARE = b"\xff\x0a"
HEADS = (BARE, b"\0\0\0\x0cJXL \r\n\x87\n")

#: The ratios of width to height that may be named in place of the width.
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
#: Boxes before the one that holds the picture are few, and of the picture its first bytes tell.
_MOST_BOXES = 64
_HEADER_BYTES = 1024

#: Numbers of bits that a choice of two bits stands for, each with what is added.
Choice = tuple[tuple[int, int], ...]
_SIDE: Choice = ((9, 1), (13, 1), (18, 1), (30, 1))
_ENUM: Choice = ((0, 0), (0, 1), (4, 2), (6, 18))
_DEPTH: Choice = ((0, 8), (0, 10), (0, 12), (6, 1))
_FLOAT_DEPTH: Choice = ((0, 32), (0, 16), (0, 24), (6, 1))
_EXTRA: Choice = ((0, 0), (0, 1), (4, 2), (12, 1))
_SHIFT: Choice = ((0, 0), (0, 3), (0, 4), (3, 1))
_NAME: Choice = ((0, 0), (4, 0), (5, 16), (10, 48))
_CFA: Choice = ((0, 1), (2, 0), (4, 3), (8, 19))
_CUSTOM: Choice = ((19, 0), (19, 1 << 19), (20, 1 << 20), (21, 1 << 21))
_PREVIEW: Choice = ((6, 1), (8, 65), (10, 321), (12, 1345))
_PREVIEW_BY_8: Choice = ((0, 16), (0, 32), (5, 1), (9, 33))
_TICKS: Choice = ((0, 100), (0, 1000), (10, 1), (30, 1))
_TICK_PARTS: Choice = ((0, 1), (0, 1001), (8, 1), (10, 1))
_LOOPS: Choice = ((0, 0), (3, 0), (16, 0), (32, 0))

# Numbers in the format.
_RGB, _ALPHA, _SPOT, _PATTERN = 0, 0, 2, 5
_CUSTOM_PLACES = 2
_WHITES: dict[int, Place] = {1: D65, 10: (1 / 3, 1 / 3), 11: (0.314, 0.351)}
_PRIMARIES = {1: SRGB_PRIMARIES, 9: BT2020_PRIMARIES, 11: P3_PRIMARIES}
#: Those of video look as sRGB's do, as in browsers.
_GAMMAS = {1: None, 8: 1.0, 13: None, 17: 2.6}


class Header(NamedTuple):
    """Width and height as stored, and the space of the pixels, sRGB if that is not known."""

    size: tuple[int, int]
    space: Space


def header(file: BinaryIO) -> Header:
    """Read what an open file tells first. Raises `ValueError` if there is no picture."""
    file.seek(0)
    head = file.read(_HEADER_BYTES)
    if not head.startswith(BARE):
        head = _first_codestream(file)
    if not head.startswith(BARE):
        raise ValueError("there is no codestream")
    bits = _Bits(head[2:])
    return Header(_size(bits), _space(bits))


class _Bits:
    """Bits of some bytes, the lowest first; behind the last there are zeros."""

    def __init__(self, block: bytes) -> None:
        self._rest = int.from_bytes(block, "little")

    def take(self, count: int = 1) -> int:
        found = self._rest & ((1 << count) - 1)
        self._rest >>= count
        return found

    def choose(self, choice: Choice) -> int:
        count, more = choice[self.take(2)]
        return more + self.take(count)


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.take()

    def side() -> int:
        return 8 * (1 + bits.take(5)) if small else bits.choose(_SIDE)

    height = side()
    if ratio := bits.take(3):
        across, down = _RATIOS[ratio - 1]
        return height * across // down, height
    return side(), height


def _space(bits: _Bits) -> Space:
    """Pass all by that lies before the colour space, and return that."""
    if bits.take():
        return SRGB
    if bits.take():
        _pass_more(bits)
    _pass_depth(bits)
    bits.take()  # how it is decoded
    for _ in range(bits.choose(_EXTRA)):
        _pass_extra_channel(bits)
    bits.take()  # how it is coded
    if bits.take() or bits.take():
        return SRGB  # so it is; or it has a profile, which only a decoder can unpack
    return _named(bits)


def _pass_more(bits: _Bits) -> None:
    bits.take(3)  # the way up
    if bits.take():
        _size(bits)  # on screen
    if bits.take():
        choice = _PREVIEW_BY_8 if bits.take() else _PREVIEW
        bits.choose(choice)
        if not bits.take(3):
            bits.choose(choice)
    if bits.take():
        for choice in (_TICKS, _TICK_PARTS, _LOOPS):
            bits.choose(choice)
        bits.take()


def _pass_depth(bits: _Bits) -> None:
    if bits.take():
        bits.choose(_FLOAT_DEPTH)
        bits.take(4)
    else:
        bits.choose(_DEPTH)


def _pass_extra_channel(bits: _Bits) -> None:
    if bits.take():
        return
    kind = bits.choose(_ENUM)
    _pass_depth(bits)
    bits.choose(_SHIFT)
    bits.take(8 * bits.choose(_NAME))
    if kind == _ALPHA:
        bits.take()
    elif kind == _SPOT:
        bits.take(64)
    elif kind == _PATTERN:
        bits.choose(_CFA)


def _named(bits: _Bits) -> Space:
    """Return a space that is told by numbers; sRGB in place of what is none for pictures."""
    if bits.choose(_ENUM) != _RGB:
        return SRGB
    number = bits.choose(_ENUM)
    white = _place(bits) if number == _CUSTOM_PLACES else _WHITES.get(number)
    number = bits.choose(_ENUM)
    if number == _CUSTOM_PLACES:
        primaries = tuple(_place(bits) for _ in range(3))
    else:
        primaries = _PRIMARIES.get(number)
    hdr = None
    if bits.take():
        gamma = 1e7 / max(1, bits.take(24))
    else:
        curve = bits.choose(_ENUM)
        hdr = Hdr(curve) if curve in tuple(Hdr) else None
        if hdr is None and curve not in _GAMMAS:
            return SRGB
        gamma = _GAMMAS.get(curve)
    return SRGB if white is None or primaries is None else Space(primaries, white, gamma, hdr)


def _place(bits: _Bits) -> Place:
    def number() -> float:
        packed = bits.choose(_CUSTOM)
        return (-(packed >> 1) - 1 if packed & 1 else packed >> 1) / 1e6

    return number(), number()


def _first_codestream(file: BinaryIO) -> bytes:
    """Return how the picture in a box begins."""
    file.seek(0)
    for _ in range(_MOST_BOXES):
        start = file.tell()
        head = file.read(16)
        size, kind = int.from_bytes(head[:4], "big"), head[4:8]
        inside = 8
        if size == 1:
            size, inside = int.from_bytes(head[8:16], "big"), 16
        if kind in (b"jxlc", b"jxlp"):
            file.seek(start + inside + 4 * (kind == b"jxlp"))
            return file.read(_HEADER_BYTES)
        if size < inside:
            break
        file.seek(start + size)
    return b""
