"""A picture → an enlarged file, chunk by chunk: what commands, dialogs and queues have in common.

A `Job` says everything; whoever runs it brings a network, and watches.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models import spec
from viewer.core import ensemble
from viewer.core.careful import Careful, RegionUpscaler
from viewer.core.errors import ExportError, OutOfMemory, memory_told, shown
from viewer.core.export import FORMATS, check_target, save_picture
from viewer.core.memory import free_bytes
from viewer.core.picture import Picture, Wish
from viewer.core.presets import Recipe
from viewer.core.turn import UPRIGHT
from viewer.core.words import mark

Pixels = NDArray[np.uint8]
Span = tuple[int, int]

#: By how much a picture can be enlarged.
MAX_SCALE = 32.0

#: A chunk is what one pass makes: large enough that its halo is cheap, small enough for memory.
CHUNK_LR_PX = 192
CHUNK_MAX_PX = 1024

#: Memory at the peak, which is while saving: the result, Pillow's copy, and the encoder's.
BYTES_PER_PIXEL = 12
BYTES_PER_PIXEL_WITH_ALPHA = 16


class Chunk(NamedTuple):
    """A rectangle of output pixels, as half-open ranges."""

    rows: Span
    cols: Span


class Watch(Protocol):
    """Who runs a job watches it: tells how far it is, and may end it by raising `Cancelled`."""

    def chunks(self, chunks: Sequence[Chunk]) -> Iterable[Chunk]:
        """Yield each chunk when it may be made."""
        ...

    def check(self) -> None:
        """Return, unless it is time to end."""
        ...


@dataclass(frozen=True, slots=True)
class Scale:
    """Enlarge by a factor, to round(W S) x round(H S) pixels."""

    factor: float

    def of(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the (width, height) that a picture of `size` gets. Raises `ExportError`."""
        if not 1 <= self.factor <= MAX_SCALE:
            raise _out_of_range(self.factor, size)
        return round(size[0] * self.factor), round(size[1] * self.factor)


@dataclass(frozen=True, slots=True)
class Fit:
    """Enlarge until the picture fills a rectangle of pixels one way, and fits the other way."""

    width: int
    height: int

    def of(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the (width, height) that a picture of `size` gets. Raises `ExportError`."""
        factor = min(self.width / size[0], self.height / size[1])
        if not 1 <= factor <= MAX_SCALE:
            raise _out_of_range(factor, size)
        return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to be enlarged into one file.

    `recipe` says by which network. `quality` (1 to 100) is of lossy formats, `dpi` is noted
    in the file; None leaves both as usual. `sharers` is among how many the free memory is shared.
    With `tta` it is the mean of all eight turns of the picture (`core/ensemble.py`).
    """

    source: Path
    target: Path
    size: Scale | Fit
    recipe: Recipe
    quality: int | None = None
    dpi: float | None = None
    overwrite: bool = False
    sharers: int = 1
    tta: bool = False


class Done(NamedTuple):
    """What became of a job: the (width, height) written, of the source's, and by what network.

    No model: there was nothing to enlarge. `interpolated` counts chunks that it made no pixels of.
    """

    size: tuple[int, int]
    source: tuple[int, int]
    model: str | None = None
    subnet: float = 0.0
    interpolated: int = 0


Load = Callable[[str], RegionUpscaler]
Open = Callable[[Path, Wish], Picture]
How = Callable[[RegionUpscaler, Pixels, tuple[int, int], float, Watch], Pixels]


def run(
    job: Job,
    load: Load,
    watch: Watch,
    source: Picture | Open,
    how: How | None = None,
) -> Done:
    """Do a job.

    `source` is the picture, or what opens it, as `Decoder.open` does. `how` takes the place of
    `in_chunks`. Raises `ViewerError`, `ModelError`, or `Cancelled`; the target is then as it was.
    """
    picture = source if isinstance(source, Picture) else source(job.source, Wish(keep_space=True))
    out_size = job.size.of(picture.size)
    check(job, picture, out_size)
    pixels, done = picture.all_pixels, Done(out_size, picture.size)
    if out_size != picture.size:  # networks enlarge: at 1 pixels are what they are
        suited = network_for(job.recipe, picture.size, out_size, lossy=picture.lossy)
        done = Done(out_size, picture.size, *suited)
        with memory_told(mark("close other programs")):
            upscaler = load(done.model or "")
        if how is not None:
            pixels = how(upscaler, pixels[:, :], out_size, done.subnet, watch)
        else:
            guarded = Careful(upscaler)
            pixels = in_chunks(guarded, pixels, out_size, done.subnet, watch, tta=job.tta)
            done = done._replace(interpolated=guarded.interpolated)
    save(job, picture, pixels[:, :], watch)
    return done


def network_for(
    recipe: Recipe, size: tuple[int, int], out_size: tuple[int, int], *, lossy: bool
) -> tuple[str, float]:
    """Return the model and the subnet that enlarge a picture, both sizes being (width, height).

    Raises `ModelError` if the recipe has no network.
    """
    suited = recipe.suited(lossy=lossy)
    if suited.preset.model is None:
        raise spec.ModelError("Without a network nothing can be enlarged: choose another preset.")
    scale = max(out / n for n, out in zip(size, out_size, strict=True))
    return suited.preset.model, suited.preset.subnet or spec.automatic_subnet(scale, suited.subnets)


def check(job: Job, picture: Picture, out_size: tuple[int, int]) -> None:
    """Raise `ExportError` or `OutOfMemory` if a job cannot end well: before hours of work."""
    check_not_source(job.target, picture.path)
    transparent = picture.alpha is not None
    check_target(job.target, out_size, transparent=transparent, overwrite=job.overwrite)
    check_memory(out_size, transparent=transparent, sharers=job.sharers)


def save(job: Job, picture: Picture, pixels: Pixels, watch: Watch) -> None:
    """Write what was made of a picture into the target of a job."""
    check_not_source(job.target, picture.path)  # which it may have become meanwhile
    out_size = (pixels.shape[1], pixels.shape[0])
    save_picture(
        job.target,
        pixels,
        None if picture.alpha is None else _bicubic(picture.alpha, out_size),
        icc_profile=picture.icc_profile,
        exif=picture.exif,
        profile=picture.profile,
        space=picture.space,
        quality=job.quality,
        dpi=job.dpi,
        check=watch.check,
        overwrite=job.overwrite,
    )


def in_chunks(
    upscaler: RegionUpscaler | Careful,
    pixels: Pixels,
    out_size: tuple[int, int],
    subnet: float,
    watch: Watch,
    *,
    tta: bool = False,
) -> Pixels:
    """Upscale uint8 HxWx3 to (width, height), chunk by chunk.

    The chunks meet without a seam: each reads as much of its surroundings as the network sees.
    """
    size, turns = (out_size[1], out_size[0]), ensemble.TURNS if tta else (UPRIGHT,)
    result, mean = np.empty((*size, 3), np.uint8), ensemble.Mean()
    pixels = pixels[:, :] if tta else pixels  # all of what is read in pieces
    parts = [chunk for chunk in chunks(pixels.shape[:2], size) for _ in turns]
    for (rows, cols), turn in zip(watch.chunks(parts), itertools.cycle(turns)):
        with memory_told(mark("close other programs")):
            mean.add(ensemble.answer(upscaler.region, pixels, size, rows, cols, subnet, turn))
        if turn is turns[-1]:
            result[slice(*rows), slice(*cols)] = mean.taken()
    return result


def chunks(in_size: Sequence[int], out_size: tuple[int, int]) -> list[Chunk]:
    """Cut an output of (height, width) into nearly equal rectangles, row by row."""
    rows, cols = (_spans(n, out) for n, out in zip(in_size, out_size, strict=True))
    return [Chunk(row, col) for row in rows for col in cols]


def lr_pixels(size: tuple[int, int], out_size: tuple[int, int], halo: int) -> float:
    """Return the picture's pixels that all passes read, halos included: what the time goes by."""
    sides = (
        sum((end - begin) * n / out + 2 * halo for begin, end in _spans(n, out))
        for n, out in zip(size, out_size, strict=True)
    )
    return math.prod(sides)


def bytes_needed(size: tuple[int, int], *, transparent: bool) -> int:
    """Return the memory that making and saving (width, height) pixels takes."""
    return size[0] * size[1] * (BYTES_PER_PIXEL_WITH_ALPHA if transparent else BYTES_PER_PIXEL)


def check_memory(size: tuple[int, int], *, transparent: bool, sharers: int = 1) -> None:
    """Raise `OutOfMemory` if (width, height) pixels are more than one of `sharers` may make."""
    needed = bytes_needed(size, transparent=transparent)
    free = free_bytes() // sharers
    if needed > free:
        there = f"{free / 1e9:.1f} GB"
        if sharers > 1:
            there = mark(f"{there} at a time")
        raise OutOfMemory(
            f"{size[0]} x {size[1]} pixels take about {needed / 1e9:.1f} GB of memory, and only "
            f"{there} are free: choose a smaller size."
        )


def check_not_source(target: Path, source: Path) -> None:
    """Raise `ExportError` if a picture would be written over what it is made of."""
    try:
        same = target.samefile(source)
    except OSError:  # there is no such file yet, or there never can be
        return
    if same:
        raise ExportError(
            f"{shown(target)} is the same file as the picture itself: choose another name."
        )


def suffix_for(source: Path) -> str:
    """Return the suffix of the format a picture is saved in unless another one is chosen."""
    suffix = source.suffix.lower()
    return suffix if suffix in FORMATS else ".png"


def _out_of_range(factor: float, size: tuple[int, int]) -> ExportError:
    if factor < 1:
        return ExportError(
            f"The picture has {size[0]} x {size[1]} pixels, more than that already: "
            "choose a larger size."
        )
    return ExportError(
        f"That is {factor:.1f} times the size of the picture ({size[0]} x {size[1]} pixels), and "
        f"{MAX_SCALE:g} times is the most: choose a smaller size."
    )


def _spans(n_in: int, n_out: int) -> list[Span]:
    longest = min(CHUNK_LR_PX * n_out / n_in, CHUNK_MAX_PX)
    count = max(1, math.ceil(n_out / longest))
    return [(n_out * i // count, n_out * (i + 1) // count) for i in range(count)]


def _bicubic(alpha: Pixels, out_size: tuple[int, int]) -> Pixels:
    return np.asarray(Image.fromarray(alpha).resize(out_size, Image.Resampling.BICUBIC))
