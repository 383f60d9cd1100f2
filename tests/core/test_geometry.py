"""Zooming and panning lose nothing, and come to rest on whole pixels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core import geometry
from viewer.core.geometry import ViewState
from viewer.core.pyramid import GRID, level_of, level_size
from viewer.core.shapes import Point, Size

sides = st.integers(1, 20_000)
sizes = st.builds(Size, sides, sides)
canvases = st.builds(Size, st.integers(50, 4000), st.integers(50, 4000))
points = st.builds(Point, st.floats(0, 4000), st.floats(0, 4000))


@st.composite
def views(draw: st.DrawFn) -> ViewState:
    image, canvas = draw(sizes), draw(canvases)
    low, high = geometry.zoom_limits(image, canvas)
    zoom = draw(st.floats(low, high))
    return ViewState(image, canvas, zoom, draw(st.floats(-1e4, 1e4)), draw(st.floats(-1e4, 1e4)))


@given(views(), points)
def test_a_point_of_the_canvas_survives_the_way_to_the_image_and_back(view, point):
    back = geometry.to_view(view, geometry.to_image(view, point))
    assert back == pytest.approx(point, abs=1e-6)


@given(views(), points, st.floats(0.05, 20))
def test_zooming_keeps_the_image_point_under_the_cursor(view, cursor, factor):
    before = geometry.to_image(view, cursor)
    after = geometry.zoom_at(view, cursor, factor)
    low, high = geometry.zoom_limits(view.image, view.canvas)
    assert low <= after.zoom <= high
    assert geometry.to_view(after, before) == pytest.approx(cursor, abs=1e-5)


@given(views())
def test_a_view_at_rest_lies_on_whole_pixels_and_is_as_large_as_its_level(view):
    rested = geometry.rested(view)
    assert rested.zoom * GRID == level_of(rested.zoom)
    assert rested.v_left == int(rested.v_left)
    assert rested.v_top == int(rested.v_top)
    assert rested.shown == level_size(view.image, level_of(rested.zoom))
    assert geometry.rested(rested) == rested


@given(views())
def test_at_rest_no_background_shows_where_the_picture_is_larger_than_the_canvas(view):
    rested = geometry.rested(view)
    for origin, length, canvas in zip(
        (rested.v_left, rested.v_top), rested.shown, rested.canvas, strict=True
    ):
        if length >= canvas:
            assert origin <= 0
            assert origin + length >= canvas
        else:
            assert abs(origin - (canvas - length) / 2) <= 0.5


@given(sizes, canvases)
def test_fitting_shows_the_whole_picture_as_large_as_the_grid_allows(image, canvas):
    view = geometry.fit(image, canvas)
    # Below level 1 nothing can be shown smaller.
    assert level_of(view.zoom) == 1 or all(
        length <= side + 0.5 for length, side in zip(view.shown, canvas, strict=True)
    )
    level = level_of(view.zoom)
    larger = level_size(image, level + 1)
    exact = (level + 1) / GRID
    assert view.zoom == geometry.MAX_ZOOM or (
        larger.width >= canvas.width
        or larger.height >= canvas.height
        or exact * image.width > canvas.width
        or exact * image.height > canvas.height
    )


@given(views(), points, st.floats(0.2, 5), st.floats(0, 1))
def test_an_eased_zoom_keeps_the_point_under_the_cursor_all_the_way(view, cursor, factor, t):
    end = geometry.zoom_at(view, cursor, factor)
    held = geometry.to_image(view, cursor)
    # An end may be a level, up to half a pixel larger or smaller than its zoom says, and so on
    # in proportion beyond the picture's edge.
    reach = max(
        abs(place - origin) / length
        for one in (view, end)
        for place, origin, length in zip(cursor, (one.v_left, one.v_top), one.shown, strict=True)
    )
    between = geometry.between(view, end, t)
    assert geometry.to_view(between, held) == pytest.approx(cursor, abs=1 + reach)


@given(views(), views())
def test_easing_ends_exactly_at_its_goal(start, end):
    assert geometry.between(start, end, 1.0) == end


@given(views(), canvases)
def test_resizing_keeps_the_middle_in_the_middle_where_it_can(view, canvas):
    view = geometry.rested(view)
    resized = geometry.resized(view, canvas)
    assert resized == geometry.rested(resized)
    assert resized.canvas == canvas


def test_looking_at_a_point_puts_it_in_the_middle():
    fitted = geometry.fit(Size(1000, 800), Size(300, 200))
    view = geometry.look_at(fitted, 4.0, (0.25, 0.75))
    assert geometry.center_of(view) == pytest.approx((0.25, 0.75), abs=1 / 4000)
    assert view.zoom == 4.0


def test_zoom_goes_up_to_32_and_down_to_fit():
    view = geometry.fit(Size(6000, 4000), Size(1600, 1000))
    assert geometry.zoom_at(view, Point(0, 0), 1e9).zoom == 32
    assert geometry.zoom_at(view, Point(0, 0), 1e-9).zoom == view.zoom


def test_a_small_picture_may_shrink_to_its_own_size():
    view = geometry.fit(Size(64, 64), Size(1600, 1000))
    assert view.zoom == pytest.approx(15.625)
    assert geometry.zoom_at(view, Point(0, 0), 1e-9).zoom == 1.0
