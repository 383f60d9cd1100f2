"""ASDN's recursive deployment (Eq. 5-6): a large scale as stages of at most 2, large ones first.

N = ceil(log2 R); r_n = 2 for n < N and R / 2^(N-1) for n = N. The last stage ends at exactly the
size asked for; an axis that gets there early stays as it is.
"""

from __future__ import annotations

from dataclasses import replace

from models.axis import Axis


def count_stages(rows: Axis, cols: Axis) -> int:
    """Return N of Eq. 5 for the axis that is enlarged more; at least 1."""
    stages = 1
    while any(axis.n_in << stages < axis.n_out for axis in (rows, cols)):
        stages += 1
    return stages


def stages(axis: Axis, count: int, context: int) -> list[Axis]:
    """Return what each stage reads and makes: in pixels of the stage before, and of its own.

    A stage works at its target resolution and needs `context` pixels around what is wanted of it.
    They are held as far as the crop that `axis` describes allows. A stage may make more than the
    next one reads.
    """
    sizes = [min(axis.n_in << n, axis.n_out) for n in range(count)] + [axis.n_out]
    plan: list[Axis] = []
    start, end = axis.out0, axis.out1
    for before, size in zip(sizes[-2::-1], sizes[:0:-1], strict=True):
        start = max(start - context, _image(axis.in0, axis.n_in, size))
        end = min(end + context, _image(axis.in1, axis.n_in, size))
        stage = Axis.tile(before, size, start, end, halo=1)
        start = max(stage.in0, _image(axis.in0, axis.n_in, before))
        end = min(stage.in1, _image(axis.in1, axis.n_in, before))
        plan.insert(0, replace(stage, in0=start, in1=end))
    return plan


def _image(edge: int, n_in: int, size: int) -> int:
    """Return where the crop's edge falls in an image of `size` pixels: both ends stay ends."""
    return edge * size // n_in
