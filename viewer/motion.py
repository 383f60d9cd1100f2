"""Moves the picture: owns the ViewState, eases it towards where the user wants it, tells of it."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation, Signal, Slot

from viewer.core import geometry
from viewer.core.geometry import Frame, ViewState
from viewer.core.shapes import Point, Size

ZOOM_PER_KEY = 1.5
EASE_MS = 120


class Motion(QObject):
    """One view of one picture, on a canvas of `size` device pixels.

    Signals: view_changed(ViewState, Point): the new view, and the device pixel the user looks at;
    looked(Point or None): that device pixel, while the user points at one.
    """

    view_changed = Signal(object, object)
    looked = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.view: ViewState | None = None
        self.size = Size(1, 1)
        self._focus: Point | None = None
        self._goal_zoom = 1.0
        self._ends = (self.view, self.view)  # of the way it goes; at rest both are the view
        self._ease = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=EASE_MS)
        self._ease.setEasingCurve(QEasingCurve(QEasingCurve.Type.OutCubic))
        self._ease.valueChanged.connect(self._on_eased)

    @property
    def goal(self) -> ViewState | None:
        """The view that it goes to; at rest, the one on screen."""
        return self._ends[1]

    def show(self, image: Size, view: ViewState | None = None) -> None:
        """Show a picture of that size from now on, all of it or as `view` says."""
        self.view = None  # even one that looks the same is another picture's
        self._jump(view or geometry.fit(image, self.size))

    def clear(self) -> None:
        """Have no view any more."""
        self._ease.stop()
        self.view = None
        self._ends = (None, None)

    def set_size(self, size: Size) -> None:
        """Keep what is shown on a canvas of another size: how it suits that, or its middle."""
        goal = self._ends[1]
        if size == self.size:
            return
        self.size = size
        if goal is None:
            return
        now = geometry.resized(goal, size)
        for frame in Frame:
            if goal.zoom == geometry.framed(goal, frame).zoom:
                now = geometry.framed(now, frame)
                break
        self._jump(now)

    def look(self, v_point: Point | None) -> None:
        """Note the device pixel the user looks at; none is the middle."""
        self._focus = v_point
        self.looked.emit(v_point)

    def zoom_by(self, factor: float, v_point: Point | None = None, eased: bool = True) -> None:
        """Multiply the zoom about a device pixel, the middle if none is given."""
        if self.view is None:
            return
        low, high = geometry.zoom_limits(self.view.image, self.view.canvas)
        goal = min(max(self._goal_zoom * factor, low), high)
        at = v_point or self.view.v_centre
        target = geometry.zoom_at(self.view, at, goal / self.view.zoom)
        self._go_to(geometry.kept_inside(target), eased)
        # Kept apart from the view, which rests on levels: many small steps must add up.
        self._goal_zoom = goal

    def zoom_in(self) -> None:
        self.zoom_by(ZOOM_PER_KEY)

    def zoom_out(self) -> None:
        self.zoom_by(1 / ZOOM_PER_KEY)

    def zoom_to(self, zoom: float) -> None:
        """Show so many device pixels per image pixel."""
        self.zoom_by(zoom / self._goal_zoom)

    def frame(self, frame: Frame) -> None:
        """Suit the picture to the canvas, and go on doing so when the canvas changes."""
        goal = self._ends[1]
        if goal is not None:
            self._go_to(geometry.framed(goal, frame))

    def fit(self) -> None:
        """Show the whole picture."""
        self.frame(Frame.FIT)

    def one_to_one(self, v_point: Point | None = None) -> None:
        """Show one image pixel per device pixel."""
        self.zoom_by(1.0 / self._goal_zoom, v_point)

    def toggle_fit(self, v_point: Point) -> None:
        """Go to 1:1 about a device pixel, and from there to the whole picture."""
        goal = self._ends[1]
        if goal is not None and goal.zoom == 1.0:
            self.fit()
        else:
            self.one_to_one(v_point)

    def pan_by(self, v_dx: float, v_dy: float, eased: bool = False) -> None:
        """Move the picture by device pixels."""
        goal = self._ends[1]
        if goal is not None:
            self._go_to(geometry.kept_inside(geometry.pan(goal, v_dx, v_dy)), eased)

    def centre_on(self, point: tuple[float, float]) -> None:
        """Show a point of the picture (x, y in 0..1) in the middle, as far as its edges allow."""
        if self.view is not None:
            self._jump(geometry.look_at(self.view, self.view.zoom, point))

    def stop(self) -> None:
        """Stand still."""
        self._ease.stop()

    def _go_to(self, target: ViewState, eased: bool = True) -> None:
        if not eased:
            self._jump(geometry.rested(target))
            return
        self._ease.stop()
        self._goal_zoom = target.zoom
        self._ends = (self.view, geometry.rested(target))
        if self._ends[0] != self._ends[1]:
            self._ease.start()

    def _jump(self, view: ViewState) -> None:
        self._ease.stop()
        self._goal_zoom = view.zoom
        self._ends = (view, view)
        self._set(view)

    @Slot(object)
    def _on_eased(self, t: float) -> None:
        start, end = self._ends
        if start is not None and end is not None:
            self._set(geometry.between(start, end, t))

    def _set(self, view: ViewState) -> None:
        if view != self.view:
            self.view = view
            self.view_changed.emit(view, self._focus or view.v_centre)
