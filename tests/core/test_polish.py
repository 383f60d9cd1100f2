"""Which subnet answers first: AnySR's for the scale, or the largest that is quick enough."""

from dataclasses import replace

import pytest

from viewer.core.chunks import Pace
from viewer.core.polish import first_subnet
from viewer.core.presets import Recipe, recipe
from viewer.core.pyramid import level_of
from viewer.core.tiles import Quality

TILES = 28


def best_of(subnet: float | None, target: float | None = 2.0) -> Recipe:
    found = recipe("balanced")
    return replace(found, preset=replace(found.preset, subnet=subnet, time_target=target))


def paces(subnet: float, seconds: float, scale: float = 2.0) -> dict[Quality, Pace]:
    """Return the paces of a machine on which a subnet makes all tiles in so many seconds."""
    lr_pixels = TILES * 256**2 / scale**2
    return {Quality("compact", subnet): Pace(5, 1.2 * lr_pixels / seconds)}


def test_unmeasured_the_subnet_of_the_scale_answers_first():
    assert first_subnet(best_of(1.0), level_of(2.0), TILES, {}) == 0.7
    assert first_subnet(best_of(1.0), level_of(9.0), TILES, {}) == 1.0


def test_without_a_target_the_best_one_answers_at_once():
    assert first_subnet(best_of(1.0, None), level_of(2.0), TILES, paces(1.0, 99)) == 1.0


@pytest.mark.parametrize(("seconds", "subnet"), [(1.9, 0.7), (2.4, 0.5), (60.0, 0.5)])
def test_where_it_takes_longer_than_the_target_a_smaller_one_does(seconds, subnet):
    assert first_subnet(best_of(1.0), level_of(2.0), TILES, paces(0.7, seconds)) == subnet


def test_another_subnets_pace_tells_enough():
    # Of the work of subnet 1.0, 0.5 takes 0.6.
    assert first_subnet(best_of(1.0), level_of(9.0), TILES, paces(1.0, 3.2, 9.0)) == 0.5
    assert first_subnet(best_of(1.0), level_of(9.0), TILES, paces(0.5, 1.0, 9.0)) == 1.0


def test_the_little_that_a_pan_uncovers_is_made_well_at_once():
    assert first_subnet(best_of(1.0), level_of(2.0), 4, paces(0.7, 10.0)) == 0.7


def test_it_is_never_larger_than_the_best_or_the_cap():
    assert first_subnet(best_of(0.5), level_of(9.0), TILES, {}) == 0.5
    assert first_subnet(best_of(1.0), level_of(9.0), TILES, {}, cap=0.7) == 0.7


def test_interpolation_has_nothing_to_choose():
    assert first_subnet(recipe("off"), level_of(2.0), TILES, {}) == 1.0
