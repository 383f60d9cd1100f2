"""A first answer is polished; when all is done, what may be looked at next is made."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import noise, picture
from PIL import Image
from PySide6.QtCore import QTimer

from viewer import scheduler
from viewer.core.budget import Limits
from viewer.core.cache import TileCache
from viewer.core.chunks import Pace
from viewer.core.geometry import ViewState, fit, look_at
from viewer.core.plan import Layer, Scene
from viewer.core.presets import recipe
from viewer.core.shapes import Point, Rect, Size
from viewer.core.tiles import Failure, Quality, Tile, TileRequest, TileResult

LIMITS = Limits.none(2, 100 << 20)
CANVAS = Size(600, 400)
CENTRE = Point(300, 200)


def scene(number: int, width: int = 300, height: int = 200) -> Scene:
    return Scene(number, picture(noise(width, height)), Layer((width, height), (), True))


def view_of(image: Size, zoom: float) -> ViewState:
    return look_at(ViewState(image, CANVAS, zoom, 0, 0), zoom, (0.5, 0.5))


class Worker:
    """Answers requests when told to, by empty tiles."""

    def __init__(self, target: scheduler.TileScheduler) -> None:
        self.scheduler = target
        self.asked: list[TileRequest] = []
        target.requested.connect(self.asked.append)
        self.answered = 0

    def answer(self, count: int = 10_000, seconds: float = 0.01) -> list[TileRequest]:
        """Answer so many waiting requests, or all and those that follow; return them."""
        first = self.answered
        while self.answered < min(len(self.asked), first + count):
            request = self.asked[self.answered]
            self.answered += 1
            self.scheduler.on_finished(TileResult(request, tiles_of(request), seconds))
        return self.asked[first : self.answered]


def tiles_of(request: TileRequest):
    if request.dropped.is_set():
        return ()
    areas = [(key, *request.areas(key)) for key in request.tile_keys()]
    return tuple(
        (key, Tile(Rect(*core), Rect(*outer), None, 300_000, 0.0)) for key, core, outer in areas
    )


@pytest.fixture
def planner(qtbot, monkeypatch):
    """A scheduler of the best subnet 1.0 that goes ahead at once."""
    monkeypatch.setattr(scheduler, "AHEAD_MS", 0)
    made = recipe("balanced")
    made = replace(made, preset=replace(made.preset, subnet=1.0, time_target=2.0))
    one = scheduler.TileScheduler(TileCache(LIMITS.cache_cap_bytes), made, LIMITS)
    yield one
    one.stop()


def show(planner, qtbot, zoom: float, shown: Scene | None = None) -> Worker:
    """Show a picture there, and wait until the first request is there."""
    worker = Worker(planner)
    shown = shown or scene(1)
    planner.set_scene(shown)
    planner.set_view(view_of(Size(*shown.picture.size), zoom), CENTRE)
    qtbot.waitUntil(lambda: bool(worker.asked))
    return worker


def subnets(requests: list[TileRequest]) -> list[float]:
    found = [request.sheet.quality.subnet for request in requests]
    return [one for one, before in zip(found, [None, *found], strict=False) if one != before]


def test_the_subnet_of_the_scale_answers_first_and_the_best_one_polishes(planner, qtbot):
    worker = show(planner, qtbot, 2.0)
    idle = []
    planner.idle.connect(lambda: idle.append(worker.answered))
    answers = worker.answer()
    qtbot.waitUntil(lambda: bool(worker.answer() or idle))
    assert subnets([each for each in answers if not each.ahead]) == [0.0, 0.7, 1.0]
    assert planner.plan.quality.subnet == 1.0


def test_on_a_slow_machine_a_smaller_subnet_answers_first(planner, qtbot):
    planner._planner.passes.paces[Quality("compact", 1.0)] = Pace(5, 1000.0)
    worker = show(planner, qtbot, 6.0)
    with qtbot.waitSignal(planner.idle):
        answers = worker.answer()
    assert subnets(answers) == [0.0, 0.5, 1.0]


def test_when_all_is_done_a_ring_around_the_canvas_is_made(planner, qtbot):
    worker = show(planner, qtbot, 6.0)
    qtbot.waitUntil(lambda: ahead_done(worker))
    ahead = [request for request in worker.asked if request.ahead]
    assert {request.sheet.quality.subnet for request in ahead} == {1.0}
    asked = len(worker.asked)
    moved = view_of(Size(300, 200), 6.0)
    with qtbot.waitSignal(planner.idle):
        planner.set_view(replace(moved, v_left=moved.v_left - 200), CENTRE)
    assert not [each for each in worker.asked[asked:] if not each.ahead]


def ahead_done(worker: Worker) -> bool:
    """Answer all there is; tell whether it included something ahead."""
    worker.answer()
    return any(request.ahead for request in worker.asked)


def test_nothing_is_made_ahead_for_others_that_need_the_machine(planner, qtbot):
    worker = show(planner, qtbot, 6.0)
    planner.set_limits(replace(LIMITS, threads=1, reason="busy: 1 thread"))
    with qtbot.waitSignal(planner.idle):
        QTimer.singleShot(0, worker.answer)
        qtbot.waitUntil(lambda: worker.answer() == [])
    qtbot.wait(20)
    assert not any(request.ahead for request in worker.asked)


def test_input_drops_what_is_made_ahead(planner, qtbot):
    worker = show(planner, qtbot, 6.0)
    qtbot.waitUntil(lambda: ahead_begun(worker))
    under_way = worker.asked[worker.answered :]
    asked = len(worker.asked)
    planner.set_view(view_of(Size(300, 200), 7.0), CENTRE)
    worker.answer()
    assert len(worker.asked) == asked, "nothing new is asked for during a gesture"
    assert under_way
    assert all(request.dropped.is_set() for request in under_way)


@pytest.mark.parametrize(
    ("after", "given_up"),
    [
        (view_of(Size(300, 200), 7.0), True),
        (replace(view_of(Size(300, 200), 6.0), v_left=-590.0), False),
        (replace(view_of(Size(300, 200), 6.0), v_left=0.0, v_top=0.0), True),
    ],
    ids=["zoomed", "panned", "panned away"],
)
def test_input_gives_up_what_is_being_made_unless_it_will_be_seen(planner, qtbot, after, given_up):
    planner.set_limits(replace(LIMITS, pass_seconds=1e-9))
    worker = show(planner, qtbot, 6.0)
    worker.answer(1)  # bicubic
    planner.set_view(after, CENTRE)
    first = worker.asked[worker.answered]
    assert first.dropped.is_set() == given_up


def ahead_begun(worker: Worker) -> bool:
    """Answer all that is visible, and nothing that is not."""
    while worker.answered < len(worker.asked) and not worker.asked[worker.answered].ahead:
        worker.answer(1)
    return worker.answered < len(worker.asked)


def test_the_next_pictures_first_view_is_found_when_it_is_opened(planner, qtbot):
    second = scene(2, 400, 300)
    planner.set_next([second])
    worker = show(planner, qtbot, 2.0)
    qtbot.waitUntil(lambda: worker.answer() == [] and bool(planner._cache.levels(2)))
    asked = len(worker.asked)
    ahead = [request for request in worker.asked if request.sheet.picture == 2]
    assert {request.sheet.quality.subnet for request in ahead} == {1.0}
    planner.set_scene(second)
    planner.set_next([])
    with qtbot.waitSignal(planner.idle):
        planner.set_view(fit(Size(400, 300), CANVAS), CENTRE)
    assert not [each for each in worker.asked[asked:] if not each.ahead]


def test_a_cache_that_is_full_of_what_is_visible_is_left_alone(planner, qtbot):
    worker = show(planner, qtbot, 6.0)
    planner.set_limits(replace(LIMITS, cache_cap_bytes=1 << 20))
    for _ in range(50):
        worker.answer(1)
        qtbot.wait(1)
    assert not any(request.ahead for request in worker.asked)


def test_what_fails_ahead_is_not_told_and_not_given_up(planner, qtbot):
    said = []
    planner.failed.connect(said.append)
    worker = show(planner, qtbot, 6.0)
    qtbot.waitUntil(lambda: ahead_begun(worker))
    request = worker.asked[worker.answered]
    worker.answered += 1
    planner.on_failed(Failure(request, "There is too little free memory.", out_of_memory=True))
    worker.answer()
    assert said == []
    assert not planner._planner.failed


def test_stepping_to_the_next_picture_finds_it_refined(
    start, settle, qtbot, monkeypatch, tmp_path, upscaler
):
    monkeypatch.setattr(scheduler, "AHEAD_MS", 20)
    for name in ("1.png", "2.png"):
        Image.fromarray(noise(280, 190)).save(tmp_path / name)
    (tmp_path / "photo.png").unlink(missing_ok=True)
    app = start(tmp_path)
    qtbot.waitUntil(lambda: bool(app.scheduler._cache.levels(2)))
    qtbot.waitUntil(lambda: app.scheduler._pending.idle)
    calls = len(upscaler.calls)
    app.browser.step(1)
    settle(app)
    assert app.canvas.view is not None
    assert app.library.picture.stamp.path.name == "2.png"
    assert len(upscaler.calls) == calls
