"""What is to be on screen, and which of its missing tiles the next pass makes in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from viewer.core.chunks import PIXELS_PER_PASS, Pace, budget, lr_pixels, next_chunk
from viewer.core.geometry import ViewState, fit, visible
from viewer.core.plan import Scene, focus_in_level
from viewer.core.pyramid import TILE_PX, level_of, level_size, tiles_in, tiles_px, worth_making
from viewer.core.shapes import Cells, Point, Size
from viewer.core.tiles import LevelKey, Quality, TileKey, TileRequest, TileResult

#: What is refined around the canvas when nothing else is to do.
RING_PX = 256


@dataclass(frozen=True, slots=True)
class Aim:
    """What is to be there: all that a view of a scene shows, first what is nearest `focus` (v_).

    `ahead` says that it is not on screen yet.
    """

    scene: Scene
    view: ViewState
    focus: Point
    ahead: bool = False

    def size(self, level: int) -> Size:
        """Return the size of the whole picture at a level."""
        return level_size(self.view.image, level)

    def worth_making(self, level: int) -> Cells:
        """Return the l_ pixels of a level that the view shows, and a little more."""
        size = self.size(level)
        return worth_making(size, visible(self.view, *size))

    def shows(self, request: TileRequest) -> bool:
        """Tell whether what a request makes lies in the view: after a pan, but not after a zoom."""
        level = request.sheet.level
        made = request.l_rect.clipped(self.worth_making(level))
        return level == level_of(self.view.zoom) and made.width > 0 and made.height > 0


def ring(aim: Aim) -> Aim:
    """Return what lies just beyond the edges of the canvas, too: panning shows it next."""
    view = aim.view
    wider = replace(
        view,
        canvas=Size(view.canvas.width + 2 * RING_PX, view.canvas.height + 2 * RING_PX),
        v_left=view.v_left + RING_PX,
        v_top=view.v_top + RING_PX,
    )
    focus = Point(aim.focus.x + RING_PX, aim.focus.y + RING_PX)
    return Aim(aim.scene, wider, focus, ahead=True)


def fitted(scene: Scene, canvas: Size) -> Aim:
    """Return the first view of a picture that may be opened next."""
    view = fit(Size(*scene.picture.size), canvas)
    return Aim(scene, view, view.v_centre, ahead=True)


class Passes:
    """Cuts what is missing into passes, and learns from each how quick a quality is made here."""

    def __init__(self) -> None:
        self.paces: dict[Quality, Pace] = {}

    def next_tiles(
        self, aim: Aim, waiting: Sequence[TileKey], halo: int, pass_seconds: float
    ) -> Cells:
        """Pick the tiles of the next pass: around the most wanted one, within the budget.

        `halo` is that of the most wanted tile's model.
        """
        sheet = waiting[0].sheet
        size, shown = aim.size(sheet.level), aim.worth_making(sheet.level)
        focus = focus_in_level(aim.view, size, aim.focus)
        tiles = tiles_in(size, visible(aim.view, *size))
        untouched = sum(key.sheet == sheet for key in waiting) == tiles.width * tiles.height
        # The first pass shows soon that something happens; the others waste less.
        pace = self.paces.get(sheet.quality, Pace())
        most = budget(pace, 0 if untouched else halo, pass_seconds)
        if sheet.quality.model is None:
            most = PIXELS_PER_PASS
        return next_chunk(
            waiting,
            Point(focus.x / TILE_PX, focus.y / TILE_PX),
            lambda tiles: _cost(aim.view.image, sheet, tiles_px(size, tiles).clipped(shown), halo),
            most,
        )

    def learn(self, result: TileResult, halo: int) -> bool:
        """Learn from an answer; tell whether it is the first that says how quick its quality is."""
        request = result.request
        quality = request.sheet.quality
        if quality.model is None or not result.tiles:
            return False
        before = self.paces.get(quality, Pace())
        read = _cost(Size(*request.picture.size), request.sheet, request.l_rect, halo)
        self.paces[quality] = now = before.after(read, result.seconds)
        return now.measured and not before.measured


def _cost(image: Size, sheet: LevelKey, px: Cells, halo: int) -> float:
    """Return what a pass over a rectangle of a level costs: the pixels it makes or, LR, reads."""
    if sheet.quality.model is None:
        return px.width * px.height
    return lr_pixels(image, level_size(image, sheet.level), px, halo)
