"""The colours of the display: where its profile comes from, and that all tiles follow it."""

import os
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeUpscaler, noise
from PIL import Image
from PySide6.QtGui import QColorSpace, QImage

from viewer.core import colour

NAMED = QColorSpace.NamedColorSpace
P3, ADOBE = (
    bytes(QColorSpace(name).iccProfile().data()) for name in (NAMED.DisplayP3, NAMED.AdobeRgb)
)


@pytest.fixture
def show_on(start, qtbot):
    """Show pictures on a display with that profile, as if the window were moved there."""

    def show(app, profile):
        app.display._read = lambda _screen, _window: profile
        app.window.windowHandle().screenChanged.emit(app.window.screen())
        qtbot.waitUntil(lambda: app.browser.picture.request.display == profile)
        qtbot.waitUntil(lambda: app.scheduler.plan.done == app.scheduler.plan.total)

    return show


def middle(image: QImage) -> np.ndarray:
    """Return the RGB pixels of the middle of the canvas."""
    part = image.copy(200, 150, 200, 100).convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(part.constBits(), np.uint8).reshape(100, part.bytesPerLine())
    return rows[:, : 3 * 200].reshape(100, 200, 3).copy()


def test_tiles_and_base_follow_the_display_the_window_is_on(start, show_on):
    app = start(preset="balanced")
    before = middle(app.canvas.picture())
    show_on(app, P3)
    shown = middle(app.canvas.picture())
    expected = colour.convert(before, None, P3)
    assert np.abs(shown.astype(int) - expected).max() <= 1
    assert np.abs(expected.astype(int) - before).max() > 10
    show_on(app, None)
    np.testing.assert_array_equal(middle(app.canvas.picture()), before)


def test_a_wide_picture_is_shown_whole_on_its_own_display(start, settle, show_on, tmp_path):
    path = tmp_path / "wide.png"
    Image.fromarray(noise(600, 400)).save(path, icc_profile=P3)
    app = start(path, preset="off")
    show_on(app, P3)
    np.testing.assert_array_equal(middle(app.canvas.picture()), noise(600, 400)[150:250, 200:400])


def test_a_picture_opened_while_the_window_moves_is_made_again(start, qtbot, tmp_path):
    path = tmp_path / "red.png"
    Image.new("RGB", (600, 400), (255, 0, 0)).save(path)
    app = start(preset="off")
    app.display._read = lambda *_: P3
    app.open([path])  # in sRGB, and before it is there:
    app.display.refresh()
    expected = colour.convert(np.full((1, 1, 3), (255, 0, 0), np.uint8), None, P3)[0, 0]
    qtbot.waitUntil(lambda: (middle(app.canvas.picture())[0, 0] == expected).all())
    assert "red.png" in app.window.windowTitle()


@pytest.mark.parametrize("found", [b"nonsense", None])
def test_a_useless_answer_of_the_system_means_srgb(start, found):
    app = start()
    app.display._read = lambda *_: found
    app.display.refresh()
    assert app.display.profile is None


def test_a_profile_can_be_chosen_from_a_file(start, settle, tmp_path):
    path = tmp_path / "p3.icc"
    path.write_bytes(P3)
    app = start()
    app.settings.set("display_profile", str(path))
    assert app.display.profile == P3
    settle(app)
    app.window.registry["display.srgb"].trigger()
    assert app.display.profile is None
    assert app.settings.get("display_profile") == "srgb"
    settle(app)


def test_a_file_that_is_no_profile_is_told_and_srgb_used(start, tmp_path):
    app = start()
    app.settings.set("display_profile", str(tmp_path / "gone.icc"))
    assert "gone.icc" in app.window.messages.text
    (tmp_path / "text.icc").write_text("hello")
    app.settings.set("display_profile", str(tmp_path / "text.icc"))
    assert "text.icc" in app.window.messages.text
    assert app.display.profile is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_or_a_device_is_no_profile_and_not_waited_for(start, tmp_path):
    os.mkfifo(tmp_path / "pipe.icc")
    app = start()
    for name in (str(tmp_path / "pipe.icc"), "/dev/zero"):
        app.settings.set("display_profile", name)
        assert Path(name).name in app.window.messages.text
        assert app.display.profile is None


def test_giving_up_the_choice_of_a_file_leaves_everything_as_it_was(start, monkeypatch):
    app = start()
    monkeypatch.setattr("viewer.display.QFileDialog.getOpenFileName", lambda *_: ("", ""))
    app.window.registry["display.file"].trigger()
    assert app.window.registry["display.system"].isChecked()
    assert app.settings.get("display_profile") == "system"


def test_the_network_sees_the_pictures_own_space(start, tmp_path, upscaler: FakeUpscaler):
    path = tmp_path / "wide.png"
    Image.fromarray(noise(60, 40)).save(path, icc_profile=ADOBE)
    app = start(path)
    assert upscaler.calls
    np.testing.assert_array_equal(app.scheduler._scene.picture.pixels, noise(60, 40))
