"""Draws a plan with QPainter, in device pixels; neither plans, loads nor converts anything."""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import ceil, floor, inf

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter, QRegion

from viewer.core.geometry import ViewState
from viewer.core.plan import Layer, Plan
from viewer.core.pyramid import GRID, GUTTER_PX, level_of
from viewer.core.shapes import Rect
from viewer.core.tiles import Tile

#: How long a new tile takes to replace what lay there.
FADE_SECONDS = 0.12

#: A tile that shows here and there is drawn by squares of this size, as far as it shows in each.
SQUARE_PX = 320

#: With so many cores or fewer Qt paints on one thread alone.
FEW_CORES = 4


def keep_together(cores: int) -> None:
    """Keep Qt from dividing what it scales among threads of its own, where cores are few.

    The interface would wait for each part, and that for a core which inference or another program
    has: to scale 1600x1000 pixels took 8 to 60 ms then, and takes 4 in one piece. Qt asks for this
    once, when it scales for the first time.
    """
    if cores <= FEW_CORES:
        os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")


def paint(painter: QPainter, view: ViewState, plan: Plan, v_dirty: Rect, now: float) -> None:
    """Draw the layers of a plan inside `v_dirty`; `now` is in monotonic seconds, for the fading.

    Of a transparent picture the painter must replace each pixel, not lay one over another: layers
    show one picture. Between two levels nothing fades in: all below would be scaled for it.
    """
    if view.zoom * GRID != level_of(view.zoom):
        now = inf
    for layer, parts in _showing(view, plan.layers, v_dirty, now):
        _paint_layer(painter, view, layer, parts, now)


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


def _showing(
    view: ViewState, layers: tuple[Layer, ...], v_dirty: Rect, now: float
) -> list[tuple[Layer, list[tuple[Tile, Rect]]]]:
    """Return the tiles of which something shows in `v_dirty`, with the device pixels that do.

    What lies below tiles that are wholly there is left out: to scale it is what painting costs.
    """
    found: list[tuple[Layer, list[tuple[Tile, Rect]]]] = []
    rest = QRegion(_qrect(v_dirty))
    for layer in reversed(layers):
        parts: list[tuple[Tile, Rect]] = []
        covered = QRegion()
        for tile in _tiles_in(view, layer, v_dirty):
            area = _qrect(v_area(view, layer, tile))
            seen = rest.intersected(area)
            if seen.isEmpty():
                continue
            parts += ((tile, part) for part in _squares(seen))
            if now - tile.arrived >= FADE_SECONDS:
                covered = covered.united(area)
        found.append((layer, parts))
        rest = rest.subtracted(covered)
        if rest.isEmpty() or (layer.covers and _settled(layer, now)):
            break
    return found[::-1]


def _tiles_in(view: ViewState, layer: Layer, v_dirty: Rect) -> list[Tile]:
    """Return the tiles that may touch a rectangle: often it is a band, and there are hundreds."""
    x, y = _stretch(view, layer)
    left, right = ((side - view.v_left) / x for side in (v_dirty.left - 1, v_dirty.right + 1))
    top, bottom = ((side - view.v_top) / y for side in (v_dirty.top - 1, v_dirty.bottom + 1))
    return [
        tile
        for tile in layer.tiles
        if tile.core.top < bottom
        and tile.core.bottom > top
        and tile.core.left < right
        and tile.core.right > left
    ]


def _squares(region: QRegion) -> Iterator[Rect]:
    """Yield rectangles that cover a region, and little else: a base may show at the edges alone."""
    whole = region.boundingRect()
    if region.rectCount() == 1:
        yield Rect(whole.x(), whole.y(), whole.right() + 1, whole.bottom() + 1)
        return
    for top in range(whole.top(), whole.bottom() + 1, SQUARE_PX):
        for left in range(whole.left(), whole.right() + 1, SQUARE_PX):
            part = region.intersected(QRect(left, top, SQUARE_PX, SQUARE_PX)).boundingRect()
            if not part.isEmpty():
                yield Rect(part.x(), part.y(), part.right() + 1, part.bottom() + 1)


def _settled(layer: Layer, now: float) -> bool:
    """Tell whether no tile of a layer fades in any more."""
    return all(now - tile.arrived >= FADE_SECONDS for tile in layer.tiles)


def _qrect(rect: Rect) -> QRect:
    left, top, right, bottom = map(int, rect)
    return QRect(left, top, right - left, bottom - top)


def _paint_layer(
    painter: QPainter, view: ViewState, layer: Layer, parts: list[tuple[Tile, Rect]], now: float
) -> None:
    x, y = _stretch(view, layer)
    at_rest = x == 1 and y == 1 and view.v_left % 1 == 0 and view.v_top % 1 == 0
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not at_rest)
    for tile, area in parts:
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
