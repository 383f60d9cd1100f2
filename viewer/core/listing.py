"""The pictures of a folder, by their names alone."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable
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
    return sorted(unsorted_names(folder, go_on), key=natural)


def unsorted_names(folder: Path, go_on: Callable[[], bool]) -> list[str]:
    """Return the names of what `list_images` returns in no order. Raises `OpenError`."""
    try:
        with os.scandir(folder) as entries:
            wanted = itertools.takewhile(lambda _: go_on(), entries)
            return [entry.name for entry in wanted if _is_picture_name(entry) and entry.is_file()]
    except OSError as error:
        raise OpenError(f"The folder {shown(folder)} cannot be read.") from error


def _is_picture_name(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    return name[name.rfind(".") :].lower() in EXTENSIONS and not name.startswith(".")


def natural(name: str) -> tuple[str, str]:
    """Return what names are sorted by, so that 2 comes before 10.

    Plain text, which is compared quickly: there may be many thousands.
    """
    return _DIGITS.sub(_sortable, name.casefold()), name


def _sortable(number: re.Match[str]) -> str:
    """Return a number as text in its order: before all letters, and the longer the later."""
    digits = number[0].lstrip("0")
    return f"\0{chr(len(digits))}{digits}"
