"""What a decoding process answers, as far as it can be checked, and the memory it answers in.

Whoever made the file may have taken that process over.
"""

from __future__ import annotations

import errno
import json
import math
import mmap
import os
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from viewer.core import colour, decoding, lasting, profiles
from viewer.core.embedded import GROUPS, NAMES, Fact
from viewer.core.errors import one_line
from viewer.core.picture import Picture, Pixels
from viewer.core.pieces import Plate, matching
from viewer.core.shapes import Cells, Size

#: What is raised where an answer makes no sense.
NONSENSE = (ValueError, KeyError, TypeError, OverflowError, RecursionError)

#: No number in an answer is larger, and no timer or index could be.
MOST = 2**31 - 1

Span = tuple[int, int]
Shared = mmap.mmap | bytearray

#: What a kernel says to a call that it does not know, or that a container does not let through.
_UNKNOWN = (errno.ENOSYS, errno.EPERM, errno.EINVAL)

#: Of smaller pictures thousands may be in hand, and a process may have but a thousand open files.
LEAST_MAPPED_BYTES = 4 << 20


def memory() -> BinaryIO:
    """Return memory in the shape of an open file that has no name."""
    if hasattr(os, "memfd_create"):
        flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
        try:
            return os.fdopen(os.memfd_create("anyzoom-picture", flags), "r+b")
        except OSError as error:
            if error.errno not in _UNKNOWN:
                raise
    return tempfile.TemporaryFile()


def received(
    path: Path, answer: dict[str, Any], memory: BinaryIO, most_bytes: int = 1 << 62
) -> Picture:
    """Build the picture of an answer, trusting nothing in it; of no more than so many bytes.

    Raises one of `NONSENSE` if it makes no sense.
    """
    layout, facts = decoding.Layout(**answer["layout"]), answer["picture"]
    shared = _shared(memory, most_bytes)
    height, width = (int(side) for side in layout.shape)
    alpha = None if layout.alpha is None else _array(shared, layout.alpha, (height, width))
    full_width, full_height = (_number(side) for side in facts["size"])
    if not (0 < width <= full_width and 0 < height <= full_height):
        raise ValueError(json.dumps(facts))
    in_part = facts["reduced"] or answer.get("plates")
    if not in_part and (width, height) != (full_width, full_height):
        raise ValueError(json.dumps(facts))
    return Picture(
        path=path,
        size=(full_width, full_height),
        pixels=_array(shared, layout.pixels, (height, width, 3)),
        alpha=alpha,
        reduced=bool(facts["reduced"]),
        lossy=bool(facts["lossy"]),
        icc_profile=_block(shared, layout.icc_profile),
        exif=_block(shared, layout.exif),
        profile=_profile(shared, layout.profile),
        space=_profile(shared, layout.space),
        pages=_number(facts["pages"]),
        partial=bool(facts["partial"]),
        shrunk=_number(facts["shrunk"]),
        frame_ms=_number(facts["frame_ms"]),
        facts=_facts(facts["facts"]),
    )


def plates(answer: dict[str, Any], size: tuple[int, int]) -> dict[int, Plate]:
    """Return where in the file the copies of a picture are, by how often they were halved.

    Raises one of `NONSENSE` if they make no sense.
    """
    found: dict[int, Plate] = {}
    for halvings, (page, subifd, orientation, sides) in answer["plates"]:
        plate = Plate(int(page), int(subifd), int(orientation), Size(*map(int, sides)))
        if min(plate.size) < 1 or matching(Size(*size), plate.size) != halvings:
            raise ValueError(f"{plate} of {size}")
        found[halvings] = plate
    if found and 0 not in found:
        raise ValueError("the picture itself is missing")
    return found


def piece(answer: dict[str, Any], memory: BinaryIO, box: Cells) -> Pixels:
    """Return a piece that was asked for. Raises one of `NONSENSE` if it is none."""
    return _array(_shared(memory), answer["piece"], (box.height, box.width, 3))


def _shared(memory: BinaryIO, most_bytes: int = 1 << 62) -> Shared:
    """Return what is in the memory, copied if it is little: each mapping keeps a file open.

    Copied, too, if it might yet shrink.
    """
    fixed = sealed(memory)
    if (size := os.fstat(memory.fileno()).st_size) > most_bytes:
        raise ValueError("more memory than there is")
    if size < LEAST_MAPPED_BYTES or not fixed:
        held = lasting.block(size)
        memory.seek(0)
        held[:] = _exactly(memory, size)
        return held
    return lasting.Mapping(memory.fileno(), 0, access=mmap.ACCESS_READ)


def _exactly(memory: BinaryIO, size: int) -> bytes:
    found = memory.read(size)
    if len(found) != size:
        raise ValueError("memory that has shrunk")
    return found


def _array(shared: Shared, span: Span, shape: tuple[int, ...]) -> Pixels:
    start, length = _checked(shared, span)
    if length != math.prod(shape):
        raise ValueError(f"{shape} in {span}")
    pixels = np.ndarray(shape, np.uint8, shared, start)
    pixels.flags.writeable = False
    return pixels


def _block(shared: Shared, span: Span | None) -> bytes | None:
    if span is None:
        return None
    start, length = _checked(shared, span)
    return bytes(shared[start : start + length])


def _profile(shared: Shared, span: Span | None) -> bytes | None:
    """Return a profile, written anew: who sends it may have made it to do harm."""
    if (block := _block(shared, span)) is None:
        return None
    profile = profiles.renewed(block)
    if not colour.is_target(profile):
        raise ValueError("a profile of no space")
    return profile


def _checked(shared: Shared, span: Span) -> Span:
    start, length = int(span[0]), int(span[1])
    if not 0 <= start <= start + length <= len(shared):
        raise ValueError(f"{span} of {len(shared)}")
    return start, length


def text(told: object) -> str:
    """Return a text fit to be shown. Raises `TypeError` if it is none."""
    if not isinstance(told, str):
        raise TypeError(told)
    return one_line(told)


def _facts(told: object) -> tuple[Fact, ...]:
    """Return what the file tells of itself, as far as it is known what that is about."""
    if not isinstance(told, list):
        raise TypeError(told)
    rows = cast("list[tuple[Any, Any, Any]]", told)[: len(NAMES)]
    facts = [Fact(group, name, text(value)) for group, name, value in rows]
    return tuple(fact for fact in facts if fact.group in GROUPS and fact.name in NAMES)


def _number(told: object) -> int:
    if not isinstance(told, int) or not 0 <= told <= MOST:
        raise ValueError(told)
    return told


def sealed(memory: BinaryIO) -> bool:
    """Let nobody make it smaller: reading behind its end would end this process.

    Tells whether that could be done.
    """
    try:
        import fcntl

        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
    except (ImportError, AttributeError, OSError):
        return False
    return True
