"""What each action does, as a user sees it: pressed by its key, in this order, in one viewer.

Whoever adds an action adds a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from viewer.app import App

Probe = Callable[[App], object]


@dataclass(frozen=True)
class Effect:
    """`probe` returns something else once the action is done, which needs what `first` does.

    An action that is `held` lasts as long as its key.
    """

    probe: Probe
    first: Callable[[App, QtBot], object] | None = None
    held: bool = False


def title(app: App) -> object:
    return app.window.windowTitle()


def dialogs(app: App) -> object:
    return {
        (type(each).__name__, each.windowTitle())
        for each in app.window.findChildren(QDialog)
        if each.isVisible()
    }


def asked(app: App) -> object:
    """What the desktop's own dialogs and programs were asked; they are not there in tests."""
    return app.window.property("asked")


def shown(app: App) -> object:
    image = app.canvas.picture()
    return bytes(image.constBits())


def goal(app: App) -> object:
    return app.canvas.motion.goal


def full_screen(app: App) -> object:
    return app.window.isFullScreen()


def preset(app: App) -> object:
    return app.recipes.recipe.preset.name


def path(app: App) -> object:
    return app.browser.picture.stamp.path


def page(app: App) -> object:
    return app.browser.picture.stamp.page


def clipboard(app: App) -> object:
    mime = QGuiApplication.clipboard().mimeData() or QMimeData()  # none if it is empty
    return mime.text(), bytes(mime.data("image/png").data())


def comparison(app: App) -> object:
    return app.comparing.state


def setting(name: str) -> Probe:
    return lambda app: app.settings.get(name)


def visible(of: Callable[[App], object]) -> Probe:
    return lambda app: of(app).isVisible()


def zoom_in(app: App, qtbot: QtBot) -> None:
    app.canvas.motion.zoom_to(8.0)
    qtbot.waitUntil(app.panels.minimap.isVisible)


def copy_another_path(app: App, qtbot: QtBot) -> None:
    def others() -> list[Path]:
        paths = map(Path, app.browser.folder.files)
        return [each for each in paths if each.name not in title(app)]

    qtbot.waitUntil(lambda: bool(others()))  # the folder is looked through beside the first picture
    QGuiApplication.clipboard().setText(str(others()[0]))


def move_to_trash(app: App, qtbot: QtBot) -> None:
    before = title(app)
    QTest.keySequence(app.window, QKeySequence("Del"))
    qtbot.waitUntil(lambda: title(app) != before)


def move_line(app: App, qtbot: QtBot) -> None:
    QTest.keySequence(app.window, QKeySequence("Shift+Left"))


def begin_comparing(app: App, qtbot: QtBot) -> None:
    QTest.keySequence(app.window, QKeySequence("C"))


EFFECTS: Mapping[str, Effect] = {
    "view.one_to_one": Effect(goal),
    "view.fit_width": Effect(goal),
    "view.fit": Effect(goal),
    "view.fill": Effect(goal),
    "view.zoom_out": Effect(goal),
    "view.zoom_in": Effect(goal),
    "view.zoom_to": Effect(dialogs),
    "view.turn_right": Effect(shown),
    "view.turn_left": Effect(shown),
    "view.flip_horizontally": Effect(shown),
    "view.flip_vertically": Effect(shown),
    "view.turn_back": Effect(shown),
    "view.histogram": Effect(visible(lambda app: app.panels.histogram)),
    "view.inspector": Effect(visible(lambda app: app.panels.inspector)),
    "view.minimap": Effect(visible(lambda app: app.panels.minimap), first=zoom_in),
    "view.metadata": Effect(visible(lambda app: app.panels.metadata)),
    "view.strip": Effect(setting("strip")),
    "view.toolbar": Effect(setting("toolbar")),
    "view.give_way": Effect(setting("give_way")),
    "view.full_screen": Effect(full_screen),
    "view.leave_full_screen": Effect(full_screen),
    "go.next": Effect(path),
    "go.previous": Effect(path),
    "go.play": Effect(path),
    "go.first": Effect(path),
    "go.last": Effect(path),
    "go.next_page": Effect(page),
    "go.previous_page": Effect(page),
    "go.number": Effect(dialogs),
    "go.slideshow": Effect(full_screen),
    "edit.copy": Effect(clipboard),
    "edit.copy_view": Effect(clipboard),
    "edit.copy_path": Effect(clipboard),
    "edit.paste": Effect(title, first=copy_another_path),
    "edit.undo": Effect(title, first=move_to_trash),
    "edit.settings": Effect(dialogs),
    "preset.fast": Effect(preset),
    "preset.quality": Effect(preset),
    "preset.off": Effect(preset),
    "preset.balanced": Effect(preset),
    "compare.split": Effect(comparison),
    "compare.line_left": Effect(comparison),
    "compare.line_right": Effect(comparison),
    "compare.line_middle": Effect(comparison, first=move_line),
    "compare.exchange": Effect(comparison),
    "compare.side-by-side": Effect(comparison),
    "compare.difference": Effect(comparison),
    "compare.gain_more": Effect(comparison),
    "compare.gain_less": Effect(comparison),
    "compare.export": Effect(asked),
    "compare.off": Effect(comparison),
    "compare.blink": Effect(comparison, held=True),
    "help.palette": Effect(dialogs),
    "help.shortcuts": Effect(dialogs),
    "help.about": Effect(asked),
    "file.open": Effect(asked),
    "file.open_folder": Effect(asked),
    "file.save_view": Effect(asked),
    "file.show_folder": Effect(asked),
    "file.upscale": Effect(dialogs),
    "file.upscale_many": Effect(dialogs),
    "file.rename": Effect(dialogs),
    "file.reload": Effect(lambda app: app.browser.picture),
    "file.trash": Effect(title),
    "file.quit": Effect(visible(lambda app: app.window)),
}
