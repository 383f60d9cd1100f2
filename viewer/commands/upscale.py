"""`anyzoom upscale IN OUT --scale S`: enlarges a picture file by any real factor."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image

from viewer.commands import arguments, network
from viewer.commands.progress import progress
from viewer.core.decoder import Decoder
from viewer.core.errors import ExportError, OutOfMemory
from viewer.core.export import check_target, save_picture
from viewer.core.source import Picture

if TYPE_CHECKING:
    from models.upscaler import Upscaler

Pixels = NDArray[np.uint8]
Span = tuple[int, int]

#: A chunk is what one pass makes: large enough that its halo is cheap, small enough for memory.
CHUNK_LR_PX = 192
CHUNK_MAX_PX = 1024

#: Memory at the peak, which is while saving: the result, Pillow's copy, and one in another profile.
BYTES_PER_PIXEL = 12
BYTES_PER_PIXEL_WITH_ALPHA = 16


def main(argv: Sequence[str]) -> int:
    """Enlarge one file. Raises `ViewerError` or `ModelError`; OUT is then as it was."""
    given = _parser().parse_args(argv)
    network.choose(given.model, given.subnet, given.scale)  # refuse what cannot be at once
    with Decoder() as decoder:
        picture = decoder.open(given.source)
    treat_as = given.treat_as or "auto"
    facts, subnet = network.choose(
        given.model, given.subnet, given.scale, treat_as, lossy=picture.lossy
    )
    out_size = enlarged(picture.size, given.scale)
    _check_output(picture, given.target, out_size, overwrite=given.force)

    pixels = picture.pixels
    if given.scale > 1:  # networks enlarge: at 1 the pixels are what they are, as on screen
        upscaler = network.load(facts, given.device, given.precision)
        run = upscale_whole if given.whole else upscale_in_chunks
        pixels = run(upscaler, pixels, out_size, subnet)
    save_picture(
        given.target,
        pixels,
        None if picture.alpha is None else _bicubic(picture.alpha, out_size),
        icc_profile=picture.icc_profile,
        exif=picture.exif,
        overwrite=given.force,
    )
    kind = "weights for photos" if facts.photo else "weights for clean pictures"
    how = f"by {facts.name} ({kind}), subnet {subnet:g}" if given.scale > 1 else "as they were"
    print(f"{given.target}: {out_size[0]} x {out_size[1]} pixels, {how}", file=sys.stderr)
    return 0


def enlarged(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Return a (width, height) times `scale`, rounded."""
    return round(size[0] * scale), round(size[1] * scale)


def upscale_in_chunks(
    upscaler: Upscaler, pixels: Pixels, out_size: tuple[int, int], subnet: float
) -> Pixels:
    """Upscale uint8 HxWx3 to (width, height), chunk by chunk, with a progress bar.

    The chunks meet without a seam: each reads as much of its surroundings as the network sees.
    """
    width, height = out_size
    result = np.empty((height, width, 3), np.uint8)
    for rows, cols in progress(chunks(pixels.shape[:2], (height, width))):
        with network.memory_told("close other programs"):
            chunk = upscaler.region(pixels, (height, width), rows, cols, subnet)
        result[slice(*rows), slice(*cols)] = chunk
    return result


def upscale_whole(
    upscaler: Upscaler, pixels: Pixels, out_size: tuple[int, int], subnet: float
) -> Pixels:
    """Upscale uint8 HxWx3 to (width, height) in a single pass: what chunks are tested against."""
    with network.memory_told("close other programs, or leave out --whole"):
        return upscaler.whole(pixels, (out_size[1], out_size[0]), subnet)


def chunks(in_size: Sequence[int], out_size: tuple[int, int]) -> list[tuple[Span, Span]]:
    """Cut an output of (height, width) into nearly equal rectangles (rows, cols), row by row."""
    rows, cols = (_spans(n, out) for n, out in zip(in_size, out_size, strict=True))
    return [(row, col) for row in rows for col in cols]


def _spans(n_in: int, n_out: int) -> list[Span]:
    longest = min(CHUNK_LR_PX * n_out / n_in, CHUNK_MAX_PX)
    count = max(1, math.ceil(n_out / longest))
    return [(n_out * i // count, n_out * (i + 1) // count) for i in range(count)]


def _bicubic(alpha: Pixels, out_size: tuple[int, int]) -> Pixels:
    return np.asarray(Image.fromarray(alpha).resize(out_size, Image.Resampling.BICUBIC))


def _check_output(
    picture: Picture, target: Path, out_size: tuple[int, int], *, overwrite: bool
) -> None:
    if _is_same(target, picture.path):
        raise ExportError("OUT is the same file as IN: choose another name.")
    transparent = picture.alpha is not None
    check_target(target, out_size, transparent=transparent, overwrite=overwrite)
    width, height = out_size
    each = BYTES_PER_PIXEL_WITH_ALPHA if transparent else BYTES_PER_PIXEL
    needed, free = width * height * each, psutil.virtual_memory().available
    if needed > free:
        raise OutOfMemory(
            f"{width} x {height} pixels take about {needed / 1e9:.1f} GB of memory, and only "
            f"{free / 1e9:.1f} GB are free: choose a smaller scale."
        )


def _is_same(target: Path, source: Path) -> bool:
    try:
        return target.samefile(source)
    except OSError:  # there is no such file yet, or there never can be
        return False


def _parser() -> arguments.Parser:
    parser = arguments.Parser(
        "anyzoom upscale",
        "Enlarge a picture by any real factor with a super-resolution network.\n"
        "The colour profile, EXIF and alpha are kept.",
    )
    parser.add_argument("source", type=Path, metavar="IN", help="the picture to enlarge")
    parser.add_argument(
        "target",
        type=Path,
        metavar="OUT",
        help="the file to write; its suffix (.png, .jpg, .webp, .tif, .avif) says the format",
    )
    parser.add_argument(
        "--scale",
        type=arguments.number(1, arguments.MAX_SCALE),
        required=True,
        metavar="S",
        help="any number from 1 (a copy) to 32; the result has round(W*S) x round(H*S) pixels",
    )
    arguments.add_network_options(parser)
    arguments.add_treatment_option(parser)
    parser.add_argument(
        "--whole",
        action="store_true",
        help="run the network once over the whole picture, whatever memory that takes",
    )
    parser.add_argument("--force", action="store_true", help="overwrite OUT if it exists")
    return parser
