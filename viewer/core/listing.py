"""The pictures of a folder, by their names alone."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from viewer.core.errors import OpenError, shown
from viewer.core.extras import EXTRAS

#: Of all files that can be opened here: those of an extra count only where it is installed.
EXTENSIONS = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".avif"),
        *(".tif", ".tiff", ".gif", ".bmp", ".dib"),
        *(".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc"),
        *(suffix for extra in EXTRAS if extra.available for suffix in extra.suffixes),
    }
)

#: And those that it can be told of what they take.
KNOWN = EXTENSIONS.union(*(extra.suffixes for extra in EXTRAS))

#: So many entries of a folder are read before it is asked whether they are still wanted.
AT_ONCE = 256

_DIGITS = re.compile("([0-9]+)")


def list_images(folder: Path) -> list[Path]:
    """Return the pictures in a folder, by name as people sort them: 2 before 10.

    Hidden files and subfolders are left out; only names are looked at. Raises `OpenError`.
    """
    return [folder / name for name in list_names(folder)]


def list_names(folder: Path, go_on: Callable[[], bool] = lambda: True) -> list[str]:
    """Return the names of what `list_images` returns, which for thousands is much quicker.

    What is returned once `go_on` tells no is of no use. Raises `OpenError`.
    """
    return sorted(_names(folder, go_on), key=natural)


def first_name(folder: Path, go_on: Callable[[], bool] = lambda: True) -> str | None:
    """Return the first of `list_names`, which is quicker; None if there is none.

    Raises `OpenError`.
    """
    names = _names(folder, go_on)
    first = min(zip(_naturals(names), names, strict=True), default=None)
    return None if first is None else first[1]


def _names(folder: Path, go_on: Callable[[], bool]) -> list[str]:
    return [
        entry.name
        for entries in _scanned(folder, go_on)
        for entry in entries
        if _is_picture_name(entry.name) and entry.is_file()
    ]


def _scanned(folder: Path, go_on: Callable[[], bool]) -> Iterator[list[os.DirEntry[str]]]:
    """Go through a folder as long as `go_on` says, some entries at a time."""
    try:
        with os.scandir(folder) as entries:
            while go_on() and (some := list(itertools.islice(entries, AT_ONCE))):
                yield some
    except OSError as error:
        raise OpenError(f"The folder {shown(folder)} cannot be read.") from error


def _is_picture_name(name: str) -> bool:
    return name[name.rfind(".") :].lower() in EXTENSIONS and not name.startswith(".")


def natural(name: str) -> tuple[str, str]:
    """Return what names are sorted by, so that 2 comes before 10.

    Plain text, which is compared quickly: there may be many thousands.
    """
    return _DIGITS.sub(lambda number: _sortable(number[0]), name.casefold()), name


def _naturals(names: Sequence[str]) -> list[str]:
    """Return what `natural` makes of each name. No name holds a slash, which parts them here."""
    texts = _DIGITS.split("/".join(names).casefold())
    texts[1::2] = map(_sortable, texts[1::2])
    return "".join(texts).split("/") if names else []


def _sortable(number: str) -> str:
    """Return a number as text in its order: before all letters, and the longer the later."""
    digits = number.lstrip("0")
    return f"\0{chr(len(digits))}{digits}"
