"""`anyzoom bench`: how well Anyzoom uses this machine, in figures."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from viewer.commands import arguments
from viewer.core import presets
from viewer.core.importing import import_plainly
from viewer.core.shapes import Size

Figures = Mapping[str, object]

WHATS = """\
what is measured:
  viewport   the time from the end of a gesture until all that is visible is refined
  ui         how late the interface answers while a photo is zoomed and dragged
  subnets    the time of a viewport for each width of the network
  load       how soon it gives way to busy programs (started for this), and comes back
  start      the time from the start of the process to a sharp 24 megapixel photo
  browse     how soon the next picture is there, and how late anything answers meanwhile
  tiny       the smallest network beside FSRCNN run by OpenCV (pip install 'anyzoom[bench]')
  memory     resident memory while many large pictures are opened and zoomed
  tour       walks through the viewer as a user does, saves pictures of it in the folder named by
             --to, and tells how long each step held up the interface at most
"""


def main(argv: Sequence[str]) -> int:
    """Measure, and print the figures.

    Raises `ModelError` if there is no such preset or model, `ViewerError` if nothing can be
    measured.
    """
    given = _parser().parse_args(argv)
    if sys.platform.startswith("linux") and not _has_screen():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    figures = MEASURES[given.what](given)
    print(json.dumps(figures, indent=2) if given.json else "\n".join(_lines(figures)), flush=True)
    return 0


def _viewport(given: argparse.Namespace) -> Figures:
    recipe = presets.recipe(given.preset, given.model)
    return _bench("viewport").measure(recipe, given.scale or 2.0, Size(*given.size), given.device)


def _subnets(given: argparse.Namespace) -> Figures:
    recipe = presets.recipe(given.preset, given.model)
    return _bench("subnets").measure(recipe, given.scale or 2.0, Size(*given.size), given.device)


def _load(given: argparse.Namespace) -> Figures:
    recipe = presets.recipe(given.preset, given.model)
    size = Size(*given.size)
    seconds = given.seconds or 6.0
    return _bench("load").measure(recipe, given.scale or 3.5, size, given.device, seconds)


def _ui(given: argparse.Namespace) -> Figures:
    return _bench("ui").measure(given.preset, given.seconds or 10.0)


def _start(_given: argparse.Namespace) -> Figures:
    return _bench("start").measure()


def _browse(given: argparse.Namespace) -> Figures:
    return _bench("browse").measure(given.preset)


def _tiny(given: argparse.Namespace) -> Figures:
    return _bench("tiny").measure(given.device)


def _memory(given: argparse.Namespace) -> Figures:
    return _bench("memory").measure(given.images, given.preset)


def _tour(given: argparse.Namespace) -> Figures:
    return _bench("tour").take(given.to, given.size, given.preset)


#: Each takes the parsed arguments.
MEASURES: Mapping[str, Callable[[argparse.Namespace], Figures]] = {
    "viewport": _viewport,
    "ui": _ui,
    "subnets": _subnets,
    "load": _load,
    "start": _start,
    "browse": _browse,
    "tiny": _tiny,
    "memory": _memory,
    "tour": _tour,
}


def _bench(name: str):
    importlib.import_module("PySide6.QtCore")  # as the viewer does it
    import_plainly()
    return importlib.import_module(f"viewer.bench.{name}")


def _parser() -> arguments.Parser:
    parser = arguments.Parser("anyzoom bench", "Measure Anyzoom on this machine.", epilog=WHATS)
    parser.add_argument("what", choices=MEASURES, metavar="WHAT", help="see below")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--preset",
        choices=[preset.name for preset in presets.PRESETS],
        default=presets.DEFAULT,
        help="how much is computed (default: %(default)s)",
    )
    parser.add_argument("--model", metavar="NAME", help="network, in place of the preset's")
    parser.add_argument(
        "--scale",
        type=arguments.number(1, arguments.MAX_SCALE, above=True),
        default=None,
        metavar="S",
        help="of viewport and subnets (default 2) and load (default 3.5)",
    )
    parser.add_argument(
        "--size",
        type=arguments.size,
        default=(1600, 1000),
        metavar="WxH",
        help="of the viewport, of tour's too, in device pixels (default 1600x1000)",
    )
    arguments.add_device_option(parser)
    parser.add_argument(
        "--seconds",
        type=arguments.number(1, 600),
        help="how long ui plays (default 10) and load keeps the machine busy (default 6)",
    )
    parser.add_argument(
        "--to",
        type=Path,
        default=Path("tour"),
        metavar="FOLDER",
        help="of the pictures that tour takes (default %(default)s)",
    )
    parser.add_argument(
        "--images",
        type=arguments.whole_number(1, 1000),
        default=24,
        metavar="N",
        help="of memory (default %(default)s)",
    )
    return parser


def _has_screen() -> bool:
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _lines(figures: Figures, indent: str = "") -> list[str]:
    lines = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{name}:", *_lines(value, indent + "  ")]
        else:
            shown = " x ".join(map(str, value)) if isinstance(value, list) else value
            lines.append(f"{indent}{name}: {shown}")
    return lines
