"""View in, plan out, answers into the cache: steps 2, 3 and 5 of the path in `viewer`."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from viewer.core.budget import Limits
from viewer.core.cache import TileCache
from viewer.core.chunks import Pace
from viewer.core.geometry import ViewState
from viewer.core.passes import Aim, fitted, ring
from viewer.core.pending import PendingTiles
from viewer.core.plan import Plan, Scene
from viewer.core.planner import Planner, suited
from viewer.core.presets import Recipe
from viewer.core.shapes import Point
from viewer.core.tiles import Failure, Quality, TileRequest, TileResult

#: How long the view must not change before anything is asked for.
REST_MS = 100
#: How long nothing must be left to do before what may be looked at next is made.
AHEAD_MS = 400
#: How long to make do with less after memory ran out.
RELIEF_MS = 30_000


class TileScheduler(QObject):
    """Keeps the latest view, plans it, asks for what is missing. On the GUI thread.

    Besides its recipe it may have another one, to which the picture is compared. When all that is
    visible is done, it goes on with what may be looked at next; input drops that at once.

    Signals: planned(Plan) whenever the canvas should draw something else; compared(Plan), the same
    of the other recipe while there is one; requested(TileRequest);
    idle() when everything visible at rest has been answered; failed(str), once per generation.
    """

    planned = Signal(object)
    compared = Signal(object)
    requested = Signal(object)
    idle = Signal()
    failed = Signal(str)

    def __init__(self, cache: TileCache, recipe: Recipe, limits: Limits) -> None:
        super().__init__()
        self._cache = cache
        self._planner = Planner(cache, recipe, limits)
        self._generation = 0
        self._scene: Scene | None = None
        self._view: ViewState | None = None
        self._focus = Point(0, 0)
        self._next: tuple[Scene, ...] = ()
        self._pending = PendingTiles()
        self._aim: Aim | None = None  # of all that waits
        self._ahead: Iterator[Aim] = iter(())
        self._look_again = False
        self._told = False
        self._relieved = QTimer(self, singleShot=True, interval=RELIEF_MS)
        self._relieved.timeout.connect(self._on_relieved)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._on_rest)
        self._quiet = QTimer(self, singleShot=True, interval=AHEAD_MS)
        self._quiet.timeout.connect(self._on_quiet)

    @property
    def recipe(self) -> Recipe:
        return self._planner.recipe

    @property
    def recipe_here(self) -> Recipe:
        """The recipe as it is for the picture on screen."""
        return self.recipe if self._scene is None else suited(self.recipe, self._scene)

    @property
    def limits(self) -> Limits:
        return self._planner.limits

    @property
    def plan(self) -> Plan | None:
        """The plan of the latest view; None without a picture."""
        aim = self._visible
        return None if aim is None else self._planner.plan(aim)

    @property
    def other_plan(self) -> Plan | None:
        """The plan by the other recipe; None without one, or without a picture."""
        aim = self._visible
        return None if aim is None else self._planner.other_plan(aim)

    @property
    def _visible(self) -> Aim | None:
        if self._scene is None or self._view is None:
            return None
        return Aim(self._scene, self._view, self._focus)

    def pace(self, quality: Quality) -> Pace:
        """Return how fast passes of a quality were."""
        return self._planner.pace(quality)

    def set_scene(self, scene: Scene) -> None:
        """Show another picture, or the same one with more pixels; the view follows."""
        same = self._scene is not None and self._scene.number == scene.number
        self._scene = scene
        if same and self._view is not None:
            self._refresh()
        else:
            self._view = None
            self._new_generation()

    def set_next(self, scenes: Sequence[Scene]) -> None:
        """Name the scenes that may be shown next, the likeliest first.

        Their first view is made when nothing else is to do, and found when such a scene, of this
        very number, is shown.
        """
        self._next = tuple(scenes)
        if self._resting or (self._aim is not None and self._aim.ahead):
            self._quiet.start()

    @property
    def _resting(self) -> bool:
        """Whether all that is visible has been answered."""
        return self._scene is not None and self._pending.idle and not self._rest.isActive()

    def set_recipe(self, recipe: Recipe) -> None:
        """Change how everything is refined, from now on."""
        self._planner.recipe = recipe
        self._new_generation()
        self._refresh()

    def set_other(self, recipe: Recipe | None) -> None:
        """Plan and refine by another recipe as well from now on; none stops that."""
        if recipe == self._planner.other:
            return
        self._planner.other = recipe
        self._refresh()

    def set_display(self, icc_profile: bytes | None) -> None:
        """Make everything anew in the colours of another display; None is sRGB."""
        self._planner.display = icc_profile
        self._cache.clear()
        self._new_generation()
        self._refresh()

    @Slot(object)
    def set_limits(self, limits: Limits) -> None:
        """Use no more than that of the machine from now on."""
        self._planner.limits = limits
        self._cache.set_cap(limits.tiles_bytes)
        if not self._rest.isActive():
            self._refresh()

    @Slot(object, object)
    def set_view(self, view: ViewState, focus: Point) -> None:
        """Draw what is in hand for a new view; ask for the rest once it stops changing."""
        first = self._view is None
        self._view, self._focus = view, focus
        self._drop()
        self._replan()
        self._rest.start(0 if first else REST_MS)

    @Slot(object)
    def on_finished(self, result: TileResult) -> None:
        """Keep the tiles of an answer, unless it comes from before the last change of picture."""
        request = result.request
        self._pending.done(request)
        if request.generation == self._generation:
            if self._planner.learn(result) and not self._rest.isActive():
                self._rest.start(0)  # another subnet may have to answer first
            for key, tile in result.tiles:
                self._cache.put(key, tile)
            if not request.ahead:
                self._replan()
        self._ask()

    @Slot(object)
    def on_failed(self, failure: Failure) -> None:
        """Give the tiles of a failed request up; what lies below them stays on screen.

        If memory ran out, first try with less; if the GPU failed, without it.
        """
        request = failure.request
        if not isinstance(request, TileRequest):
            return
        self._pending.done(request)
        if request.ahead:  # nobody misses it
            self._drop()
        elif request.generation == self._generation:
            if not self._told:
                self._told = True
                self.failed.emit(failure.message)
            if failure.out_of_memory or failure.gpu_lost:
                self._relieved.start()  # after a while, more again
            if self._planner.relieve(failure, request):
                self._rest.start(0)
            else:
                self._planner.give_up(request)
                self._replan()
        self._ask()

    def _on_relieved(self) -> None:
        self._planner.recover()
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
        self._next = ()

    def _new_generation(self) -> None:
        self._generation += 1
        self._planner.forgive()
        self._told = False
        self._drop()

    def _drop(self) -> None:
        """Want nothing any more but what is being made now, if it is still seen."""
        self._quiet.stop()
        self._ahead = iter(())
        self._pending.drop(self._useful)

    def _useful(self, request: TileRequest) -> bool:
        """Tell whether what is being made will be on screen: after a pan, but not after a zoom."""
        aim = self._visible
        current = request.generation == self._generation and not request.ahead
        return aim is not None and current and aim.shows(request)

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
        aim = self._visible
        if aim is None or aim.scene.picture.reduced or not aim.scene.still:
            return
        self._drop()
        self._aim = aim
        self._pending.replace(self._planner.missing(aim))
        # What is under way was asked for in another view, and may be less than this one shows.
        self._look_again = self._pending.under_way
        self._ask()

    def _ask(self) -> None:
        """Keep the worker busy, and say when there is nothing left to do."""
        aim = self._aim
        while aim is not None and not self.limits.paused:
            request = self._pending.take(
                functools.partial(self._planner.next_tiles, aim),
                functools.partial(self._planner.request, self._generation, aim),
            )
            if request is None:
                break
            self.requested.emit(request)
        if not self._resting:
            return
        if self._aim is not None and self._aim.ahead:
            self._go_ahead()
        elif self._look_again:
            self._rest.start(0)
        else:
            self._quiet.start()
            self.idle.emit()

    def _on_quiet(self) -> None:
        """Begin with what may be looked at next, unless somebody else needs the machine."""
        aim = self._visible
        if aim is None or aim.scene.picture.reduced or self.limits.reason or self._planner.other:
            return
        nearby = (fitted(scene, aim.view.canvas) for scene in self._next)
        self._ahead = iter((ring(aim), *nearby))
        self._go_ahead()

    def _go_ahead(self) -> None:
        """Ask for what the next aim misses, as far as the cache holds it beside what is visible."""
        visible = self._visible
        for aim in self._ahead:
            assert visible is not None
            if missing := self._planner.missing_ahead(aim, visible):
                self._aim = aim
                self._pending.replace(missing)
                self._ask()
                return
