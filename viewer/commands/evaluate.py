"""`anyzoom eval --data DIR`: measures a network, and bicubic, on a folder of pictures.

The protocol: Y channel, ceil(S) pixels of border cropped, results rounded to 8 bit, and the mean
of the pictures' figures.
"""

from __future__ import annotations

import io
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models import metrics
from viewer.commands import arguments, network
from viewer.commands.progress import progress
from viewer.core import ensemble
from viewer.core.decoder import Decoder
from viewer.core.errors import OpenError, memory_told, shown
from viewer.core.listing import list_images
from viewer.core.picture import Picture
from viewer.core.source import open_picture

Pixels = NDArray[np.uint8]

#: What opens the pictures.
Read = Callable[[Path], Picture]

#: SSIM looks through a window of 11 pixels.
_MIN_SIDE = 11


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture to be matched, and the file of its reduced version (none: it is made)."""

    hr: Path
    lr: Path | None

    def pixels(self, scale: float, read: Read = open_picture) -> tuple[Pixels, Pixels]:
        """Return (HR, LR), HR cropped to round(LR * scale).

        Where there is no LR file, LR is floor(HR / scale), by antialiased bicubic in 8 bit.
        """
        hr = read(self.hr).pixels
        if self.lr is None:
            height, width = (math.floor(side / scale) for side in hr.shape[:2])
        else:
            lr = read(self.lr).pixels
            height, width = lr.shape[:2]
        hr = hr[: round(height * scale), : round(width * scale)]
        if min(hr.shape[:2]) < 2 * math.ceil(scale) + _MIN_SIDE:
            raise OpenError(f"{shown(self.hr)} is too small to be measured.")
        return hr, resized(hr, (width, height)) if self.lr is None else lr


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured; PSNR in dB, `seconds` in the network, all pictures together.

    With `tta` of the mean of all turns; `jpeg` is the quality that LR was saved in, if it was.
    """

    model: str
    scale: float
    subnet: float
    images: int
    psnr_y: float
    ssim_y: float
    bicubic_psnr_y: float
    bicubic_ssim_y: float
    seconds: float
    tta: bool = False
    jpeg: int | None = None


def main(argv: Sequence[str]) -> int:
    """Measure, and print a table or JSON. Raises `ViewerError` or `ModelError`."""
    given = _parser().parse_args(argv)
    pairs = find_pairs(given.data)
    with Decoder() as decoder:
        scale = _scale_of(pairs, given.scale, decoder.open)
        facts, subnet = network.choose(given.model, given.subnet, scale)
        upscaler = network.load(facts, given.device, given.precision)

        def upscale(lr: Pixels, out_size: tuple[int, int]) -> Pixels:
            return ensemble.whole(upscaler.whole, lr, out_size, subnet, tta=given.tta)

        result = measure(
            pairs,
            scale,
            upscale,
            facts.name,
            subnet,
            decoder.open,
            given.jpeg,
        )
    result = replace(result, tta=given.tta)
    print(_json(result) if given.json else _table(result, given.data), flush=True)
    return 0


def find_pairs(folder: Path) -> list[Pair]:
    """Return the pairs of folder/HR and folder/LR, or the HR pictures alone, by name.

    HR pictures without LR lie in folder/HR or in the folder itself. Raises `OpenError` if there
    are none, or if one has no partner.
    """
    hr_folder, lr_folder = folder / "HR", folder / "LR"
    originals = list_images(hr_folder if hr_folder.is_dir() else folder)
    if not originals:
        raise OpenError(f"There are no pictures in {shown(folder)}.")
    if not lr_folder.is_dir():
        return [Pair(path, None) for path in originals]
    reduced = {path.stem: path for path in list_images(lr_folder)}
    lonely = {path.stem for path in originals} ^ reduced.keys()
    if lonely:
        raise OpenError(f"HR and LR do not hold the same pictures: see {min(lonely)!r}.")
    return [Pair(path, reduced[path.stem]) for path in originals]


def infer_scale(sizes: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> float | None:
    """Return the roundest scale that fits all ((HR width, height), (LR width, height)), or None."""
    (hr, lr), *_ = sizes
    ratio = (hr[0] / lr[0] + hr[1] / lr[1]) / 2
    candidates = (round(ratio, digits) for digits in range(4))
    return next((scale for scale in candidates if all(_fits(*pair, scale) for pair in sizes)), None)


def measure(
    pairs: Sequence[Pair],
    scale: float,
    upscale: Callable[[Pixels, tuple[int, int]], Pixels],
    model: str,
    subnet: float,
    read: Read = open_picture,
    jpeg: int | None = None,
) -> Result:
    """Return the mean figures of `upscale` (LR, (height, width)) → SR, and of bicubic.

    Each LR picture is saved as a JPEG of quality `jpeg` before, unless that is None.
    """
    border, seconds = math.ceil(scale), 0.0
    figures: list[tuple[float, float, float, float]] = []
    for pair in progress(pairs):
        hr, lr = pair.pixels(scale, read)
        lr = lr if jpeg is None else as_jpeg(lr, jpeg)
        start = time.perf_counter()
        with memory_told("close other programs, or measure smaller pictures"):
            sr = upscale(lr, hr.shape[:2])
        seconds += time.perf_counter() - start
        bicubic = resized(lr, (hr.shape[1], hr.shape[0]))
        figures.append((*_figures(sr, hr, border), *_figures(bicubic, hr, border)))
    psnr, ssim, bicubic_psnr, bicubic_ssim = (float(mean) for mean in np.mean(figures, axis=0))
    return Result(
        model=model,
        scale=scale,
        subnet=subnet,
        images=len(pairs),
        psnr_y=psnr,
        ssim_y=ssim,
        bicubic_psnr_y=bicubic_psnr,
        bicubic_ssim_y=bicubic_ssim,
        seconds=round(seconds, 3),
        jpeg=jpeg,
    )


def resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Return uint8 HxWx3 at (width, height) by antialiased bicubic."""
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Return what is left of uint8 HxWx3 RGB in a JPEG of that quality, 1 to 100."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def _figures(a: Pixels, b: Pixels, border: int) -> tuple[float, float]:
    return metrics.psnr_y(a, b, border), metrics.ssim_y(a, b, border)


def _scale_of(pairs: Sequence[Pair], wanted: float | None, read: Read) -> float:
    files = [(pair.hr, pair.lr) for pair in pairs if pair.lr is not None]
    if not files:
        if wanted is None:
            raise OpenError("There are only HR pictures: say with --scale how far to reduce them.")
        return wanted
    sizes = [(read(hr).size, read(lr).size) for hr, lr in files]
    if wanted is None:
        scale = infer_scale(sizes)
        if scale is None or not 1 < scale <= arguments.MAX_SCALE:
            raise OpenError("The sizes of the HR and LR pictures do not agree on one scale.")
        return scale
    if not all(_fits(hr, lr, wanted) for hr, lr in sizes):
        raise OpenError(f"The sizes of the HR and LR pictures do not fit a scale of {wanted:g}.")
    return wanted


def _fits(hr: tuple[int, int], lr: tuple[int, int], scale: float) -> bool:
    """Tell whether LR is HR / scale, whether or not HR was cropped to fit."""
    return all(round(n * scale) <= full < (n + 1) * scale for full, n in zip(hr, lr, strict=True))


def _table(result: Result, folder: Path) -> str:
    saved = "" if result.jpeg is None else f" as JPEG of quality {result.jpeg}"
    how = ", mean of all turns" * result.tta
    rows = [
        f"{folder}: {result.images} pictures{saved}, x{result.scale:g}, "
        f"subnet {result.subnet:g}{how}",
        f"{'':12} {'PSNR-Y':>8} {'SSIM-Y':>8}",
        f"{result.model:12} {result.psnr_y:8.2f} {result.ssim_y:8.4f}   {result.seconds:.1f} s",
        f"{'bicubic':12} {result.bicubic_psnr_y:8.2f} {result.bicubic_ssim_y:8.4f}",
    ]
    return "\n".join(rows)


def _json(result: Result) -> str:
    # Equal pictures have an infinite PSNR, which JSON cannot say.
    facts = asdict(result).items()
    finite = {key: None if value == math.inf else value for key, value in facts}
    return json.dumps(finite)


def _parser() -> arguments.Parser:
    parser = arguments.Parser(
        "anyzoom eval",
        "Measure a network's PSNR and SSIM on luma, beside those of bicubic interpolation.\n"
        "ceil(S) pixels of border are left out, and results are rounded to 8 bit.",
    )
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="a folder with HR/ and LR/, whose files have the same names; or HR pictures alone, "
        "and then --scale says how far to reduce them",
    )
    parser.add_argument(
        "--scale",
        type=arguments.number(1, arguments.MAX_SCALE, above=True),
        metavar="S",
        help="any number above 1 and up to 32 (default: as the sizes of HR and LR say)",
    )
    arguments.add_network_options(parser)
    arguments.add_tta_option(parser)
    parser.add_argument(
        "--jpeg",
        type=arguments.whole_number(1, 100),
        metavar="QUALITY",
        help="first save each LR picture as a JPEG of this quality, from 1 to 100",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser
