"""Draws a plan with QPainter, in device pixels; neither plans, loads nor converts anything."""

from __future__ import annotations

from math import ceil, floor

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from viewer.core.geometry import ViewState
from viewer.core.plan import Layer, Plan
from viewer.core.pyramid import GUTTER_PX
from viewer.core.shapes import Rect
from viewer.core.tiles import Tile

#: How long a new tile takes to replace what lay there.
FADE_SECONDS = 0.12


def paint(painter: QPainter, view: ViewState, plan: Plan, v_dirty: Rect, now: float) -> None:
    """Draw the layers of a plan inside `v_dirty`; `now` is in monotonic seconds, for the fading.

    Each pixel is replaced, not laid over: layers show one picture, and a transparent one stays so.
    """
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    for layer in _uncovered(plan.layers, now):
        _paint_layer(painter, view, layer, v_dirty, now)


def fading(plan: Plan, view: ViewState, now: float) -> Rect | None:
    """Return the device pixels in which tiles are still fading in, if any are."""
    areas = [
        v_area(view, layer, tile)
        for layer in plan.layers
        for tile in layer.tiles
        if now - tile.arrived < FADE_SECONDS
    ]
    if not areas:
        return None
    lefts, tops, rights, bottoms = zip(*areas, strict=True)
    return Rect(min(lefts), min(tops), max(rights), max(bottoms))


def v_area(view: ViewState, layer: Layer, tile: Tile) -> Rect:
    """Return the whole device pixels of a tile: neighbours share the edge, so none is left out."""
    x, y = _stretch(view, layer)
    return Rect(
        floor(view.v_left + tile.core.left * x + 0.5),
        floor(view.v_top + tile.core.top * y + 0.5),
        floor(view.v_left + tile.core.right * x + 0.5),
        floor(view.v_top + tile.core.bottom * y + 0.5),
    )


def _uncovered(layers: tuple[Layer, ...], now: float) -> tuple[Layer, ...]:
    """Leave out what lies wholly below a finished layer."""
    for index in range(len(layers) - 1, 0, -1):
        layer = layers[index]
        if layer.covers and all(now - tile.arrived >= FADE_SECONDS for tile in layer.tiles):
            return layers[index:]
    return layers


def _paint_layer(
    painter: QPainter, view: ViewState, layer: Layer, v_dirty: Rect, now: float
) -> None:
    x, y = _stretch(view, layer)
    at_rest = x == 1 and y == 1 and view.v_left % 1 == 0 and view.v_top % 1 == 0
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not at_rest)
    for tile in layer.tiles:
        area = v_area(view, layer, tile).clipped(v_dirty)
        if area.empty:
            continue
        painter.setOpacity(min(1.0, (now - tile.arrived) / FADE_SECONDS))
        # What the area needs of the tile, gutter and all: where two tiles meet, both see both.
        source = Rect(
            max(tile.outer.left, floor((area.left - view.v_left) / x) - GUTTER_PX),
            max(tile.outer.top, floor((area.top - view.v_top) / y) - GUTTER_PX),
            min(tile.outer.right, ceil((area.right - view.v_left) / x) + GUTTER_PX),
            min(tile.outer.bottom, ceil((area.bottom - view.v_top) / y) + GUTTER_PX),
        )
        target = QRectF(
            view.v_left + source.left * x,
            view.v_top + source.top * y,
            source.width * x,
            source.height * y,
        )
        part = QRectF(
            source.left - tile.outer.left,
            source.top - tile.outer.top,
            source.width,
            source.height,
        )
        painter.setClipRect(QRectF(area.left, area.top, area.width, area.height))
        painter.drawImage(target, tile.image, part)
    painter.setClipping(False)
    painter.setOpacity(1.0)


def _stretch(view: ViewState, layer: Layer) -> tuple[float, float]:
    width, height = view.shown
    return width / layer.size[0], height / layer.size[1]
