"""Going from picture to picture."""

import os
import shutil
import threading
from pathlib import Path

import pytest
from fakes import noise, save_holiday
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog

from viewer.core import listing
from viewer.core.budget import Limits
from viewer.core.decoder import Decoder
from viewer.core.listing import list_names
from viewer.core.source import open_picture


@pytest.fixture
def holiday(tmp_path):
    """Six small pictures: img1.png to img6.png, 91 to 96 pixels wide."""
    return save_holiday(tmp_path, 6)


def name(app) -> str:
    return app.window.windowTitle().split()[0]


def settled(app) -> bool:
    """Tell whether nothing is being read any more."""
    library = app.library
    return not (library._reading or library._waiting or library._ahead)


def in_hand(app) -> set[str]:
    return {opened.stamp.path.name for opened in app.library._shelf}


@pytest.fixture
def browse(start, qtbot, holiday):
    """Start in the holiday, and wait until the neighbours are read."""

    def begin(*paths: Path, **options: object):
        app = start(*(paths or (holiday,)), preset="off", **options)
        qtbot.waitUntil(lambda: settled(app))
        return app

    return begin


def test_the_title_tells_the_place(browse, holiday):
    app = browse(holiday / "img3.png")
    assert app.window.windowTitle() == "img3.png  (93 × 60)  3 / 6  –  Anyzoom"


def test_keys_go_to_the_first_and_the_last(browse, qtbot):
    app = browse()
    QTest.keyClick(app.canvas, Qt.Key.Key_End)  # go.last
    qtbot.waitUntil(lambda: name(app) == "img6.png")
    QTest.keyClick(app.canvas, Qt.Key.Key_Home)  # go.first
    qtbot.waitUntil(lambda: name(app) == "img1.png")


def test_a_picture_can_be_gone_to_by_its_number(browse, qtbot):
    app = browse()
    QTest.keyClick(app.canvas, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)  # go.number
    dialog = app.window.findChild(QInputDialog)
    assert (dialog.intMaximum(), dialog.intValue()) == (6, 1)
    dialog.setIntValue(4)
    dialog.accept()
    qtbot.waitUntil(lambda: name(app) == "img4.png")


def test_a_picture_that_is_read_ahead_and_asked_for_at_once_is_shown_once(
    browse, qtbot, holiday, monkeypatch
):
    """Else it would stand twice as long in a slideshow, say."""
    app = browse()
    second = app.library._shelf.find(holiday / "img2.png", 0)
    app.library.forget(second.stamp.path)
    gate, read, names = threading.Event(), app.pictures.reader._read, []
    monkeypatch.setattr(app.pictures.reader, "_read", lambda *to: gate.wait(60) and read(*to))
    app.library.shown.connect(lambda _number, opened: names.append(opened.stamp.path.name))
    app.browser.step(1)
    app.library.on_ahead(second)
    assert names == ["img2.png"]
    gate.set()
    qtbot.waitUntil(lambda: settled(app))
    assert names == ["img2.png"]


def test_a_picture_that_takes_long_is_named_until_it_is_there(browse, qtbot, monkeypatch):
    monkeypatch.setattr("viewer.library.SLOW_MS", 10)
    app = browse()
    opening, (second, third) = app.window.opening, [f"img{number}.png" for number in (2, 3)]
    app.library.forget(app.browser.folder.path.with_name(third))
    gate = threading.Event()
    for reader in (app.pictures.reader, app.pictures.ahead):
        read = reader._read
        monkeypatch.setattr(reader, "_read", lambda *to, read=read: gate.wait(60) and read(*to))
    app.browser.step(1)  # to one in hand
    assert name(app) == second
    assert not app.library._wait.isActive()
    app.browser.step(1)
    qtbot.waitUntil(opening.isVisible)
    assert opening.text() == f"Opening {third}…"
    assert name(app) == second
    gate.set()
    qtbot.waitUntil(lambda: name(app) == third)
    assert not opening.isVisible()


def test_one_that_is_not_wanted_any_more_or_fails_is_not_said_to_be_opened(
    browse, qtbot, holiday, monkeypatch
):
    monkeypatch.setattr("viewer.library.SLOW_MS", 10)
    app = browse()
    opening = app.window.opening
    (holiday / "broken.png").write_bytes(b"nothing of use")
    gate, read = threading.Event(), app.pictures.reader._read
    monkeypatch.setattr(app.pictures.reader, "_read", lambda *to: gate.wait(60) and read(*to))
    app.open([holiday / "broken.png"])
    qtbot.waitUntil(opening.isVisible)
    app.library.ask(holiday / "img2.png")  # which is in hand
    assert not opening.isVisible()
    app.open([holiday / "broken.png"])
    qtbot.waitUntil(opening.isVisible)
    gate.set()
    qtbot.waitUntil(lambda: "broken.png" in app.window.messages.text)
    assert not opening.isVisible()


def test_arrow_keys_go_on_where_they_cannot_move_the_picture(browse, qtbot, wheel):
    app = browse()
    QTest.keyClick(app.canvas, Qt.Key.Key_Right)
    assert name(app) == "img2.png"
    QTest.keyClick(app.canvas, Qt.Key.Key_Left)
    assert name(app) == "img1.png"
    app.canvas.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    QTest.keyClick(app.canvas, Qt.Key.Key_Left)
    assert name(app) == "img2.png"
    wheel(app, 3)
    before = app.canvas.motion.goal
    QTest.keyClick(app.canvas, Qt.Key.Key_Left)
    assert name(app) == "img2.png"
    assert app.canvas.motion.goal.v_left > before.v_left


def test_at_the_end_the_first_comes_next_unless_that_is_switched_off(browse, qtbot):
    app = browse()
    QTest.keyClick(app.canvas, Qt.Key.Key_PageUp)
    qtbot.waitUntil(lambda: name(app) == "img6.png")
    app.settings.set("wrap", False)
    QTest.keyClick(app.canvas, Qt.Key.Key_PageDown)
    assert app.window.messages.text == "This is the last picture."
    assert name(app) == "img6.png"
    QTest.keyClick(app.canvas, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: name(app) == "img1.png")
    QTest.keyClick(app.canvas, Qt.Key.Key_PageUp)
    assert app.window.messages.text == "This is the first picture."


def test_the_next_picture_is_read_ahead_and_shown_at_once(browse, holiday):
    app = browse(holiday / "img3.png")
    assert in_hand(app) == {f"img{index}.png" for index in range(1, 7)}
    app.browser.step(1)  # and without the event loop
    assert name(app) == "img4.png"
    assert app.canvas.view.image == (94, 60)


def test_without_room_only_the_picture_on_screen_is_in_hand(browse, holiday, monkeypatch):
    monkeypatch.setattr(Limits, "pictures_bytes", 0)
    app = browse(holiday / "img3.png")
    assert in_hand(app) == {"img3.png"}


def test_beside_a_small_picture_large_ones_are_read_ahead_once(browse, holiday, qtbot, monkeypatch):
    """However many there is room for: what made room for another is not read again and again."""
    for index in range(2, 7):
        Image.fromarray(noise(600, 400)).save(holiday / f"img{index}.png")
    read, real = [], Decoder.open

    def note(decoder, path, wish):
        read.append(path.name)
        return real(decoder, path, wish)

    monkeypatch.setattr(Decoder, "open", note)
    app = browse(holiday / "img1.png")
    for room in (3.5, 2.5, 1.5):
        app.library._shelf.set_cap(int(room * 600 * 400 * 3))
        app.library._look_ahead()
        qtbot.waitUntil(lambda: settled(app))
    assert max(read.count(name) for name in read) <= 2


def test_a_broken_neighbour_is_passed_by_and_told_only_when_it_is_wanted(browse, holiday, qtbot):
    (holiday / "img4.png").write_bytes(b"nothing of use")
    app = browse(holiday / "img3.png")
    assert app.window.messages.text == ""
    assert "img5.png" in in_hand(app)
    app.browser.step(1)
    qtbot.waitUntil(lambda: "img4.png" in app.window.messages.text)
    assert name(app) == "img3.png"
    app.browser.step(1)
    assert name(app) == "img5.png"
    assert app.window.messages.text == ""


def test_a_neighbour_that_changed_meanwhile_is_read_again(browse, holiday, qtbot):
    app = browse(holiday / "img3.png")
    Image.fromarray(noise(200, 100)).save(holiday / "img4.png")
    app.browser.step(1)
    qtbot.waitUntil(lambda: app.canvas.view.image == (200, 100))


def test_coming_back_computes_nothing_twice(start, settle, qtbot, upscaler, holiday):
    app = start(holiday)
    qtbot.waitUntil(lambda: settled(app))
    for step in (1, -1):
        app.browser.step(step)
        settle(app)
    calls = len(upscaler.calls)
    shot = app.canvas.picture()
    for step in (1, -1):
        app.browser.step(step)
        qtbot.waitUntil(lambda: app.scheduler.plan.done == app.scheduler.plan.total)
    assert len(upscaler.calls) == calls
    assert app.canvas.picture() == shot


def test_one_picture_of_a_huge_folder_does_not_wait_for_the_others(
    start, qtbot, holiday, monkeypatch
):
    gate = threading.Event()

    def slow(folder, go_on):
        assert gate.wait(20)
        return list_names(folder, go_on)

    monkeypatch.setattr("viewer.core.folder.list_names", slow)
    app = start(holiday / "img2.png", known=False, preset="off")
    assert app.window.windowTitle() == "img2.png  (92 × 60)  –  Anyzoom"
    app.browser.step(1)
    app.browser.step(1)
    gate.set()
    qtbot.waitUntil(lambda: app.window.windowTitle().startswith("img4.png  (94 × 60)  4 / 6"))


@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_folder_is_not_sorted_before_its_first_picture_is_shown(
    start, qtbot, holiday, monkeypatch, whole_folder
):
    shown = []

    def noted(folder, go_on):
        shown.append(app.browser.picture)
        return list_names(folder, go_on)

    monkeypatch.setattr("viewer.core.folder.list_names", noted)
    app = start(wait=False, preset="off")
    app.open([holiday if whole_folder else holiday / "img1.png"])
    qtbot.waitUntil(lambda: app.window.windowTitle().startswith("img1.png  (91 × 60)  1 / 6"))
    assert [each.stamp.path.name for each in shown] == ["img1.png"]


def test_a_key_goes_to_the_end_of_a_folder_that_is_not_known_yet(
    start, qtbot, holiday, monkeypatch
):
    monkeypatch.setattr("viewer.browser.PAINTED_MS", 1_000_000)
    app = start(holiday / "img2.png", known=False, preset="off")
    assert app.browser.place is None
    QTest.keyClick(app.canvas, Qt.Key.Key_PageDown)
    QTest.keyClick(app.canvas, Qt.Key.Key_End)
    QTest.keyClick(app.canvas, Qt.Key.Key_PageUp)
    qtbot.waitUntil(lambda: app.window.windowTitle().startswith("img5.png  (95 × 60)  5 / 6"))


def test_what_lies_beside_a_broken_picture_is_found_too(start, qtbot, holiday):
    (holiday / "img3.png").write_bytes(b"broken")
    app = start(holiday / "img3.png", wait=False, preset="off")
    qtbot.waitUntil(lambda: len(app.browser.folder or ()) == 6)
    QTest.keyClick(app.canvas, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: app.window.windowTitle().startswith("img4.png  (94 × 60)  4 / 6"))


def test_another_picture_is_opened_though_nothing_beside_the_first_is_known(
    start, qtbot, holiday, monkeypatch
):
    monkeypatch.setattr("viewer.browser.PAINTED_MS", 1_000_000)
    app = start(holiday / "img2.png", known=False, preset="off")
    app.open([holiday / "img5.png"])
    qtbot.waitUntil(lambda: app.window.windowTitle() == "img5.png  (95 × 60)  –  Anyzoom")


def test_another_folder_is_opened_though_the_first_is_still_being_looked_through(
    start, qtbot, holiday, tmp_path, monkeypatch
):
    """The older search ends at the next entries that it would look at, here one."""
    monkeypatch.setattr("viewer.core.listing.AT_ONCE", 1)
    entered, gate = threading.Event(), threading.Event()
    is_picture, seen = listing._is_picture_name, []

    def slow(name):
        seen.append(name)
        entered.set()
        assert gate.wait(20)
        return is_picture(name)

    other = tmp_path / "other"
    shutil.copytree(holiday, other)
    monkeypatch.setattr("viewer.core.listing._is_picture_name", slow)
    app = start(holiday, wait=False, preset="off")
    qtbot.waitUntil(entered.is_set)
    app.open([other / "img5.png"])
    gate.set()
    qtbot.waitUntil(lambda: app.window.windowTitle().startswith("img5.png  (95 × 60)  5 / 6"))
    assert len(seen) == 7


def test_ten_thousand_files_open_and_the_last_is_one_key_away(start, qtbot, tmp_path):
    folder = tmp_path / "huge"
    folder.mkdir()
    first = folder / "img0.png"
    Image.fromarray(noise(30, 20)).save(first)
    for index in range(1, 10_000):
        os.link(first, folder / f"img{index}.png")
    app = start(first, preset="off")
    qtbot.waitUntil(lambda: "1 / 10000" in app.window.windowTitle())
    QTest.keyClick(app.canvas, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: "img9999.png" in app.window.windowTitle())


def test_a_folder_that_vanished_is_told_and_the_picture_stays(browse, holiday, qtbot):
    app = browse()
    shutil.rmtree(holiday)
    app.open([holiday])
    qtbot.waitUntil(lambda: "holiday" in app.window.messages.text)
    assert name(app) == "img1.png"


def test_a_folder_that_may_not_be_read_is_told(start, qtbot, holiday, monkeypatch):
    scan = os.scandir

    def refuse(folder):
        if folder == holiday:
            raise PermissionError(13, "Permission denied")
        return scan(folder)

    app = start()
    monkeypatch.setattr("viewer.core.listing.os.scandir", refuse)
    app.open([holiday])
    qtbot.waitUntil(lambda: "cannot be read" in app.window.messages.text)


def test_files_that_are_no_pictures_are_counted_in_one_sentence(start, qtbot, holiday):
    (holiday / "notes.txt").write_text("none")
    app = start()
    app.open([holiday / "img2.png", holiday / "notes.txt", holiday / "img1.png"])
    qtbot.waitUntil(lambda: "img2.png  (92 × 60)  1 / 2" in app.window.windowTitle())
    assert app.window.messages.text == "1 of the files is not a picture."


def test_going_on_quickly_reads_no_more_than_it_must(start, qtbot, holiday, monkeypatch):
    read = []
    gate = threading.Event()

    def slow(decoder, path, wish):
        assert gate.wait(20)
        read.append(path.name)
        return open_picture(path, keep_space=wish.keep_space)

    monkeypatch.setattr("viewer.core.decoder.Decoder.open", slow)
    app = start(holiday, wait=False, preset="off")
    qtbot.waitUntil(lambda: app.library._reading is not None)
    for _ in range(4):
        app.browser.step(1)
    gate.set()
    qtbot.waitUntil(lambda: name(app) == "img5.png")
    assert read[:2] == ["img1.png", "img5.png"]
