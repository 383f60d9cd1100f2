"""View in, plan out, answers into the cache: steps 2, 3 and 5 of the path in `viewer`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from viewer.core.budget import Limits
from viewer.core.cache import TileCache
from viewer.core.chunks import PIXELS_PER_PASS, Pace, budget, lr_pixels, next_chunk
from viewer.core.geometry import ViewState, visible
from viewer.core.pending import PendingTiles
from viewer.core.plan import Plan, Scene, focus_in_level, plan, quick_first
from viewer.core.presets import Recipe
from viewer.core.pyramid import TILE_PX, level_size, tiles_in, tiles_px, worth_making
from viewer.core.relief import Relief
from viewer.core.shapes import Cells, Point, Size
from viewer.core.tiles import Failure, LevelKey, Quality, TileKey, TileRequest, TileResult

log = logging.getLogger(__name__)

#: How long the view must not change before anything is asked for.
REST_MS = 100

#: How long to make do with less after memory ran out.
RELIEF_MS = 30_000


class TileScheduler(QObject):
    """Keeps the latest view, plans it, asks for what is missing. On the GUI thread.

    Besides its recipe it may have another one, to which the picture is compared.

    Signals: planned(Plan) whenever the canvas should draw something else; compared(Plan), the same
    of the other recipe while there is one; requested(TileRequest);
    idle() when everything asked for at rest has been answered; failed(str), once per generation.
    """

    planned = Signal(object)
    compared = Signal(object)
    requested = Signal(object)
    idle = Signal()
    failed = Signal(str)

    def __init__(self, cache: TileCache, recipe: Recipe, limits: Limits) -> None:
        super().__init__()
        self._cache = cache
        self._recipe = recipe
        self._other: Recipe | None = None
        self._limits = limits
        self._generation = 0
        self._scene: Scene | None = None
        self._view: ViewState | None = None
        self._focus = Point(0, 0)
        self._pending = PendingTiles()
        self._look_again = False
        self._failed: set[TileKey] = set()
        self._told = False
        self._paces: dict[Quality, Pace] = {}
        self._relief = Relief()
        self._display: bytes | None = None
        self._relieved = QTimer(self, singleShot=True, interval=RELIEF_MS)
        self._relieved.timeout.connect(self._on_relieved)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._on_rest)

    @property
    def recipe(self) -> Recipe:
        return self._recipe

    @property
    def recipe_here(self) -> Recipe:
        """The recipe as it is for the picture on screen."""
        return self._suited(self._recipe)

    @property
    def limits(self) -> Limits:
        return self._limits

    @property
    def plan(self) -> Plan | None:
        """The plan of the latest view; None without a picture."""
        return self._plan_by(self._recipe)

    @property
    def other_plan(self) -> Plan | None:
        """The plan by the other recipe; None without one, or without a picture."""
        return self._plan_by(self._other)

    def _plan_by(self, recipe: Recipe | None) -> Plan | None:
        if recipe is None or self._scene is None or self._view is None:
            return None
        number, base = self._scene.number, self._scene.base
        cap = min(self._limits.subnet_cap, self._relief.subnet_cap)
        focus, failed, here = self._focus, self._failed, self._suited(recipe)
        return plan(self._view, number, base, here, self._cache, focus, failed, cap)

    def pace(self, quality: Quality) -> Pace:
        """Return how fast passes of a quality were."""
        return self._paces.get(quality, Pace())

    def set_scene(self, scene: Scene) -> None:
        """Show another picture, or the same one with more pixels; the view follows."""
        same = self._scene is not None and self._scene.number == scene.number
        self._scene = scene
        if same and self._view is not None:
            self._refresh()
        else:
            self._view = None
            self._new_generation()

    def set_recipe(self, recipe: Recipe) -> None:
        """Change how everything is refined, from now on."""
        self._recipe = recipe
        self._new_generation()
        self._refresh()

    def set_other(self, recipe: Recipe | None) -> None:
        """Plan and refine by another recipe as well from now on; none stops that."""
        if recipe == self._other:
            return
        self._other = recipe
        self._refresh()

    def set_display(self, icc_profile: bytes | None) -> None:
        """Make everything anew in the colours of another display; None is sRGB."""
        self._display = icc_profile
        self._cache.clear()
        self._new_generation()
        self._refresh()

    @Slot(object)
    def set_limits(self, limits: Limits) -> None:
        """Use no more than that of the machine from now on."""
        self._limits = limits
        self._cache.set_cap(limits.cache_cap_bytes)
        if not self._rest.isActive():
            self._refresh()

    @Slot(object, object)
    def set_view(self, view: ViewState, focus: Point) -> None:
        """Draw what is in hand for a new view; ask for the rest once it stops changing."""
        first = self._view is None
        self._view, self._focus = view, focus
        self._pending.replace(())
        self._replan()
        self._rest.start(0 if first else REST_MS)

    @Slot(object)
    def on_finished(self, result: TileResult) -> None:
        """Keep the tiles of an answer, unless it comes from before the last change of picture."""
        request = result.request
        self._pending.done(request)
        if request.generation == self._generation:
            self._measure(result)
            for key, tile in result.tiles:
                self._cache.put(key, tile)
            self._replan()
        self._ask()

    @Slot(object)
    def on_failed(self, failure: Failure) -> None:
        """Give the tiles of a failed request up; what lies below them stays on screen.

        If memory ran out, first try with less.
        """
        request = failure.request
        if not isinstance(request, TileRequest):
            return
        self._pending.done(request)
        if request.generation == self._generation:
            if not self._told:
                self._told = True
                self.failed.emit(failure.message)
            if not (failure.out_of_memory and self._relieve(request)):
                self._failed.update(request.tile_keys())
        self._ask()

    def _relieve(self, request: TileRequest) -> bool:
        """Ask for less from now on, and for more again after a while; tell if anything is left."""
        self._relieved.start()
        quality = request.sheet.quality
        if quality.model is None:
            return False
        relief = self._relief.after(quality.subnet, self._recipe_of(quality).subnets)
        if relief is not None:
            self._relief = relief
            self._rest.start(0)
        return relief is not None

    def _on_relieved(self) -> None:
        self._relief = Relief()
        self._failed.clear()
        self._rest.start(0)

    def stop(self) -> None:
        """Ask for nothing more, and drop what is still answered."""
        self._relieved.stop()
        self.clear()

    def clear(self) -> None:
        """Show no picture any more."""
        self._rest.stop()
        self._new_generation()
        self._scene = self._view = None

    def _new_generation(self) -> None:
        self._generation += 1
        self._failed.clear()
        self._told = False
        self._pending.replace(())

    def _refresh(self) -> None:
        """Show what is in hand, and ask for the rest without waiting."""
        if self._view is not None:
            self._replan()
            self._rest.start(0)

    def _replan(self) -> None:
        if (now := self.plan) is not None:
            self.planned.emit(now)
        if (other := self.other_plan) is not None:
            self.compared.emit(other)

    def _on_rest(self) -> None:
        now = self.plan
        if now is None or self._scene is None or self._scene.picture.reduced:
            return
        missing = now.missing
        if (other := self.other_plan) is not None:
            self._cache.touch(other.in_view)
            missing = quick_first(missing, other.missing)
        self._cache.touch(now.in_view)
        self._pending.replace(missing)
        # What is under way was asked for in another view, and may be less than this one shows.
        self._look_again = self._pending.under_way
        self._ask()

    def _ask(self) -> None:
        """Keep the worker busy, and say when there is nothing left to do."""
        while not self._limits.paused and (
            request := self._pending.take(self._choose, self._request)
        ):
            self.requested.emit(request)
        if not self._pending.idle or self._rest.isActive() or self._scene is None:
            return
        if self._look_again:
            self._rest.start(0)
        else:
            self.idle.emit()

    def _choose(self, waiting: Sequence[TileKey]) -> Cells:
        """Pick the tiles of the next pass: around the most wanted one, within the budget."""
        assert self._view is not None
        sheet = waiting[0].sheet
        size = level_size(self._view.image, sheet.level)
        focus = focus_in_level(self._view, size, self._focus)
        shown = self._shown(size)
        pace = self.pace(sheet.quality)
        tiles = tiles_in(size, visible(self._view, *size))
        untouched = sum(key.sheet == sheet for key in waiting) == tiles.width * tiles.height
        # The first pass shows soon that something happens; the others waste less.
        halo = 0 if untouched else self._recipe_of(sheet.quality).halo
        most = budget(pace, halo, self._limits.pass_seconds)
        if sheet.quality.model is None:
            most = PIXELS_PER_PASS
        return next_chunk(
            waiting,
            Point(focus.x / TILE_PX, focus.y / TILE_PX),
            lambda tiles: self._cost(sheet, size, tiles_px(size, tiles).clipped(shown)),
            most,
        )

    def _shown(self, size: Size) -> Cells:
        assert self._view is not None
        return worth_making(size, visible(self._view, *size))

    def _cost(self, sheet: LevelKey, size: Size, px: Cells) -> float:
        if sheet.quality.model is None:
            return px.width * px.height
        assert self._scene is not None
        halo = self._recipe_of(sheet.quality).halo
        return lr_pixels(Size(*self._scene.picture.size), size, px, halo)

    def _recipe_of(self, quality: Quality) -> Recipe:
        """Return the recipe by which something of that quality was asked for."""
        other = None if self._other is None else self._suited(self._other)
        if other is not None and quality.model == other.preset.model:
            return other
        return self.recipe_here

    def _suited(self, recipe: Recipe) -> Recipe:
        picture = self._scene and self._scene.picture
        return recipe.suited(lossy=picture.lossy) if picture else recipe

    def _request(self, first: TileKey, tiles: Cells) -> TileRequest:
        assert self._scene is not None
        picture = self._scene.picture
        size = level_size(Size(*picture.size), first.sheet.level)
        everything = Cells(0, 0, *size)
        request = TileRequest(
            self._generation,
            first.sheet,
            size,
            tiles,
            everything,
            picture,
            threads=self._limits.threads,
            on_cpu=self._relief.on_cpu,
            display=self._display,
        )
        if any(key in self._cache for key in request.tile_keys()):
            return request  # a part was not enough
        return replace(request, shown=self._shown(size))

    def _measure(self, result: TileResult) -> None:
        request = result.request
        quality = request.sheet.quality
        if quality.model is not None:
            read = self._cost(request.sheet, request.size, request.l_rect)
            self._paces[quality] = self.pace(quality).after(read, result.seconds)
