"""Layers are drawn so that the best is on top, and nothing is scaled that something hides."""

from __future__ import annotations

from math import inf

import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from viewer.core.geometry import ViewState
from viewer.core.plan import Layer, Plan
from viewer.core.shapes import Rect, Size
from viewer.core.tiles import PIXELS, Tile
from viewer.painting import FADE_SECONDS, paint

NOW = 100.0
SIZE = Size(64, 48)
VIEW = ViewState(SIZE, SIZE, 1.0, 0, 0)
WHOLE = Rect(0, 0, *SIZE)


class CountingPainter(QPainter):
    """Notes the colour of each image that it draws, and how much it may touch in all."""

    def __init__(self, image: QImage) -> None:
        super().__init__(image)
        self.drawn: list[str] = []
        self.areas: dict[str, float] = {}

    def drawImage(self, target, image, source) -> None:
        colour, clip = image.pixelColor(0, 0).name(), self.clipBoundingRect()
        self.drawn.append(colour)
        self.areas[colour] = self.areas.get(colour, 0.0) + clip.width() * clip.height()
        super().drawImage(target, image, source)


def tile(colour: str, area: Rect, arrived: float = -inf) -> Tile:
    image = QImage(int(area.width), int(area.height), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor(colour))
    return Tile(area, area, image, 0, arrived)


def layer(*tiles: Tile, covers: bool = False) -> Layer:
    return Layer(SIZE, tiles, covers)


def painted(*layers: Layer, view: ViewState = VIEW) -> tuple[QImage, list[str]]:
    """Return what is on screen, and the colours of all that was drawn for it, in turn."""
    screen = QImage(*SIZE, QImage.Format.Format_ARGB32_Premultiplied)
    screen.fill(0)
    painter = CountingPainter(screen)
    paint(painter, view, Plan(layers, (), (), 4096, PIXELS, 0, 0), WHOLE, NOW)
    painter.end()
    return screen, painter.drawn


BASE = layer(tile("#ff0000", WHOLE), covers=True)
LEFT, RIGHT = Rect(0, 0, 40, 48), Rect(40, 0, 64, 48)


def test_the_best_layer_lies_on_top_and_the_base_shows_where_there_is_nothing_else():
    screen, drawn = painted(BASE, layer(tile("#00ff00", LEFT)), layer(tile("#0000ff", RIGHT)))
    assert screen.pixelColor(39, 20).name() == "#00ff00"
    assert screen.pixelColor(40, 20).name() == "#0000ff"
    assert drawn == ["#00ff00", "#0000ff"]


def test_what_better_tiles_hide_together_is_not_drawn():
    hidden = layer(tile("#00ff00", Rect(30, 0, 50, 48)))
    _, drawn = painted(BASE, hidden, layer(tile("#0000ff", LEFT), tile("#000080", RIGHT)))
    assert drawn == ["#0000ff", "#000080"]


def test_a_hole_between_better_tiles_shows_what_lies_below():
    screen, drawn = painted(BASE, layer(tile("#0000ff", Rect(0, 0, 30, 48))))
    assert screen.pixelColor(30, 20).name() == "#ff0000"
    assert drawn == ["#ff0000", "#0000ff"]


def test_below_a_tile_that_fades_in_everything_is_drawn():
    screen, drawn = painted(BASE, layer(tile("#0000ff", WHOLE, NOW - FADE_SECONDS / 2)))
    assert drawn == ["#ff0000", "#0000ff"]
    mixed = screen.pixelColor(5, 5)
    assert mixed.red() == pytest.approx(128, abs=2)
    assert mixed.blue() == pytest.approx(128, abs=2)


def test_between_two_levels_no_pixel_is_left_out_while_the_picture_is_scaled():
    view = ViewState(SIZE, SIZE, 1.37, -3.3, -2.6)
    near = Layer(
        SIZE, tuple(tile("#0000ff", Rect(x, 0, x + 16, 48)) for x in range(0, 64, 16)), True
    )
    screen, _ = painted(BASE, near, view=view)
    colours = {screen.pixelColor(x, y).name() for x in range(64) for y in range(48)}
    assert colours == {"#0000ff"}


def test_while_the_picture_is_between_levels_nothing_fades_in():
    view = ViewState(SIZE, SIZE, 1.37, -3.3, -2.6)
    screen, drawn = painted(
        BASE, layer(tile("#0000ff", WHOLE, NOW - FADE_SECONDS / 2), covers=True), view=view
    )
    assert drawn == ["#0000ff"]
    assert screen.pixelColor(5, 5).name() == "#0000ff"


def test_a_base_that_shows_at_the_edges_alone_is_drawn_there_alone():
    size = Size(1600, 1000)
    screen = QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)
    screen.fill(0)
    painter = CountingPainter(screen)
    whole, inner = Rect(0, 0, *size), Rect(400, 300, 1200, 700)
    layers = (
        Layer(size, (tile("#ff0000", whole),), True),
        Layer(size, (tile("#0000ff", inner),), False),
    )
    view = ViewState(size, size, 1.0, 0, 0)
    paint(painter, view, Plan(layers, (), (), 4096, PIXELS, 0, 0), whole, NOW)
    painter.end()
    assert painter.areas["#ff0000"] < 1.25 * (1600 * 1000 - 800 * 400)
    colours = {screen.pixelColor(x, y).name() for x in (0, 399, 1200, 1599) for y in (0, 500, 999)}
    assert colours == {"#ff0000"}
    assert screen.pixelColor(400, 300).name() == "#0000ff"
