"""The first start shows the point once; whoever opens a file of their own never sees it again."""

import pytest
from fakes import FakeLoad
from PIL import Image
from PySide6.QtWidgets import QFileDialog

import assets
from viewer.app import App
from viewer.core.compare import Comparison, Mode
from viewer.core.options import Options
from viewer.settings import Settings


@pytest.fixture
def first(qtbot, upscaler, start):
    """Start a viewer without any path."""
    apps = []

    def begin(**options) -> App:
        app = App(Options(size=(600, 400), **options), upscaler, FakeLoad())
        apps.append(app)
        qtbot.addWidget(app.window)
        with qtbot.waitSignal(app.scheduler.idle):
            app.start()
        return app

    yield begin
    for app in apps:
        app.stop()


def test_it_begins_with_a_split_on_the_detail_of_the_bundled_photo_and_a_line_of_help(first):
    app = first()
    assert app.comparing.state.mode is Mode.SPLIT
    assert app.canvas.view.zoom == pytest.approx(3.5, abs=0.001)
    assert app.first_start.hint.isVisible()
    assert "Drag the line" in app.first_start.hint.text()
    assert app.browser.picture.stamp.path == assets.PHOTO


def test_it_comes_again_until_a_file_was_opened_and_then_never(first, settle, photo):
    first()
    app = first()
    assert app.first_start.on
    app.open([photo])
    settle(app)
    assert app.comparing.state.mode is Mode.OFF
    assert not app.first_start.hint.isVisible()
    assert Settings().get("welcomed")
    again = first()
    assert again.comparing.state.mode is Mode.OFF
    assert not again.first_start.hint.isVisible()
    assert again.canvas.view.zoom < 3.5


def test_a_path_on_the_command_line_is_a_file_of_ones_own(start):
    app = start()
    assert app.comparing.state.mode is Mode.OFF
    assert not app.first_start.hint.isVisible()
    assert Settings().get("welcomed")


def test_the_help_goes_when_it_is_no_longer_true(first):
    app = first()
    app.window.registry["compare.left.nearest"].trigger()
    assert not app.first_start.hint.isVisible()


def test_the_help_goes_once_the_line_was_moved(first):
    app = first()
    app.sides.handle.moved.emit(0.4)
    assert not app.first_start.hint.isVisible()
    assert app.comparing.state.mode is Mode.SPLIT


def test_a_comparison_that_was_asked_for_is_what_is_shown(first):
    app = first(compare=Comparison(Mode.DIFFERENCE, left="lanczos"))
    assert (app.comparing.state.mode, app.comparing.state.left) == (Mode.DIFFERENCE, "lanczos")
    assert not app.first_start.hint.isVisible()


def test_a_comparison_is_exported_as_it_is_on_screen(
    start, settle, qtbot, monkeypatch, tmp_path, photo
):
    app = start()
    export = app.window.registry["compare.export"]
    assert not export.isEnabled()
    app.window.registry["compare.split"].trigger()
    offered: list[str] = []

    def ask(_parent, _title, name, _kinds):
        offered.append(name)
        return str(tmp_path / "shot"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    export.trigger()
    assert offered == [str(photo.with_name("photo comparison.png"))]
    qtbot.waitUntil(lambda: app.window.messages.text == "Saved as shot.png.")
    with Image.open(tmp_path / "shot.png") as saved:
        assert (saved.size, saved.mode) == ((600, 400), "RGB")
        # The caption at the bottom left covers what the canvas alone shows.
        canvas = app.canvas.picture()
        assert saved.getpixel((300, 20)) == canvas.pixelColor(300, 20).getRgb()[:3]
        assert saved.getpixel((15, 380)) != canvas.pixelColor(15, 380).getRgb()[:3]


def test_an_export_that_fails_is_told_and_nothing_is_replaced_unasked(
    start, qtbot, monkeypatch, tmp_path
):
    app = start()
    app.window.registry["compare.split"].trigger()
    (tmp_path / "shot.png").write_bytes(b"mine")
    for name in (tmp_path / "shot", tmp_path / "nowhere" / "shot.png"):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, n=str(name): (n, ""))
        app.window.messages.dismiss()
        app.window.registry["compare.export"].trigger()
        qtbot.waitUntil(lambda: "shot.png" in app.window.messages.text)
    assert (tmp_path / "shot.png").read_bytes() == b"mine"


def test_a_comparison_never_replaces_the_picture_though_the_user_agrees(
    start, qtbot, monkeypatch, tmp_path, photo
):
    app = start()
    app.window.registry["compare.split"].trigger()
    (tmp_path / "link.png").symlink_to(photo)
    before = photo.read_bytes()
    for name in ("photo.png", "link.png"):
        target = str(tmp_path / name)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, n=target: (n, ""))
        app.window.messages.dismiss()
        app.window.registry["compare.export"].trigger()
        told = f"{name} is the same file as the picture itself: choose another name."
        qtbot.waitUntil(lambda told=told: app.window.messages.text == told)
    assert photo.read_bytes() == before
