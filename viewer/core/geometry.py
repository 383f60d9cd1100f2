"""Where the picture lies on the canvas: zoom, pan, fit, and how they come to rest.

Planes: v_ device pixels of the canvas, i_ image pixels, l_ pixels of a level. Zoom counts device
pixels per image pixel. At rest the zoom is a level's scale, the picture is exactly as large as
that level and its origin is an integer, so tiles are shown pixel for pixel; in between all is
fractional.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from math import ceil, floor

from viewer.core.pyramid import GRID, level_of, level_size, scale_of
from viewer.core.shapes import Point, Rect, Size
from viewer.core.turn import Turn

MAX_ZOOM = 32.0


@dataclass(frozen=True, slots=True)
class ViewState:
    """A picture of `image` pixels, its corner at v_left, v_top of a canvas of device pixels."""

    image: Size
    canvas: Size
    zoom: float
    v_left: float
    v_top: float

    @property
    def shown(self) -> tuple[float, float]:
        """Width and height of the whole picture in v_ pixels."""
        if self.zoom * GRID == level_of(self.zoom):
            return level_size(self.image, level_of(self.zoom))
        return self.image.width * self.zoom, self.image.height * self.zoom

    @property
    def v_picture(self) -> Rect:
        """The whole picture on the canvas, beyond its edges too."""
        width, height = self.shown
        return Rect(self.v_left, self.v_top, self.v_left + width, self.v_top + height)

    @property
    def v_centre(self) -> Point:
        """The middle of the canvas."""
        return Point(self.canvas.width / 2, self.canvas.height / 2)


def fit_level(image: Size, canvas: Size) -> int:
    """Return the highest level at which the whole picture is visible."""
    zoom = min(canvas.width / image.width, canvas.height / image.height, MAX_ZOOM)
    return max(1, floor(zoom * GRID))


class Frame(Enum):
    """How a picture can be made to suit its canvas."""

    FIT = auto()
    FILL = auto()
    WIDTH = auto()


def framed(view: ViewState, frame: Frame) -> ViewState:
    """Show the whole picture, all over the canvas, or all of its width, at rest."""
    if frame is Frame.FIT:
        return fit(view.image, view.canvas)
    wide, high = view.canvas.width / view.image.width, view.canvas.height / view.image.height
    if frame is Frame.FILL:
        return look_at(view, ceil(max(wide, high) * GRID) / GRID, center_of(view))
    return look_at(view, floor(wide * GRID) / GRID, center_of(view))


def zoom_limits(image: Size, canvas: Size) -> tuple[float, float]:
    """Return the lowest and highest zoom: small pictures may shrink to 1:1, large ones to fit."""
    return min(scale_of(fit_level(image, canvas)), 1.0), MAX_ZOOM


def fit(image: Size, canvas: Size) -> ViewState:
    """Show the whole picture, centred, at rest."""
    return rested(ViewState(image, canvas, scale_of(fit_level(image, canvas)), 0, 0))


def look_at(view: ViewState, zoom: float, center: tuple[float, float]) -> ViewState:
    """Put the point `center` of the picture (x, y in 0..1) in the middle of the canvas, at rest."""
    low, high = zoom_limits(view.image, view.canvas)
    zoom = scale_of(level_of(min(max(zoom, low), high)))
    width, height = replace(view, zoom=zoom).shown
    middle = view.v_centre
    return rested(
        replace(
            view,
            zoom=zoom,
            v_left=middle.x - center[0] * width,
            v_top=middle.y - center[1] * height,
        )
    )


def center_of(view: ViewState) -> tuple[float, float]:
    """Return the point of the picture (0..1) in the middle of the canvas."""
    width, height = view.shown
    middle = view.v_centre
    return (middle.x - view.v_left) / width, (middle.y - view.v_top) / height


def zoom_at(view: ViewState, v_point: Point, factor: float) -> ViewState:
    """Multiply the zoom within its limits, keeping the image point under `v_point` there."""
    low, high = zoom_limits(view.image, view.canvas)
    return _zoomed(view, v_point, min(max(view.zoom * factor, low), high))


def pan(view: ViewState, v_dx: float, v_dy: float) -> ViewState:
    """Move the picture by device pixels."""
    return replace(view, v_left=view.v_left + v_dx, v_top=view.v_top + v_dy)


def resized(view: ViewState, canvas: Size) -> ViewState:
    """Keep the zoom and the point in the middle on a canvas of another size, at rest."""
    return look_at(replace(view, canvas=canvas), view.zoom, center_of(view))


def kept_inside(view: ViewState) -> ViewState:
    """Centre the picture where it is smaller than the canvas, and show no edge where it is not."""
    width, height = view.shown
    return replace(
        view,
        v_left=_kept(view.v_left, width, view.canvas.width),
        v_top=_kept(view.v_top, height, view.canvas.height),
    )


def rested(view: ViewState) -> ViewState:
    """Return the nearest view at rest: a level's zoom, an integer origin, inside the canvas."""
    low, high = zoom_limits(view.image, view.canvas)
    zoom = scale_of(level_of(min(max(view.zoom, low), high)))
    view = kept_inside(_zoomed(view, view.v_centre, zoom))
    return replace(view, v_left=floor(view.v_left + 0.5), v_top=floor(view.v_top + 0.5))


def between(start: ViewState, end: ViewState, t: float) -> ViewState:
    """Return the view at t (0..1) of an even zoom from `start` to `end`, about one fixed point."""
    if t >= 1:
        return end
    zoom = start.zoom * (end.zoom / start.zoom) ** t
    span = end.zoom - start.zoom
    # Linear in the zoom, the origin turns about the one point that both views show in one place.
    share = (zoom - start.zoom) / span if abs(span) > 1e-9 * end.zoom else t
    return replace(
        end,
        zoom=zoom,
        v_left=start.v_left + (end.v_left - start.v_left) * share,
        v_top=start.v_top + (end.v_top - start.v_top) * share,
    )


def turned(view: ViewState, turn: Turn) -> ViewState:
    """Return the view that shows the same part of the picture after that is turned, at rest."""
    canvas = view.canvas
    frame = next((each for each in Frame if framed(view, each).zoom == view.zoom), None)
    new = replace(view, image=Size(*turn.size(view.image)))
    new = look_at(fit(new.image, canvas), view.zoom, turn.point(center_of(view)))
    return new if frame is None else framed(new, frame)


def visible(view: ViewState, width: float, height: float) -> Rect:
    """Return the part of a level of that size which the canvas shows, in its l_ pixels."""
    shown_width, shown_height = view.shown
    x, y = width / shown_width, height / shown_height
    return Rect(
        -view.v_left * x,
        -view.v_top * y,
        (view.canvas.width - view.v_left) * x,
        (view.canvas.height - view.v_top) * y,
    ).clipped(Rect(0, 0, width, height))


def to_image(view: ViewState, v_point: Point) -> Point:
    """Return the image point under a point of the canvas."""
    width, height = view.shown
    return Point(
        (v_point.x - view.v_left) * view.image.width / width,
        (v_point.y - view.v_top) * view.image.height / height,
    )


def to_view(view: ViewState, i_point: Point) -> Point:
    """Return where on the canvas an image point lies."""
    width, height = view.shown
    return Point(
        view.v_left + i_point.x * width / view.image.width,
        view.v_top + i_point.y * height / view.image.height,
    )


def _zoomed(view: ViewState, v_point: Point, zoom: float) -> ViewState:
    new = replace(view, zoom=zoom)
    (old_width, old_height), (width, height) = view.shown, new.shown
    return replace(
        new,
        v_left=v_point.x - (v_point.x - view.v_left) * width / old_width,
        v_top=v_point.y - (v_point.y - view.v_top) * height / old_height,
    )


def _kept(origin: float, length: float, canvas: float) -> float:
    if length <= canvas:
        return (canvas - length) / 2
    return min(0.0, max(canvas - length, origin))
