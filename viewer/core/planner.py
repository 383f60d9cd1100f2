"""What is wanted of a view: by one recipe or two, within the limits, less what was given up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from viewer.core.budget import Limits
from viewer.core.cache import TileCache
from viewer.core.chunks import Pace
from viewer.core.passes import Aim, Passes
from viewer.core.plan import Plan, Scene, plan, quick_first
from viewer.core.polish import first_subnet
from viewer.core.presets import Recipe
from viewer.core.pyramid import TILE_BYTES
from viewer.core.relief import Relief
from viewer.core.shapes import Cells
from viewer.core.tiles import Failure, Quality, TileKey, TileRequest, TileResult


class Planner:
    """Plans by a `recipe`, and by the `other` one while a picture is compared with itself.

    `display` is the profile that colours are for, None for sRGB; `passes` knows how quick passes
    are, `relief` what to make do with when memory ran out or a GPU failed.
    """

    def __init__(self, cache: TileCache, recipe: Recipe, limits: Limits) -> None:
        self.recipe, self.limits = recipe, limits
        self.other: Recipe | None = None
        self.relief = Relief()
        self.display: bytes | None = None
        self._cache = cache
        self.failed: set[TileKey] = set()
        self.passes = Passes()
        self._first_subnet = 1.0

    @property
    def cap(self) -> float:
        """The largest subnet that there is room for."""
        return min(self.limits.subnet_cap, self.relief.subnet_cap)

    def plan(self, aim: Aim) -> Plan:
        """Plan a view by the recipe."""
        return self._plan(aim, self.recipe, self._first_subnet)

    def other_plan(self, aim: Aim) -> Plan | None:
        """Plan a view by the other recipe; None without one."""
        return None if self.other is None else self._plan(aim, self.other)

    def missing(self, aim: Aim) -> tuple[TileKey, ...]:
        """Return what a view at rest misses, what is wanted first first; the rest counts as used.

        From now on plans ask first for the subnet that answers in time.
        """
        self._first_subnet = self._answering_first(aim)
        now, other = self.plan(aim), self.other_plan(aim)
        missing = now.missing
        if other is not None:
            self._cache.touch(other.in_view)
            missing = quick_first(missing, other.missing)
        self._cache.touch(now.in_view)
        return missing

    def missing_ahead(self, aim: Aim, visible: Aim) -> list[TileKey]:
        """Return what a view misses that may come, as far as there is room beside what shows."""
        ahead = self._plan(aim, self.recipe)  # its best subnet at once
        room = self.limits.tiles_bytes // TILE_BYTES - len(self.plan(visible).in_view)
        missing = [key for key in ahead.missing if key.sheet.quality == ahead.quality]
        return missing[: max(0, room)]

    def next_tiles(self, aim: Aim, waiting: Sequence[TileKey]) -> Cells:
        """Pick the tiles of the next pass."""
        halo = self._recipe_of(waiting[0].sheet.quality).halo
        return self.passes.next_tiles(aim, waiting, halo, self.limits.pass_seconds)

    def request(self, generation: int, aim: Aim, first: TileKey, tiles: Cells) -> TileRequest:
        """Return the request for some tiles, of which `first` is one."""
        size = aim.size(first.sheet.level)
        request = TileRequest(
            generation,
            first.sheet,
            size,
            tiles,
            Cells(0, 0, *size),
            aim.scene.picture,
            threads=self.limits.threads,
            on_cpu=self.relief.on_cpu,
            display=self.display,
            ahead=aim.ahead,
        )
        if any(key in self._cache for key in request.tile_keys()):
            return request  # a part was not enough
        return replace(request, shown=aim.worth_making(first.sheet.level))

    def pace(self, quality: Quality) -> Pace:
        """Return how fast passes of a quality were."""
        return self.passes.paces.get(quality, Pace())

    def learn(self, result: TileResult) -> bool:
        """Learn from an answer; tell whether another subnet may have to answer first now."""
        return self.passes.learn(result, self._recipe_of(result.request.sheet.quality).halo)

    def give_up(self, request: TileRequest) -> None:
        """Plan without these tiles: what lies below them stays on screen."""
        self.failed.update(request.tile_keys())

    def forgive(self) -> None:
        """Try again what was given up."""
        self.failed.clear()

    def recover(self) -> None:
        """Ask for as much as ever, and for what was given up, too."""
        self.relief = Relief()
        self.forgive()

    def relieve(self, failure: Failure, request: TileRequest) -> bool:
        """Ask for less if memory ran out or the GPU failed; tell if that leaves anything to try."""
        quality = request.sheet.quality
        if quality.model is None or not (failure.out_of_memory or failure.gpu_lost):
            return False
        if self.relief.on_cpu and not request.on_cpu:
            return True  # it was asked for before
        if failure.gpu_lost:
            relief = self.relief.without_gpu()
        else:
            relief = self.relief.after(quality.subnet, self._recipe_of(quality).subnets)
        if relief is not None:
            self.relief = relief
        return relief is not None

    def _plan(self, aim: Aim, recipe: Recipe, first: float = 1.0) -> Plan:
        return plan(
            aim.view,
            aim.scene.number,
            aim.scene.base,
            suited(recipe, aim.scene),
            self._cache,
            aim.focus,
            self.failed,
            self.cap,
            first,
        )

    def _answering_first(self, aim: Aim) -> float:
        """Return the subnet that answers first, by how much of its pixels is not there yet."""
        if self.other is not None:
            return 1.0  # the other side waits, too
        at_once = self._plan(aim, self.recipe)
        missing = sum(key.sheet.quality.model is not None for key in at_once.missing)
        recipe = suited(self.recipe, aim.scene)
        return first_subnet(recipe, at_once.level, missing, self.passes.paces, self.cap)

    def _recipe_of(self, quality: Quality) -> Recipe:
        """Return the recipe by which something of that quality was asked for."""
        recipes = [recipe for recipe in (self.other, self.recipe) if recipe is not None]
        for recipe in (*recipes, *(recipe.photo for recipe in recipes)):
            if recipe is not None and recipe.preset.model == quality.model:
                return recipe
        return self.recipe


def suited(recipe: Recipe, scene: Scene) -> Recipe:
    """Return a recipe as it is for the picture of a scene."""
    return recipe.suited(lossy=scene.picture.lossy)
