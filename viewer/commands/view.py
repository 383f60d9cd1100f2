"""`anyzoom [PATH ...]`: the viewer."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from models import spec
from viewer.commands import arguments, diagnose
from viewer.commands.display import (
    check_display,
    check_libraries,
    check_platform,
    needs_display,
)
from viewer.commands.registering import add_register_options
from viewer.core import parts, presets
from viewer.core.collecting import collecting_later
from viewer.core.compare import Comparison, Mode
from viewer.core.decoder import Decoder
from viewer.core.errors import ExportError, OpenError, shown
from viewer.core.export import check_target
from viewer.core.importing import import_plainly
from viewer.core.methods import recipe_by
from viewer.core.options import Options
from viewer.version import version

#: In place of a path: what comes through standard input.
PIPE = Path("-")

#: What comes through it must not fill the disk.
SHARE_OF_DISK = 0.5
BLOCK_BYTES = 1 << 20

COMMANDS = """\
commands:
  anyzoom upscale IN OUT --scale S    enlarge a picture file
  anyzoom eval --data DIR             measure a network's PSNR and SSIM
  anyzoom models                      list the networks
  anyzoom train NAME                  train a network on your own pictures
  anyzoom bench WHAT                  measure how well Anyzoom uses this machine
'anyzoom COMMAND --help' tells more. To view a file of such a name, write ./upscale.
"""


def main(argv: Sequence[str]) -> int:
    """View what `argv` names; returns when the viewer is closed."""
    if diagnose.OPTION in argv:
        return diagnose.main(argv)
    options = read(argv)
    if options.model is not None:
        spec.find(options.model)  # an unknown name is refused before Qt is loaded
    _check_display(options)
    if not options.piped:
        return _view(options)
    with parts.short_lived_folder() as folder:
        return _view(replace(options, paths=(_kept(folder),)))


def _view(options: Options) -> int:
    with closing(Decoder()) as decoder:
        decoder.start()  # it gets ready while Qt is loaded
        with collecting_later():
            import PySide6.QtCore  # noqa: F401 - first, for what it does to imports

            import_plainly()
            from viewer import life

        return life.run(options, decoder)


def _kept(folder: Path) -> Path:
    """Put the picture that comes through a pipe into a file. Raises `OpenError`."""
    path = folder / "standard input"
    if sys.stdin is None or sys.stdin.isatty():
        raise OpenError("No picture is piped to Anyzoom: write  anyzoom - < PICTURE")
    try:
        most = int(shutil.disk_usage(folder).free * SHARE_OF_DISK)
        with path.open("wb") as file:
            while file.tell() <= most and (block := sys.stdin.buffer.read(BLOCK_BYTES)):
                file.write(block)
            if file.tell() > most:
                raise OpenError(f"What is piped is too large to be kept in {folder.parent}.")
    except OSError as error:
        raise OpenError(f"The picture cannot be kept in {folder}: {error.strerror}.") from error
    return path


def read(argv: Sequence[str]) -> Options:
    """Return what `argv` asks of the viewer.

    Raises `OpenError` if a path leads nowhere, `ExportError` if a snapshot cannot be saved.
    """
    parser = _parser()
    given = parser.parse_args(argv)
    if given.compare is None and (given.left or given.right):
        parser.error("--left and --right need --compare")
    piped = PIPE in given.paths
    if piped and len(given.paths) > 1:
        parser.error("- is the picture from a pipe, and opened alone")
    for path in () if piped else given.paths:
        _check_exists(path)
    if given.snapshot is not None:
        if given.snapshot.suffix.lower() != ".png":
            raise ExportError("A snapshot is a PNG: give it a name that ends in .png.")
        check_target(given.snapshot, given.size or (1, 1), transparent=False, overwrite=True)
    return Options(
        paths=tuple(given.paths),
        piped=piped,
        zoom=given.zoom,
        center=given.center,
        size=given.size,
        preset=given.preset,
        model=given.model,
        treat_as=given.treat_as,
        device=given.device,
        compare=_comparison(given.compare, given.left, given.right),
        snapshot=given.snapshot,
    )


def _comparison(mode: str | None, left: str | None, right: str | None) -> Comparison | None:
    """Return what is to be compared; raises `ModelError` if there is no such method."""
    if mode is None:
        return None
    plain = Comparison(Mode(mode))
    for method in filter(None, (left, right)):
        recipe_by(method, presets.recipe("off"))
    return replace(plain, left=left or plain.left, right=right or plain.right)


def _check_exists(path: Path) -> None:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise OpenError(f"There is no file or folder {shown(path)}.") from error
    except OSError as error:
        raise OpenError(f"{shown(path)} cannot be opened: {error.strerror}.") from error


def _check_display(options: Options) -> None:
    """Have a snapshot taken without a display; refuse a window, for which Qt would abort.

    Raises `ViewerError`.
    """
    if not sys.platform.startswith("linux"):
        return
    if not needs_display():
        check_libraries()
        check_platform()
    elif options.snapshot is not None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        check_libraries()
    else:
        check_display()


def _parser() -> arguments.Parser:
    parser = arguments.Parser(
        "anyzoom",
        "An image viewer that stays sharp at any zoom.",
        epilog=COMMANDS,
    )
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="pictures, a folder of them, or - for one that comes through a pipe (default: a photo "
        "that comes with Anyzoom)",
    )
    parser.add_argument(
        "--zoom",
        type=arguments.number(0, arguments.MAX_SCALE, above=True),
        metavar="Z",
        help="screen pixels per picture pixel, up to 32; less than 1 only as far as the picture is "
        "larger than the window (default: the picture fits the window)",
    )
    parser.add_argument(
        "--center",
        type=arguments.point,
        metavar="X,Y",
        help="the point of the picture to show in the middle, from 0,0 (top left) to 1,1",
    )
    parser.add_argument(
        "--size", type=arguments.size, metavar="WxH", help="size of the canvas in device pixels"
    )
    parser.add_argument(
        "--preset",
        choices=[preset.name for preset in presets.PRESETS],
        help=f"how much is computed (default: as last chosen, {presets.DEFAULT} at first)",
    )
    parser.add_argument(
        "--model", metavar="NAME", help="network, in place of the preset's; see 'anyzoom models'"
    )
    arguments.add_treatment_option(parser)
    arguments.add_device_option(parser)
    parser.add_argument(
        "--compare",
        choices=[mode.value for mode in Mode if mode is not Mode.OFF],
        help="show two methods: with a line between, side by side, or by how much they differ",
    )
    for side, default in (("left", "bicubic"), ("right", "preset")):
        parser.add_argument(
            f"--{side}",
            metavar="METHOD",
            help=f"the {side} one of --compare: nearest, bilinear, bicubic, lanczos, a network, "
            f"NETWORK:SUBNET, or what the preset says (default: {default})",
        )
    parser.add_argument(
        "--snapshot",
        type=Path,
        metavar="OUT.png",
        help="wait until all that is visible is refined, save the canvas, and quit",
    )
    add_register_options(parser)
    parser.add_argument(
        diagnose.OPTION,
        action="store_true",
        help="tell what a bug report should hold, and quit; see 'anyzoom --diagnose --help'",
    )
    parser.add_argument("--version", action="version", version=f"Anyzoom {version()}")
    return parser
