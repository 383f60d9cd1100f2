"""Where two pictures lie on a canvas, and the arithmetic of their difference."""

from dataclasses import replace

import numpy as np
import pytest
from fakes import noise
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.compare import GAINS, GAP_PX, Comparison, Mode, Side, difference, pane, parts
from viewer.core.shapes import Size

sizes = st.builds(Size, st.integers(8, 5000), st.integers(1, 3000))


@given(sizes, st.floats(-1, 2), st.booleans())
def test_the_line_leaves_no_column_out_and_none_twice(size, split, blinking):
    one, two = parts(Comparison(Mode.SPLIT, split, blinking=blinking), size)
    assert (one.area.left, one.area.right, two.area.right) == (0, two.area.left, size.width)
    assert (one.origin, two.origin) == (0, 0)
    assert (one.side is Side.RIGHT) == blinking
    assert one.side is two.side.other


@given(sizes)
def test_side_by_side_both_are_equally_large_and_reach_the_edges(size):
    one, two = parts(Comparison(Mode.SIDES), size)
    each = pane(Mode.SIDES, size)
    assert (one.origin, one.area.right) == (0, each.width)
    assert (two.origin, two.area.right) == (size.width - each.width, size.width)
    assert two.origin - each.width in (GAP_PX, GAP_PX + 1)


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.DIFFERENCE])
def test_blinking_shows_the_left_one_in_place_of_the_other(mode):
    size = Size(300, 200)
    (part,) = parts(Comparison(mode), size)
    (other,) = parts(Comparison(mode, blinking=True), size)
    assert (part.side, other.side) == (Side.RIGHT, Side.LEFT)
    assert part.area == other.area
    assert pane(mode, size) == size
    assert not replace(Comparison(mode), blinking=True).differing


@pytest.mark.parametrize("gain", GAINS)
def test_a_difference_is_exact_and_ends_at_white(gain):
    left, right = noise(77, 131, 4), np.ascontiguousarray(noise(77, 131, 4)[::-1])
    exact = np.minimum(np.abs(left.astype(int) - right) * gain, 255)
    found = difference(left, right, gain)
    assert np.array_equal(found[..., :3], exact[..., :3])
    assert (found[..., 3] == 255).all()


def test_parts_of_larger_pictures_can_be_compared():
    left, right = noise(90, 70, 4), noise(90, 70, 4).transpose(1, 0, 2).copy()[:70]
    part = (slice(11, 60), slice(5, 70))
    whole = difference(left[:, :70], right, 4)
    assert np.array_equal(difference(left[part], right[part], 4), whole[part])


def test_equal_pictures_differ_nowhere():
    assert not difference(noise(9, 9, 4), noise(9, 9, 4), 32)[..., :3].any()
