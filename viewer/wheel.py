"""What the wheel of a mouse and two fingers on a touchpad do: zoom, move, or turn the page."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QInputDevice, QWheelEvent

from viewer.core.shapes import Point
from viewer.motion import Motion

ZOOM_PER_NOTCH = 1.25

#: Units of an event's angle in one notch, and how far two fingers move where only angles are told.
ANGLE_PER_NOTCH = 120
PIXELS_PER_NOTCH = 60


class Wheel(QObject):
    """Moves a picture; with `browses`, a mouse's wheel goes to the next one instead.

    Signals: stepped(int), pictures on or back.
    """

    stepped = Signal(int)

    def __init__(self, motion: Motion) -> None:
        super().__init__(motion)
        self._motion = motion
        self._browses = False
        self._notches = 0.0  # turned since the last step

    def set_use(self, use: str) -> None:
        """Let the wheel "zoom" or "browse"; with Ctrl it always zooms."""
        self._browses = use == "browse"
        self._notches = 0.0

    def turn(self, event: QWheelEvent, v_point: Point, ratio: float) -> None:
        """Answer an event at a device pixel; `ratio` device pixels make a logical one."""
        zooms = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        notches = event.angleDelta().y() / ANGLE_PER_NOTCH
        if not zooms and _from_touchpad(event):
            way = _way(event) * ratio
            self._motion.pan_by(way.x(), way.y())
        elif self._browses and not zooms:
            self._step(notches)
        elif notches:
            self._motion.zoom_by(ZOOM_PER_NOTCH**notches, v_point)

    def _step(self, notches: float) -> None:
        """Go on by whole notches; fine wheels tell fractions, which add up."""
        if notches * self._notches < 0:
            self._notches = 0.0
        self._notches += notches
        steps = int(self._notches)
        if steps:
            self._notches -= steps
            self.stepped.emit(-steps)  # towards oneself is on


def _from_touchpad(event: QWheelEvent) -> bool:
    return (
        event.device().type() == QInputDevice.DeviceType.TouchPad
        or event.phase() != Qt.ScrollPhase.NoScrollPhase
    )


def _way(event: QWheelEvent) -> QPointF:
    """Return how far two fingers moved, in logical pixels."""
    if not event.pixelDelta().isNull():
        return QPointF(event.pixelDelta())
    return QPointF(event.angleDelta()) * (PIXELS_PER_NOTCH / ANGLE_PER_NOTCH)
