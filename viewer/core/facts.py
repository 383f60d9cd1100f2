"""What is known of a picture besides its pixels, as people read it; in no language: `Fact`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from viewer.core.embedded import GROUPS, Fact, plain
from viewer.core.errors import shown
from viewer.core.picture import Picture
from viewer.core.stamp import Stamp


def facts_of(picture: Picture, stamp: Stamp) -> list[Fact]:
    """Return what there is to be told, group by group."""
    told = [*_picture_facts(picture), *picture.facts, *_file_facts(stamp)]
    return sorted(told, key=lambda fact: GROUPS.index(fact.group))


def _picture_facts(picture: Picture) -> Iterator[Fact]:
    width, height = picture.turn.back.size(picture.size)
    yield Fact("picture", "size", f"{width} × {height}  ({width * height / 1e6:.1f} MP)")
    if not picture.icc_profile:
        yield Fact("picture", "profile", "sRGB")


def _file_facts(stamp: Stamp) -> Iterator[Fact]:
    yield Fact("file", "name", shown(stamp.path))
    yield Fact("file", "folder", plain(str(stamp.path.parent)))
    yield Fact("file", "bytes", _bytes(stamp.size_bytes))
    with suppress(ValueError, OverflowError, OSError):  # a disk can tell of years without a name
        modified = datetime.fromtimestamp(stamp.modified_ns / 1e9)
        yield Fact("file", "modified", f"{modified:%Y-%m-%d %H:%M}")


def _bytes(count: int) -> str:
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.3g} {unit}" if size < 1000 else f"{size:.0f} {unit}"
