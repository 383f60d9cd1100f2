"""Damaged and hostile pictures, made from whole ones of every format; the same each time."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 53, 47
Case = tuple[str, bytes]


def _pixels(channels: int) -> np.ndarray:
    """Return something between a photo and noise: every part of a decoder has work to do."""
    rng = np.random.default_rng(5)
    ramp = np.add.outer(np.arange(HEIGHT) * 2, np.arange(WIDTH) * 3)[..., None] % 256
    noise = rng.integers(-20, 20, (HEIGHT, WIDTH, channels))
    return np.clip(ramp + noise, 0, 255).astype(np.uint8)


def _saved(image: Image.Image, kind: str, **settings: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


@lru_cache
def seeds() -> dict[str, bytes]:
    """Return a whole picture of each kind."""
    rgb, rgba = Image.fromarray(_pixels(3)), Image.fromarray(_pixels(4), "RGBA")
    grey = rgb.convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    floating = Image.fromarray(np.asarray(grey).astype(np.float32) / 255)
    palette = rgb.quantize(31)
    several = {"save_all": True, "append_images": [rgb.rotate(90), rgb.rotate(180)]}
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    tagged = {"exif": exif, "icc_profile": _profile()}
    return {
        "jpg": _saved(rgb, "JPEG", **tagged),
        "progressive.jpg": _saved(rgb, "JPEG", progressive=True, optimize=True),
        "grey.jpg": _saved(grey, "JPEG"),
        "cmyk.jpg": _saved(rgb.convert("CMYK"), "JPEG"),
        "png": _saved(rgb, "PNG", **tagged),
        "alpha.png": _saved(rgba, "PNG"),
        "deep.png": _saved(deep, "PNG"),
        "palette.png": _saved(palette, "PNG", transparency=bytes(range(0, 248, 8))),
        "moving.png": _saved(rgb, "PNG", **several),
        "webp": _saved(rgb, "WEBP", **tagged),
        "lossless.webp": _saved(rgba, "WEBP", lossless=True),
        "moving.webp": _saved(rgb, "WEBP", **several),
        "avif": _saved(rgba, "AVIF", speed=10, **tagged),
        "tif": _saved(rgb, "TIFF", **tagged),
        "lzw.tif": _saved(rgba, "TIFF", compression="tiff_lzw"),
        "jpeg.tif": _saved(rgb, "TIFF", compression="jpeg"),
        "float.tif": _saved(floating, "TIFF", compression="tiff_deflate"),
        "cmyk.tif": _saved(rgb.convert("CMYK"), "TIFF", **several),
        "gif": _saved(palette, "GIF", **several),
        "bmp": _saved(rgb, "BMP"),
        "jp2": _saved(rgb, "JPEG2000"),
        "j2k": _saved(rgba, "JPEG2000", no_jp2=True, irreversible=True),
    }


def cases(kind: str, flips: int, *, thorough: bool) -> Iterator[Case]:
    """Yield damaged versions of a kind of picture."""
    whole = seeds()
    data = whole[kind]
    for part in range(1, 16) if thorough else (2, 7, 12, 15):
        yield f"cut at {part}/16", data[: len(data) * part // 16]
    for seed in range(flips):
        yield f"flips of seed {seed}", _flipped(data, seed)
    others = [other for other in whole if other != kind]
    for other in others if thorough else others[::9]:
        yield f"header of {other}", whole[other][:24] + data[24:]
    lies = list(_lies(data))
    yield from lies if thorough else lies[::7]
    if thorough:
        yield "twice", data + data
        yield "noise behind", data + np.random.default_rng(1).bytes(999)
        yield "zeros amid", data[: len(data) // 3] + bytes(len(data) // 3) + data[-200:]
        yield "without its middle", data[: len(data) // 3] + data[-len(data) // 3 :]


def _flipped(data: bytes, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    broken = bytearray(data)
    # Half of them in the header, where they do most.
    reach = len(data) if seed % 2 else min(len(data), 400)
    for at in rng.integers(0, reach, int(rng.integers(1, 9))):
        broken[at] ^= int(rng.integers(1, 256))
    return bytes(broken)


def _lies(data: bytes) -> Iterator[Case]:
    """Yield versions that claim another width or height, wherever one might be written."""
    for side in (WIDTH, HEIGHT):
        for code in (">H", "<H", ">I", "<I"):
            at = data.find(struct.pack(code, side))
            for lie in (0, 1, 65_500, 2**31 - 1) if at >= 0 else ():
                told = struct.pack(code, lie % 256 ** struct.calcsize(code))
                broken = data[:at] + told + data[at + len(told) :]
                yield f"{code} {side} is {lie}", _mended(broken)


def _mended(data: bytes) -> bytes:
    """Return a PNG with the checksum of its header put right, so that the lie is believed."""
    if not data.startswith(b"\x89PNG"):
        return data
    return data[:29] + struct.pack(">I", zlib.crc32(data[12:29])) + data[33:]


def _profile() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@lru_cache
def specials() -> dict[str, bytes]:
    """Return single pictures that each are special in a way of their own; many are whole."""
    rgb = Image.fromarray(_pixels(3))
    profile = _profile()
    endless = b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x8769, 4, 1, 8, 8)
    sizes = [(1, 1), (1, 30_000), (30_000, 1)]
    line = {f"{w}x{h}.{kind}": _saved(Image.new("L", (w, h), 99), kind) for w, h in sizes
            for kind in ("PNG", "TIFF", "BMP", "JPEG")}  # fmt: skip
    jpeg = _saved(rgb, "JPEG")
    frame = jpeg.index(b"\xff\xc0") + 5
    return {
        **line,
        "empty.png": b"",
        "one byte.jpg": b"\xff",
        "only a signature.png": b"\x89PNG\r\n\x1a\n",
        "65500x65500.jpg": jpeg[:frame] + struct.pack(">HH", 65_500, 65_500) + jpeg[frame + 4 :],
        "bomb.png": _bomb(),
        "endless exif.jpg": _saved(rgb, "JPEG", exif=b"Exif\0\0" + endless),
        "endless exif.tif": endless,
        "exif that points to itself.webp": _saved(rgb, "WEBP", exif=b"Exif\0\0" + endless),
        "icc of 4 GB.jpg": _saved(rgb, "JPEG", icc_profile=b"\xff\xff\xff\xff" + profile[4:]),
        "icc of a billion tags.png": _saved(
            rgb, "PNG", icc_profile=profile[:128] + b"\x3b\x9a\xca\x00" + profile[132:]
        ),
        "icc of tags anywhere.tif": _saved(
            rgb, "TIFF", icc_profile=profile[:136] + b"\xff" * 96 + profile[232:]
        ),
        "text that inflates.png": _inflating_text(),
        "ten thousand frames.gif": _frames(10_000),
        "2x2 of frames that are not there.png": _frames_told(2**31 - 1),
    }


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _bomb() -> bytes:
    """Return a small file of many gigabytes."""
    header = struct.pack(">IIBBBBB", 1_000_000, 1_000_000, 8, 6, 0, 0, 0)
    rows = zlib.compress(bytes(1 << 20), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows)


def _inflating_text() -> bytes:
    header = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)
    text = b"Comment\0\0" + zlib.compress(bytes(200 << 20), 9)
    body = _chunk(b"IHDR", header) + _chunk(b"zTXt", text)
    rows = zlib.compress(bytes(6))
    return b"\x89PNG\r\n\x1a\n" + body + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _frames_told(count: int) -> bytes:
    """Return a PNG that claims to be followed by so many frames."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0))
    told = _chunk(b"acTL", struct.pack(">II", count, 0))
    rows = _chunk(b"IDAT", zlib.compress(bytes(6)))
    return b"\x89PNG\r\n\x1a\n" + header + told + rows + _chunk(b"IEND", b"")


def _frames(count: int) -> bytes:
    """Return a GIF of so many frames."""
    frames = [Image.new("P", (4, 4), colour) for colour in (1, 2)]
    two = _saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=40)
    last = two.rindex(b"\x21\xf9")
    return two[:last] + (count - 1) * two[last:-1] + b";"
