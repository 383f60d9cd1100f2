"""What the commands' arguments have in common: how they are read, checked and refused."""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from viewer.core.enlarge import MAX_SCALE as MAX_SCALE
from viewer.core.errors import one_line

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "float32", "bfloat16")


class Parser(argparse.ArgumentParser):
    """An argument parser that refuses in one line, and knows `--debug`."""

    def __init__(
        self, prog: str, description: str, epilog: str | None = None, usage: str | None = None
    ) -> None:
        super().__init__(
            prog=prog,
            usage=usage,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self.add_argument(
            "--debug", action="store_true", help="show logs, and where an unexpected error arose"
        )

    def parse_args(self, args: Sequence[str]) -> argparse.Namespace:  # pyright: ignore[reportIncompatibleMethodOverride]
        for word in args:
            if word.startswith("--") and word.endswith("=--"):
                self.error(f"{word} names no value")  # argparse would make an empty list of it
        return super().parse_args(args)

    def error(self, message: str) -> NoReturn:
        sentence = one_line(message).rstrip(".")
        print(f"{self.prog}: {sentence}; see '{self.prog} --help'.", file=sys.stderr)
        raise SystemExit(2)


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """Add --model, --subnet, --device and --precision."""
    parser.add_argument("--model", metavar="NAME", help="network; 'anyzoom models' lists them")
    parser.add_argument(
        "--subnet",
        metavar="WIDTH",
        type=_subnet,
        default="auto",
        help="share of the network's width: 0.5, 0.7, 0.9, 1.0, or auto, which takes the narrower "
        "ones for small scales (default)",
    )
    add_device_option(parser)
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="auto",
        help="number format; auto (default) measures which is faster here",
    )


def add_tta_option(parser: argparse.ArgumentParser) -> None:
    """Add --tta."""
    parser.add_argument(
        "--tta",
        action="store_true",
        help="take the mean of what the network makes of all eight turns of a picture: better by "
        "0.1 to 0.2 dB, and eight times as long",
    )


def add_treatment_option(parser: argparse.ArgumentParser) -> None:
    """Add --treat-as."""
    parser.add_argument(
        "--treat-as",
        choices=("auto", "photo", "clean"),
        help="weights for photos, which expect the traces of JPEG and noise, or for clean "
        "pictures; auto takes JPEG and other lossy files for photos",
    )


def add_device_option(parser: argparse.ArgumentParser) -> None:
    """Add --device."""
    parser.add_argument(
        "--device", choices=DEVICES, default="auto", help="where networks run (default: auto)"
    )


def number(low: float, high: float, *, above: bool = False) -> Callable[[str], float]:
    """Return a reader of numbers in [low, high], or in (low, high] with `above`."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high or (above and value == low):
            kind = f"above {low:g} and up to {high:g}" if above else f"from {low:g} to {high:g}"
            raise argparse.ArgumentTypeError(f"{text!r} is not a number {kind}")
        return value

    return read


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers in [low, high]."""

    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return read


def point(text: str) -> tuple[float, float]:
    """Read "X,Y", both in 0..1."""
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        x = y = math.nan
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise argparse.ArgumentTypeError(f"{text!r} is not X,Y with both from 0 to 1")
    return x, y


def size(text: str) -> tuple[int, int]:
    """Read "WxH" in pixels."""
    match = re.fullmatch(r"([0-9]{1,5})[xX]([0-9]{1,5})", text)
    width, height = (int(side) for side in match.groups()) if match else (0, 0)
    if not (1 <= width <= 32767 and 1 <= height <= 32767):
        raise argparse.ArgumentTypeError(f"{text!r} is not WxH in pixels, each from 1 to 32767")
    return width, height


def _subnet(text: str) -> float | str:
    return text if text == "auto" else number(0, 1, above=True)(text)
