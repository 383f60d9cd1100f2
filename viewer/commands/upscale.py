"""`anyzoom upscale`: enlarges picture files by any real factor."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from models import spec
from viewer.commands import arguments, network, queue
from viewer.commands.progress import Bar, progress
from viewer.core import batch, enlarge, parts
from viewer.core.careful import RegionUpscaler
from viewer.core.decoder import Decoder
from viewer.core.enlarge import Chunk, Done, Fit, Job, Pixels, Scale, Watch
from viewer.core.errors import memory_told
from viewer.core.export import FORMATS


def main(argv: Sequence[str]) -> int:
    """Enlarge one file, or many. Raises `ViewerError` or `ModelError`; OUT is then as it was."""
    parser = _parser()
    given = parser.parse_args(argv)
    size = Fit(*given.fit) if given.fit else Scale(given.scale)
    recipe = network.recipe(given.model, given.subnet, given.treat_as or "auto")
    parts.sweep()
    like = Job(Path(), Path(), size, recipe, given.quality, overwrite=given.force, tta=given.tta)
    if given.whole and given.tta:
        parser.error("give --whole or --tta")
    if given.out_dir is not None:
        if given.whole:
            parser.error("--whole is of a single picture")
        return _many(given, like)
    if len(given.sources) != 2:
        parser.error("give IN and OUT, or --out-dir DIR for many pictures")
    if given.jobs != 1 or given.dask or given.format:
        parser.error("--jobs, --dask and --format are of --out-dir")
    job = replace(like, source=given.sources[0], target=given.sources[1])
    with Decoder() as decoder:
        load = network.loader(given.device, given.precision)
        done = enlarge.run(job, load, _Terminal(), decoder.open, _whole if given.whole else None)
    print(f"{job.target}: {_described(done)}", file=sys.stderr)
    return 0


def _many(given: argparse.Namespace, like: Job) -> int:
    sources = batch.pictures(given.sources)
    naming = batch.Naming(given.out_dir, given.name, f".{given.format}" if given.format else "")
    jobs = batch.jobs(sources, naming, like)
    batch.make_folder(given.out_dir)
    if given.dask:
        outcomes = queue.spread(jobs, given.dask, given.device, given.precision)
    else:
        outcomes = queue.work(jobs, given.jobs, given.device, given.precision)
    return queue.told(outcomes, len(jobs), given.out_dir, Bar())


def _described(done: Done) -> str:
    size = f"{done.size[0]} x {done.size[1]} pixels"
    if done.model is None:
        return f"{size}, as they were"
    kind = "weights for photos" if spec.find(done.model).photo else "weights for clean pictures"
    whole = f"{size}, by {done.model} ({kind}), subnet {done.subnet:g}"
    if not done.interpolated:
        return whole
    return f"{whole}; bicubic in {done.interpolated} parts, of which the network made no pixels"


class _Terminal(Watch):
    """Shows a bar; an interrupt ends the work by itself."""

    def chunks(self, chunks: Sequence[Chunk]) -> Iterable[Chunk]:
        return progress(chunks)

    def check(self) -> None:
        pass


def _whole(
    upscaler: RegionUpscaler,
    pixels: Pixels,
    out_size: tuple[int, int],
    subnet: float,
    _watch: Watch,
) -> Pixels:
    """Upscale uint8 HxWx3 to (width, height) in a single pass: what chunks are tested against."""
    from models.upscaler import Upscaler

    with memory_told("close other programs, or leave out --whole"):
        return cast(Upscaler, upscaler).whole(pixels, (out_size[1], out_size[0]), subnet)


def _parser() -> arguments.Parser:
    parser = arguments.Parser(
        "anyzoom upscale",
        "Enlarge pictures by any real factor with a super-resolution network.\n"
        "The colour profile, EXIF and alpha are kept.",
        usage="anyzoom upscale IN OUT (--scale S | --fit WxH) [options]\n"
        "       anyzoom upscale IN... --out-dir DIR (--scale S | --fit WxH) [options]",
    )
    parser.add_argument(
        "sources",
        nargs="+",
        type=Path,
        metavar="IN",
        help="the picture to enlarge, and OUT, the file to write, whose suffix (.png, .jpg, "
        ".webp, .tif, .avif) says the format; with --out-dir any pictures and folders of them",
    )
    sizes = parser.add_mutually_exclusive_group(required=True)
    sizes.add_argument(
        "--scale",
        type=arguments.number(1, arguments.MAX_SCALE),
        metavar="S",
        help="any number from 1 (a copy) to 32; the result has round(W*S) x round(H*S) pixels",
    )
    sizes.add_argument(
        "--fit",
        type=arguments.size,
        metavar="WxH",
        help="fill so many pixels, one way or the other",
    )
    _add_batch_options(parser)
    arguments.add_network_options(parser)
    arguments.add_treatment_option(parser)
    arguments.add_tta_option(parser)
    parser.add_argument(
        "--quality",
        type=arguments.whole_number(1, 100),
        metavar="Q",
        help="of JPEG, WebP and AVIF, from 1 to 100 (default: very good)",
    )
    parser.add_argument(
        "--whole",
        action="store_true",
        help="run the network once over the whole picture, whatever memory that takes",
    )
    parser.add_argument("--force", action="store_true", help="overwrite files that exist")
    return parser


def _add_batch_options(parser: arguments.Parser) -> None:
    suffixes = [suffix[1:] for suffix in FORMATS]
    parser.add_argument("--out-dir", type=Path, metavar="DIR", help="the folder for the results")
    parser.add_argument(
        "--name",
        default="{name}",
        metavar="PATTERN",
        help="names of the results, of {name}, {number}, {scale} and {model} (default: {name})",
    )
    parser.add_argument(
        "--format",
        choices=suffixes,
        metavar="F",
        help=f"format of the results, one of {', '.join(suffixes)} (default: that of each picture)",
    )
    parser.add_argument(
        "--jobs",
        type=arguments.whole_number(1, 64),
        default=1,
        metavar="N",
        help="how many pictures at a time (default: 1)",
    )
    parser.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="let the workers of a Dask scheduler do it, which see the same files and have Anyzoom",
    )
