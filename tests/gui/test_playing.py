"""Animations play, and rest to be refined; files of several pages are leafed through."""

from __future__ import annotations

import itertools
import os
import threading

import pytest
from fakes import noise
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from viewer.core.decoder import Decoder
from viewer.core.errors import ViewerError

CTRL = Qt.KeyboardModifier.ControlModifier


def frames(count: int, size: tuple[int, int] = (60, 40)) -> list[Image.Image]:
    """Return pictures that differ, each of one grey, the first as dark as can be."""
    return [Image.new("RGB", size, (4 * index,) * 3) for index in range(count)]


@pytest.fixture
def animation(tmp_path):
    """Twelve frames, 30 ms each, beside which there is another picture."""
    first, *others = frames(12)
    path = tmp_path / "films" / "a.png"
    path.parent.mkdir()
    first.save(path, save_all=True, append_images=others, duration=30)
    Image.fromarray(noise(70, 50)).save(path.with_name("b.png"))
    return path


@pytest.fixture
def pages(tmp_path):
    """Three pages."""
    first, *others = (Image.fromarray(noise(60 + index, 40)) for index in range(3))
    path = tmp_path / "scan.tif"
    first.save(path, save_all=True, append_images=others)
    return path


def name(app) -> str:
    return app.window.windowTitle().split()[0]


def grey(app) -> int:
    """Return the brightness of the picture on screen, as the canvas shows it."""
    shot = app.canvas.picture()
    return shot.pixelColor(shot.rect().center()).red()


def test_an_animation_plays_on_and_on(start, qtbot, animation):
    app = start(animation, preset="off", wait=False)
    seen = []
    app.pictures.player.changed.connect(lambda: seen.append(app.pictures.player.frame))
    qtbot.waitUntil(lambda: seen.count((12, 12)) > 1)
    inside = [frame for frame in seen if frame]
    steps = {(after[0] - before[0]) % 12 for before, after in itertools.pairwise(inside)}
    assert steps <= {0, 1}  # no frame is left out
    assert "playing" in app.window.badge.text()


def test_space_rests_on_a_frame_which_is_refined_and_goes_on(start, qtbot, animation):
    app = start(animation, wait=False)
    player = app.pictures.player
    qtbot.waitUntil(lambda: player.frame is not None and player.frame[0] > 3)
    QTest.keyClick(app.canvas, Qt.Key.Key_Space)  # go.play
    assert not player.playing
    shade = 4 * (player.frame[0] - 1)
    qtbot.waitUntil(lambda: grey(app) == 255 - shade)  # the network that tests have is a negative
    assert f"frame {player.frame[0]} / 12" in app.window.badge.text()
    QTest.keyClick(app.canvas, Qt.Key.Key_Space)
    assert player.playing
    qtbot.waitUntil(lambda: "playing" in app.window.badge.text())


def test_nothing_is_refined_while_it_plays(start, qtbot, animation, upscaler):
    app = start(animation, wait=False)
    player = app.pictures.player
    qtbot.waitUntil(lambda: player.frame is not None and player.frame[0] > 2)
    qtbot.waitUntil(lambda: app.scheduler._pending.idle)
    calls = len(upscaler.calls)
    seen = []
    player.played.connect(seen.append)
    qtbot.waitUntil(lambda: len(seen) > 8)
    assert len(upscaler.calls) == calls


def test_frames_are_stepped_through_at_rest(start, qtbot, animation):
    app = start(animation, preset="off", wait=False)
    player = app.pictures.player
    qtbot.waitUntil(lambda: player.playing)
    QTest.keyClick(app.canvas, Qt.Key.Key_Space)
    here = player.frame[0]
    for key, frame in (
        (Qt.Key.Key_Period, here % 12 + 1),  # go.next_page
        (Qt.Key.Key_Period, (here + 1) % 12 + 1),
        (Qt.Key.Key_Comma, here % 12 + 1),  # go.previous_page
    ):
        QTest.keyClick(app.canvas, key)
        assert player.frame == (frame, 12)
        qtbot.waitUntil(lambda frame=frame: grey(app) == 4 * (frame - 1))
    assert not player.playing


def test_the_view_stays_while_it_plays_and_rests(start, qtbot, animation):
    app = start(animation, preset="off", wait=False)
    qtbot.waitUntil(lambda: app.pictures.player.playing)
    app.canvas.motion.zoom_to(7.0)
    qtbot.waitUntil(lambda: app.canvas.motion.goal == app.canvas.view)
    view = app.canvas.view
    seen = []
    app.pictures.player.played.connect(seen.append)
    qtbot.waitUntil(lambda: len(seen) > 3)
    QTest.keyClick(app.canvas, Qt.Key.Key_Space)
    assert app.canvas.view == view


def test_another_picture_ends_it(start, qtbot, animation):
    app = start(animation, preset="off", wait=False)
    player = app.pictures.player
    qtbot.waitUntil(lambda: player.playing)
    QTest.keyClick(app.canvas, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: name(app) == "b.png")
    assert not player.animated
    assert "frame" not in app.window.badge.text()
    QTest.keyClick(app.canvas, Qt.Key.Key_Space)  # where nothing plays, as many are used to
    qtbot.waitUntil(lambda: player.playing)
    assert name(app) == "a.png"


def test_a_turned_animation_plays_turned(start, qtbot, animation):
    app = start(animation, preset="off", wait=False)
    qtbot.waitUntil(lambda: app.pictures.player.playing)
    QTest.keyClick(app.canvas, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: app.canvas.view.image == (40, 60))
    seen = []
    app.pictures.player.played.connect(seen.append)
    qtbot.waitUntil(lambda: len(seen) > 3)
    assert app.canvas.view.image == (40, 60)


def test_where_a_frame_is_broken_it_begins_again(start, qtbot, tmp_path):
    first, *others = (Image.fromarray(255 - noise(60, 40) // (1 + index)) for index in range(6))
    path = tmp_path / "a.webp"
    first.save(path, save_all=True, append_images=others, duration=30, lossless=True)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 7 // 12])
    app = start(path, preset="off", wait=False)
    player, seen = app.pictures.player, []
    player.played.connect(lambda opened: seen.append(opened.stamp.page))
    qtbot.waitUntil(lambda: player.animated or app.window.messages.text != "")
    if player.animated:
        qtbot.waitUntil(lambda: seen.count(1) > 1)
        assert max(seen) < 5


def test_a_broken_frame_in_the_middle_ends_the_round(start, qtbot, animation, monkeypatch):
    real = Decoder.open

    def read(decoder, path, wish):
        if wish.page == 5:
            raise ViewerError("no")
        return real(decoder, path, wish)

    monkeypatch.setattr(Decoder, "open", read)
    app = start(animation, preset="off", wait=False)
    seen = []
    app.pictures.player.played.connect(lambda opened: seen.append(opened.stamp.page))
    qtbot.waitUntil(lambda: seen.count(4) > 1)
    assert max(seen) == 4
    assert app.window.messages.text == ""


def test_an_animation_of_which_only_one_frame_is_sound_rests(start, qtbot, animation, monkeypatch):
    real = Decoder.open

    def read(decoder, path, wish):
        if wish.page:
            raise ViewerError("no")
        return real(decoder, path, wish)

    monkeypatch.setattr(Decoder, "open", read)
    app = start(animation, preset="off", wait=False)
    player = app.pictures.player
    qtbot.waitUntil(lambda: player.animated and not player.playing)
    assert grey(app) == 0


def test_a_slow_disk_delays_frames_and_leaves_none_out(start, qtbot, animation, monkeypatch):
    real, gate = Decoder.open, threading.Event()

    def read(decoder, path, wish):
        assert wish.page != 3 or gate.wait(20)
        return real(decoder, path, wish)

    monkeypatch.setattr(Decoder, "open", read)
    app = start(animation, preset="off", wait=False)
    player = app.pictures.player
    qtbot.waitUntil(lambda: player.frame == (3, 12) and not player._timer.isActive())
    gate.set()
    qtbot.waitUntil(lambda: player.frame == (6, 12))


@pytest.mark.parametrize("suffix", [".gif", ".png"])
def test_ten_thousand_frames_take_no_more_memory_than_a_few(
    start, qtbot, tmp_path, monkeypatch, suffix
):
    monkeypatch.setattr("viewer.player.CAP_FRAMES", 20)
    path = tmp_path / f"long{suffix}"
    shades = [Image.new("L", (8, 8), index % 256) for index in range(10_000)]
    shades[0].save(path, save_all=True, append_images=shades[1:], duration=20, optimize=False)
    app = start(path, preset="off", wait=False)
    player, seen = app.pictures.player, []
    player.played.connect(lambda opened: seen.append(opened.stamp.page))
    qtbot.waitUntil(lambda: len(seen) > 60)  # so many are counted first
    assert seen == list(range(1, len(seen) + 1))
    assert player.frame[1] == 10_000
    assert len(player._frames) <= 20
    assert len(os.listdir("/proc/self/fd")) < 500


def test_an_animation_larger_than_its_budget_still_plays(start, qtbot, animation, monkeypatch):
    monkeypatch.setattr("viewer.player.CAP_BYTES", 60 * 40 * 7 * 4)
    app = start(animation, preset="off", wait=False)
    player, seen = app.pictures.player, []
    player.played.connect(lambda opened: seen.append(opened.stamp.page))
    qtbot.waitUntil(lambda: seen.count(11) > 1)
    assert all((after - before) % 12 == 1 for before, after in itertools.pairwise(seen))
    assert len(player._frames) <= 4


def test_pages_are_leafed_through_and_told(start, qtbot, pages):
    app = start(pages, preset="off")
    assert "page 1 / 3" in app.window.windowTitle()
    QTest.keyClick(app.canvas, Qt.Key.Key_PageDown, CTRL)
    qtbot.waitUntil(lambda: "page 2 / 3" in app.window.windowTitle())
    assert app.canvas.view.image == (61, 40)
    QTest.keyClick(app.canvas, Qt.Key.Key_Comma)
    qtbot.waitUntil(lambda: "page 1 / 3" in app.window.windowTitle())
    QTest.keyClick(app.canvas, Qt.Key.Key_Comma)
    assert app.window.messages.text == "This is the first page."


def test_a_broken_page_is_told_and_the_page_on_screen_stays(start, qtbot, pages, monkeypatch):
    real = Decoder.open

    def read(decoder, path, wish):
        if wish.page == 1:
            raise ViewerError("scan.tif is damaged.")
        return real(decoder, path, wish)

    monkeypatch.setattr(Decoder, "open", read)
    app = start(pages, preset="off")
    QTest.keyClick(app.canvas, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: app.window.messages.text == "scan.tif is damaged.")
    assert "page 1 / 3" in app.window.windowTitle()
    QTest.keyClick(app.canvas, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: "page 3 / 3" in app.window.windowTitle())


def test_a_picture_of_one_page_says_so(start):
    app = start()
    QTest.keyClick(app.canvas, Qt.Key.Key_Period)
    assert app.window.messages.text == "This picture has no other pages."
