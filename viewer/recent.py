"""What was opened lately, the latest first, as entries of a menu."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from viewer.actions import Actions
from viewer.core.errors import is_text
from viewer.language import tr
from viewer.literal import literal
from viewer.settings import Settings

COUNT = 9
MENU = "file.recent"


class Recent:
    """The submenu of recent files and folders, kept in the settings."""

    def __init__(
        self, actions: Actions, settings: Settings, open_path: Callable[[Path], object]
    ) -> None:
        self._settings = settings
        self._open = open_path
        self._menu = actions.add_menu(MENU, tr("Open &recent"), menu="file")
        self._entries = [
            actions.add(
                f"{MENU}.{place}",
                tr("Recent {number}").format(number=place + 1),
                functools.partial(self._choose, place),
                menu=MENU,
                tip=tr("Open this again"),
            )
            for place in range(COUNT)
        ]
        self._clear = actions.add(
            f"{MENU}.clear", tr("&Clear this list"), self.clear, menu=MENU, section="end"
        )
        settings.follow("recent", lambda _: self._show())

    @property
    def paths(self) -> list[Path]:
        """The files and folders, the latest first."""
        return _paths(self._settings.get("recent"))

    def note(self, path: Path) -> None:
        """Put a path at the top."""
        if "\n" not in str(path) and is_text(path):
            rest = [each for each in _paths(self._settings.latest("recent")) if each != path]
            lines = [str(each) for each in (path, *rest)]
            self._settings.set("recent", "\n".join(lines[:COUNT]))

    def clear(self) -> None:
        """Forget all."""
        self._settings.set("recent", "")

    def _choose(self, place: int) -> None:
        if place < len(self.paths):
            self._open(self.paths[place])

    def _show(self) -> None:
        paths = self.paths
        for place, entry in enumerate(self._entries):
            entry.setVisible(place < len(paths))
            if place < len(paths):
                path = paths[place]
                name = f"{path.name or path}  –  {path.parent}".replace("&", "&&")
                entry.setText(f"&{place + 1}  {name}")
                entry.setToolTip(literal(str(path)))
        self._clear.setEnabled(bool(paths))
        self._menu.menuAction().setEnabled(bool(paths))


def _paths(lines: str) -> list[Path]:
    return [Path(line) for line in lines.split("\n") if line][:COUNT]
