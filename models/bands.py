"""The bands that a region is made in, side by side on a thread each.

Threads that share every layer wait for each other after each of its steps, and leave to one of them
what is no layer: on two cores that was a quarter of the time. Bands share nothing. They cost a halo
more, so they are not made narrower than a few of these.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise

import torch

from models.axis import Axis

#: A band is at least so many halos wide without its own.
HALOS_PER_BAND = 4


def count_bands(axis: Axis, halo: int, threads: int) -> int:
    """Return how many equal bands to cut an axis into: a divisor of `threads`."""
    pixels = (axis.out1 - axis.out0) / axis.scale
    most = int(pixels / max(HALOS_PER_BAND * halo, 1))
    return max(n for n in range(1, threads + 1) if threads % n == 0 and n <= max(most, 1))


def cut(wanted: tuple[int, int], count: int) -> list[tuple[int, int]]:
    """Cut a half-open range into equal parts."""
    start, length = wanted[0], wanted[1] - wanted[0]
    ends = [start + length * part // count for part in range(count + 1)]
    return list(pairwise(ends))


class Crew(threading.local):
    """The threads that make bands: of each thread that calls its own, whatever networks it runs.

    They begin when first needed and end with the thread that calls, or with this object. torch
    keeps memory for each thread that has run a layer, megabytes for every network.
    """

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._size = 0

    def run(self, works: Sequence[Callable[[], object]], threads: int) -> None:
        """Do all works at once, each with so many of torch's threads; returns when all ended.

        Raises what a work raised, the first of them if there are several.
        """
        if self._pool is None or self._size < len(works):
            self._pool, self._size = ThreadPoolExecutor(len(works), "band"), len(works)
        begun = [self._pool.submit(_with_threads, threads, work) for work in works]
        wait(begun)  # also of those that go on where one failed: what they hold must be free
        for one in begun:
            one.result()


def _with_threads(threads: int, work: Callable[[], object]) -> None:
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    work()
