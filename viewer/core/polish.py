"""Which subnet answers first, so that something sharp is there in time; the best one follows."""

from __future__ import annotations

from collections.abc import Mapping

from models.spec import automatic_subnet
from viewer.core.chunks import Pace
from viewer.core.presets import Recipe
from viewer.core.pyramid import TILE_PX, scale_of
from viewer.core.tiles import Quality

#: The share of a pass's time that no subnet saves: the upsampler, the first and the last layer.
FIXED_SHARE = 0.2

#: By how much the halos of its passes make a region cost more than its own pixels.
HALO_COST = 1.2


def first_subnet(
    recipe: Recipe, level: int, tiles: int, paces: Mapping[Quality, Pace], cap: float = 1.0
) -> float:
    """Return the subnet that makes so many missing tiles first; 1.0 if there is nothing to choose.

    It is the one that AnySR assigns to the scale, unless the preset's best is smaller or the paces
    say that it misses the preset's time target: then the largest that meets it, or the smallest.
    None is larger than `cap`.
    """
    best, target = recipe.quality_at(level, cap), recipe.preset.time_target
    if best.model is None or target is None:
        return 1.0
    scale = scale_of(level)
    lr_pixels = tiles * TILE_PX**2 / scale**2 * HALO_COST
    most = min(best.subnet, automatic_subnet(scale, recipe.subnets))
    choices = sorted(subnet for subnet in recipe.subnets if subnet <= most)
    in_time = [
        subnet
        for subnet in choices
        if lr_pixels <= target * _pixels_per_second(subnet, best.model, paces)
    ]
    return max(in_time, default=choices[0])


def _pixels_per_second(subnet: float, model: str, paces: Mapping[Quality, Pace]) -> float:
    """Return a subnet's pace: as measured, or from that of another subnet, or without bounds."""
    known = {
        quality.subnet: pace.pixels_per_second
        for quality, pace in paces.items()
        if quality.model == model and pace.measured
    }
    if not known:
        return float("inf")
    nearest = min(known, key=lambda other: abs(other - subnet))
    return known[nearest] * _work(nearest) / _work(subnet)


def _work(subnet: float) -> float:
    return FIXED_SHARE + (1 - FIXED_SHARE) * subnet
