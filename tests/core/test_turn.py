"""Turns compose, can be undone, and take pixels, sizes and points along."""

import numpy as np
import pytest
from fakes import noise, picture
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.turn import FLIP_HORIZONTALLY, FLIP_VERTICALLY, LEFT, RIGHT, Turn, turned

TURNS = st.builds(Turn, st.integers(0, 3), st.booleans())
PIXELS = noise(5, 3)


def test_right_is_clockwise():
    assert (RIGHT.pixels(PIXELS)[0, -1] == PIXELS[0, 0]).all()
    assert (LEFT.pixels(PIXELS)[-1, 0] == PIXELS[0, 0]).all()


def test_mirrors():
    assert (FLIP_HORIZONTALLY.pixels(PIXELS) == PIXELS[:, ::-1]).all()
    assert (FLIP_VERTICALLY.pixels(PIXELS) == PIXELS[::-1]).all()


@given(TURNS, TURNS)
def test_one_after_the_other_is_one_turn(one, two):
    assert (one.then(two).pixels(PIXELS) == two.pixels(one.pixels(PIXELS))).all()


@given(TURNS)
def test_a_turn_can_be_undone(turn):
    assert turn.then(turn.back) == Turn()


@given(TURNS, st.integers(0, 4), st.integers(0, 2))
def test_points_go_along(turn, x, y):
    new = turn.pixels(PIXELS)
    u, v = turn.point(((x + 0.5) / 5, (y + 0.5) / 3))
    width, height = turn.size((5, 3))
    assert (new[int(v * height), int(u * width)] == PIXELS[y, x]).all()


@given(TURNS)
def test_rectangles_go_along(turn):
    rows, cols = turn.rect((1, 3), (2, 5), (3, 5))
    part = turn.view(PIXELS)[slice(*rows), slice(*cols)]
    assert (part == turn.view(PIXELS[1:3, 2:5])).all()


@pytest.mark.parametrize("alpha", [None, noise(5, 3, 1)])
def test_a_picture_is_turned_as_a_whole(alpha):
    before = picture(PIXELS, alpha)
    after = turned(before, RIGHT)
    assert after.size == (3, 5)
    assert after.turn == RIGHT
    assert (after.alpha is None) == (alpha is None)
    assert not after.pixels.flags.writeable
    again = turned(after, after.turn.back)
    assert np.array_equal(again.pixels, before.pixels)
    assert again.turn == Turn()
