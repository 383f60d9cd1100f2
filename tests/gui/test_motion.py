"""Where the picture goes when it is moved, without a window."""

import pytest

from viewer.core import geometry
from viewer.core.geometry import Frame
from viewer.core.pyramid import GRID
from viewer.core.shapes import Point, Rect, Size
from viewer.motion import Motion

#: Its fitted zoom times its own reciprocal is not quite 1.
AWKWARD = Size(GRID, GRID)
AWKWARD_CANVAS = Size(49, 49)


@pytest.fixture
def moved(qapp, qtbot):
    """Return a function that shows a picture on a canvas; motions of a test stop when it ends."""
    motions = []

    def show(image: Size, canvas: Size) -> Motion:
        motion = Motion()
        motion.set_size(canvas)
        motion.show(image)
        motions.append(motion)
        return motion

    yield show
    for motion in motions:
        motion.stop()


@pytest.fixture
def rest(qtbot):
    """Return a function that waits until a motion shows a zoom."""

    def wait(motion: Motion, zoom: float) -> None:
        qtbot.waitUntil(lambda: motion.view.zoom == zoom)

    return wait


def test_double_clicks_go_to_one_to_one_and_back_whatever_rounding_says(moved, rest):
    motion = moved(AWKWARD, AWKWARD_CANVAS)
    fitted = motion.view.zoom
    assert fitted * (1 / fitted) != 1
    motion.toggle_fit(Point(9, 9))
    rest(motion, 1.0)
    motion.toggle_fit(Point(9, 9))
    rest(motion, fitted)


def test_a_fitted_picture_stays_fitted_after_a_drag_that_cannot_move_it(moved):
    motion = moved(Size(300, 200), Size(600, 400))
    motion.pan_by(5, -3)
    motion.set_size(Size(900, 600))
    assert motion.view == geometry.fit(Size(300, 200), Size(900, 600))


def test_a_picture_shrunk_until_all_of_it_shows_is_fitted_again(moved, rest):
    motion = moved(Size(3000, 2000), Size(600, 400))
    fitted = motion.view
    motion.zoom_by(4)
    rest(motion, fitted.zoom * 4)
    motion.zoom_by(0.01, Point(17, 30))
    rest(motion, fitted.zoom)
    motion.set_size(Size(300, 200))
    assert motion.view == geometry.fit(Size(3000, 2000), Size(300, 200))


def test_resizing_in_the_middle_of_a_zoom_keeps_its_goal(moved):
    motion = moved(Size(300, 200), Size(600, 400))
    motion.zoom_by(4)
    motion.set_size(Size(700, 400))
    assert motion.view.zoom == 8


def test_a_zoomed_picture_keeps_its_middle_when_the_canvas_changes(moved, rest):
    motion = moved(Size(300, 200), Size(600, 400))
    motion.zoom_by(4)
    rest(motion, 8)
    motion.set_size(Size(700, 500))
    assert motion.view.zoom == 8
    assert geometry.center_of(motion.view) == pytest.approx((0.5, 0.5), abs=1e-3)


@pytest.mark.parametrize("frame", Frame)
def test_what_suits_the_canvas_still_does_when_that_changes(moved, rest, frame):
    motion = moved(Size(3000, 2000), Size(600, 600))
    motion.frame(frame)
    rest(motion, motion.goal.zoom)
    motion.set_size(Size(900, 700))
    assert motion.view.zoom == geometry.framed(motion.view, frame).zoom


def test_filling_leaves_no_margin_and_the_width_fits(moved, rest):
    motion = moved(Size(3000, 1999), Size(601, 607))
    motion.frame(Frame.FILL)
    rest(motion, motion.goal.zoom)
    assert motion.view.v_picture.clipped(Rect(0, 0, 601, 607)) == Rect(0, 0, 601, 607)
    motion.frame(Frame.WIDTH)
    rest(motion, motion.goal.zoom)
    assert 600 <= motion.view.v_picture.width <= 601
