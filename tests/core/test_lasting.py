"""What stays has memory of its own, which the system has again as soon as it is let go of."""

from __future__ import annotations

import errno
import mmap
import sys

import numpy as np
import psutil
import pytest
from fakes import picture

from viewer.core import lasting
from viewer.core.resample import Resampler
from viewer.images import qimage


@pytest.mark.parametrize("shape", [(0, 7, 4), (9, 5, 3), (700, 500, 3), (3001, 2000, 4)])
def test_an_array_is_new_and_can_be_written_to(shape):
    first, second = lasting.array(shape), lasting.array(shape)
    first[...] = 7
    assert first.shape == shape
    assert (first == 7).all()
    assert not second.any()


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="elsewhere memory is told otherwise"
)
def test_memory_that_is_free_between_tiles_that_stay_is_given_back(qtbot):
    held = psutil.Process().memory_info
    bgra = np.ones((256, 256, 4), np.uint8)
    tiles = [qimage(bgra, False) for _ in range(400)]
    full = held().rss
    del tiles[::2]  # half of 105 MB
    qtbot.waitUntil(lambda: full - held().rss > 45e6)
    assert tiles[3].pixel(255, 255) == 0xFF010101


def test_a_picture_counts_its_halved_copies_and_keeps_them():
    opened = picture(np.zeros((2001, 2400, 3), np.uint8))
    alone = opened.size_bytes
    base, _ = Resampler(opened).base()
    assert opened.size_bytes == alone + 1001 * 1200 * 3
    assert Resampler(opened).base()[0] is not None
    assert np.shares_memory(Resampler(opened).base()[0], base)


def test_memory_that_cannot_be_let_go_in_pieces_goes_at_once():
    """Or the thread that does so would end, and nothing more be given back."""

    class Locked(mmap.mmap):
        def madvise(self, *_: int) -> None:
            raise OSError(errno.EINVAL, "it is locked")

    locked = Locked(-1, 3 * lasting.PIECE_BYTES)
    lasting._let_go(locked)
    assert locked.closed
