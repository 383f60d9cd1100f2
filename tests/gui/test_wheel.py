"""A wheel zooms or turns the page, as chosen; two fingers on a touchpad always move the picture."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent

from viewer.core.shapes import Point, Size
from viewer.motion import Motion
from viewer.wheel import Wheel

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def motion(qapp):
    motion = Motion()
    motion.set_size(Size(600, 400))
    motion.show(Size(3000, 2000))
    yield motion
    motion.stop()


@pytest.fixture
def wheel(motion):
    return Wheel(motion)


def turn(wheel, angle=0, pixels=(0, 0), keys=Qt.KeyboardModifier.NoModifier, fingers=False):
    phase = Qt.ScrollPhase.ScrollUpdate if fingers else Qt.ScrollPhase.NoScrollPhase
    buttons = Qt.MouseButton.NoButton
    angles = QPoint(0, angle)
    event = QWheelEvent(QPointF(), QPointF(), QPoint(*pixels), angles, buttons, keys, phase, False)
    wheel.turn(event, Point(300, 200), 1.5)


@pytest.mark.parametrize(
    ("use", "keys"), [("zoom", Qt.KeyboardModifier.NoModifier), ("browse", CTRL)]
)
def test_it_zooms(wheel, motion, qtbot, use, keys):
    wheel.set_use(use)
    before = motion.view.zoom
    with qtbot.assertNotEmitted(wheel.stepped):
        turn(wheel, 120, keys=keys)
    qtbot.waitUntil(lambda: motion.view.zoom == pytest.approx(1.25 * before, rel=1e-3))


def test_browsing_goes_on_by_whole_notches(wheel, motion, qtbot):
    wheel.set_use("browse")
    steps = []
    wheel.stepped.connect(steps.append)
    for angle in (-120, -60, -60, 60, 240, -40):
        turn(wheel, angle)
    assert steps == [1, 1, -2]
    assert motion.view.zoom == pytest.approx(0.2, rel=1e-3)


def test_two_fingers_move_whatever_the_wheel_does(wheel, motion, qtbot):
    motion.zoom_by(10, eased=False)
    before = motion.view
    wheel.set_use("browse")
    turn(wheel, 8, pixels=(-20, 10), fingers=True)
    qtbot.waitUntil(lambda: motion.view != before)
    assert (motion.view.v_left - before.v_left, motion.view.v_top - before.v_top) == (-30, 15)
    assert motion.view.zoom == before.zoom


def test_two_fingers_move_where_only_angles_are_told(wheel, motion):
    motion.zoom_by(10, eased=False)
    before = motion.view
    turn(wheel, -40, fingers=True)
    assert motion.view.v_top - before.v_top == -30


def test_two_fingers_zoom_with_ctrl(wheel, motion, qtbot):
    before = motion.view.zoom
    turn(wheel, 60, pixels=(0, 15), keys=CTRL, fingers=True)
    qtbot.waitUntil(lambda: motion.view.zoom > before)


def test_the_end_of_a_scroll_changes_nothing(wheel, motion):
    before = motion.view
    turn(wheel, 0, fingers=True)
    assert motion.view == before
